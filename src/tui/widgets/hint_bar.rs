//! The last line: the keys that work now.

use ratatui::text::{Line, Span};

use crate::kms::text::width;
use crate::tui::keymap::{Action, Context, KeyMap};
use crate::tui::theme::Theme;

/// A hint: key, words, and what it does.
type Hint = (String, &'static str, Action);

/// As many hints as fit into `columns`, in the table's order; those that cannot be done now are
/// left out. The way to the help is always there.
fn shown(
    keymap: &KeyMap,
    contexts: &[Context],
    can: impl Fn(Action) -> bool,
    columns: u16,
) -> Vec<Hint> {
    let hints: Vec<Hint> = keymap
        .active(contexts)
        .into_iter()
        .filter(|binding| can(binding.does))
        .filter_map(|binding| {
            let key = keymap.key_for(binding, contexts)?;
            Some((key.to_string(), binding.hint?, binding.does))
        })
        .collect();
    let is_help = |hint: &Hint| hint.2 == Action::Help;
    let reserved = hints.iter().find(|hint| is_help(hint)).map_or(0, size);
    let mut room = (columns as usize).saturating_sub(1 + reserved);
    hints
        .into_iter()
        .filter(|hint| {
            if is_help(hint) {
                return true;
            }
            let fits = size(hint) <= room;
            if fits {
                room -= size(hint);
            }
            fits
        })
        .collect()
}

/// Columns of a hint, and of the gap behind it.
fn size((key, text, _): &Hint) -> usize {
    width(key) + 1 + width(text) + 2
}

/// The hints as a line.
pub fn line(
    keymap: &KeyMap,
    contexts: &[Context],
    can: impl Fn(Action) -> bool,
    columns: u16,
    theme: &Theme,
) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (key, text, _) in shown(keymap, contexts, can, columns) {
        spans.push(Span::styled(key, theme.key));
        spans.push(Span::styled(format!(" {text}  "), theme.dim));
    }
    Line::from(spans)
}

/// What the hint at column `x` does.
pub fn action_at(
    keymap: &KeyMap,
    contexts: &[Context],
    can: impl Fn(Action) -> bool,
    columns: u16,
    x: u16,
) -> Option<Action> {
    let mut from = 1;
    for hint in shown(keymap, contexts, can, columns) {
        let to = from + size(&hint);
        if (from..to - 2).contains(&(x as usize)) {
            return Some(hint.2);
        }
        from = to;
    }
    None
}
