//! The wire: AWS JSON 1.1 in and out, and the errors of the KMS API.
//!
//! Requests are read by name from plain JSON, so that no type of the SDK is shared between the two
//! ends.

mod error;
pub(crate) mod marker;
mod millis;
mod params;
mod reply;
mod response;

pub(crate) use error::{ApiError, ApiResult};
pub(crate) use millis::{DAY, Millis};
pub(crate) use params::Params;
pub(crate) use reply::Reply;
pub(crate) use response::response;
