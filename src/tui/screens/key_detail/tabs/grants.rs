//! The key's grants.

use ratatui::text::Line;

use super::spec::{TabSpec, TabView};
use crate::kms::key::Grant;
use crate::reads::{LIST_GRANTS, ReadAnswer};
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
    lines,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    match view.answer {
        ReadAnswer::Grants(grants) if grants.is_empty() => {
            vec![Line::from("This key has no grants.")]
        }
        ReadAnswer::Grants(grants) => grants
            .iter()
            .flat_map(|grant| grant_lines(grant, view))
            .collect(),
        _ => Vec::new(),
    }
}

fn grant_lines(grant: &Grant, view: &TabView) -> Vec<Line<'static>> {
    let mut lines = vec![view.heading(grant.name.as_deref().unwrap_or("(no name)"))];
    let mut put = |label: &str, value: Option<&str>| lines.extend(view.labelled(label, value));
    put("GrantId", Some(&grant.grant_id));
    put("Grantee", grant.grantee_principal.as_deref());
    put("Retiring", grant.retiring_principal.as_deref());
    put("Operations", Some(&grant.operations.join(", ")));
    for (name, pairs) in &grant.constraints {
        let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        put(name, Some(&pairs.join(", ")));
    }
    let created = grant.creation_date;
    put(
        "CreationDate",
        created.map(|at| exact_time(at, view.core.now)).as_deref(),
    );
    lines.push(Line::default());
    lines
}
