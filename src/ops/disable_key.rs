//! DisableKey (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static DISABLE_KEY: OpSpec = OpSpec {
    id: OpId("DisableKey"),
    short: "DIS",
    group: Group::Life,
    iam: "kms:DisableKey",
    impact: Impact::Change,
    changes: Changes::Key,
    consequence: Some(consequence),
    summary: "Keeps a key from being used, until it is enabled again",
    verb: "Disable",
    done: "Key disabled",
    key: KeyRequirement::InState(&["Enabled"]),
    fields: &[&KEY_ID],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, _: &Facts, _: Timestamp) -> String {
    "From now on every call that uses the key fails, until EnableKey.".to_owned()
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .disable_key()
        .set_key_id(sdk::text(request, &KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
