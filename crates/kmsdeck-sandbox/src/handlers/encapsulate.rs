//! Encapsulate: a new shared secret for an ML-KEM key (FIPS 203).

use crate::call::{Aliases, Call, Found, Intent};
use crate::keypair;
use crate::spec::KeyUsage;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let algorithm = params.required_choice("EncapsulationAlgorithm", &["ML_KEM"]);
    let tokens = params.grant_tokens();
    let dry_run = params.flag("DryRun");
    params.check()?;
    let found = check(call, &key_id, algorithm, &tokens)?;
    call.check_dry_run(dry_run)?;
    let spec = found.key.spec;
    let material = call.current_material(&found)?;
    let (ciphertext, shared) = keypair::encapsulate(spec, material.secret(spec)?)?;
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("SharedSecret", &shared)
        .blob("SharedSecretCiphertextBlob", &ciphertext)
        .set("EncapsulationAlgorithm", algorithm))
}

/// The checks of both operations.
pub(super) fn check(
    call: &Call<'_>,
    key_id: &str,
    algorithm: &str,
    tokens: &[String],
) -> ApiResult<Found> {
    let found = call.find(key_id, Aliases::Taken)?;
    let mut intent = Intent {
        action: call.operation,
        tokens,
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:EncapsulationAlgorithm", algorithm);
    call.authorize(&found, &intent)?;
    call.check_use(&found, KeyUsage::EncapsulateDecapsulate)?;
    Ok(found)
}
