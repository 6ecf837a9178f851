//! DeriveSharedSecret: ECDH with the other side's public key.

use crate::attestation::{Document, Recipient};
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
    let document = Document::read(params);
    params.check()?;
    let recipient = document.map(Document::verify).transpose()?;
    let recipient = recipient.as_ref();
    let found = call.find(&key_id, Aliases::Taken)?;
    let mut intent = Intent {
        action: "DeriveSharedSecret",
        tokens: &tokens,
        request_context: Recipient::context(recipient),
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
    let reply = Reply::new().set("KeyId", found.arn.as_str());
    let reply = Recipient::told(recipient, reply, "SharedSecret", &shared)?;
    call.note_use(&found);
    Ok(reply
        .set("KeyAgreementAlgorithm", algorithm)
        .set("KeyOrigin", found.key.origin.name()))
}
