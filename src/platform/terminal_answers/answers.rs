//! What a terminal has said.

/// What is known to be there, and what is known not to be; None where it did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalAnswers {
    pub mouse: Option<bool>,
    pub bracketed_paste: Option<bool>,
    pub synchronized_updates: Option<bool>,
    /// Whether programs may write the clipboard. Only few terminals say that they may.
    pub clipboard: Option<bool>,
}
