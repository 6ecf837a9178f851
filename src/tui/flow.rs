//! What an action answers.

use super::jobs::JobId;
use super::keymap::Action;
use super::route::Route;
use crate::ops::OpSpec;

/// Where an action leads.
pub enum Flow {
    /// Nowhere: the screen, or the popup, stays.
    Stay,
    /// The popup closes.
    Close,
    Open(Route),
    /// To the screen below.
    Back,
    /// The target has changed: back to the keys, over a new connection.
    Reconnect,
    /// The form of an operation, for the key that the screen is about.
    Operation(&'static OpSpec),
    /// Back to the list of keys, with that filter where there is one.
    Home(Option<String>),
    /// Back to the list of keys, and the action there.
    HomeAnd(Action),
    /// A request is under way by the user's yes: its outcome is for the screen that asked.
    Sent(JobId),
}
