//! The body of a request: JSON, with bytes as base64 (AWS JSON 1.1).

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::members::{Member, members};
use crate::kms::encoding::base64;
use crate::kms::tags;
use crate::kms::text::harmless_json;
use crate::kms::{Blob, Field, Request, Value};

/// How bytes are written.
type WriteBlob = fn(&Blob) -> String;

pub(super) fn write(request: &Request) -> String {
    body(request, |blob| match &blob.file {
        // It is yet to be made.
        Some(file) if blob.bytes.is_empty() => of_file(file),
        _ => base64(blob.bytes.reveal()),
    })
}

fn of_file(file: &Path) -> String {
    format!("<base64 of {}>", file.to_string_lossy())
}

/// With the name of a file in place of its bytes, which nobody typed where others can see it.
pub(super) fn preview(request: &Request) -> String {
    body(request, |blob| match &blob.file {
        Some(file) => of_file(file),
        None => base64(blob.bytes.reveal()),
    })
}

fn body(request: &Request, write: WriteBlob) -> String {
    let mut object = Map::new();
    for member in members(request) {
        match member {
            Member::Value(field, given) => {
                object.insert(field.name.to_owned(), value(given, write));
            }
            Member::Structure(name, values) => {
                let values = values
                    .into_iter()
                    .map(|(field, given)| (field.name.to_owned(), value(given, write)))
                    .collect::<Map<_, _>>();
                object.insert(name.to_owned(), values.into());
            }
        }
    }
    harmless_json(&serde_json::to_string_pretty(&object).unwrap_or_default())
}

fn value(value: &Value, write: WriteBlob) -> Json {
    match value {
        Value::Blob(blob) => write(blob).into(),
        other => plain(other),
    }
}

/// A value as JSON; its bytes as base64.
fn plain(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => (*number).into(),
        Value::Time(at) => at.as_second().into(),
        Value::Pairs(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.clone(), Json::from(value.as_str())))
            .collect::<Map<_, _>>()
            .into(),
        Value::Tags(given) => tags::to_json(given),
        Value::List(list) => list.clone().into(),
        Value::Blob(blob) => base64(blob.bytes.reveal()).into(),
        Value::Flag(on) => (*on).into(),
    }
}

/// A value as JSON on one line.
pub(super) fn line(value: &Value) -> String {
    harmless_json(&plain(value).to_string())
}

/// Several values as a JSON object on one line.
pub(super) fn object_line(values: &[(&Field, &Value)]) -> String {
    let object: Map<String, Json> = values
        .iter()
        .map(|(field, value)| (field.name.to_owned(), plain(value)))
        .collect();
    harmless_json(&Json::from(object).to_string())
}
