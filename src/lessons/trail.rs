//! What CloudTrail would record of a call: for learners to see that the encryption context is in
//! it, and the plaintext is not.
//!
//! Source: CloudTrail user guide, "CloudTrail record contents", and the KMS developer guide,
//! "Logging AWS KMS API calls with AWS CloudTrail".

use serde_json::{Map, Value as Json, json};

use super::course::Course;
use super::parts::Came;
use crate::kms::field::Sensitivity;
use crate::kms::{Outcome, Value};

/// The record of a step's call, as JSON; None for one that made none, or that does not show it.
pub fn of(course: &Course, at: usize) -> Option<String> {
    let came = course.came(at)?;
    let step = course.lesson.steps.get(at)?;
    step.trail.then(|| text(came)).flatten()
}

/// The record of what came of a step, as JSON; None where it made no call.
pub fn text(came: &Came) -> Option<String> {
    let (outcome, caller) = (came.outcome.as_ref()?, came.caller.as_ref()?);
    let record = record(outcome, &caller.arn, &caller.region);
    serde_json::to_string_pretty(&record).ok()
}

/// The record's members that the call decides. Blobs, plaintexts and grant tokens are in none.
fn record(outcome: &Outcome, principal: &str, region: &str) -> Json {
    let mut parameters = Map::new();
    for (field, value) in outcome.request.values() {
        let value: Json = match value {
            Value::Blob(_) => continue,
            _ if field.sensitivity == Sensitivity::Token => continue,
            Value::Text(text) => text.clone().into(),
            Value::Number(number) => (*number).into(),
            Value::Time(at) => at.to_string().into(),
            Value::Flag(on) => (*on).into(),
            Value::List(list) => list.clone().into(),
            Value::Tags(given) => given
                .iter()
                .map(|(key, value)| json!({ "tagKey": key, "tagValue": value }))
                .collect(),
            Value::Pairs(pairs) => pairs
                .iter()
                .map(|(key, value)| (key.clone(), Json::from(value.clone())))
                .collect::<Map<_, _>>()
                .into(),
        };
        parameters.insert(lower_first(field.name), value);
    }
    let mut record = Map::new();
    record.insert("eventSource".into(), "kms.amazonaws.com".into());
    record.insert("eventName".into(), outcome.request.op.0.into());
    record.insert("awsRegion".into(), region.into());
    record.insert("userIdentity".into(), json!({ "arn": principal }));
    record.insert("requestParameters".into(), parameters.into());
    if let Err(error) = &outcome.result {
        // CloudTrail writes codes without their end.
        let code = error.code.trim_end_matches("Exception");
        record.insert("errorCode".into(), code.into());
        record.insert("errorMessage".into(), error.message.clone().into());
    }
    if let Some(id) = &outcome.meta.request_id {
        record.insert("requestID".into(), id.clone().into());
    }
    record.into()
}

/// `KeyId` as `keyId`.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
