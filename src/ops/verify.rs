//! Verify (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, GRANT_TOKENS, KEY_ID, MESSAGE, MESSAGE_TYPE, SIGNING_ALGORITHM};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::digest_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static VERIFY: OpSpec = OpSpec {
    id: OpId("Verify"),
    short: "VER",
    group: Group::Use,
    iam: "kms:Verify",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Verifies a signature that a KMS key made",
    verb: "Verify",
    done: "Verified",
    key: KeyRequirement::Usage("SIGN_VERIFY"),
    fields: &[
        &KEY_ID,
        &MESSAGE,
        &MESSAGE_TYPE,
        &SIGNATURE,
        &SIGNING_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::SIGNATURE_VALID,
        &answers::SIGNING_ALGORITHM,
    ],
    rules: digest_rules,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static SIGNATURE: Field = Field::required(
    "Signature",
    FieldKind::Blob { min: 1, max: 6144 },
    "The signature, as Sign returned it: 1 to 6,144 bytes.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .verify()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_message(sdk::blob(request, &MESSAGE))
        .set_message_type(sdk::choice(request, &MESSAGE_TYPE))
        .set_signature(sdk::blob(request, &SIGNATURE))
        .set_signing_algorithm(sdk::choice(request, &SIGNING_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let key_id = answer.key_id.as_ref();
    sdk::check_valid(session, "signature", answer.signature_valid, key_id)?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::SIGNATURE_VALID.flag(answer.signature_valid),
        answers::SIGNING_ALGORITHM.text(sdk::name(answer.signing_algorithm)),
    ])
}
