//! GenerateDataKeyPairWithoutPlaintext (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID, KEY_PAIR_SPEC};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT: OpSpec = OpSpec {
    id: OpId("GenerateDataKeyPairWithoutPlaintext"),
    short: "PWP",
    group: Group::Use,
    iam: "kms:GenerateDataKeyPairWithoutPlaintext",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Makes a key pair; returns its private key encrypted under a KMS key, with no plaintext",
    verb: "Generate",
    done: "Data key pair generated",
    key: KeyRequirement::SymmetricEncryption,
    fields: &[
        &KEY_ID,
        &KEY_PAIR_SPEC,
        &ENCRYPTION_CONTEXT,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::PRIVATE_KEY_CIPHERTEXT_BLOB,
        &answers::PUBLIC_KEY,
        &answers::KEY_ID,
        &answers::KEY_PAIR_SPEC,
        &answers::KEY_MATERIAL_ID,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_data_key_pair_without_plaintext()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_key_pair_spec(sdk::choice(request, &KEY_PAIR_SPEC))
        .set_encryption_context(sdk::pairs(request, &ENCRYPTION_CONTEXT))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::PRIVATE_KEY_CIPHERTEXT_BLOB.blob(sdk::bytes(answer.private_key_ciphertext_blob)),
        answers::PUBLIC_KEY.blob(sdk::bytes(answer.public_key)),
        answers::KEY_ID.text(answer.key_id),
        answers::KEY_PAIR_SPEC.text(sdk::name(answer.key_pair_spec)),
        answers::KEY_MATERIAL_ID.text(answer.key_material_id),
    ])
}
