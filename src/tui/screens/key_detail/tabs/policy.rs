//! The key policy.

use ratatui::text::Line;

use super::spec::{Body, TabSpec, TabView, nothing};
use crate::reads::{GET_KEY_POLICY, ReadAnswer};
use crate::tui::widgets::json;

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
        Some(policy) => json::lines(&policy, view.columns, view.theme),
        None => Vec::new(),
    }
}

fn text(answer: &ReadAnswer) -> Option<String> {
    match answer {
        ReadAnswer::Policy(policy) => Some(pretty_json(policy)),
        _ => None,
    }
}

fn pretty_json(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.to_owned(),
    }
}
