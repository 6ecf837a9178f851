//! When the key was last used.

use ratatui::text::Line;

use super::spec::{Body, TabSpec, TabView, nothing};
use crate::reads::{GET_KEY_LAST_USAGE, ReadAnswer};
use crate::tui::view::exact_time;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Last use",
    reads: &[&GET_KEY_LAST_USAGE],
    count: |_| None,
    absent: Some("The last use of this key is not tracked."),
    text: None,
    body: Body::Text(lines),
    begins: nothing,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    let ReadAnswer::LastUsage(usage) = view.answer else {
        return Vec::new();
    };
    let time = |at: Option<jiff::Timestamp>| at.map(|at| exact_time(at, view.core.now));
    let none = usage.text(None, view.core.now);
    [
        (
            "Last operation",
            Some(usage.operation.clone().unwrap_or(none)),
        ),
        ("Timestamp", time(usage.at)),
        ("KmsRequestId", usage.request_id.clone()),
        ("Tracked since", time(usage.tracking_start)),
    ]
    .into_iter()
    .flat_map(|(label, value)| view.labelled(label, value.as_deref()))
    .collect()
}
