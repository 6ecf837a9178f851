//! A custom key store, as its screens show it.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::kms::key_store::{KeyStore, StoreKeys};
use crate::kms::text::{counted, printable};
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, labelled};

/// A key store's connection in a glyph, a word and a colour.
pub fn connection(store: &KeyStore, theme: &Theme) -> (&'static str, String, Style) {
    match store.connection_state.as_deref() {
        Some("CONNECTED") => ("●", "CONNECTED".into(), theme.good),
        Some("DISCONNECTED") => ("○", "DISCONNECTED".into(), theme.warn),
        Some("FAILED") => ("✖", "FAILED".into(), theme.bad),
        Some(other) => ("◌", printable(other).into_owned(), theme.warn),
        None => ("?", "not known".into(), theme.warn),
    }
}

/// Why a connection failed, and what to do.
pub fn failure_lines(store: &KeyStore, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Some(code) = &store.connection_error else {
        return Vec::new();
    };
    let mut lines = labelled("Failed with", code, columns, theme);
    match store.explained() {
        Some(explained) => {
            lines.extend(view::wrapped(explained.means, columns, theme.text));
            lines.extend(view::wrapped(explained.todo, columns, theme.accent));
        }
        None => lines.extend(view::wrapped(
            "kmsdeck knows no more of this code: look for it in the API reference of DescribeCustomKeyStores.",
            columns,
            theme.text,
        )),
    }
    lines
}

/// Keys of which it is not known where they are, and how that is learned.
pub fn unknown_note(keys: &StoreKeys, core: &Core, context: Context) -> Option<String> {
    if keys.not_described == 0 {
        return None;
    }
    let key = core.keymap.key_of(context, Action::DescribeAll);
    let how = key.map_or(String::new(), |key| format!(" {key} describes all."));
    Some(format!(
        "{} of this Region may be in it, too: not described yet.{how}",
        counted(keys.not_described, "key")
    ))
}

pub fn copy_items(store: &KeyStore) -> Vec<CopyItem> {
    let fields = store.fields().into_iter();
    fields
        .map(|(name, value)| CopyItem::text(name, value))
        .collect()
}
