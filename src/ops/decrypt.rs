//! Decrypt (KMS API reference).

use super::answers;
use super::fields::{
    CIPHERTEXT_BLOB, DRY_RUN, DRY_RUN_MODIFIERS, ENCRYPTION_ALGORITHM, ENCRYPTION_CONTEXT,
    GRANT_TOKENS, KEY_ID,
};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::{context_needs_symmetric, modifier_rules};
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldError, KmsError, OpId, Request, ResponseField};

pub static DECRYPT: OpSpec = OpSpec {
    id: OpId("Decrypt"),
    short: "DEC",
    group: Group::Use,
    iam: "kms:Decrypt",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Decrypts a ciphertext that a KMS key made",
    verb: "Decrypt",
    done: "Decrypted",
    key: KeyRequirement::Usage("ENCRYPT_DECRYPT"),
    fields: &[
        &CIPHERTEXT_BLOB,
        &MAKER_KEY_ID,
        &ENCRYPTION_CONTEXT,
        &ENCRYPTION_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
        &DRY_RUN_MODIFIERS,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::PLAINTEXT,
        &answers::ENCRYPTION_ALGORITHM,
        &answers::KEY_MATERIAL_ID,
    ],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

static MAKER_KEY_ID: Field = Field {
    required: false,
    help: "The key that made the ciphertext. Needed for an asymmetric key and with IGNORE_CIPHERTEXT; recommended always, so that no other key is taken.",
    ..KEY_ID
};

fn rules(request: &Request) -> Vec<FieldError> {
    let algorithm = request.text(&ENCRYPTION_ALGORITHM);
    let mut errors = context_needs_symmetric(request, &ENCRYPTION_CONTEXT, algorithm);
    errors.extend(modifier_rules(request, &KEY_ID));
    if algorithm.is_some_and(|name| name != "SYMMETRIC_DEFAULT") && request.get(&KEY_ID).is_none() {
        errors.push(KEY_ID.error(
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
        .set_ciphertext_blob(sdk::blob(request, &CIPHERTEXT_BLOB))
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_encryption_context(sdk::pairs(request, &ENCRYPTION_CONTEXT))
        .set_encryption_algorithm(sdk::choice(request, &ENCRYPTION_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .set_dry_run_modifiers(sdk::choices(request, &DRY_RUN_MODIFIERS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::PLAINTEXT.blob(sdk::bytes(answer.plaintext)),
        answers::ENCRYPTION_ALGORITHM.text(sdk::name(answer.encryption_algorithm)),
        answers::KEY_MATERIAL_ID.text(answer.key_material_id),
    ])
}
