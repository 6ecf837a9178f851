//! What the status line says.

/// A sentence, and how it is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub tone: Tone,
    pub text: String,
}

impl Note {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Note {
            tone,
            text: text.into(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
}
