//! The screens. Each holds its own state; what they share is [`Core`]. None knows another: an
//! action names where it leads as a [`Route`], and [`open`](super::open) makes it.

pub mod access;
pub mod aliases;
pub mod bulk;
pub mod call_log;
pub mod form;
pub mod grants;
pub mod key_detail;
pub mod key_store;
pub mod key_stores;
pub mod keys;
pub mod lesson;
pub mod lessons;
pub mod matrix;
pub mod outcome;
pub mod policy_edit;
pub mod steps;
pub mod why;

use std::time::Duration;

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::core::Core;
use super::flow::Flow;
use super::jobs::{JobEvent, JobId};
use super::keymap::{Action, Context};
use super::route::Route;
use super::theme::Theme;
use crate::catalog::facts::FactSet;
use crate::kms::KeyRef;

/// A screen of the stack.
pub trait Screen {
    /// The contexts of the keyboard, innermost first.
    fn contexts(&self) -> Vec<Context>;

    /// Whether `action` can be done now. It gates the keyboard, and the hints.
    fn can(&self, _action: Action, _core: &Core) -> bool {
        true
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow;

    /// It has just been opened; where it leads at once.
    fn opened(&mut self, _core: &mut Core) -> Flow {
        Flow::Stay
    }

    /// A key that no binding took.
    fn key(&mut self, _key: KeyEvent, _core: &mut Core) {}

    fn paste(&mut self, _text: &str, _core: &mut Core) {}

    /// A click at `x`, `y` of the body; whether it chose something that can be opened.
    fn click(&mut self, _x: u16, _y: u16, _core: &mut Core) -> bool {
        false
    }

    /// Whether the mouse's wheel moves something here.
    fn takes_wheel(&self) -> bool {
        true
    }

    /// Brings what is shown up to date with what is known; the places in the inventory of the keys
    /// that are seen, where these are not those of the list below.
    fn settle(&mut self, _core: &mut Core) -> Option<Vec<u32>> {
        None
    }

    /// What must be known of every key for it.
    fn needs(&self) -> FactSet {
        FactSet::default()
    }

    /// How many things it lists, for the header; None where that is how many keys there are.
    fn count_text(&self, _core: &Core) -> Option<String> {
        None
    }

    /// What is under the cursor, whole, where nothing else shows it.
    fn current_text(&self, _core: &Core) -> Option<String> {
        None
    }

    /// How long it is until something of it reads differently, or is to be read again.
    fn wakes_in(&self, _core: &Core, _now: Timestamp) -> Option<Duration> {
        None
    }

    /// Whether something of it moves by itself.
    fn moves(&self) -> bool {
        false
    }

    fn waits_for(&self, _job: JobId) -> bool {
        false
    }

    /// The answer of a job that it waits for.
    fn answer(&mut self, _job: JobId, _event: JobEvent, _core: &mut Core) -> Flow {
        Flow::Stay
    }

    /// A request that it submitted is under way, after the user's yes.
    fn sent(&mut self, _job: JobId, _core: &mut Core) {}

    /// Gives up what it still waits for, and leaves behind what is to be found again.
    fn leave(&mut self, _core: &mut Core) {}

    /// What is opened once more where another principal is connected, and all screens are left.
    fn again(&mut self, _core: &mut Core) -> Option<Route> {
        None
    }

    /// The key that it is about, as a form will name it; none where it is about no one key.
    fn subject(&self, core: &Core) -> KeyRef {
        KeyRef::none(core.region())
    }

    /// Whether it is what the route leads to: it is not put upon itself.
    fn is_at(&self, _route: &Route) -> bool {
        false
    }

    /// Whether what was opened above it took its place: nothing leads back to it.
    fn is_spent(&self) -> bool {
        false
    }

    /// Whether the calls of this run are seen.
    fn shows_calls(&self) -> bool {
        false
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect);
}
