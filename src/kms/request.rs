//! A request to KMS, before it is an SDK call: an operation and the values of its fields.

use jiff::Timestamp;

use super::blob::Blob;
use super::encryption_context::Pair;
use super::field::{Field, FieldKind, Sensitivity};
use super::value::Value;

/// The field that every operation with DryRun has.
pub static DRY_RUN: Field = Field::optional(
    "DryRun",
    FieldKind::Flag,
    "Checks permission, key state and parameters, and carries nothing out. KMS answers with DryRunOperationException when the call would succeed. It is billed and logged as a call.",
);

/// An operation, by its API name (`GenerateDataKeyWithoutPlaintext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub &'static str);

impl std::fmt::Display for OpId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// An operation and the fields that were filled, in the operation's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub op: OpId,
    values: Vec<(&'static Field, Value)>,
}

impl Request {
    pub fn new(op: OpId) -> Self {
        Request {
            op,
            values: Vec::new(),
        }
    }

    /// Sets a field, in place of an earlier value.
    pub fn set(&mut self, field: &'static Field, value: Value) {
        match self.values.iter_mut().find(|(given, _)| *given == field) {
            Some((_, old)) => *old = value,
            None => self.values.push((field, value)),
        }
    }

    pub fn with(mut self, field: &'static Field, value: Value) -> Self {
        self.set(field, value);
        self
    }

    /// Leaves a field out.
    pub fn unset(&mut self, field: &Field) {
        self.values.retain(|(given, _)| *given != field);
    }

    pub fn get(&self, field: &Field) -> Option<&Value> {
        self.values
            .iter()
            .find(|(given, _)| *given == field)
            .map(|(_, value)| value)
    }

    pub fn values(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.values.iter().map(|(field, value)| (*field, value))
    }

    pub fn text(&self, field: &Field) -> Option<&str> {
        match self.get(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self, field: &Field) -> Option<u32> {
        match self.get(field)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn pairs(&self, field: &Field) -> Option<&[Pair]> {
        match self.get(field)? {
            Value::Pairs(pairs) => Some(pairs),
            _ => None,
        }
    }

    pub fn tags(&self, field: &Field) -> Option<&[Pair]> {
        match self.get(field)? {
            Value::Tags(tags) => Some(tags),
            _ => None,
        }
    }

    pub fn list(&self, field: &Field) -> Option<&[String]> {
        match self.get(field)? {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn blob(&self, field: &Field) -> Option<&Blob> {
        match self.get(field)? {
            Value::Blob(blob) => Some(blob),
            _ => None,
        }
    }

    pub fn time(&self, field: &Field) -> Option<Timestamp> {
        match self.get(field)? {
            Value::Time(at) => Some(*at),
            _ => None,
        }
    }

    pub fn flag(&self, field: &Field) -> bool {
        matches!(self.get(field), Some(Value::Flag(true)))
    }

    /// Whether it holds the user's own data, which must not stay in a clipboard or a file.
    pub fn holds_secret(&self) -> bool {
        self.values
            .iter()
            .any(|(field, _)| field.sensitivity == Sensitivity::Secret)
    }

    /// The same without the user's own data.
    pub fn without_secrets(&self) -> Request {
        let mut rest = self.clone();
        rest.values
            .retain(|(field, _)| field.sensitivity != Sensitivity::Secret);
        rest
    }

    pub fn dry_run(&self) -> bool {
        self.flag(&DRY_RUN)
    }
}
