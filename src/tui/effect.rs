//! What the app wants done. `update` only says it; the loop does it.

use super::jobs::{Job, JobId};

#[derive(Debug)]
pub enum Effect {
    Start(JobId, Job),
    /// Gives a job up. No event of it comes any more.
    Cancel(JobId),
    /// Writes a control sequence (OSC 52) to the terminal.
    WriteTerminal(String),
    /// Takes the mouse, or gives it back.
    Mouse(bool),
    /// Other colours, by the theme's name.
    SetTheme(String),
    Suspend,
    /// Clears the terminal before the next frame.
    Redraw,
    Quit,
}
