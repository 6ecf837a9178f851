//! RotateKeyOnDemand (KMS API reference).

use super::fields::KEY_ID;
use super::{Changes, Impact, KeyRequirement, OpSpec, answers, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static ROTATE_KEY_ON_DEMAND: OpSpec = OpSpec {
    id: OpId("RotateKeyOnDemand"),
    short: "ROT",
    iam: "kms:RotateKeyOnDemand",
    impact: Impact::Change,
    changes: Changes::Rotation,
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
