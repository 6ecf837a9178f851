//! DisableKeyRotation (KMS API reference).

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

pub static DISABLE_KEY_ROTATION: OpSpec = OpSpec {
    id: OpId("DisableKeyRotation"),
    short: "DRO",
    group: Group::Life,
    iam: "kms:DisableKeyRotation",
    impact: Impact::Change,
    changes: Changes::Rotation,
    consequence: Some(consequence),
    summary: "Ends the automatic rotation of a key's material",
    verb: "Disable rotation",
    done: "Rotation disabled",
    key: KeyRequirement::Rotating,
    fields: &[&KEY_ID],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, _: &Facts, _: Timestamp) -> String {
    "KMS makes no new key material for the key by itself any more. What it has so far stays in use."
        .to_owned()
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .disable_key_rotation()
        .set_key_id(sdk::text(request, &KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
