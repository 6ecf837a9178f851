//! DisableKey (KMS API reference).

use super::fields::KEY_ID;
use super::{Changes, Impact, KeyRequirement, OpSpec, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static DISABLE_KEY: OpSpec = OpSpec {
    id: OpId("DisableKey"),
    short: "DIS",
    iam: "kms:DisableKey",
    impact: Impact::Change,
    changes: Changes::Key,
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
