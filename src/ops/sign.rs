//! Sign (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, GRANT_TOKENS, KEY_ID, MESSAGE, MESSAGE_TYPE, SIGNING_ALGORITHM};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::digest_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static SIGN: OpSpec = OpSpec {
    id: OpId("Sign"),
    short: "SIG",
    group: Group::Use,
    iam: "kms:Sign",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Signs a message with the private key of a KMS key",
    verb: "Sign",
    done: "Signed",
    key: KeyRequirement::Usage("SIGN_VERIFY"),
    fields: &[
        &KEY_ID,
        &MESSAGE,
        &MESSAGE_TYPE,
        &SIGNING_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::SIGNATURE,
        &answers::SIGNING_ALGORITHM,
    ],
    rules: digest_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .sign()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_message(sdk::blob(request, &MESSAGE))
        .set_message_type(sdk::choice(request, &MESSAGE_TYPE))
        .set_signing_algorithm(sdk::choice(request, &SIGNING_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::SIGNATURE.blob(sdk::bytes(answer.signature)),
        answers::SIGNING_ALGORITHM.text(sdk::name(answer.signing_algorithm)),
    ])
}
