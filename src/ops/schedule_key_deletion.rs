//! ScheduleKeyDeletion (KMS API reference).

use jiff::{SignedDuration, Timestamp};

use super::answers;
use super::facts::Facts;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::text::counted;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

/// Days that KMS waits before it deletes a key where the request names none.
const USUAL_WINDOW_IN_DAYS: u32 = 30;

pub static SCHEDULE_KEY_DELETION: OpSpec = OpSpec {
    id: OpId("ScheduleKeyDeletion"),
    short: "DEL",
    group: Group::Life,
    iam: "kms:ScheduleKeyDeletion",
    impact: Impact::Destroy,
    changes: Changes::Key,
    consequence: Some(consequence),
    summary: "Deletes a key after a waiting time of 7 to 30 days; until then it cannot be used",
    verb: "Schedule deletion",
    done: "Deletion scheduled",
    key: KeyRequirement::InState(&["Enabled", "Disabled", "PendingImport", "Unavailable"]),
    fields: &[&KEY_ID, &PENDING_WINDOW_IN_DAYS],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::DELETION_DATE,
        &answers::KEY_STATE,
        &answers::PENDING_WINDOW_IN_DAYS,
    ],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

static PENDING_WINDOW_IN_DAYS: Field = Field::optional(
    "PendingWindowInDays",
    FieldKind::Integer { min: 7, max: 30 },
    "Days to wait: 7 to 30, and 30 where it is left out. Until then CancelKeyDeletion brings the key back.",
);

fn consequence(request: &Request, facts: &Facts, now: Timestamp) -> String {
    let days = request
        .number(&PENDING_WINDOW_IN_DAYS)
        .unwrap_or(USUAL_WINDOW_IN_DAYS);
    let multi_region = facts
        .metadata
        .as_ref()
        .and_then(|key| key.multi_region.as_ref());
    if let Some(replicas) = multi_region
        .filter(|key| key.key_type == "PRIMARY" && !key.replica_regions.is_empty())
        .map(|key| key.replica_regions.join(", "))
    {
        return format!(
            "From now on nobody can use this primary key. KMS deletes it {} after its replicas in {replicas} are deleted; until then they can still decrypt, and CancelKeyDeletion brings it back.",
            counted(days as usize, "day")
        );
    }
    let lost = match multi_region {
        Some(_) => "What its primary key and other replicas can decrypt stays readable.",
        None => "What only this key can decrypt is lost then.",
    };
    let at = now + SignedDuration::from_hours(24 * i64::from(days));
    format!(
        "KMS deletes the key on {}, in {}. {lost} From now on nobody can use it; until that day CancelKeyDeletion brings it back.",
        at.strftime("%Y-%m-%d %H:%M UTC"),
        counted(days as usize, "day")
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .schedule_key_deletion()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_pending_window_in_days(sdk::number(request, &PENDING_WINDOW_IN_DAYS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::DELETION_DATE.text(sdk::date(answer.deletion_date)),
        answers::KEY_STATE.text(sdk::name(answer.key_state)),
        answers::PENDING_WINDOW_IN_DAYS.text(sdk::name(answer.pending_window_in_days)),
    ])
}
