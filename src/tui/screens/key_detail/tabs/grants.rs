//! The key's grants.

use ratatui::text::Line;

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::kms::key::Grant;
use crate::ops::fields::GRANT_ID;
use crate::ops::{CREATE_GRANT, OpSpec, RETIRE_GRANT, REVOKE_GRANT};
use crate::reads::{LIST_GRANTS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::widgets::grant_summary;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Grants",
    reads: &[&LIST_GRANTS],
    count: |answer| match answer {
        ReadAnswer::Grants(grants) => Some(grants.len()),
        _ => None,
    },
    absent: None,
    text: None,
    body: Body::Rows {
        rows,
        none: "This key has no grants.",
    },
    begins,
};

fn grants(answer: &ReadAnswer) -> &[Grant] {
    match answer {
        ReadAnswer::Grants(grants) => grants,
        _ => &[],
    }
}

fn rows(view: &TabView) -> Vec<Vec<Line<'static>>> {
    grants(view.answer)
        .iter()
        .map(|grant| grant_lines(grant, view))
        .collect()
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    if action == Action::New {
        return Some(Begun::Form(subject.request(&CREATE_GRANT)));
    }
    let grant = grants(subject.answer).get(subject.row)?;
    let ended_by = |spec: &OpSpec| {
        let id = Value::Text(grant.grant_id.clone());
        Some(Begun::Send(subject.request(spec).with(&GRANT_ID, id)))
    };
    match action {
        Action::Remove => ended_by(&REVOKE_GRANT),
        Action::RetireGrant => ended_by(&RETIRE_GRANT),
        Action::Copy => Some(Begun::Copy(grant_summary::copy_items(grant))),
        _ => None,
    }
}

fn grant_lines(grant: &Grant, view: &TabView) -> Vec<Line<'static>> {
    let mut lines = grant_summary::lines(grant, view.core.now, view.columns, view.theme);
    lines.push(Line::default());
    lines
}
