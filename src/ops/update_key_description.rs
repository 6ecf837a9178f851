//! UpdateKeyDescription (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{DESCRIPTION, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, KmsError, OpId, Request, ResponseField};

pub static UPDATE_KEY_DESCRIPTION: OpSpec = OpSpec {
    id: OpId("UpdateKeyDescription"),
    short: "DSC",
    group: Group::Naming,
    iam: "kms:UpdateKeyDescription",
    impact: Impact::Change,
    changes: Changes::Key,
    consequence: Some(consequence),
    summary: "Says in other words what a key is for",
    verb: "Change description",
    done: "Description changed",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&KEY_ID, &NEW_DESCRIPTION],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

/// What the key is for from now on.
pub static NEW_DESCRIPTION: Field = Field {
    required: true,
    help: "What the key is for, up to 8,192 characters; empty takes the description away. Not secret: it is written to CloudTrail in plain text.",
    ..DESCRIPTION
};

fn consequence(request: &Request, facts: &Facts, _: Timestamp) -> String {
    let new = match request.text(&NEW_DESCRIPTION).unwrap_or_default() {
        "" => "The key will have no description".to_owned(),
        text => format!("The description will be {text:?}"),
    };
    match facts.metadata.as_ref().map(|key| key.description.as_str()) {
        Some("") | None => format!("{new}."),
        Some(old) => format!("{new}, and no longer {old:?}."),
    }
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .update_key_description()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_description(sdk::text(request, &NEW_DESCRIPTION))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
