//! What an operation is: a row of [`OPS`](super::table::OPS).

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::DRY_RUN;
use super::key_requirement::{KeyRequirement, Misfit};
use crate::gateway::session::Session;
use crate::kms::field::{Sensitivity, kebab};
use crate::kms::key::KeyMetadata;
use crate::kms::{Cause, Field, FieldError, KmsError, OpId, Request, ResponseField, ResponseSpec};

/// What an operation is about, as a menu groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Use,
    Life,
    Naming,
    Permissions,
}

impl Group {
    pub fn title(self) -> &'static str {
        match self {
            Group::Use => "Use",
            Group::Life => "Life",
            Group::Naming => "Aliases, description and tags",
            Group::Permissions => "Permissions",
        }
    }
}

/// What an operation does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impact {
    /// Tells about keys.
    Read,
    /// Uses a key and leaves the account as it was.
    Use,
    /// Changes the account; asks for confirmation first.
    Change,
    /// Loses what cannot be made again; asks for confirmation by typing.
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
    /// A custom key store's connection, and with it the state of its keys.
    KeyStores,
}

/// What a request of an operation changes, by what is known of the key, and as of now.
pub type Consequence = fn(&Request, &Facts, Timestamp) -> String;

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
    pub group: Group,
    /// The permission that it needs, `kms:GenerateDataKeyWithoutPlaintext`; several between commas.
    pub iam: &'static str,
    pub impact: Impact,
    /// What is to be read again once it was carried out.
    pub changes: Changes,
    /// What will be different afterwards, in a sentence or two for the question before it; None
    /// where it changes nothing.
    pub consequence: Option<Consequence>,
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

impl OpSpec {
    /// The field of that name: for names that come from outside.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().copied().find(|field| field.name == name)
    }

    pub fn has(&self, field: &Field) -> bool {
        self.fields.contains(&field)
    }

    /// What it is sent for, where it is for several: `key`, or `grant`.
    pub fn noun(&self) -> &'static str {
        match self.field("GrantId") {
            Some(_) => "grant",
            None => "key",
        }
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

    /// The members of its answer that are bytes.
    pub fn bytes_answered(&self) -> impl Iterator<Item = &'static ResponseSpec> {
        let answers = self.answers.iter().copied();
        answers.filter(|answer| answer.is_bytes)
    }

    /// Whether a dry run can be asked for.
    pub fn has_dry_run(&self) -> bool {
        self.has(&DRY_RUN)
    }

    /// What read-only leaves of the operation: a sentence. `how` says how a dry run is asked for.
    pub fn read_only_text(&self, how: &str) -> String {
        match self.has_dry_run() {
            true => format!("Read-only: {} is sent as a dry run only.{how}", self.id),
            false => format!("Read-only: {} is not sent. It has no DryRun.", self.id),
        }
    }

    /// Whether DryRun is on until the user switches it off: for what changes the account.
    pub fn dry_run_first(&self) -> bool {
        self.has_dry_run() && self.changes_account()
    }

    /// Whether it changes the account where it is carried out.
    pub fn changes_account(&self) -> bool {
        matches!(self.impact, Impact::Change | Impact::Destroy)
    }

    /// What is to be said of a change whose answer was lost: it may have been made all the same.
    pub fn left_open(&self, request: &Request, error: &KmsError) -> Option<&'static str> {
        let is_lost = matches!(
            error.cause,
            Cause::Network | Cause::Timeout | Cause::Response
        );
        (is_lost && self.changes_account() && !request.dry_run()).then_some(
            "Whether it was carried out is not known: look at the key before you send it again.",
        )
    }

    /// Whether the request leaves everything as it is: a read, or a dry run.
    pub fn is_harmless(&self, request: &Request) -> bool {
        self.impact == Impact::Read || (request.dry_run() && self.has_dry_run())
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
                    &format!("takes exactly one of {}", listed(&names)),
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

/// `A, B and C`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl OpSpec {
    /// Whether its KeyId may be an alias: not where grants, or the key itself, are changed.
    pub fn takes_alias(&self) -> bool {
        !matches!(
            self.key,
            KeyRequirement::Any
                | KeyRequirement::InState(_)
                | KeyRequirement::Primary(_)
                | KeyRequirement::Rotating
                | KeyRequirement::Imported(_)
        )
    }

    /// Why the operation does not do for the key; None where it does, or where that is not known.
    pub fn misfit(&self, key: &KeyMetadata) -> Option<Misfit> {
        let spec = key.key_spec.as_deref()?;
        let usage = key.key_usage.as_deref().unwrap_or_default();
        let wanted = match self.key {
            KeyRequirement::NoKey | KeyRequirement::Any | KeyRequirement::InState(_) => None,
            KeyRequirement::Primary(_) => (key.multi_region_type() != Some("PRIMARY"))
                .then(|| "the primary key of a multi-Region key".to_owned()),
            KeyRequirement::SymmetricEncryption | KeyRequirement::Rotating => {
                (spec != "SYMMETRIC_DEFAULT").then(|| "a symmetric encryption key".to_owned())
            }
            // What is not known rules nothing out.
            KeyRequirement::Imported(_) => key
                .origin
                .as_deref()
                .is_some_and(|origin| origin != "EXTERNAL")
                .then(|| "a key with Origin EXTERNAL".to_owned()),
            KeyRequirement::Usage(wanted) => {
                (usage != wanted).then(|| format!("a key with KeyUsage {wanted}"))
            }
            KeyRequirement::Asymmetric => {
                let secret = spec == "SYMMETRIC_DEFAULT" || spec.starts_with("HMAC_");
                secret.then(|| "an asymmetric key".to_owned())
            }
        };
        if let Some(wanted) = wanted {
            return Some(Misfit::Kind(format!("needs {wanted}")));
        }
        let state = key.key_state.as_deref()?;
        let works = match self.key {
            KeyRequirement::NoKey => true,
            KeyRequirement::InState(states)
            | KeyRequirement::Primary(states)
            | KeyRequirement::Imported(states) => states.contains(&state),
            // RetireGrant and RevokeGrant take a key in any state, CreateGrant an unavailable one.
            KeyRequirement::Any => {
                self.id.0 != "CreateGrant" || matches!(state, "Enabled" | "Unavailable")
            }
            _ => matches!(state, "Enabled" | "Updating"),
        };
        (!works).then(|| Misfit::State(format!("the key is {state}")))
    }
}
