//! The errors of STS, which are not all called as KMS calls them.

use crate::wire::ApiError;

pub(super) fn access_denied(message: impl Into<String>) -> ApiError {
    ApiError {
        status: 403,
        ..ApiError::new("AccessDenied", message)
    }
}

/// The code of an error, and its status: STS has its own for those of authentication.
pub(crate) fn code(error: &ApiError) -> (&'static str, u16) {
    match error.name {
        "UnrecognizedClientException" => ("InvalidClientTokenId", 403),
        "InvalidSignatureException" => ("SignatureDoesNotMatch", 403),
        "MissingAuthenticationTokenException" => ("MissingAuthenticationToken", 403),
        "IncompleteSignatureException" => ("IncompleteSignature", 400),
        "ExpiredTokenException" => ("ExpiredToken", 403),
        // The web identity token's.
        "ExpiredIdentityTokenException" => ("ExpiredTokenException", 400),
        "ValidationException" => ("ValidationError", 400),
        "SerializationException" => ("MalformedInput", 400),
        "ThrottlingException" => ("Throttling", 400),
        "KMSInternalException" => ("InternalFailure", 500),
        other => (other, error.status),
    }
}
