//! The operations that a user can run. Each is one file and one row of [`OPS`]; form, command
//! line and validation follow from its row.

mod answers;
mod cancel_key_deletion;
pub mod chain;
mod create_grant;
pub mod data_keys;
mod decapsulate;
mod decrypt;
mod derive_shared_secret;
mod disable_key;
mod enable_key;
mod encapsulate;
mod encrypt;
pub mod fields;
pub mod gate;
mod generate_data_key;
mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod generate_data_key_without_plaintext;
mod generate_mac;
mod generate_random;
mod get_public_key;
mod key_requirement;
mod re_encrypt;
mod retire_grant;
mod revoke_grant;
mod rotate_key_on_demand;
mod rules;
mod schedule_key_deletion;
mod sdk;
mod sign;
mod verify;
mod verify_mac;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::gateway::record::metered;
use crate::gateway::session::Session;
use crate::kms::field::Sensitivity;
use crate::kms::field::kebab;
use crate::kms::{
    Field, FieldError, KmsError, OpId, Outcome, Request, ResponseField, ResponseSpec,
};

pub use cancel_key_deletion::CANCEL_KEY_DELETION;
pub use create_grant::CREATE_GRANT;
pub use decapsulate::DECAPSULATE;
pub use decrypt::DECRYPT;
pub use derive_shared_secret::DERIVE_SHARED_SECRET;
pub use disable_key::DISABLE_KEY;
pub use enable_key::ENABLE_KEY;
pub use encapsulate::ENCAPSULATE;
pub use encrypt::ENCRYPT;
use fields::DRY_RUN;
pub use gate::{Cleared, Gate, Unanswered};
pub use generate_data_key::GENERATE_DATA_KEY;
pub use generate_data_key_pair::GENERATE_DATA_KEY_PAIR;
pub use generate_data_key_pair_without_plaintext::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT;
pub use generate_data_key_without_plaintext::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
pub use generate_mac::GENERATE_MAC;
pub use generate_random::GENERATE_RANDOM;
pub use get_public_key::GET_PUBLIC_KEY;
pub use key_requirement::{KeyRequirement, Misfit};
pub use re_encrypt::RE_ENCRYPT;
pub use retire_grant::RETIRE_GRANT;
pub use revoke_grant::REVOKE_GRANT;
pub use rotate_key_on_demand::ROTATE_KEY_ON_DEMAND;
use rules::{context_needs_symmetric, digest_rules, key_needs_id, modifier_rules, no_rules};
pub use schedule_key_deletion::SCHEDULE_KEY_DELETION;
pub use sign::SIGN;
pub use verify::VERIFY;
pub use verify_mac::VERIFY_MAC;

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

/// What of the account an operation changes, so that every screen that shows it reads it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    Nothing,
    /// What DescribeKey tells of the key: state, description, dates, material.
    Key,
    /// The account's aliases.
    Aliases,
    /// The key's grants.
    Grants,
    /// The key's tags.
    Tags,
    /// The key's policy.
    Policy,
    /// The key's rotation, and with it its material.
    Rotation,
    /// Which keys there are.
    List,
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
    /// Three letters for the head of a narrow column; no two operations have the same.
    pub short: &'static str,
    /// The permission that it needs, `kms:GenerateDataKeyWithoutPlaintext`; several between commas.
    pub iam: &'static str,
    pub impact: Impact,
    /// What is to be read again once it was carried out.
    pub changes: Changes,
    /// One line for lists and `--help`.
    pub summary: &'static str,
    /// What its button says when DryRun is off: `Generate`.
    pub verb: &'static str,
    /// What is said when it was carried out: `Data key generated`.
    pub done: &'static str,
    /// The keys that it takes.
    pub key: KeyRequirement,
    /// In the order of a form.
    pub fields: &'static [&'static Field],
    pub exactly_one: &'static [OneOf],
    /// What its answer holds, in the API's order.
    pub answers: &'static [&'static ResponseSpec],
    /// What no single field can tell: fields that go together, or do not.
    pub rules: fn(&Request) -> Vec<FieldError>,
    pub call: Call,
}

/// Fields of which exactly one is given.
#[derive(Debug)]
pub struct OneOf {
    /// What the choice between them is about: `Data key length`.
    pub title: &'static str,
    pub fields: &'static [&'static Field],
}

