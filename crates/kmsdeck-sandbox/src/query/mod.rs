//! The query protocol, which STS and IAM speak: forms in, XML out.

mod form;
mod service;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, Response};

pub(crate) use form::{action, read};
pub(crate) use service::QueryService;
pub(crate) use xml::{Xml, answer, time};

use crate::wire::{ApiError, response};

/// Whether a request is of that protocol; KMS never sends forms.
pub(crate) fn is_query(headers: &HeaderMap) -> bool {
    let kind = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

pub(crate) fn unknown_action(action: &str) -> ApiError {
    ApiError::new(
        "InvalidAction",
        format!("Could not find operation {action}"),
    )
}

/// An error of the protocol.
pub(crate) fn refuse(service: QueryService, error: &ApiError, request_id: &str) -> Response<Bytes> {
    let (code, status) = service.code(error);
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    let message = error.message.as_deref();
    let xml = xml::error(service, fault, code, message, request_id);
    response(status, "text/xml", Bytes::from(xml), request_id)
}
