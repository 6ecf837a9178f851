//! A key's state, as lists show it.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::catalog::inventory::{Details, Entry};
use crate::kms::key::KeyMetadata;
use crate::kms::text::printable;
use crate::kms::times::time_left;
use crate::tui::core::Core;
use crate::tui::theme::Theme;

/// A key's state in a glyph, a word and a colour.
pub fn state_text(entry: &Entry, core: &Core, theme: &Theme) -> (&'static str, String, Style) {
    let metadata = match &entry.details {
        Details::Known(metadata) => metadata,
        Details::Unknown => return ("·", "…".into(), theme.dim),
        Details::Loading => return ("·", "…".into(), theme.dim),
        Details::Failed(error) if error.is_access_denied() => {
            return ("?", "denied".into(), theme.warn);
        }
        Details::Failed(error) => {
            let code = printable(&error.code)
                .trim_end_matches("Exception")
                .to_owned();
            return ("?", code, theme.warn);
        }
    };
    state_of(metadata, core.now, theme)
}

/// The state that DescribeKey told, likewise.
pub fn state_of(
    metadata: &KeyMetadata,
    now: Timestamp,
    theme: &Theme,
) -> (&'static str, String, Style) {
    match metadata.key_state.as_deref() {
        Some("Enabled") => ("●", "Enabled".into(), theme.good),
        Some("Disabled") => ("○", "Disabled".into(), theme.warn),
        Some("PendingDeletion") => {
            let left = metadata.deletion_date.map(|at| time_left(now, at));
            (
                "✖",
                format!("Deletion {}", left.unwrap_or_default()),
                theme.bad,
            )
        }
        Some("PendingReplicaDeletion") => ("✖", "Replica del.".into(), theme.bad),
        Some("PendingImport") => ("◌", "PendingImport".into(), theme.warn),
        Some("Unavailable") => ("⊘", "Unavailable".into(), theme.bad),
        Some(other) => ("◌", printable(other).into_owned(), theme.warn),
        None => ("?", "not known".into(), theme.warn),
    }
}
