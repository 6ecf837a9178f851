//! Decapsulate (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, ENCAPSULATION_ALGORITHM, GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static DECAPSULATE: OpSpec = OpSpec {
    id: OpId("Decapsulate"),
    short: "DPS",
    group: Group::Use,
    iam: "kms:Decapsulate",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Opens the ciphertext of a shared secret with an ML-KEM key",
    verb: "Decapsulate",
    done: "Shared secret decapsulated",
    key: KeyRequirement::Usage("ENCAPSULATE_DECAPSULATE"),
    fields: &[
        &KEY_ID,
        &SHARED_SECRET_CIPHERTEXT_BLOB,
        &ENCAPSULATION_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::SHARED_SECRET,
        &answers::ENCAPSULATION_ALGORITHM,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static SHARED_SECRET_CIPHERTEXT_BLOB: Field = Field::required(
    "SharedSecretCiphertextBlob",
    FieldKind::Blob { min: 1, max: 6144 },
    "The ciphertext, as Encapsulate returned it: 768, 1,088 or 1,568 bytes by KeySpec.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .decapsulate()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_shared_secret_ciphertext_blob(sdk::blob(request, &SHARED_SECRET_CIPHERTEXT_BLOB))
        .set_encapsulation_algorithm(sdk::choice(request, &ENCAPSULATION_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::SHARED_SECRET.blob(sdk::bytes(answer.shared_secret)),
        answers::ENCAPSULATION_ALGORITHM.text(sdk::name(answer.encapsulation_algorithm)),
    ])
}
