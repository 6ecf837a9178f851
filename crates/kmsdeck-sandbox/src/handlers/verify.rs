//! Verify: KMSInvalidSignatureException tells a bad signature.

use super::sign::Request;
use crate::call::Call;
use crate::keypair;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let request = Request::read(params);
    let signature = params.required_blob("Signature", 1..=6144);
    params.check()?;
    let found = request.check(call)?;
    call.check_dry_run(request.dry_run)?;
    let material = call.current_material(&found)?;
    let spec = found.key.spec;
    let valid = keypair::verify(
        spec,
        material.secret(spec)?,
        request.algorithm,
        request.message(),
        &signature,
    )?;
    if !valid {
        return Err(ApiError::bare("KMSInvalidSignatureException"));
    }
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .set("SignatureValid", true)
        .set("SigningAlgorithm", request.algorithm))
}
