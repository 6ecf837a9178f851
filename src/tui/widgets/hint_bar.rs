//! The last line: the keys that work now.

use ratatui::text::{Line, Span};

use crate::kms::text::width;
use crate::tui::keymap::{Action, Context, KeyMap};
use crate::tui::theme::Theme;

/// As many hints as fit into `columns`, in the table's order; those that cannot be done now are
/// left out. The way to the help is always there.
pub fn line(
    keymap: &KeyMap,
    contexts: &[Context],
    can: impl Fn(Action) -> bool,
    columns: u16,
    theme: &Theme,
) -> Line<'static> {
    let hints: Vec<(String, &'static str)> = keymap
        .active(contexts)
        .into_iter()
        .filter(|binding| can(binding.does))
        .filter_map(|binding| {
            let key = keymap.key_for(binding, contexts)?;
            Some((key.to_string(), binding.hint?))
        })
        .collect();
    let size = |(key, text): &(String, &str)| width(key) + 1 + width(text) + 2;
    let help = hints.iter().position(|(_, text)| *text == "help");
    let reserved = help.map_or(0, |at| size(&hints[at]));
    let mut room = (columns as usize).saturating_sub(1 + reserved);
    let mut spans = vec![Span::raw(" ")];
    for (at, hint) in hints.iter().enumerate() {
        if Some(at) != help {
            let need = size(hint);
            if need > room {
                continue;
            }
            room -= need;
        }
        spans.push(Span::styled(hint.0.clone(), theme.key));
        spans.push(Span::styled(format!(" {}  ", hint.1), theme.dim));
    }
    Line::from(spans)
}
