//! A request to KMS, before it is an SDK call: an operation and the values of its fields.

use super::blob::Blob;
use super::encryption_context::Pair;

/// An operation, by its API name (`GenerateDataKeyWithoutPlaintext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub &'static str);

impl std::fmt::Display for OpId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The value of a request field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(u32),
    Pairs(Vec<Pair>),
    List(Vec<String>),
    Blob(Blob),
    Flag(bool),
}

/// An operation and the fields that were filled, in the operation's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub op: OpId,
    values: Vec<(&'static str, Value)>,
}

impl Request {
    pub fn new(op: OpId) -> Self {
        Request {
            op,
            values: Vec::new(),
        }
    }

    /// Sets a field, in place of an earlier value.
    pub fn set(&mut self, field: &'static str, value: Value) {
        match self.values.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => *old = value,
            None => self.values.push((field, value)),
        }
    }

    pub fn with(mut self, field: &'static str, value: Value) -> Self {
        self.set(field, value);
        self
    }

    /// Leaves a field out.
    pub fn unset(&mut self, field: &str) {
        self.values.retain(|(name, _)| *name != field);
    }

    pub fn get(&self, field: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value)
    }

    pub fn values(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        match self.get(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self, field: &str) -> Option<u32> {
        match self.get(field)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn pairs(&self, field: &str) -> Option<&[Pair]> {
        match self.get(field)? {
            Value::Pairs(pairs) => Some(pairs),
            _ => None,
        }
    }

    pub fn list(&self, field: &str) -> Option<&[String]> {
        match self.get(field)? {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn blob(&self, field: &str) -> Option<&Blob> {
        match self.get(field)? {
            Value::Blob(blob) => Some(blob),
            _ => None,
        }
    }

    pub fn flag(&self, field: &str) -> bool {
        matches!(self.get(field), Some(Value::Flag(true)))
    }

    pub fn dry_run(&self) -> bool {
        self.flag("DryRun")
    }
}
