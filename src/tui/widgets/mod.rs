//! Small parts of screens.

pub mod hint_bar;
pub mod input;
pub mod scroll;
