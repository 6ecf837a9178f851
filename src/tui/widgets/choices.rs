//! The answers to a question of yes and no.

use ratatui::text::{Line, Span};

use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;

/// The keys of the two answers, and what each means.
pub fn choices(
    at: Context,
    yes: &'static str,
    no: &'static str,
    core: &Core,
    theme: &Theme,
) -> Line<'static> {
    let mut spans = Vec::new();
    for (does, text) in [
        (Action::Yes, format!(" {yes}    ")),
        (Action::Back, format!(" {no}")),
    ] {
        if let Some(key) = core.keymap.key_of(at, does) {
            spans.push(Span::styled(key.to_string(), theme.key));
            spans.push(Span::raw(text));
        }
    }
    Line::from(spans)
}
