//! The key's tags.

use ratatui::text::Line;

use super::spec::{TabSpec, TabView};
use crate::reads::{LIST_RESOURCE_TAGS, ReadAnswer};
use crate::tui::view::labelled;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Tags",
    reads: &[&LIST_RESOURCE_TAGS],
    count: |answer| match answer {
        ReadAnswer::Tags(tags) => Some(tags.len()),
        _ => None,
    },
    absent: None,
    text: None,
    lines,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    let ReadAnswer::Tags(tags) = view.answer else {
        return Vec::new();
    };
    if tags.is_empty() {
        return vec![Line::from("This key has no tags.")];
    }
    tags.iter()
        .flat_map(|tag| labelled(&tag.key, &tag.value, view.columns, view.theme))
        .collect()
}
