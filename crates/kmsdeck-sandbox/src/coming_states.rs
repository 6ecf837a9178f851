//! The states that a key comes to when its key store goes or comes back, or when what it is going
//! through is over.

use crate::account::{Key, Later};
use crate::spec::KeyState;

impl Key {
    /// Its key store is no longer there for it. One whose deletion is pending stays so (key-state,
    /// note 13).
    pub(crate) fn disconnect(&mut self) {
        if matches!(self.state, KeyState::Enabled | KeyState::Disabled) {
            let state = self.state;
            self.extra_mut().later = Some(Later { state, at: None });
            self.state = KeyState::Unavailable;
        }
    }

    /// Its key store is there again: it is as it was, or as it was meanwhile made.
    pub(crate) fn connect(&mut self) {
        if self.state == KeyState::Unavailable {
            let later = self.extra_mut().later.take();
            self.state = later.map_or(KeyState::Enabled, |later| later.state);
        }
    }

    /// Enabled, disabled or pending import, now or when what it is going through is over.
    pub(crate) fn come_to(&mut self, state: KeyState) {
        match self.state {
            KeyState::Creating | KeyState::Updating | KeyState::Unavailable => {
                let later = self.extra().later;
                let at = later.and_then(|later| later.at);
                self.extra_mut().later = Some(Later { state, at });
            }
            _ => self.state = state,
        }
    }
}
