//! GetKeyRotationStatus: automatic rotation, which only symmetric encryption keys have.

use crate::account::{AutoRotation, Key};
use crate::call::{Aliases, Call, Intent};
use crate::spec::{KeyState, RotationType};
use crate::states::check_rotatable;
use crate::wire::{ApiResult, Millis, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find(&key_id, Aliases::Refused)?;
    call.authorize(
        &found,
        &Intent {
            action: "GetKeyRotationStatus",
            ..Intent::default()
        },
    )?;
    // Keys in key stores have no status; of any other key that cannot rotate it is no.
    if found.key.extra().key_store.is_some() {
        check_rotatable(&found.key)?;
    }
    // While deletion is pending the status is false.
    let rotation = found
        .key
        .extra()
        .rotation
        .filter(|_| found.key.state != KeyState::PendingDeletion);
    let reply = Reply::new()
        .set("KeyId", found.arn.as_str())
        .set("KeyRotationEnabled", rotation.is_some());
    Ok(match rotation {
        Some(rotation) => reply
            .set("RotationPeriodInDays", rotation.period_days)
            .time("NextRotationDate", next(&found.key, rotation, call.now)),
        None => reply,
    })
}

/// One period after the last automatic rotation (or after it was switched
/// on), moved on to the future.
fn next(key: &Key, rotation: AutoRotation, now: Millis) -> Millis {
    let last = key
        .materials
        .iter()
        .filter_map(|material| material.rotated)
        .filter(|(_, kind)| *kind == RotationType::Automatic)
        .map(|(at, _)| at)
        .fold(rotation.since, Millis::max);
    let mut next = last.days(rotation.period_days);
    while next <= now {
        next = next.days(rotation.period_days);
    }
    next
}
