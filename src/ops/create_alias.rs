//! CreateAlias (KMS API reference).

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

pub static CREATE_ALIAS: OpSpec = OpSpec {
    id: OpId("CreateAlias"),
    short: "CAL",
    group: Group::Naming,
    iam: "kms:CreateAlias",
    impact: Impact::Change,
    changes: Changes::Aliases,
    consequence: Some(consequence),
    summary: "Gives a key a name; it may have several",
    verb: "Create alias",
    done: "Alias created",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&ALIAS_NAME, &TARGET_KEY_ID],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    format!(
        "{} will name this key in its Region. A policy that allows by kms:ResourceAliases counts for the key from then on.",
        request.text(&ALIAS_NAME).unwrap_or("The alias")
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .create_alias()
        .set_alias_name(sdk::text(request, &ALIAS_NAME))
        .set_target_key_id(sdk::text(request, &TARGET_KEY_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
