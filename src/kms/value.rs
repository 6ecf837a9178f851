//! What a field of a request holds.

use jiff::Timestamp;

use super::blob::Blob;
use super::encryption_context::Pair;

/// The value of a request field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(u32),
    Pairs(Vec<Pair>),
    /// TagKey and TagValue of each.
    Tags(Vec<Pair>),
    List(Vec<String>),
    Blob(Blob),
    Flag(bool),
    Time(Timestamp),
}
