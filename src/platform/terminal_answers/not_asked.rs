//! Where nothing is asked: the console is not there.

use std::io::IsTerminal;

use super::answers::TerminalAnswers;

/// None: nothing is asked.
pub fn ask(_: &str) -> Option<TerminalAnswers> {
    None
}

/// Columns and rows of the terminal at standard output; None where it is none.
pub fn size() -> Option<(u16, u16)> {
    let is_terminal = std::io::stdout().is_terminal();
    is_terminal
        .then(|| crossterm::terminal::size().ok())
        .flatten()
}
