//! The query protocol, which STS and IAM speak: forms in, XML out.

mod form;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};

pub(crate) use form::{action, read};
pub(crate) use xml::{Xml, answer, time};

use crate::auth::Authorization;
use crate::wire::{ApiError, response};

/// A service of that protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryService {
    Sts,
    Iam,
}

impl QueryService {
    /// Whom a request is for: what its signature says, else its version of the API.
    pub(crate) fn of(request: &Request<Bytes>) -> QueryService {
        let signed_for = Authorization::read(request.headers()).ok();
        let is_iam = match signed_for {
            Some(authorization) => authorization.service == "iam",
            None => form::member(request.body(), "Version").as_deref() == Some("2010-05-08"),
        };
        match is_iam {
            true => QueryService::Iam,
            false => QueryService::Sts,
        }
    }

    /// As signatures and endpoints call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            QueryService::Sts => "sts",
            QueryService::Iam => "iam",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            QueryService::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            QueryService::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }

    fn internal_error(self) -> &'static str {
        match self {
            QueryService::Sts => "InternalFailure",
            QueryService::Iam => "ServiceFailure",
        }
    }

    /// The code of an error, and its status: these services have names of their own for what has
    /// others in KMS.
    pub(crate) fn code(self, error: &ApiError) -> (&'static str, u16) {
        match error.name {
            "UnrecognizedClientException" => ("InvalidClientTokenId", 403),
            "InvalidSignatureException" => ("SignatureDoesNotMatch", 403),
            "MissingAuthenticationTokenException" => ("MissingAuthenticationToken", 403),
            "IncompleteSignatureException" => ("IncompleteSignature", 400),
            "ExpiredTokenException" => ("ExpiredToken", 403),
            // The web identity token's.
            "ExpiredIdentityTokenException" => ("ExpiredTokenException", 400),
            "AccessDeniedException" => ("AccessDenied", 403),
            "InvalidMarkerException" | "ValidationException" => ("ValidationError", 400),
            "SerializationException" => ("MalformedInput", 400),
            "ThrottlingException" => ("Throttling", 400),
            "KMSInternalException" => (self.internal_error(), 500),
            other => (other, error.status),
        }
    }
}

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
