//! ReplicateKey (KMS API reference).

use jiff::Timestamp;

use super::answers;
use super::facts::Facts;
use super::fields::{BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, DESCRIPTION, KEY_ID, POLICY, TAGS};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static REPLICATE_KEY: OpSpec = OpSpec {
    id: OpId("ReplicateKey"),
    short: "REP",
    group: Group::Life,
    iam: "kms:ReplicateKey, kms:CreateKey",
    impact: Impact::Change,
    changes: Changes::List,
    consequence: Some(consequence),
    summary: "Makes a replica of a multi-Region primary key in another Region",
    verb: "Replicate",
    done: "Replica made",
    key: KeyRequirement::Primary(&["Enabled"]),
    fields: &[
        &KEY_ID,
        &REPLICA_REGION,
        &DESCRIPTION,
        &TAGS,
        &POLICY,
        &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK,
    ],
    exactly_one: &[],
    answers: &[
        &answers::REPLICA_KEY_METADATA,
        &answers::REPLICA_POLICY,
        &answers::REPLICA_TAGS,
    ],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

static REPLICA_REGION: Field = Field::required(
    "ReplicaRegion",
    FieldKind::Text {
        max: 32,
        rule: TextRule::Name,
    },
    "The Region that the replica is made in, in the same partition.",
);

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let policy = match request.get(&POLICY) {
        Some(_) => "the policy given here",
        None => "the default key policy, and not the primary key's",
    };
    format!(
        "A replica with the same key ID and key material is made in {}. It has {policy}, no alias and no grant. KMS charges for it as for a key.",
        request.text(&REPLICA_REGION).unwrap_or_default()
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .replicate_key()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_replica_region(sdk::text(request, &REPLICA_REGION))
        .set_description(sdk::text(request, &DESCRIPTION))
        .set_tags(sdk::tags(request, &TAGS))
        .set_policy(sdk::text(request, &POLICY))
        .set_bypass_policy_lockout_safety_check(sdk::flag(
            request,
            &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK,
        ))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        sdk::key_metadata(&answers::REPLICA_KEY_METADATA, answer.replica_key_metadata),
        answers::REPLICA_POLICY.text(answer.replica_policy),
        sdk::answered_tags(&answers::REPLICA_TAGS, answer.replica_tags),
    ])
}
