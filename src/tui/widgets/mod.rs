//! Small parts of screens.

pub mod filter_line;
pub mod hint_bar;
pub mod input;
pub mod json;
pub mod list_window;
pub mod popup_box;
pub mod scroll;
pub mod search;
pub mod snippet_pane;
pub mod text_area;
