//! UpdateAlias (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{ALIAS_NAME, TARGET_KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static UPDATE_ALIAS: OpSpec = OpSpec {
    id: OpId("UpdateAlias"),
    short: "UAL",
    group: Group::Naming,
    iam: "kms:UpdateAlias",
    impact: Impact::Change,
    changes: Changes::Aliases,
    consequence: Some(consequence),
    summary: "Lets an alias name another key of the same kind",
    verb: "Move alias",
    done: "Alias moved",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&ALIAS_NAME, &TARGET_KEY_ID],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(request: &Request, facts: &Facts, _: Timestamp) -> String {
    let alias = request.text(&ALIAS_NAME).unwrap_or("The alias");
    let to = request.text(&TARGET_KEY_ID).unwrap_or_default();
    let from = match &facts.alias_target {
        Some(key) if key.description.is_empty() => format!("from {} ", key.key_id),
        Some(key) => format!("from {} ({}) ", key.key_id, key.description),
        None => String::new(),
    };
    let used = facts.alias_used.iter().map(|used| format!(" {used}"));
    format!(
        "{alias} moves {from}to {to}. Whoever encrypts or signs by the alias uses that key from then on; what the old key encrypted it alone decrypts, and keeps doing so while it is there.{}",
        used.collect::<String>()
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .update_alias()
        .set_alias_name(sdk::text(request, &ALIAS_NAME))
        .set_target_key_id(sdk::text(request, &TARGET_KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
