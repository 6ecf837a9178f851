//! RotateKeyOnDemand (KMS API reference).

use jiff::Timestamp;

use super::answers;
use super::facts::Facts;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static ROTATE_KEY_ON_DEMAND: OpSpec = OpSpec {
    id: OpId("RotateKeyOnDemand"),
    short: "ROT",
    group: Group::Life,
    iam: "kms:RotateKeyOnDemand",
    impact: Impact::Change,
    changes: Changes::Rotation,
    consequence: Some(consequence),
    summary: "Gives a key new key material at once; old ciphertexts stay readable",
    verb: "Rotate",
    done: "Rotation begun",
    key: KeyRequirement::Rotating,
    fields: &[&KEY_ID],
    exactly_one: &[],
    answers: &[&answers::KEY_ID],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, _: &Facts, _: Timestamp) -> String {
    "The key gets new key material at once. What was encrypted stays readable; a key can be rotated on demand 25 times.".to_owned()
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .rotate_key_on_demand()
        .set_key_id(sdk::text(request, &KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![answers::KEY_ID.text(answer.key_id)])
}
