//! Small parts of screens.

pub mod filter_line;
pub mod hint_bar;
pub mod input;
pub mod list_window;
pub mod scroll;
