//! What came back from a call.

use std::time::Duration;

use super::encoding;
use super::encryption_context::Pair;
use super::error::KmsError;
use super::field::Sensitivity;
use super::key::KeyMetadata;
use super::request::Request;
use super::secret::SecretBytes;
use super::tags;
use super::verdict::Verdict;

/// The value of a response field.
#[derive(Debug, Clone, PartialEq)]
pub enum ResponseValue {
    Text(String),
    /// Bytes that are no secret: a ciphertext, a public key.
    Blob(Vec<u8>),
    /// A plaintext, a private key, a shared secret: shown when asked for.
    Secret(SecretBytes),
    Flag(bool),
    List(Vec<String>),
    Tags(Vec<Pair>),
    /// What was made: KeyMetadata.
    Metadata(Box<KeyMetadata>),
    /// The response left the field out.
    Absent,
}

/// A field of a response, by its API name.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseField {
    pub name: &'static str,
    pub value: ResponseValue,
}

/// A member of an operation's answer.
#[derive(Debug, Clone, Copy)]
pub struct ResponseSpec {
    /// The API's name, `CiphertextBlob`.
    pub name: &'static str,
    pub sensitivity: Sensitivity,
    /// Whether the call was made for it: an answer without it is none.
    pub is_product: bool,
    /// Whether it is bytes, which can be saved to a file as they are.
    pub is_bytes: bool,
}

impl ResponseSpec {
    fn holding(&self, value: Option<ResponseValue>) -> ResponseField {
        ResponseField {
            name: self.name,
            value: value.unwrap_or(ResponseValue::Absent),
        }
    }

    pub fn text(&self, value: Option<String>) -> ResponseField {
        self.holding(value.map(ResponseValue::Text))
    }

    /// Bytes; kept as a secret where the member is one.
    pub fn blob(&self, value: Option<Vec<u8>>) -> ResponseField {
        self.holding(value.map(|bytes| match self.sensitivity {
            Sensitivity::Secret => ResponseValue::Secret(SecretBytes::new(bytes)),
            _ => ResponseValue::Blob(bytes),
        }))
    }

    pub fn flag(&self, value: bool) -> ResponseField {
        self.holding(Some(ResponseValue::Flag(value)))
    }

    /// Tags; absent where there are none.
    pub fn tags(&self, tags: Option<Vec<Pair>>) -> ResponseField {
        let tags = tags.filter(|tags| !tags.is_empty());
        self.holding(tags.map(ResponseValue::Tags))
    }

    pub fn metadata(&self, key: Option<KeyMetadata>) -> ResponseField {
        self.holding(key.map(|key| ResponseValue::Metadata(Box::new(key))))
    }

    /// Names; absent where there are none.
    pub fn list<T: ToString>(&self, value: Option<Vec<T>>) -> ResponseField {
        let names = value.filter(|names| !names.is_empty());
        self.holding(
            names.map(|names| ResponseValue::List(names.iter().map(T::to_string).collect())),
        )
    }
}

/// How a call went on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallMeta {
    /// From the start of the SDK call to its end, retries and their waits included.
    pub latency: Duration,
    /// HTTP requests sent; over 1 where the SDK tried again.
    pub attempts: u32,
    /// `x-amzn-RequestId` of the last answer.
    pub request_id: Option<String>,
}

/// A request, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub request: Request,
    pub meta: CallMeta,
    /// The response's fields in the API's order, also those that were left out.
    pub result: Result<Vec<ResponseField>, KmsError>,
}

/// How an outcome is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Carried out.
    Success,
    /// A dry run's verdict.
    DryRun(Verdict),
    /// A dry run was asked for, and the endpoint carried the call out all the same. Some
    /// emulators do; it says nothing about permissions.
    DryRunIgnored,
    /// Refused by the service.
    Refused,
    /// No answer: throttled, network, credentials, cancelled.
    NotKnown,
}

impl Outcome {
    pub fn kind(&self) -> OutcomeKind {
        match (&self.result, self.request.dry_run()) {
            (Ok(_), false) => OutcomeKind::Success,
            (Ok(_), true) => OutcomeKind::DryRunIgnored,
            (Err(error), true) => OutcomeKind::DryRun(Verdict::of(error)),
            (Err(error), false) => match error.cause {
                super::Cause::Service => OutcomeKind::Refused,
                _ => OutcomeKind::NotKnown,
            },
        }
    }

    pub fn field(&self, name: &str) -> Option<&ResponseField> {
        self.result
            .as_ref()
            .ok()?
            .iter()
            .find(|field| field.name == name)
    }

    /// The first blob of the response: what `s` saves.
    pub fn blob(&self) -> Option<(&'static str, &[u8])> {
        self.result
            .as_ref()
            .ok()?
            .iter()
            .find_map(|field| match &field.value {
                ResponseValue::Blob(bytes) => Some((field.name, bytes.as_slice())),
                _ => None,
            })
    }

    /// The response's secrets, by name.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &SecretBytes)> {
        self.result
            .iter()
            .flatten()
            .filter_map(|field| match &field.value {
                ResponseValue::Secret(bytes) => Some((field.name, bytes)),
                _ => None,
            })
    }

    /// As the AWS CLI prints it: the response's fields, blobs in base64, secrets only where
    /// `reveal` says so; for an error its code, message and request ID.
    pub fn to_json(&self, reveal: bool) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        match &self.result {
            Ok(fields) => {
                for field in fields {
                    let value: serde_json::Value = match &field.value {
                        ResponseValue::Text(text) => text.clone().into(),
                        ResponseValue::Blob(bytes) => encoding::base64(bytes).into(),
                        ResponseValue::Secret(bytes) if reveal => {
                            encoding::base64(bytes.reveal()).into()
                        }
                        ResponseValue::Flag(on) => (*on).into(),
                        ResponseValue::List(names) => names.clone().into(),
                        ResponseValue::Tags(given) => tags::to_json(given),
                        ResponseValue::Metadata(key) => key.to_json(),
                        ResponseValue::Secret(_) | ResponseValue::Absent => continue,
                    };
                    object.insert(field.name.to_owned(), value);
                }
            }
            Err(error) => {
                if let OutcomeKind::DryRun(verdict) = self.kind() {
                    object.insert("Verdict".into(), verdict.text().into());
                }
                object.insert("Error".into(), error.code.clone().into());
                object.insert("Message".into(), error.message.clone().into());
                if let Some(id) = error.request_id.as_ref().or(self.meta.request_id.as_ref()) {
                    object.insert("RequestId".into(), id.clone().into());
                }
            }
        }
        serde_json::Value::Object(object)
    }
}

/// `9 ms`, `1.4 s`: a latency as people read it.
pub fn latency_text(latency: Duration) -> String {
    let micros = latency.as_micros();
    match micros {
        0..1_000 => "under 1 ms".to_owned(),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", latency.as_secs_f64()),
    }
}
