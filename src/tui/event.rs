//! What happens to the app.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::kms::CallRecord;

use super::jobs::{JobEvent, JobId};

/// Everything that [`super::app::App::update`] hears of.
#[derive(Debug)]
pub enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    /// Text pasted into the terminal (bracketed paste).
    Paste(String),
    /// Columns and rows of the terminal.
    Resize(u16, u16),
    /// An SDK call ended.
    Called(CallRecord),
    /// A job's one answer.
    Job(JobId, JobEvent),
    /// Time for the next step of what moves; comes only while something does.
    Tick,
}
