//! What a served sandbox answers beside the API: whether it is there, and, where that is allowed,
//! the way back to its beginning. Nobody signs here.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::json;

use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult, response};

const PREFIX: &str = "/_kmsdeck/";

/// The answer, where the request is for one of these paths.
pub(crate) fn answer(
    sandbox: &Sandbox,
    request: &Request<Bytes>,
    allows_reset: bool,
) -> Option<Response<Bytes>> {
    let name = request.uri().path().strip_prefix(PREFIX)?;
    let told = match (name, request.method()) {
        ("health", &Method::GET | &Method::HEAD) => Ok(json!({
            "status": "running",
            "version": env!("CARGO_PKG_VERSION"),
            "services": { "iam": "running", "kms": "running", "sts": "running" },
        })),
        ("reset", &Method::POST) => {
            reset(sandbox, allows_reset).map(|()| json!({ "status": "reset" }))
        }
        ("health" | "reset", _) => Err(ApiError {
            status: 405,
            ..ApiError::bare("MethodNotAllowedException")
        }),
        _ => Err(ApiError {
            status: 404,
            ..ApiError::not_found(format!(
                "There is {PREFIX}health, and {PREFIX}reset where it is allowed."
            ))
        }),
    };
    let (status, body) = match told {
        Ok(told) => (200, told.to_string().into_bytes()),
        Err(error) => (error.status, error.body()),
    };
    let request_id = sandbox.next_request_id();
    Some(response(
        status,
        "application/json",
        body.into(),
        &request_id,
    ))
}

fn reset(sandbox: &Sandbox, is_allowed: bool) -> ApiResult<()> {
    if !is_allowed {
        return Err(ApiError {
            name: "ResetNotAllowedException",
            status: 403,
            message: Some("The sandbox is reset only where --allow-reset lets it be.".to_owned()),
        });
    }
    sandbox
        .reset()
        .map_err(|error| ApiError::new("KMSInternalException", error.to_string()))
}
