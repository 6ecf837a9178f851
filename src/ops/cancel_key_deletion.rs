//! CancelKeyDeletion (KMS API reference).

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

pub static CANCEL_KEY_DELETION: OpSpec = OpSpec {
    id: OpId("CancelKeyDeletion"),
    short: "CAN",
    group: Group::Life,
    iam: "kms:CancelKeyDeletion",
    impact: Impact::Change,
    changes: Changes::Key,
    consequence: Some(consequence),
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

fn consequence(_: &Request, facts: &Facts, _: Timestamp) -> String {
    let date = facts.metadata.as_ref().and_then(|key| key.deletion_date);
    let date = date.map_or(String::new(), |at| {
        format!(" on {}", at.strftime("%Y-%m-%d"))
    });
    format!("The key is not deleted{date}. It is Disabled then: EnableKey lets it be used.")
}

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
