//! VerifyMac: KMSInvalidMacException tells a bad MAC.

use aws_lc_rs::hmac;

use super::generate_mac::Request;
use crate::call::Call;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let request = Request::read(params);
    let mac = params.required_blob("Mac", 1..=6144);
    params.check()?;
    let found = request.check(call)?;
    call.check_dry_run(request.dry_run)?;
    // Constant-time, by aws-lc.
    hmac::verify(&request.key(call, &found)?, &request.message, &mac)
        .map_err(|_| ApiError::bare("KMSInvalidMacException"))?;
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .set("MacValid", true)
        .set("MacAlgorithm", request.algorithm))
}
