//! The diagram of a lesson, and what its boxes hold.

use crate::kms::SecretBytes;

/// Somewhere that knows things: a column of the diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonPlace {
    pub id: String,
    pub title: String,
}

/// A box of the diagram: a name for bytes that steps put in and take out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxSpec {
    pub id: String,
    pub title: String,
    /// The place's index.
    pub place: usize,
    /// Whether its bytes are shown only when asked for.
    pub secret: bool,
}

/// What a box holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub bytes: SecretBytes,
    /// The step that put it there.
    pub by: usize,
}
