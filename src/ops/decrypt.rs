//! Decrypt (KMS API reference).

use aws_sdk_kms::types::DryRunModifierType;

use super::{
    Changes, DRY_RUN, ENCRYPTION_ALGORITHMS, ENCRYPTION_CONTEXT, Fits, GRANT_TOKENS, Impact,
    KEY_ID, OpSpec, context_needs_symmetric, modifier_rules, sdk,
};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static DECRYPT: OpSpec = OpSpec {
    id: OpId("Decrypt"),
    short: "DEC",
    iam: "kms:Decrypt",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Decrypts a ciphertext that a KMS key made",
    verb: "Decrypt",
    done: "Decrypted",
    fits: Fits::Usage("ENCRYPT_DECRYPT"),
    answers_secrets: true,
    fields: &[
        Field::optional(
            "CiphertextBlob",
            FieldKind::Blob { min: 1, max: 6144 },
            "The ciphertext, as Encrypt or GenerateDataKey returned it: 1 to 6,144 bytes.",
        ),
        Field {
            required: false,
            help: "The key that made the ciphertext. Needed for an asymmetric key and with IGNORE_CIPHERTEXT; recommended always, so that no other key is taken.",
            ..KEY_ID
        },
        ENCRYPTION_CONTEXT,
        Field::optional(
            "EncryptionAlgorithm",
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
    let algorithm = request.text("EncryptionAlgorithm");
    let mut errors = context_needs_symmetric(request, "EncryptionContext", algorithm);
    errors.extend(modifier_rules(request, "KeyId"));
    if algorithm.is_some_and(|name| name != "SYMMETRIC_DEFAULT") && request.get("KeyId").is_none() {
        errors.push(FieldError::new(
            "KeyId",
            "is required with an asymmetric EncryptionAlgorithm",
            "name the key that made the ciphertext",
        ));
    }
    errors
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .decrypt()
        .set_ciphertext_blob(sdk::blob(request, "CiphertextBlob"))
        .set_key_id(sdk::text(request, "KeyId"))
        .set_encryption_context(sdk::pairs(request, "EncryptionContext"))
        .set_encryption_algorithm(sdk::choice(request, "EncryptionAlgorithm"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .set_dry_run_modifiers(sdk::choices(request, "DryRunModifiers"))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::secret("Plaintext", sdk::bytes(answer.plaintext)),
        ResponseField::text(
            "EncryptionAlgorithm",
            sdk::name(answer.encryption_algorithm),
        ),
        ResponseField::text("KeyMaterialId", answer.key_material_id),
    ])
}
