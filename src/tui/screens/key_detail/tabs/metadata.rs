//! What DescribeKey tells.

use ratatui::text::Line;

use super::spec::{TabSpec, TabView};
use crate::reads::{DESCRIBE_KEY, ReadAnswer};
use crate::tui::widgets::key_summary::metadata_lines;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Metadata",
    reads: &[&DESCRIBE_KEY],
    count: |_| None,
    absent: None,
    text: None,
    lines,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    match view.answer {
        ReadAnswer::Metadata(metadata) => {
            metadata_lines(metadata, view.aliases, view.core, view.columns, view.theme)
        }
        _ => Vec::new(),
    }
}
