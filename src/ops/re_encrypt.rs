//! ReEncrypt (KMS API reference).

use super::answers;
use super::fields::{
    CIPHERTEXT_BLOB, DESTINATION_ENCRYPTION_CONTEXT, DRY_RUN, DRY_RUN_MODIFIERS,
    ENCRYPTION_ALGORITHMS, GRANT_TOKENS, KEY_ID, SOURCE_ENCRYPTION_CONTEXT,
};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::{context_needs_symmetric, modifier_rules};
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldError, KmsError, OpId, Request, ResponseField};

pub static RE_ENCRYPT: OpSpec = OpSpec {
    id: OpId("ReEncrypt"),
    short: "REN",
    group: Group::Use,
    iam: "kms:ReEncryptFrom, kms:ReEncryptTo",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Decrypts a ciphertext inside KMS and encrypts it under another key",
    verb: "Re-encrypt",
    done: "Re-encrypted",
    key: KeyRequirement::Usage("ENCRYPT_DECRYPT"),
    fields: &[
        &CIPHERTEXT_BLOB,
        &SOURCE_KEY_ID,
        &SOURCE_ENCRYPTION_CONTEXT,
        &SOURCE_ENCRYPTION_ALGORITHM,
        &DESTINATION_KEY_ID,
        &DESTINATION_ENCRYPTION_CONTEXT,
        &DESTINATION_ENCRYPTION_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
        &DRY_RUN_MODIFIERS,
    ],
    exactly_one: &[],
    answers: &[
        &answers::CIPHERTEXT_BLOB,
        &answers::SOURCE_KEY_ID,
        &answers::KEY_ID,
        &answers::SOURCE_ENCRYPTION_ALGORITHM,
        &answers::DESTINATION_ENCRYPTION_ALGORITHM,
        &answers::SOURCE_KEY_MATERIAL_ID,
        &answers::DESTINATION_KEY_MATERIAL_ID,
    ],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static SOURCE_KEY_ID: Field = Field {
    name: "SourceKeyId",
    required: false,
    help: "The key that made the ciphertext. Needed for an asymmetric key and with IGNORE_CIPHERTEXT; recommended always. Takes kms:ReEncryptFrom.",
    ..KEY_ID
};

pub(super) static SOURCE_ENCRYPTION_ALGORITHM: Field = Field::optional(
    "SourceEncryptionAlgorithm",
    ENCRYPTION_ALGORITHMS,
    "How: SYMMETRIC_DEFAULT unless the key is asymmetric.",
);

static DESTINATION_KEY_ID: Field = Field {
    name: "DestinationKeyId",
    help: "The key to encrypt under; the same one gives a ciphertext of its newest key material. Takes kms:ReEncryptTo.",
    ..KEY_ID
};

static DESTINATION_ENCRYPTION_ALGORITHM: Field = Field::optional(
    "DestinationEncryptionAlgorithm",
    ENCRYPTION_ALGORITHMS,
    "How: SYMMETRIC_DEFAULT unless the key is asymmetric.",
);

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = modifier_rules(request, &SOURCE_KEY_ID);
    for (context, algorithm) in [
        (&SOURCE_ENCRYPTION_CONTEXT, &SOURCE_ENCRYPTION_ALGORITHM),
        (
            &DESTINATION_ENCRYPTION_CONTEXT,
            &DESTINATION_ENCRYPTION_ALGORITHM,
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
        .set_ciphertext_blob(sdk::blob(request, &CIPHERTEXT_BLOB))
        .set_source_key_id(sdk::text(request, &SOURCE_KEY_ID))
        .set_source_encryption_context(sdk::pairs(request, &SOURCE_ENCRYPTION_CONTEXT))
        .set_source_encryption_algorithm(sdk::choice(request, &SOURCE_ENCRYPTION_ALGORITHM))
        .set_destination_key_id(sdk::text(request, &DESTINATION_KEY_ID))
        .set_destination_encryption_context(sdk::pairs(request, &DESTINATION_ENCRYPTION_CONTEXT))
        .set_destination_encryption_algorithm(sdk::choice(
            request,
            &DESTINATION_ENCRYPTION_ALGORITHM,
        ))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .set_dry_run_modifiers(sdk::choices(request, &DRY_RUN_MODIFIERS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::CIPHERTEXT_BLOB.blob(sdk::bytes(answer.ciphertext_blob)),
        answers::SOURCE_KEY_ID.text(answer.source_key_id),
        answers::KEY_ID.text(answer.key_id),
        answers::SOURCE_ENCRYPTION_ALGORITHM.text(sdk::name(answer.source_encryption_algorithm)),
        answers::DESTINATION_ENCRYPTION_ALGORITHM
            .text(sdk::name(answer.destination_encryption_algorithm)),
        answers::SOURCE_KEY_MATERIAL_ID.text(answer.source_key_material_id),
        answers::DESTINATION_KEY_MATERIAL_ID.text(answer.destination_key_material_id),
    ])
}
