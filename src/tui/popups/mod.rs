//! What opens over a screen and takes the keyboard.

pub mod actions;
pub mod columns;
pub mod command_line;
pub mod copy;
pub mod help;
pub mod overwrite;
pub mod picker;
pub mod prompt;
pub mod question;
pub mod text;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::ops::bulk_question::BulkQuestion;
use crate::ops::question::Question;

use super::core::Core;
use super::flow::Flow;
use super::jobs::{JobEvent, JobId};
use super::keymap::{Action, Context};
use super::theme::Theme;

/// A popup. [`Action::Back`] closes every one.
pub trait Popup {
    fn context(&self) -> Context;

    /// Whether `action` can be done now. It gates the keyboard, and the hints.
    fn can(&self, _action: Action, _core: &Core) -> bool {
        true
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow;

    /// A key that no binding took.
    fn key(&mut self, _key: KeyEvent) {}

    fn paste(&mut self, _text: &str, _core: &mut Core) {}

    /// Whether something of it moves by itself.
    fn moves(&self) -> bool {
        false
    }

    fn waits_for(&self, _job: JobId) -> bool {
        false
    }

    /// The answer of a job that it waits for.
    fn answer(&mut self, _event: JobEvent, _core: &mut Core) {}

    /// Gives up what it still waits for.
    fn leave(&mut self, _core: &mut Core) {}

    /// What it asks before an account is changed: its yes sends that.
    fn question(&self) -> Option<&Question> {
        None
    }

    /// Likewise, where it asks about several keys at once.
    fn bulk_question(&self) -> Option<&BulkQuestion> {
        None
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect);
}
