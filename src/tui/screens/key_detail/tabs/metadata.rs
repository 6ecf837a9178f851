//! What DescribeKey tells.

use ratatui::text::Line;

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::ops::{NEW_DESCRIPTION, UPDATE_KEY_DESCRIPTION};
use crate::reads::{DESCRIBE_KEY, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::widgets::key_summary::metadata_lines;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Metadata",
    reads: &[&DESCRIBE_KEY],
    count: |_| None,
    absent: None,
    text: None,
    body: Body::Text(lines),
    begins,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    match view.answer {
        ReadAnswer::Metadata(metadata) => {
            metadata_lines(metadata, view.aliases, view.core, view.columns, view.theme)
        }
        _ => Vec::new(),
    }
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    if action != Action::Edit {
        return None;
    }
    let request = subject.request(&UPDATE_KEY_DESCRIPTION);
    let old = subject.metadata?.description.clone();
    Some(Begun::Form(
        request.with(&NEW_DESCRIPTION, Value::Text(old)),
    ))
}
