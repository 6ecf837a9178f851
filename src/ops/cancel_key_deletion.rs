//! CancelKeyDeletion (KMS API reference).

use super::fields::KEY_ID;
use super::{Changes, Impact, KeyRequirement, OpSpec, answers, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static CANCEL_KEY_DELETION: OpSpec = OpSpec {
    id: OpId("CancelKeyDeletion"),
    short: "CAN",
    iam: "kms:CancelKeyDeletion",
    impact: Impact::Change,
    changes: Changes::Key,
    summary: "Takes a scheduled deletion back; the key is disabled then",
    verb: "Cancel deletion",
    done: "Deletion cancelled",
    key: KeyRequirement::InState(&["PendingDeletion"]),
    fields: &[&KEY_ID],
    exactly_one: &[],
    answers: &[&answers::KEY_ID],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .cancel_key_deletion()
        .set_key_id(sdk::text(request, &KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![answers::KEY_ID.text(answer.key_id)])
}
