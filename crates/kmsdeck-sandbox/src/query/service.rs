//! The services that speak the query protocol.

use bytes::Bytes;
use http::Request;

use super::form::member;
use crate::auth::Authorization;
use crate::wire::ApiError;

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
            None => member(request.body(), "Version").as_deref() == Some("2010-05-08"),
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

    pub(super) fn namespace(self) -> &'static str {
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
