//! The key's grants.

use ratatui::text::Line;

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::kms::key::Grant;
use crate::ops::fields::GRANT_ID;
use crate::ops::{CREATE_GRANT, REVOKE_GRANT};
use crate::reads::{LIST_GRANTS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::view::exact_time;

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
    match action {
        Action::New => Some(Begun::Form(subject.request(&CREATE_GRANT))),
        Action::Remove => {
            let grant = grants(subject.answer).get(subject.row)?;
            let request = subject.request(&REVOKE_GRANT);
            let id = Value::Text(grant.grant_id.clone());
            Some(Begun::Send(request.with(&GRANT_ID, id)))
        }
        _ => None,
    }
}

fn grant_lines(grant: &Grant, view: &TabView) -> Vec<Line<'static>> {
    let mut lines = vec![view.heading(grant.name.as_deref().unwrap_or("(no name)"))];
    let mut put = |label: &str, value: Option<&str>| lines.extend(view.labelled(label, value));
    put("GrantId", Some(&grant.grant_id));
    put("Grantee", grant.grantee_principal.as_deref());
    put(
        "Grantee service",
        grant.grantee_service_principal.as_deref(),
    );
    put("Retiring", grant.retiring_principal.as_deref());
    put(
        "Retiring service",
        grant.retiring_service_principal.as_deref(),
    );
    put("Operations", Some(&grant.operations.join(", ")));
    for (name, pairs) in &grant.constraints {
        let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        put(name, Some(&pairs.join(", ")));
    }
    put("SourceArn", grant.source_arn.as_deref());
    put("IssuingAccount", grant.issuing_account.as_deref());
    let created = grant.creation_date;
    put(
        "CreationDate",
        created.map(|at| exact_time(at, view.core.now)).as_deref(),
    );
    lines.push(Line::default());
    lines
}
