//! The operations that a user can run. Each is one file and one row of [`OPS`]; form, command
//! line and validation follow from its row.

mod generate_data_key_without_plaintext;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::gateway::record::metered;
use crate::gateway::session::Session;
use crate::kms::field::{FieldKind, kebab};
use crate::kms::{Field, FieldError, KmsError, OpId, Outcome, Request, ResponseField, Value};

pub use generate_data_key_without_plaintext::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impact {
    /// Tells about keys.
    Read,
    /// Uses a key and leaves the account as it was.
    Use,
    /// Changes the account; asks for confirmation first.
    Change,
    /// Changes it in a way that loses something; asks for confirmation first.
    Destroy,
}

/// The SDK call of an operation: a checked request in, the response's fields out.
pub type Call = for<'a> fn(
    &'a Session,
    &'a Request,
) -> Pin<
    Box<dyn Future<Output = Result<Vec<ResponseField>, KmsError>> + Send + 'a>,
>;

/// An operation.
pub struct OpSpec {
    pub id: OpId,
    /// The permission that it needs, `kms:GenerateDataKeyWithoutPlaintext`.
    pub iam: &'static str,
    pub impact: Impact,
    /// One line for lists and `--help`.
    pub summary: &'static str,
    /// What its button says when DryRun is off: `Generate`.
    pub verb: &'static str,
    /// What is said when it was carried out: `Data key generated`.
    pub done: &'static str,
    pub fields: &'static [Field],
    /// Groups of fields of which exactly one is given, with a title for the choice.
    pub exactly_one: &'static [(&'static str, &'static [&'static str])],
    pub call: Call,
}

/// Every operation that can be run.
pub static OPS: &[&OpSpec] = &[&GENERATE_DATA_KEY_WITHOUT_PLAINTEXT];

/// The field that every operation with DryRun has.
pub const DRY_RUN: Field = Field {
    name: "DryRun",
    kind: FieldKind::Flag,
    required: false,
    help: "Checks permission, key state and parameters, and carries nothing out. KMS answers with DryRunOperationException when the call would succeed. It is billed and logged as a call.",
};

/// The field that names the key.
pub const KEY_ID: Field = Field {
    name: "KeyId",
    kind: FieldKind::KeyId,
    required: true,
    help: "A key ID, key ARN, alias name (alias/NAME) or alias ARN. Another account's key needs an ARN.",
};

/// The pairs that are bound to a ciphertext.
pub const ENCRYPTION_CONTEXT: Field = Field {
    name: "EncryptionContext",
    kind: FieldKind::EncryptionContext,
    required: false,
    help: "Pairs that are bound to the ciphertext: Decrypt needs the very same, case and all. Not secret: they are written to CloudTrail in plain text.",
};

/// Tokens of grants that have not spread yet.
pub const GRANT_TOKENS: Field = Field {
    name: "GrantTokens",
    kind: FieldKind::GrantTokens,
    required: false,
    help: "Up to 10 tokens from CreateGrant, for grants that are too new to count everywhere.",
};

impl OpSpec {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The name as the AWS CLI spells it.
    pub fn command(&self) -> String {
        kebab(self.id.0)
    }

    /// The choice that a field belongs to, where exactly one of several is given.
    pub fn choice_of(&self, field: &str) -> Option<(&'static str, &'static [&'static str])> {
        self.exactly_one
            .iter()
            .find(|(_, names)| names.contains(&field))
            .copied()
    }

    /// Whether the request leaves everything as it is: a read, or a dry run.
    pub fn is_harmless(&self, request: &Request) -> bool {
        self.impact == Impact::Read || request.dry_run()
    }

    /// Every rule that the request breaks, in the order of the fields. Empty when KMS can be
    /// asked.
    pub fn validate(&self, request: &Request) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for field in self.fields {
            match request.get(field.name) {
                Some(value) => errors.extend(field.check(value).err()),
                None if field.required => {
                    errors.extend(field.check(&Value::Text(String::new())).err());
                }
                None => {}
            }
        }
        for (title, names) in self.exactly_one {
            let given = names
                .iter()
                .filter(|name| request.get(name).is_some())
                .count();
            if given != 1 {
                errors.push(FieldError::new(
                    title,
                    &format!("takes exactly one of {}", names.join(" and ")),
                    if given == 0 {
                        "give one of them"
                    } else {
                        "leave the others out"
                    },
                ));
            }
        }
        errors
    }
}

/// The operation of that name.
pub fn spec(id: OpId) -> &'static OpSpec {
    OPS.iter()
        .find(|spec| spec.id == id)
        .unwrap_or_else(|| panic!("{id} has no row in OPS"))
}

/// Carries a request out: one SDK call.
pub async fn run(session: &Session, request: Request) -> Outcome {
    let call = spec(request.op).call;
    let request = Arc::new(request);
    let (result, meta) = metered(&request, call(session, &request)).await;
    Outcome {
        request: Arc::unwrap_or_clone(request),
        meta,
        result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_of_two_fields_is_asked_for() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let base = Request::new(spec.id).with("KeyId", Value::Text("alias/x".into()));
        let messages = |request: &Request| -> Vec<String> {
            spec.validate(request)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            messages(&base),
            ["Data key length takes exactly one of KeySpec and NumberOfBytes: give one of them"]
        );
        let one = base.with("KeySpec", Value::Text("AES_256".into()));
        assert!(messages(&one).is_empty());
        let both = one.with("NumberOfBytes", Value::Number(32));
        assert_eq!(
            messages(&both),
            [
                "Data key length takes exactly one of KeySpec and NumberOfBytes: leave the others out"
            ]
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let request = Request::new(spec.id).with("NumberOfBytes", Value::Number(2000));
        let fields: Vec<_> = spec
            .validate(&request)
            .into_iter()
            .map(|e| e.field)
            .collect();
        assert_eq!(fields, ["KeyId", "NumberOfBytes"]);
    }
}
