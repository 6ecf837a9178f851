//! EnableKey (KMS API reference).

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

pub static ENABLE_KEY: OpSpec = OpSpec {
    id: OpId("EnableKey"),
    short: "ENA",
    group: Group::Life,
    iam: "kms:EnableKey",
    impact: Impact::Change,
    changes: Changes::Key,
    consequence: Some(consequence),
    summary: "Lets a disabled key be used again",
    verb: "Enable",
    done: "Key enabled",
    key: KeyRequirement::InState(&["Disabled"]),
    fields: &[&KEY_ID],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, _: &Facts, _: Timestamp) -> String {
    "Whoever is allowed to can use the key again.".to_owned()
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .enable_key()
        .set_key_id(sdk::text(request, &KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
