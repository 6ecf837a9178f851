//! EnableKey (KMS API reference).

use super::fields::KEY_ID;
use super::{Changes, Impact, KeyRequirement, OpSpec, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static ENABLE_KEY: OpSpec = OpSpec {
    id: OpId("EnableKey"),
    short: "ENA",
    iam: "kms:EnableKey",
    impact: Impact::Change,
    changes: Changes::Key,
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
