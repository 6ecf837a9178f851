//! What is known of a key, for its details and for the list's preview.

use ratatui::text::{Line, Span};

use crate::catalog::inventory::{Details, Entry};
use crate::kms::key::{KeyMetadata, MetadataValue};
use crate::kms::text::{fit, printable};
use crate::tui::core::Core;
use crate::tui::theme::Theme;
use crate::tui::view::{self, LABEL, exact_time, expiry_time, labelled, spinner};
use crate::tui::widgets::key_state::state_of;

/// What the list's preview says of a key.
pub fn summary(entry: &Entry, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let title = printable(entry.main_alias().unwrap_or(&entry.key_id)).into_owned();
    lines.extend(view::wrapped(&title, columns, theme.title));
    lines.push(Line::default());
    match &entry.details {
        Details::Known(metadata) => {
            let aliases: Vec<String> = entry.aliases.iter().map(|a| a.to_string()).collect();
            lines.extend(metadata_lines(metadata, &aliases, core, columns, theme));
        }
        Details::Failed(error) => {
            lines.extend(labelled("KeyId", &entry.key_id, columns, theme));
            lines.push(Line::default());
            let title = if error.is_access_denied() {
                "You may not describe this key (kms:DescribeKey)"
            } else {
                "DescribeKey failed"
            };
            lines.extend(view::failure(title, error, columns, theme));
        }
        Details::Unknown | Details::Loading => {
            lines.extend(labelled("KeyId", &entry.key_id, columns, theme));
            lines.push(Line::styled(
                format!("{} DescribeKey …", spinner(core.ticks)),
                theme.dim,
            ));
        }
    }
    lines
}

/// Every field of KeyMetadata that is there, and the key's aliases.
pub fn metadata_lines(
    metadata: &KeyMetadata,
    aliases: &[String],
    core: &Core,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (name, value) in metadata.fields() {
        let text = match &value {
            MetadataValue::Time(at) if name == "ValidTo" => expiry_time(*at, core.now),
            MetadataValue::Time(at) => exact_time(*at, core.now),
            value => value.to_text(),
        };
        if name == "KeyState" {
            // The word, in the colour that it has in lists.
            let (_, _, style) = state_of(metadata, core.now, theme);
            lines.push(Line::from(vec![
                Span::styled(fit(name, LABEL), theme.dim),
                Span::styled(printable(&text).into_owned(), style),
            ]));
        } else if !text.is_empty() {
            lines.extend(labelled(short_label(name), &text, columns, theme));
        }
        if name == "KeyId" && !aliases.is_empty() {
            lines.extend(labelled("Aliases", &aliases.join(", "), columns, theme));
        }
    }
    lines
}

/// The longer names of KeyMetadata, cut to what a column of labels holds.
fn short_label(name: &'static str) -> &'static str {
    match name {
        "PendingDeletionWindowInDays" => "PendingWindow",
        "MultiRegionConfiguration" => "MultiRegion",
        "CurrentKeyMaterialId" => "KeyMaterialId",
        "CloudHsmClusterId" => "CloudHsmCluster",
        name => name.strip_suffix("Algorithms").unwrap_or(name),
    }
}
