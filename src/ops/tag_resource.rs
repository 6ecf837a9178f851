//! TagResource (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{KEY_ID, TAGS};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, KmsError, OpId, Request, ResponseField, tags};

pub static TAG_RESOURCE: OpSpec = OpSpec {
    id: OpId("TagResource"),
    short: "TAG",
    group: Group::Naming,
    iam: "kms:TagResource",
    impact: Impact::Change,
    changes: Changes::Tags,
    consequence: Some(consequence),
    summary: "Adds tags to a key, or changes their values",
    verb: "Tag",
    done: "Tags set",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&KEY_ID, &GIVEN_TAGS],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

/// The tags that are set.
pub static GIVEN_TAGS: Field = Field {
    required: true,
    ..TAGS
};

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let tags = tags::shown(request.tags(&GIVEN_TAGS).unwrap_or_default());
    format!(
        "The key will have {tags}, whatever these tags held before. A policy that allows or denies by tags may decide otherwise from then on."
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .tag_resource()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_tags(sdk::tags(request, &GIVEN_TAGS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
