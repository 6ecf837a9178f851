//! GetPublicKey: SubjectPublicKeyInfo (RFC 5280) of a key pair.

use crate::call::{Aliases, Call, Intent};
use crate::keypair;
use crate::spec::KeyUsage;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let tokens = params.grant_tokens();
    params.check()?;
    let found = call.find(&key_id, Aliases::Taken)?;
    call.authorize(
        &found,
        &Intent {
            action: "GetPublicKey",
            tokens: &tokens,
            ..Intent::default()
        },
    )?;
    call.check_state(&found)?;
    let key = &found.key;
    let spec = key.spec;
    if !spec.is_asymmetric() {
        return Err(ApiError::new(
            "UnsupportedOperationException",
            format!(
                "{} key spec is {} which is not valid for GetPublicKey.",
                found.arn,
                spec.name()
            ),
        ));
    }
    let material = call.current_material(&found)?;
    let public = keypair::public_der(spec, material.secret(spec)?)?;
    // A pair that was drawn just now must be the same after a restart.
    call.sandbox.state_mut().note_secrets(&found.key);
    let reply = Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("PublicKey", &public)
        .opt("CustomerMasterKeySpec", spec.old_name())
        .set("KeySpec", spec.name())
        .set("KeyUsage", key.usage.name());
    let strings = |items: &[&'static str]| items.to_vec();
    Ok(match key.usage {
        KeyUsage::EncryptDecrypt => reply.list(
            "EncryptionAlgorithms",
            strings(spec.encryption_algorithms()),
        ),
        KeyUsage::SignVerify => reply.list("SigningAlgorithms", strings(spec.signing_algorithms())),
        KeyUsage::KeyAgreement => reply.list("KeyAgreementAlgorithms", ["ECDH"]),
        KeyUsage::EncapsulateDecapsulate => reply.list("EncapsulationAlgorithms", ["ML_KEM"]),
        KeyUsage::GenerateVerifyMac => reply,
    })
}
