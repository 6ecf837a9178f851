//! Key pairs: generation.

use super::crypto::Secret;
use super::spec::KeySpec;
use super::wire::{ApiError, ApiResult};

/// The private key of a new pair.
pub fn generate(spec: KeySpec) -> ApiResult<Secret> {
    Err(ApiError::new(
        "UnsupportedOperationException",
        format!("The sandbox makes no {} keys.", spec.name()),
    ))
}
