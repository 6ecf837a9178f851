//! GenerateDataKey (KMS API reference).

use super::answers;
use super::fields::{
    DATA_KEY_LENGTH, DRY_RUN, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID, KEY_SPEC, NUMBER_OF_BYTES,
};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static GENERATE_DATA_KEY: OpSpec = OpSpec {
    id: OpId("GenerateDataKey"),
    short: "GDK",
    group: Group::Use,
    iam: "kms:GenerateDataKey",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Makes a data key and returns it twice: in plaintext, and encrypted under a KMS key",
    verb: "Generate",
    done: "Data key generated",
    key: KeyRequirement::SymmetricEncryption,
    fields: &[
        &KEY_ID,
        &KEY_SPEC,
        &NUMBER_OF_BYTES,
        &ENCRYPTION_CONTEXT,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[DATA_KEY_LENGTH],
    answers: &[
        &answers::CIPHERTEXT_BLOB,
        &answers::PLAINTEXT,
        &answers::KEY_ID,
        &answers::KEY_MATERIAL_ID,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_data_key()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_key_spec(sdk::choice(request, &KEY_SPEC))
        .set_number_of_bytes(sdk::number(request, &NUMBER_OF_BYTES))
        .set_encryption_context(sdk::pairs(request, &ENCRYPTION_CONTEXT))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::CIPHERTEXT_BLOB.blob(sdk::bytes(answer.ciphertext_blob)),
        answers::PLAINTEXT.blob(sdk::bytes(answer.plaintext)),
        answers::KEY_ID.text(answer.key_id),
        answers::KEY_MATERIAL_ID.text(answer.key_material_id),
    ])
}
