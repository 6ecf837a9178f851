//! How the console ends.

/// Why the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Quit,
    /// By a signal of that number.
    Signal(i32),
}
