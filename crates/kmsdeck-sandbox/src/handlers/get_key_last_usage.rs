//! GetKeyLastUsage: the last successful cryptographic operation.

use crate::call::{Call, Intent};
use crate::trail::event_id;

use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "GetKeyLastUsage",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;

    let key = &found.key;
    let usage = match call.last_use(key) {
        Some(last) => Reply::new()
            .set("Operation", last.operation.as_str())
            .time("Timestamp", last.at)
            .set("CloudTrailEventId", event_id(&last.request_id))
            .set("KmsRequestId", last.request_id.as_str()),
        None => Reply::new(),
    };
    Ok(Reply::new()
        .set("KeyId", key.id.as_ref())
        .set("KeyLastUsage", usage)
        .time("TrackingStartDate", call.tracking_start(key))
        .time("KeyCreationDate", key.created))
}
