//! The screens. Each holds its own state; what they share is [`Core`].

pub mod form;
pub mod key_detail;
pub mod keys;
pub mod outcome;

use crossterm::event::KeyEvent;

use super::app::Core;
use super::jobs::{JobEvent, JobId};
use super::keymap::{Action, Context};
use super::popups::Popup;

/// A screen of the stack.
pub enum Screen {
    Keys(Box<keys::KeysScreen>),
    KeyDetail(Box<key_detail::KeyDetailScreen>),
    Form(Box<form::FormScreen>),
    Outcome(Box<outcome::OutcomeScreen>),
}

/// Where an action leads.
pub enum Flow {
    Stay,
    /// Closes the popup.
    Close,
    /// The target has changed: back to the keys, over a new connection.
    Reconnect,
    Push(Box<Screen>),
    Popup(Box<Popup>),
    Back,
    /// Back, and the action there.
    BackAnd(Action),
}

impl Flow {
    pub fn push(screen: Screen) -> Flow {
        Flow::Push(Box::new(screen))
    }

    pub fn popup(popup: Popup) -> Flow {
        Flow::Popup(Box::new(popup))
    }
}

impl Screen {
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Screen::Keys(screen) => screen.contexts(),
            Screen::KeyDetail(_) => vec![Context::KeyDetail],
            Screen::Form(screen) => screen.contexts(),
            Screen::Outcome(_) => vec![Context::Outcome],
        }
    }

    pub fn can(&self, action: Action, core: &Core) -> bool {
        match self {
            Screen::Keys(screen) => screen.can(action, core),
            Screen::KeyDetail(_) => true,
            Screen::Form(screen) => screen.can(action),
            Screen::Outcome(screen) => screen.can(action),
        }
    }

    pub fn moves(&self) -> bool {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) => false,
            Screen::KeyDetail(screen) => screen.moves(),
            Screen::Form(screen) => screen.pending().is_some(),
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match self {
            Screen::Keys(screen) => screen.act(action, core),
            Screen::KeyDetail(screen) => screen.act(action, core),
            Screen::Form(screen) => screen.act(action, core),
            Screen::Outcome(screen) => screen.act(action, core),
        }
    }

    /// A key that no binding took.
    pub fn key(&mut self, key: KeyEvent, core: &mut Core) {
        match self {
            Screen::Keys(screen) => screen.key(key),
            Screen::Form(screen) => screen.key(key, core),
            Screen::KeyDetail(_) | Screen::Outcome(_) => {}
        }
    }

    pub fn paste(&mut self, text: &str, core: &mut Core) {
        match self {
            Screen::Keys(screen) => screen.paste(text),
            Screen::Form(screen) => screen.paste(text, core),
            Screen::KeyDetail(_) | Screen::Outcome(_) => {}
        }
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) => false,
            Screen::KeyDetail(screen) => screen.waits_for(id),
            Screen::Form(screen) => screen.pending() == Some(id),
        }
    }

    pub fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) => Flow::Stay,
            Screen::KeyDetail(screen) => {
                screen.answer(id, event, core);
                Flow::Stay
            }
            Screen::Form(screen) => screen.answer(event, core),
        }
    }

    /// Gives up what the screen still waits for.
    pub fn leave(&mut self, core: &mut Core) {
        match self {
            Screen::KeyDetail(screen) => screen.leave(core),
            Screen::Form(screen) => screen.leave(core),
            Screen::Keys(_) | Screen::Outcome(_) => {}
        }
    }
}
