//! UntagResource (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static UNTAG_RESOURCE: OpSpec = OpSpec {
    id: OpId("UntagResource"),
    short: "UNT",
    group: Group::Naming,
    iam: "kms:UntagResource",
    impact: Impact::Change,
    changes: Changes::Tags,
    consequence: Some(consequence),
    summary: "Takes tags from a key",
    verb: "Untag",
    done: "Tags taken away",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&KEY_ID, &TAG_KEYS],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

/// The tags that go, by their keys.
pub static TAG_KEYS: Field = Field::required(
    "TagKeys",
    FieldKind::TagKeys,
    "The keys of the tags that go; a key without such a tag stays as it is.",
);

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let keys = request.list(&TAG_KEYS).unwrap_or_default().join(", ");
    format!(
        "The key will have no tag {keys}. A policy that allows or denies by tags may decide otherwise from then on."
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .untag_resource()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_tag_keys(sdk::list(request, &TAG_KEYS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
