//! The screens. Each holds its own state; what they share is [`Core`].

pub mod aliases;
pub mod call_log;
pub mod form;
pub mod key_detail;
pub mod keys;
pub mod lesson;
pub mod lessons;
pub mod matrix;
pub mod outcome;

use crossterm::event::KeyEvent;

use super::app::{Core, Tone};
use super::jobs::{JobEvent, JobId};
use super::keymap::{Action, Context};
use super::popups::Popup;
use crate::ops::Cleared;

/// A screen of the stack.
pub enum Screen {
    Keys(Box<keys::KeysScreen>),
    KeyDetail(Box<key_detail::KeyDetailScreen>),
    Form(Box<form::FormScreen>),
    Outcome(Box<outcome::OutcomeScreen>),
    Aliases(Box<aliases::AliasesScreen>),
    CallLog(Box<call_log::CallLogScreen>),
    Matrix(Box<matrix::MatrixScreen>),
    Lessons(Box<lessons::LessonsScreen>),
    Lesson(Box<lesson::LessonScreen>),
}

/// Where an action leads.
pub enum Flow {
    Stay,
    /// Closes the popup.
    Close,
    /// The target has changed: back to the keys, over a new connection.
    Reconnect,
    /// Back to the list of keys, with that filter where there is one.
    Home(Option<String>),
    /// Back to the list of keys, and the action there.
    HomeAnd(Action),
    Push(Box<Screen>),
    Popup(Box<Popup>),
    Back,
    /// Back, and the action there.
    BackAnd(Action),
    /// The user's word to send what the form asked about.
    Send(Box<Cleared>),
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
            Screen::KeyDetail(screen) => screen.contexts(),
            Screen::Form(screen) => screen.contexts(),
            Screen::Outcome(_) => vec![Context::Outcome],
            Screen::Aliases(screen) => screen.contexts(),
            Screen::CallLog(screen) => screen.contexts(),
            Screen::Matrix(_) => vec![Context::Matrix],
            Screen::Lessons(_) => vec![Context::Lessons],
            Screen::Lesson(screen) => screen.contexts(),
        }
    }

    pub fn can(&self, action: Action, core: &Core) -> bool {
        match self {
            Screen::Keys(screen) => screen.can(action, core),
            Screen::KeyDetail(screen) => screen.can(action),
            Screen::Form(screen) => screen.can(action),
            Screen::Outcome(screen) => screen.can(action),
            Screen::Aliases(screen) => screen.can(action),
            Screen::CallLog(screen) => screen.can(action),
            Screen::Matrix(screen) => screen.can(action, core),
            Screen::Lessons(screen) => screen.can(action, core),
            Screen::Lesson(screen) => screen.can(action),
        }
    }

    pub fn moves(&self) -> bool {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) | Screen::Aliases(_) => false,
            Screen::KeyDetail(screen) => screen.moves(),
            Screen::Form(screen) => screen.is_pending(),
            Screen::CallLog(screen) => screen.pending().is_some(),
            Screen::Matrix(screen) => screen.moves(),
            Screen::Lessons(screen) => screen.moves(),
            Screen::Lesson(screen) => screen.moves(),
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match self {
            Screen::Keys(screen) => screen.act(action, core),
            Screen::KeyDetail(screen) => screen.act(action, core),
            Screen::Form(screen) => screen.act(action, core),
            Screen::Outcome(screen) => screen.act(action, core),
            Screen::Aliases(screen) => screen.act(action, core),
            Screen::CallLog(screen) => screen.act(action, core),
            Screen::Matrix(screen) => screen.act(action, core),
            Screen::Lessons(screen) => screen.act(action, core),
            Screen::Lesson(screen) => screen.act(action, core),
        }
    }

    /// A key that no binding took.
    pub fn key(&mut self, key: KeyEvent, core: &mut Core) {
        match self {
            Screen::Keys(screen) => screen.key(key),
            Screen::Form(screen) => screen.key(key, core),
            Screen::Aliases(screen) => screen.key(key),
            Screen::CallLog(screen) => screen.key(key),
            Screen::KeyDetail(screen) => screen.key(key, core),
            Screen::Outcome(_) | Screen::Matrix(_) | Screen::Lessons(_) | Screen::Lesson(_) => {}
        }
    }

    pub fn paste(&mut self, text: &str, core: &mut Core) {
        let said = match self {
            Screen::Keys(screen) => screen.paste(text),
            Screen::Form(screen) => return screen.paste(text, core),
            Screen::Aliases(screen) => screen.paste(text),
            Screen::CallLog(screen) => screen.paste(text),
            Screen::KeyDetail(screen) => screen.paste(text, core),
            Screen::Outcome(_) | Screen::Matrix(_) | Screen::Lessons(_) | Screen::Lesson(_) => None,
        };
        if let Some(said) = said {
            core.say(Tone::Warn, said);
        }
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) | Screen::Aliases(_) => false,
            Screen::KeyDetail(screen) => screen.waits_for(id),
            Screen::Form(screen) => screen.waits_for(id),
            Screen::CallLog(screen) => screen.pending() == Some(id),
            Screen::Matrix(screen) => screen.waits_for(id),
            Screen::Lessons(screen) => screen.waits_for(id),
            Screen::Lesson(screen) => screen.waits_for(id),
        }
    }

    pub fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        match self {
            Screen::Keys(_) | Screen::Outcome(_) | Screen::Aliases(_) => Flow::Stay,
            Screen::CallLog(screen) => screen.answer(event, core),
            Screen::KeyDetail(screen) => {
                screen.answer(id, event, core);
                Flow::Stay
            }
            Screen::Form(screen) => screen.answer(id, event, core),
            Screen::Matrix(screen) => {
                screen.answer(event, core);
                Flow::Stay
            }
            Screen::Lessons(screen) => {
                screen.answer(event, core);
                Flow::Stay
            }
            Screen::Lesson(screen) => {
                screen.answer(event, core);
                Flow::Stay
            }
        }
    }

    /// Gives up what the screen still waits for.
    pub fn leave(&mut self, core: &mut Core) {
        match self {
            Screen::KeyDetail(screen) => screen.leave(core),
            Screen::Form(screen) => screen.leave(core),
            Screen::CallLog(screen) => screen.leave(core),
            Screen::Matrix(screen) => screen.leave(core),
            Screen::Lessons(screen) => screen.leave(core),
            Screen::Lesson(screen) => screen.leave(core),
            Screen::Keys(_) | Screen::Outcome(_) | Screen::Aliases(_) => {}
        }
    }

    /// A click at `x`, `y` of the body; whether it chose something that can be opened.
    pub fn click(&mut self, x: u16, y: u16, core: &Core) -> bool {
        match self {
            Screen::Keys(screen) => screen.click(y, core),
            Screen::Aliases(screen) => screen.click(y),
            Screen::CallLog(screen) => screen.click(y),
            Screen::Matrix(screen) => screen.click(x, y, core),
            Screen::Lessons(screen) => screen.click(y, core),
            Screen::KeyDetail(screen) => {
                screen.click(x, y);
                false
            }
            Screen::Form(screen) => {
                screen.click(x, y, core);
                false
            }
            Screen::Outcome(_) | Screen::Lesson(_) => false,
        }
    }
}
