//! The key's tags.

use ratatui::text::Line;

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::kms::key::Tag;
use crate::ops::{GIVEN_TAGS, TAG_KEYS, TAG_RESOURCE, UNTAG_RESOURCE};
use crate::reads::{LIST_RESOURCE_TAGS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::view::labelled;

pub(super) static TAB: TabSpec = TabSpec {
    title: "Tags",
    reads: &[&LIST_RESOURCE_TAGS],
    count: |answer| match answer {
        ReadAnswer::Tags(tags) => Some(tags.len()),
        _ => None,
    },
    absent: None,
    text: None,
    empty: "This key has no tags.",
    body: Body::Rows(rows),
    begins,
};

fn tags(answer: &ReadAnswer) -> &[Tag] {
    match answer {
        ReadAnswer::Tags(tags) => tags,
        _ => &[],
    }
}

fn rows(view: &TabView) -> Vec<Vec<Line<'static>>> {
    tags(view.answer)
        .iter()
        .map(|tag| labelled(&tag.key, &tag.value, view.columns, view.theme))
        .collect()
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    let tag = tags(subject.answer).get(subject.row);
    match action {
        Action::New => Some(Begun::Form(subject.request(&TAG_RESOURCE))),
        Action::Edit => {
            let tag = tag?;
            let tags = vec![(tag.key.clone(), tag.value.clone())];
            let request = subject.request(&TAG_RESOURCE);
            Some(Begun::Form(request.with(&GIVEN_TAGS, Value::Tags(tags))))
        }
        Action::Remove => {
            let keys = vec![tag?.key.clone()];
            let request = subject.request(&UNTAG_RESOURCE);
            Some(Begun::Send(request.with(&TAG_KEYS, Value::List(keys))))
        }
        _ => None,
    }
}
