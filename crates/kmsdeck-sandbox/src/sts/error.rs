//! The refusal of STS.

use crate::wire::ApiError;

pub(super) fn access_denied(message: impl Into<String>) -> ApiError {
    ApiError {
        status: 403,
        ..ApiError::new("AccessDenied", message)
    }
}
