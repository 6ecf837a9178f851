//! What the app wants done. `update` only says it; the loop does it.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::jobs::{Job, JobId};
use crate::gateway::Target;

pub enum Effect {
    Start(JobId, Job),
    /// Gives a job up. No event of it comes any more.
    Cancel(JobId),
    /// Writes a control sequence (OSC 52) to the terminal; it may hold a secret.
    WriteTerminal(Zeroizing<String>),
    /// Takes the mouse, or gives it back.
    Mouse(bool),
    /// Other colours, by the theme's name.
    SetTheme(String),
    Suspend,
    /// Runs the target's credential_process with the terminal.
    SignIn(Box<Target>),
    /// Opens a file in the user's own editor, with the terminal; the job's answer tells of it.
    Edit(JobId, PathBuf),
    /// Clears the terminal before the next frame.
    Redraw,
    Quit,
}

impl std::fmt::Debug for Effect {
    /// The kind alone, and which job: what an effect carries may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Effect::Start(id, job) => write!(f, "Start({id:?}, {job:?})"),
            Effect::Cancel(id) => write!(f, "Cancel({id:?})"),
            Effect::WriteTerminal(_) => f.write_str("WriteTerminal"),
            Effect::Mouse(take) => write!(f, "Mouse({take})"),
            Effect::SetTheme(name) => write!(f, "SetTheme({name:?})"),
            Effect::Suspend => f.write_str("Suspend"),
            Effect::SignIn(_) => f.write_str("SignIn"),
            Effect::Edit(id, _) => write!(f, "Edit({id:?})"),
            Effect::Redraw => f.write_str("Redraw"),
            Effect::Quit => f.write_str("Quit"),
        }
    }
}
