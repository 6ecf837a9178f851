//! A request's values as the SDK takes them, and the SDK's answers as values.

use std::collections::HashMap;

use aws_sdk_kms::primitives::{Blob, DateTime, DateTimeFormat as Format};
use aws_sdk_kms::types::{KeyMetadata, Tag};

use crate::gateway::session::Session;
use crate::kms::encryption_context::Pair;
use crate::kms::{Cause, Field, KmsError, Request, ResponseField, ResponseSpec};
use crate::reads;

pub(super) fn text(request: &Request, field: &Field) -> Option<String> {
    request.text(field).map(str::to_owned)
}

pub(super) fn number(request: &Request, field: &Field) -> Option<i32> {
    request.number(field)?.try_into().ok()
}

/// A name as the SDK's enumeration.
pub(super) fn choice<T: for<'a> From<&'a str>>(request: &Request, field: &Field) -> Option<T> {
    request.text(field).map(T::from)
}

/// Several names.
pub(super) fn choices<T: for<'a> From<&'a str>>(
    request: &Request,
    field: &Field,
) -> Option<Vec<T>> {
    let names = request.list(field)?;
    Some(names.iter().map(|name| T::from(name.as_str())).collect())
}

pub(super) fn list(request: &Request, field: &Field) -> Option<Vec<String>> {
    request.list(field).map(<[String]>::to_vec)
}

pub(super) fn pairs(request: &Request, field: &Field) -> Option<HashMap<String, String>> {
    Some(request.pairs(field)?.iter().cloned().collect())
}

pub(super) fn blob(request: &Request, field: &Field) -> Option<Blob> {
    let blob = request.blob(field)?;
    Some(Blob::new(blob.bytes.reveal()))
}

/// KMS says that a signature or a MAC is wrong by an error. An answer that is none, and yet does
/// not say that it is right, proves nothing.
///
/// Errors: refused where the answer says no, not known where it says nothing at all.
pub(super) fn check_valid(
    session: &Session,
    what: &str,
    is_valid: bool,
    key_id: Option<&String>,
) -> Result<(), KmsError> {
    if is_valid {
        return Ok(());
    }
    let endpoint = session.endpoint_text();
    let (cause, message) = match key_id {
        Some(_) => (
            Cause::Service,
            // The SDK reads a false in what the answer leaves out.
            format!("{endpoint} did not answer that the {what} is valid."),
        ),
        None => (
            Cause::Response,
            format!("{endpoint} gave an answer that does not say whether the {what} is valid."),
        ),
    };
    Err(KmsError::local(
        cause,
        "NotValid",
        message,
        format!("Do not trust the {what}, nor what it is of."),
    ))
}

/// Tags as the SDK takes them.
pub(super) fn tags(request: &Request, field: &Field) -> Option<Vec<Tag>> {
    let tag = |(key, value): &Pair| {
        let tag = Tag::builder().tag_key(key).tag_value(value).build();
        tag.expect("a key and a value are all that a tag must have")
    };
    Some(request.tags(field)?.iter().map(tag).collect())
}

/// The tags of an answer.
pub(super) fn answered_tags(member: &ResponseSpec, tags: Option<Vec<Tag>>) -> ResponseField {
    let pair = |tag: Tag| (tag.tag_key, tag.tag_value);
    member.tags(tags.map(|tags| tags.into_iter().map(pair).collect()))
}

/// The metadata of a key that was made.
pub(super) fn key_metadata(member: &ResponseSpec, key: Option<KeyMetadata>) -> ResponseField {
    member.metadata(key.map(reads::key_metadata))
}

/// A flag is left out where it is off.
pub(super) fn flag(request: &Request, field: &Field) -> Option<bool> {
    request.flag(field).then_some(true)
}

/// DryRun is left out where it is off.
pub(super) fn dry_run(request: &Request) -> Option<bool> {
    request.dry_run().then_some(true)
}

/// A time, to the second.
pub(super) fn time(request: &Request, field: &Field) -> Option<DateTime> {
    Some(DateTime::from_secs(request.time(field)?.as_second()))
}

/// The bytes of an answer, moved and not copied.
pub(super) fn bytes(blob: Option<Blob>) -> Option<Vec<u8>> {
    blob.map(Blob::into_inner)
}

/// The name of an enumeration's value.
pub(super) fn name<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A time as RFC 3339.
pub(super) fn date(date: Option<DateTime>) -> Option<String> {
    date?.fmt(Format::DateTime).ok()
}
