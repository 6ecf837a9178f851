//! The primary and the replicas of a multi-Region key side by side: their states, and in what each
//! replica differs from the primary.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use serde_json::Value as Json;

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::key::RelatedKey;
use crate::kms::text::printable;
use crate::kms::{KmsError, Value};
use crate::ops::{PRIMARY_REGION, REPLICATE_KEY, UPDATE_PRIMARY_REGION};
use crate::reads::{RELATED_KEYS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::view;
use crate::tui::widgets::key_state::state_of;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Regions",
    reads: &[&RELATED_KEYS],
    count: |answer| match answer {
        ReadAnswer::RelatedKeys(keys) => Some(keys.len()),
        _ => None,
    },
    absent: Some("This key is of one Region."),
    text: None,
    body: Body::Rows {
        rows,
        none: "This key is of one Region.",
    },
    begins,
};

fn keys(answer: &ReadAnswer) -> &[RelatedKey] {
    match answer {
        ReadAnswer::RelatedKeys(keys) => keys,
        _ => &[],
    }
}

fn rows(view: &TabView) -> Vec<Vec<Line<'static>>> {
    let keys = keys(view.answer);
    let Some(primary) = keys.first() else {
        return Vec::new();
    };
    keys.iter().map(|key| lines(key, primary, view)).collect()
}

fn lines(key: &RelatedKey, primary: &RelatedKey, view: &TabView) -> Vec<Line<'static>> {
    let theme = view.theme;
    let is_primary = std::ptr::eq(key, primary);
    let mut head = vec![
        Span::styled(format!("{:<16}", key.region), theme.title),
        Span::styled(
            format!("{:<9}", if is_primary { "PRIMARY" } else { "REPLICA" }),
            theme.dim,
        ),
    ];
    match &key.metadata {
        Ok(metadata) => {
            let (glyph, state, style) = state_of(metadata, view.core.now, theme);
            head.push(Span::styled(format!("{glyph} {state}"), style));
        }
        Err(error) => head.push(Span::styled(not_told(error), theme.warn)),
    }
    let mut lines = vec![Line::from(head)];
    let mut tell = |mark: &'static str, style: Style, text: String| {
        let room = view.columns.saturating_sub(4);
        let told = view::wrapped(&printable(&text), room, theme.text);
        let told = view::behind_sign(Span::styled(mark, style), told);
        lines.extend(told.into_iter().map(|mut line| {
            line.spans.insert(0, Span::raw("  "));
            line
        }));
    };
    for (name, told, difference) in facts(key, primary) {
        match difference {
            _ if is_primary => tell("  ", theme.dim, format!("{name}: {told}")),
            None => tell("= ", theme.dim, format!("{name}: as the primary's")),
            Some(difference) => tell("≠ ", theme.warn, format!("{name}: {difference}")),
        }
    }
    lines
}

fn not_told(error: &KmsError) -> String {
    format!("not told ({})", error.code)
}

/// Of each thing: its name, what it is, and in what it differs from the primary's.
fn facts(key: &RelatedKey, primary: &RelatedKey) -> Vec<(&'static str, String, Option<String>)> {
    let description = |key: &RelatedKey| {
        let metadata = key.metadata.clone();
        metadata.map(|key| key.description)
    };
    let tags = |key: &RelatedKey| {
        let tags = key.tags.clone();
        tags.map(|tags| {
            let tags = tags.iter();
            tags.map(|tag| format!("{}={}", tag.key, tag.value))
                .collect::<Vec<_>>()
        })
    };
    vec![
        of_text("Description", description(key), description(primary)),
        of_policy(&key.policy, &primary.policy),
        of_names("Tags", tags(key), tags(primary)),
        of_names("Aliases", key.aliases.clone(), primary.aliases.clone()),
    ]
}

fn of_text(
    name: &'static str,
    own: Result<String, KmsError>,
    other: Result<String, KmsError>,
) -> (&'static str, String, Option<String>) {
    let text = |text: &str| match text {
        "" => "none".to_owned(),
        text => text.to_owned(),
    };
    match (own, other) {
        (Ok(own), Ok(other)) => (name, text(&own), (own != other).then(|| text(&own))),
        (Ok(own), Err(_)) => (name, text(&own), Some(text(&own))),
        (Err(error), _) => (name, not_told(&error), Some(not_told(&error))),
    }
}

fn of_policy(
    own: &Result<String, KmsError>,
    other: &Result<String, KmsError>,
) -> (&'static str, String, Option<String>) {
    const NAME: &str = "Policy";
    let statements = |policy: &str| {
        let policy: Json = serde_json::from_str(policy).unwrap_or_default();
        match &policy["Statement"] {
            Json::Array(statements) => statements.clone(),
            Json::Null => Vec::new(),
            one => vec![one.clone()],
        }
    };
    match (own, other) {
        (Ok(own), Ok(other)) => {
            let (own, other) = (statements(own), statements(other));
            let more = own.iter().filter(|one| !other.contains(one)).count();
            let fewer = other.iter().filter(|one| !own.contains(one)).count();
            let told = crate::kms::text::counted(own.len(), "statement");
            let difference = match (more, fewer) {
                (0, 0) => None,
                _ => Some(format!(
                    "{told}: {more} that the primary's does not have, {fewer} of the primary's not here"
                )),
            };
            (NAME, told, difference)
        }
        (Ok(own), Err(_)) => {
            let told = crate::kms::text::counted(statements(own).len(), "statement");
            (NAME, told.clone(), Some(told))
        }
        (Err(error), _) => (NAME, not_told(error), Some(not_told(error))),
    }
}

fn of_names(
    name: &'static str,
    own: Result<Vec<String>, KmsError>,
    other: Result<Vec<String>, KmsError>,
) -> (&'static str, String, Option<String>) {
    let listed = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    match (own, other) {
        (Ok(own), Ok(other)) => {
            let only = |some: &[String], others: &[String]| {
                let some = some.iter().filter(|one| !others.contains(one));
                some.cloned().collect::<Vec<_>>()
            };
            let (here, there) = (only(&own, &other), only(&other, &own));
            let parts = [
                (!here.is_empty()).then(|| format!("{} here alone", here.join(", "))),
                (!there.is_empty()).then(|| format!("not {}", there.join(", "))),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            let difference = (!parts.is_empty()).then(|| parts.join("; "));
            (name, listed(&own), difference)
        }
        (Ok(own), Err(_)) => (name, listed(&own), Some(listed(&own))),
        (Err(error), _) => (name, not_told(&error), Some(not_told(&error))),
    }
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    match action {
        Action::New => Some(Begun::Form(subject.request(&REPLICATE_KEY))),
        // Of a replica: that it becomes the primary.
        Action::Edit if subject.row > 0 => {
            let replica = keys(subject.answer).get(subject.row)?;
            let request = subject.request(&UPDATE_PRIMARY_REGION);
            let region = Value::Text(replica.region.clone());
            Some(Begun::Form(request.with(&PRIMARY_REGION, region)))
        }
        _ => None,
    }
}
