//! DeriveSharedSecret: ECDH with the other side's public key.

use super::generate_data_key::{read_recipient, refuse_recipient};
use crate::call::{Aliases, Call, Intent};
use crate::keypair;
use crate::spec::KeyUsage;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let algorithm = params.required_choice("KeyAgreementAlgorithm", &["ECDH"]);
    let public = params.required_blob("PublicKey", 1..=8192);
    let tokens = params.grant_tokens();
    let dry_run = params.flag("DryRun");
    let has_recipient = read_recipient(params);
    params.check()?;
    refuse_recipient(has_recipient)?;
    let found = call.find(&key_id, Aliases::Taken)?;
    let mut intent = Intent {
        action: "DeriveSharedSecret",
        tokens: &tokens,
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:KeyAgreementAlgorithm", algorithm);
    call.authorize(&found, &intent)?;
    call.check_use(&found, KeyUsage::KeyAgreement)?;
    let spec = found.key.spec;
    let material = call.current_material(&found)?;
    // Derived before the dry run's end, so that a bad public key shows.
    let shared = keypair::agree(spec, material.secret(spec)?, &public)?;
    call.check_dry_run(dry_run)?;
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("SharedSecret", &shared)
        .set("KeyAgreementAlgorithm", algorithm)
        .set("KeyOrigin", found.key.origin.name()))
}
