//! The wire: AWS JSON 1.1 in and out, and the errors of the KMS API.
//!
//! Requests are read by name from plain JSON, so that no type of the SDK is shared between the two
//! ends.

mod error;
pub(crate) mod marker;
mod millis;
mod params;
mod reply;

pub(crate) use error::{ApiError, ApiResult};
pub(crate) use millis::Millis;
pub(crate) use params::Params;
pub(crate) use reply::Reply;
