//! All that ListGrants tells of a grant, for the key's details and beside the list of all grants.

use jiff::Timestamp;
use ratatui::text::Line;

use crate::kms::encryption_context;
use crate::kms::key::Grant;
use crate::kms::text::printable;
use crate::tui::copy_items::CopyItem;
use crate::tui::theme::Theme;
use crate::tui::view::{exact_time, labelled};

/// What the grant is called, and every field that it has.
pub fn lines(grant: &Grant, now: Timestamp, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let name = printable(grant.name.as_deref().unwrap_or("(no name)")).into_owned();
    let mut lines = vec![Line::styled(name, theme.title)];
    for (label, value) in fields(grant) {
        lines.extend(labelled(label, &value, columns, theme));
    }
    if let Some(at) = grant.creation_date {
        let created = exact_time(at, now);
        lines.extend(labelled("CreationDate", &created, columns, theme));
    }
    lines
}

/// Each value of the grant, to be copied alone.
pub fn copy_items(grant: &Grant) -> Vec<CopyItem> {
    let mut items: Vec<CopyItem> = fields(grant)
        .into_iter()
        .map(|(label, value)| CopyItem::text(label, value))
        .collect();
    let name = grant.name.as_deref();
    items.extend(name.map(|name| CopyItem::text("Name", name)));
    let created = grant.creation_date;
    items.extend(created.map(|at| CopyItem::text("CreationDate", at.to_string())));
    items
}

/// The fields that are there, but for the name and the time.
fn fields(grant: &Grant) -> Vec<(&'static str, String)> {
    let principals = [
        ("Grantee", &grant.grantee_principal),
        ("Grantee service", &grant.grantee_service_principal),
        ("Retiring", &grant.retiring_principal),
        ("Retiring service", &grant.retiring_service_principal),
    ];
    let mut fields = vec![("GrantId", grant.grant_id.clone())];
    for (label, principal) in principals {
        fields.extend(principal.clone().map(|principal| (label, principal)));
    }
    fields.push(("Operations", grant.operations.join(", ")));
    for (name, pairs) in &grant.constraints {
        fields.push((name, encryption_context::shown(pairs)));
    }
    let source = grant.source_arn.clone();
    fields.extend(source.map(|arn| ("SourceArn", arn)));
    let issuer = grant.issuing_account.clone();
    fields.extend(issuer.map(|account| ("IssuingAccount", account)));
    fields
}
