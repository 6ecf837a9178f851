//! VerifyMac (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, GRANT_TOKENS, KEY_ID, MAC_ALGORITHM, MAC_MESSAGE, MESSAGE};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static VERIFY_MAC: OpSpec = OpSpec {
    id: OpId("VerifyMac"),
    short: "VMC",
    group: Group::Use,
    iam: "kms:VerifyMac",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Verifies an HMAC that a KMS key made",
    verb: "Verify",
    done: "MAC verified",
    key: KeyRequirement::Usage("GENERATE_VERIFY_MAC"),
    fields: &[
        &KEY_ID,
        &MAC_MESSAGE,
        &MAC,
        &MAC_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::MAC_VALID,
        &answers::MAC_ALGORITHM,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static MAC: Field = Field::required(
    "Mac",
    FieldKind::Blob { min: 1, max: 6144 },
    "The MAC, as GenerateMac returned it.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .verify_mac()
        .set_message(sdk::blob(request, &MESSAGE))
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_mac_algorithm(sdk::choice(request, &MAC_ALGORITHM))
        .set_mac(sdk::blob(request, &MAC))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let key_id = answer.key_id.as_ref();
    sdk::check_valid(session, "MAC", answer.mac_valid, key_id)?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::MAC_VALID.flag(answer.mac_valid),
        answers::MAC_ALGORITHM.text(sdk::name(answer.mac_algorithm)),
    ])
}
