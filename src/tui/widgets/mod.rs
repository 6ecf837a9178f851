//! Small parts of screens.

pub mod choices;
pub mod column_layout;
pub mod diff;
pub mod filter_line;
pub mod grant_summary;
pub mod hint_bar;
pub mod input;
pub mod json;
pub mod key_state;
pub mod key_store;
pub mod key_summary;
pub mod list_window;
pub mod narrowing;
pub mod path_completion;
pub mod policy_text;
pub mod popup_box;
pub mod scroll;
pub mod search;
pub mod snippet_pane;
pub mod text_area;
pub mod verdict;
