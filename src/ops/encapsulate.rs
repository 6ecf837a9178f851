//! Encapsulate (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, ENCAPSULATION_ALGORITHM, GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static ENCAPSULATE: OpSpec = OpSpec {
    id: OpId("Encapsulate"),
    short: "EPS",
    group: Group::Use,
    iam: "kms:Encapsulate",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Makes a shared secret, and its ciphertext for the holder of an ML-KEM key",
    verb: "Encapsulate",
    done: "Shared secret encapsulated",
    key: KeyRequirement::Usage("ENCAPSULATE_DECAPSULATE"),
    fields: &[&KEY_ID, &ENCAPSULATION_ALGORITHM, &GRANT_TOKENS, &DRY_RUN],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::SHARED_SECRET,
        &answers::SHARED_SECRET_CIPHERTEXT_BLOB,
        &answers::ENCAPSULATION_ALGORITHM,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .encapsulate()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_encapsulation_algorithm(sdk::choice(request, &ENCAPSULATION_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::SHARED_SECRET.blob(sdk::bytes(answer.shared_secret)),
        answers::SHARED_SECRET_CIPHERTEXT_BLOB
            .blob(sdk::bytes(answer.shared_secret_ciphertext_blob)),
        answers::ENCAPSULATION_ALGORITHM.text(sdk::name(answer.encapsulation_algorithm)),
    ])
}