/// Every operation that can be run.
pub static OPS: &[&OpSpec] = &[
    &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    &GENERATE_DATA_KEY,
    &GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT,
    &GENERATE_DATA_KEY_PAIR,
    &ENCRYPT,
    &DECRYPT,
    &RE_ENCRYPT,
    &SIGN,
    &VERIFY,
    &GENERATE_MAC,
    &VERIFY_MAC,
    &DERIVE_SHARED_SECRET,
    &ENCAPSULATE,
    &DECAPSULATE,
    &GET_PUBLIC_KEY,
    &GENERATE_RANDOM,
    &CREATE_GRANT,
    &RETIRE_GRANT,
    &REVOKE_GRANT,
    &ROTATE_KEY_ON_DEMAND,
    &ENABLE_KEY,
    &DISABLE_KEY,
    &SCHEDULE_KEY_DELETION,
    &CANCEL_KEY_DELETION,
];

impl OpSpec {
    /// The field of that name: for names that come from outside.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().copied().find(|field| field.name == name)
    }

    pub fn has(&self, field: &Field) -> bool {
        self.fields.contains(&field)
    }

    /// The name as the AWS CLI spells it.
    pub fn command(&self) -> String {
        kebab(self.id.0)
    }

    /// The choice that a field belongs to, where exactly one of several is given.
    pub fn choice_of(&self, field: &Field) -> Option<&'static OneOf> {
        self.exactly_one
            .iter()
            .find(|choice| choice.fields.contains(&field))
    }

    /// Whether its answer holds a plaintext, a private key or a shared secret.
    pub fn answers_secrets(&self) -> bool {
        self.answers
            .iter()
            .any(|answer| answer.sensitivity == Sensitivity::Secret)
    }

    /// Whether a dry run can be asked for.
    pub fn has_dry_run(&self) -> bool {
        self.has(&DRY_RUN)
    }

    /// Whether DryRun is on until the user switches it off: for what changes the account.
    pub fn dry_run_first(&self) -> bool {
        self.has_dry_run() && matches!(self.impact, Impact::Change | Impact::Destroy)
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
            match request.get(field) {
                Some(value) => errors.extend(field.check(value).err()),
                None if field.required => errors.push(field.missing()),
                None => {}
            }
        }
        for choice in self.exactly_one {
            let is_given = |field: &&&Field| request.get(field).is_some();
            let given = choice.fields.iter().filter(is_given).count();
            if given != 1 {
                let names: Vec<_> = choice.fields.iter().map(|field| field.name).collect();
                errors.push(FieldError::new(
                    choice.title,
                    &format!("takes exactly one of {}", names.join(" and ")),
                    if given == 0 {
                        "give one of them"
                    } else {
                        "leave the others out"
                    },
                ));
            }
        }
        errors.extend((self.rules)(request));
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
pub async fn run(session: &Session, request: Cleared) -> Outcome {
    let request = Arc::new(request.into_request());
    let spec = spec(request.op);
    let (result, meta) = metered(&request, (spec.call)(session, &request)).await;
    if let Ok(fields) = &result {
        let names = fields.iter().map(|field| field.name);
        debug_assert!(names.eq(spec.answers.iter().map(|answer| answer.name)));
    }
    Outcome {
        request: Arc::unwrap_or_clone(request),
        meta,
        result,
    }
}

#[cfg(test)]
mod tests {
    use super::fields::{KEY_ID, KEY_SPEC, NUMBER_OF_BYTES};
    use super::*;
    use crate::kms::Value;

    #[test]
    fn exactly_one_of_two_fields_is_asked_for() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let base = Request::new(spec.id).with(&KEY_ID, Value::Text("alias/x".into()));
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
        let one = base.with(&KEY_SPEC, Value::Text("AES_256".into()));
        assert!(messages(&one).is_empty());
        let both = one.with(&NUMBER_OF_BYTES, Value::Number(32));
        assert_eq!(
            messages(&both),
            [
                "Data key length takes exactly one of KeySpec and NumberOfBytes: leave the others out"
            ]
        );
    }

    #[test]
    fn short_names_are_told_apart() {
        let mut names: Vec<_> = OPS.iter().map(|spec| spec.short).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OPS.len());
        assert!(names.iter().all(|name| name.len() == 3));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let request = Request::new(spec.id).with(&NUMBER_OF_BYTES, Value::Number(2000));
        let fields: Vec<_> = spec
            .validate(&request)
            .into_iter()
            .map(|e| e.field)
            .collect();
        assert_eq!(fields, ["KeyId", "NumberOfBytes"]);
    }
}
