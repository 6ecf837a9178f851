//! ReEncrypt: decrypts under one key and encrypts under another, inside.

use kmsdeck_policy::RequestContext;

use crate::call::{Aliases, Call};
use crate::handlers::decrypt::{Source, check_modifiers};
use crate::handlers::encrypt::Destination;
use crate::handlers::generate_data_key::check_context;
use crate::spec::ENCRYPTION_ALGORITHMS;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let dry_run = params.flag("DryRun");
    let ignore_ciphertext = params
        .choices("DryRunModifiers", 0..=usize::MAX, &["IGNORE_CIPHERTEXT"])
        .is_some_and(|modifiers| !modifiers.is_empty());
    if !ignore_ciphertext {
        params.require("CiphertextBlob");
    }
    let blob = params.blob("CiphertextBlob", 1..=6144).unwrap_or_default();
    let source_context = params.map("SourceEncryptionContext");
    let source_key_id = params.text("SourceKeyId", 1..=2048);
    let destination_key_id = params.required_text("DestinationKeyId", 1..=2048);
    let destination_context = params.map("DestinationEncryptionContext");
    let mut algorithm = |name| {
        params
            .choice(name, ENCRYPTION_ALGORITHMS)
            .unwrap_or("SYMMETRIC_DEFAULT")
    };
    let source_algorithm = algorithm("SourceEncryptionAlgorithm");
    let destination_algorithm = algorithm("DestinationEncryptionAlgorithm");
    let tokens = params.grant_tokens();
    params.check()?;
    check_context(&source_context)?;
    check_context(&destination_context)?;
    check_modifiers(
        ignore_ciphertext,
        dry_run,
        source_key_id.as_deref(),
        "SourceKeyId",
    )?;

    let source = Source {
        action: "ReEncryptFrom",
        blob: (!ignore_ciphertext).then_some(&blob[..]),
        key_id: source_key_id.as_deref(),
        context: &source_context,
        tokens: &tokens,
        algorithm: source_algorithm,
    };
    let destination = Destination {
        action: "ReEncryptTo",
        context: &destination_context,
        tokens: &tokens,
        algorithm: destination_algorithm,
    };
    let to = call.find(&destination_key_id, Aliases::Taken)?;
    let mut request_context = RequestContext::default();
    let same = source.find(call)?.arn == to.arn;
    request_context.set("kms:ReEncryptOnSameKey", same);
    let from = source.check(call, request_context.clone())?;
    destination.check(call, &to, request_context)?;
    if ignore_ciphertext {
        call.check_dry_run(dry_run)?;
    }
    let (plaintext, source_material) = source.open(&from)?;
    destination.check_length(&to, plaintext.len())?;
    call.check_dry_run(dry_run)?;
    let (blob, destination_material) = destination.seal(call, &to, &plaintext)?;
    call.note_use(&from);
    call.note_use(&to);
    Ok(Reply::new()
        .blob("CiphertextBlob", &blob)
        .set("SourceKeyId", from.arn.as_str())
        .set("KeyId", to.arn.as_str())
        .set("SourceEncryptionAlgorithm", source_algorithm)
        .set("DestinationEncryptionAlgorithm", destination_algorithm)
        .opt("SourceKeyMaterialId", source_material)
        .opt("DestinationKeyMaterialId", destination_material))
}
