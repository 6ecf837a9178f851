//! EnableKeyRotation (KMS API reference).

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

/// Days between rotations where the request names none.
const USUAL_PERIOD_IN_DAYS: u32 = 365;

pub static ENABLE_KEY_ROTATION: OpSpec = OpSpec {
    id: OpId("EnableKeyRotation"),
    short: "ERO",
    group: Group::Life,
    iam: "kms:EnableKeyRotation",
    impact: Impact::Change,
    changes: Changes::Rotation,
    consequence: Some(consequence),
    summary: "Lets KMS give a key new key material every so many days",
    verb: "Enable rotation",
    done: "Rotation enabled",
    key: KeyRequirement::Rotating,
    fields: &[&KEY_ID, &ROTATION_PERIOD_IN_DAYS],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

/// How often KMS makes new key material.
pub(super) static ROTATION_PERIOD_IN_DAYS: Field = Field::optional(
    "RotationPeriodInDays",
    FieldKind::Integer { min: 90, max: 2560 },
    "Days from one rotation to the next: 90 to 2,560, and 365 where it is left out.",
);

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let days = request
        .number(&ROTATION_PERIOD_IN_DAYS)
        .unwrap_or(USUAL_PERIOD_IN_DAYS);
    format!(
        "KMS makes new key material for the key every {days} days from now on. What was encrypted stays readable. The first and the second rotation of a key add a monthly charge each."
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .enable_key_rotation()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_rotation_period_in_days(sdk::number(request, &ROTATION_PERIOD_IN_DAYS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
