//! ReEncrypt (KMS API reference).

use aws_sdk_kms::types::DryRunModifierType;

use super::{
    Changes, DRY_RUN, ENCRYPTION_ALGORITHMS, ENCRYPTION_CONTEXT, Fits, GRANT_TOKENS, Impact,
    KEY_ID, OpSpec, context_needs_symmetric, modifier_rules, sdk,
};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static RE_ENCRYPT: OpSpec = OpSpec {
    id: OpId("ReEncrypt"),
    short: "REN",
    iam: "kms:ReEncryptFrom, kms:ReEncryptTo",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Decrypts a ciphertext inside KMS and encrypts it under another key",
    verb: "Re-encrypt",
    done: "Re-encrypted",
    fits: Fits::Usage("ENCRYPT_DECRYPT"),
    answers_secrets: false,
    fields: &[
        Field::optional(
            "CiphertextBlob",
            FieldKind::Blob { min: 1, max: 6144 },
            "The ciphertext, as Encrypt or GenerateDataKey returned it: 1 to 6,144 bytes.",
        ),
        Field {
            name: "SourceKeyId",
            required: false,
            help: "The key that made the ciphertext. Needed for an asymmetric key and with IGNORE_CIPHERTEXT; recommended always. Takes kms:ReEncryptFrom.",
            ..KEY_ID
        },
        Field {
            name: "SourceEncryptionContext",
            help: "The pairs that the ciphertext was made with: the very same, case and all.",
            ..ENCRYPTION_CONTEXT
        },
        Field::optional(
            "SourceEncryptionAlgorithm",
            ENCRYPTION_ALGORITHMS,
            "How: SYMMETRIC_DEFAULT unless the key is asymmetric.",
        ),
        Field {
            name: "DestinationKeyId",
            help: "The key to encrypt under; the same one gives a ciphertext of its newest key material. Takes kms:ReEncryptTo.",
            ..KEY_ID
        },
        Field {
            name: "DestinationEncryptionContext",
            help: "The pairs for the new ciphertext; they need not be the old ones. Not secret: they are written to CloudTrail in plain text.",
            ..ENCRYPTION_CONTEXT
        },
        Field::optional(
            "DestinationEncryptionAlgorithm",
            ENCRYPTION_ALGORITHMS,
            "How: SYMMETRIC_DEFAULT unless the key is asymmetric.",
        ),
        GRANT_TOKENS,
        DRY_RUN,
        Field::optional(
            "DryRunModifiers",
            FieldKind::Names(DryRunModifierType::values()),
            "IGNORE_CIPHERTEXT asks for the permission alone, with no CiphertextBlob. Goes with DryRun.",
        ),
    ],
    exactly_one: &[],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = modifier_rules(request, "SourceKeyId");
    for (context, algorithm) in [
        ("SourceEncryptionContext", "SourceEncryptionAlgorithm"),
        (
            "DestinationEncryptionContext",
            "DestinationEncryptionAlgorithm",
        ),
    ] {
        let algorithm = request.text(algorithm);
        errors.extend(context_needs_symmetric(request, context, algorithm));
    }
    errors
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .re_encrypt()
        .set_ciphertext_blob(sdk::blob(request, "CiphertextBlob"))
        .set_source_key_id(sdk::text(request, "SourceKeyId"))
        .set_source_encryption_context(sdk::pairs(request, "SourceEncryptionContext"))
        .set_source_encryption_algorithm(sdk::choice(request, "SourceEncryptionAlgorithm"))
        .set_destination_key_id(sdk::text(request, "DestinationKeyId"))
        .set_destination_encryption_context(sdk::pairs(request, "DestinationEncryptionContext"))
        .set_destination_encryption_algorithm(sdk::choice(
            request,
            "DestinationEncryptionAlgorithm",
        ))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .set_dry_run_modifiers(sdk::choices(request, "DryRunModifiers"))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::blob("CiphertextBlob", sdk::bytes(answer.ciphertext_blob)),
        ResponseField::text("SourceKeyId", answer.source_key_id),
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::text(
            "SourceEncryptionAlgorithm",
            sdk::name(answer.source_encryption_algorithm),
        ),
        ResponseField::text(
            "DestinationEncryptionAlgorithm",
            sdk::name(answer.destination_encryption_algorithm),
        ),
        ResponseField::text("SourceKeyMaterialId", answer.source_key_material_id),
        ResponseField::text(
            "DestinationKeyMaterialId",
            answer.destination_key_material_id,
        ),
    ])
}
