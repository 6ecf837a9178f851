//! UpdatePrimaryRegion (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static UPDATE_PRIMARY_REGION: OpSpec = OpSpec {
    id: OpId("UpdatePrimaryRegion"),
    short: "UPR",
    group: Group::Life,
    iam: "kms:UpdatePrimaryRegion",
    impact: Impact::Change,
    changes: Changes::List,
    consequence: Some(consequence),
    summary: "Makes a replica of a multi-Region key the primary key",
    verb: "Move primary",
    done: "Primary key moves",
    key: KeyRequirement::Primary(&["Enabled", "Disabled"]),
    fields: &[&KEY_ID, &PRIMARY_REGION],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

pub static PRIMARY_REGION: Field = Field::required(
    "PrimaryRegion",
    FieldKind::Text {
        max: 32,
        rule: TextRule::Name,
    },
    "The Region of the replica that becomes the primary key.",
);

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    format!(
        "The replica in {} becomes the primary key, and this key a replica. Both are Updating meanwhile: they can be used, and not changed. It needs kms:UpdatePrimaryRegion in both Regions.",
        request.text(&PRIMARY_REGION).unwrap_or_default()
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .update_primary_region()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_primary_region(sdk::text(request, &PRIMARY_REGION))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
