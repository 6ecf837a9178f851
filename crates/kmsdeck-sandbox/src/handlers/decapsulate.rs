//! Decapsulate: the shared secret of an ML-KEM ciphertext (FIPS 203).

use super::encapsulate::check;
use crate::call::Call;
use crate::keypair;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let ciphertext = params.required_blob("SharedSecretCiphertextBlob", 1..=6144);
    let algorithm = params.required_choice("EncapsulationAlgorithm", &["ML_KEM"]);
    let tokens = params.grant_tokens();
    let dry_run = params.flag("DryRun");
    params.check()?;
    let found = check(call, &key_id, algorithm, &tokens)?;
    let spec = found.key.spec;
    let material = call.current_material(&found)?;
    let shared = keypair::decapsulate(spec, material.secret(spec)?, &ciphertext)?;
    call.check_dry_run(dry_run)?;
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("SharedSecret", &shared)
        .set("EncapsulationAlgorithm", algorithm))
}
