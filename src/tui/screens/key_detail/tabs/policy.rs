//! The key policy.

use ratatui::text::Line;

use super::spec::{Body, TabSpec, TabView, nothing};
use crate::reads::{GET_KEY_POLICY, ReadAnswer};
use crate::tui::widgets::{json, policy_text};

pub(super) static TAB: TabSpec = TabSpec {
    title: "Policy",
    reads: &[&GET_KEY_POLICY],
    count: |_| None,
    absent: None,
    text: Some(("Policy", text)),
    body: Body::Text(lines),
    begins: nothing,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    match text(view.answer) {
        Some(policy) => policy_text::lines(&policy, view.columns, view.theme),
        None => Vec::new(),
    }
}

fn text(answer: &ReadAnswer) -> Option<String> {
    match answer {
        ReadAnswer::Policy(policy) => Some(json::pretty(policy)),
        _ => None,
    }
}
