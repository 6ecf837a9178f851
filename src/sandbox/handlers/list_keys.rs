//! ListKeys: the account's keys in the Region, in the order of their IDs.

use crate::sandbox::account::page;
use crate::sandbox::call::{Call, paged};
use crate::sandbox::policy::Facts;
use crate::sandbox::wire::{ApiResult, Params, Reply, marker};

pub fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let limit = params.number("Limit", 1..=1000).unwrap_or(100);
    let after = params.text("Marker", 1..=1024);
    params.check()?;
    call.authorize_account(&Facts::default())?;
    let after = after
        .map(|text| marker::read("ListKeys", &text))
        .transpose()?;
    let state = call.sandbox.state();
    let empty = Default::default();
    let keys = state.store(&call.home).map_or(&empty, |store| &store.keys);
    let (items, more) = page(keys, after.as_deref(), limit as usize);
    let next = items.last().filter(|_| more).map(|(id, _)| id.as_ref());
    let reply = Reply::new().list(
        "Keys",
        items.iter().map(|(id, key)| {
            Reply::new()
                .set("KeyId", id.as_ref())
                .set("KeyArn", key.arn())
        }),
    );
    Ok(paged(reply, "ListKeys", next))
}
