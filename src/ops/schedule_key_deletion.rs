//! ScheduleKeyDeletion (KMS API reference).

use super::fields::KEY_ID;
use super::{Changes, Impact, KeyRequirement, OpSpec, answers, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static SCHEDULE_KEY_DELETION: OpSpec = OpSpec {
    id: OpId("ScheduleKeyDeletion"),
    short: "DEL",
    iam: "kms:ScheduleKeyDeletion",
    impact: Impact::Destroy,
    changes: Changes::Key,
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
