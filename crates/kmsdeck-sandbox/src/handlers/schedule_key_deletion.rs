//! ScheduleKeyDeletion: in 7 to 30 days the key is gone.

use crate::call::{Call, Intent};
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let days = params.number("PendingWindowInDays", 7..=30).unwrap_or(30);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "ScheduleKeyDeletion",
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:ScheduleKeyDeletionPendingWindowInDays", days);
    intent.request_context.set(
        "kms:TrailingDaysWithoutKeyUsage",
        call.days_without_use(&found.key),
    );
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    // A primary waits until its replicas are gone.
    let waits = found
        .key
        .extra()
        .multi_region
        .as_ref()
        .is_some_and(|regions| {
            regions.primary == *found.key.home.region && !regions.replicas.is_empty()
        });
    let state = match waits {
        true => KeyState::PendingReplicaDeletion,
        false => KeyState::PendingDeletion,
    };
    let deletion = call.now.days(days);
    call.change(&found, |key| {
        key.state = state;
        key.extra_mut().deletion = (!waits).then_some(deletion);
        key.extra_mut().pending_window = Some(days);
    });
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .opt("DeletionDate", (!waits).then_some(deletion.seconds()))
        .set("KeyState", state.name())
        .set("PendingWindowInDays", days))
}
