//! The errors of the KMS API.

use serde_json::{Map, Value};

/// An answer other than success: `__type`, HTTP status and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The error's name, as in the API reference (`NotFoundException`).
    pub name: &'static str,
    /// HTTP status code.
    pub status: u16,
    /// Some errors (InvalidCiphertextException) carry no message.
    pub message: Option<String>,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub(crate) fn new(name: &'static str, message: impl Into<String>) -> ApiError {
        ApiError {
            name,
            status: status_of(name),
            message: Some(message.into()),
        }
    }

    pub(crate) fn bare(name: &'static str) -> ApiError {
        ApiError {
            name,
            status: status_of(name),
            message: None,
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> ApiError {
        ApiError::new("ValidationException", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new("NotFoundException", message)
    }

    /// A key whose `fault` says so, or a failing system RNG.
    pub(crate) fn internal() -> ApiError {
        ApiError::new(
            "KMSInternalException",
            "The request was rejected because an internal exception occurred. The request can be retried.",
        )
    }

    /// The JSON body. `AccessDeniedException` comes from the authorization
    /// layer and spells the field `Message`; clients must take both.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut out = Map::new();
        out.insert("__type".into(), self.name.into());
        if let Some(message) = &self.message {
            let field = if self.name == "AccessDeniedException" {
                "Message"
            } else {
                "message"
            };
            out.insert(field.into(), message.as_str().into());
        }
        Value::Object(out).to_string().into_bytes()
    }
}

/// HTTP codes: client errors are 400 in the JSON protocol; the three server
/// errors have the codes of the API model.
fn status_of(name: &str) -> u16 {
    match name {
        "KMSInternalException" | "KeyUnavailableException" | "InternalFailure" => 500,
        "DependencyTimeoutException" => 503,
        "RequestTimeoutException" => 408,
        "RequestEntityTooLargeException" => 413,
        _ => 400,
    }
}
