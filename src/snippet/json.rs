//! The request as the API's JSON.

use serde_json::{Map, Value as Json};

use super::{Part, parts};
use crate::kms::encoding::base64;
use crate::kms::{Request, Value};

pub fn render(request: &Request) -> String {
    let text = serde_json::to_string_pretty(&body(request)).unwrap_or_default();
    format!("{text}\n")
}

/// The body; blobs in base64.
pub fn body(request: &Request) -> Json {
    let mut body = Map::new();
    for part in parts(request) {
        match part {
            Part::Field(name, value) => {
                body.insert(name.to_owned(), json(value));
            }
            Part::Structure(name, members) => {
                let members: Map<_, _> = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), json(value)))
                    .collect();
                body.insert(name.to_owned(), members.into());
            }
        }
    }
    body.into()
}

/// A value as JSON.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Number(number) => (*number).into(),
        Value::Flag(on) => (*on).into(),
        Value::List(list) => list.clone().into(),
        Value::Blob(blob) => base64(blob.bytes.reveal()).into(),
        Value::Pairs(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.clone(), Json::from(value.clone())))
            .collect::<Map<_, _>>()
            .into(),
    }
}
