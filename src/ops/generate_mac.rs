//! GenerateMac (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, GRANT_TOKENS, KEY_ID, MAC_ALGORITHM, MAC_MESSAGE, MESSAGE};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static GENERATE_MAC: OpSpec = OpSpec {
    id: OpId("GenerateMac"),
    short: "MAC",
    group: Group::Use,
    iam: "kms:GenerateMac",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Makes the HMAC of a message under a KMS key",
    verb: "Generate",
    done: "MAC generated",
    key: KeyRequirement::Usage("GENERATE_VERIFY_MAC"),
    fields: &[
        &KEY_ID,
        &MAC_MESSAGE,
        &MAC_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[&answers::MAC, &answers::MAC_ALGORITHM, &answers::KEY_ID],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_mac()
        .set_message(sdk::blob(request, &MESSAGE))
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_mac_algorithm(sdk::choice(request, &MAC_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::MAC.blob(sdk::bytes(answer.mac)),
        answers::MAC_ALGORITHM.text(sdk::name(answer.mac_algorithm)),
        answers::KEY_ID.text(answer.key_id),
    ])
}
