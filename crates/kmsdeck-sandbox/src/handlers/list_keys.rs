//! ListKeys: the account's keys in the Region, in the order of their IDs; with ResourceOwners those
//! of other accounts that share them by Resource Access Manager.

use std::collections::BTreeMap;

use kmsdeck_policy::RequestContext;

use crate::account::page;
use crate::call::{Call, paged};
use crate::wire::{ApiResult, Params, Reply, marker};

const OTHERS: &str = "OTHER_ACCOUNTS_VIA_RAM";

/// The keys that other accounts share with the caller's. The first page is empty, with a marker: so
/// KMS may answer, and a client must go on.
fn shared(call: &Call<'_>, goes_on: bool) -> Reply {
    if !goes_on {
        let nothing = Reply::new().list("Keys", std::iter::empty::<Reply>());
        return paged(nothing, "ListKeys", Some("shared"));
    }
    let state = call.sandbox.state();
    let keys: Vec<Reply> = state
        .homes()
        .filter(|(home, _)| home.region == call.home.region && home.account != call.home.account)
        .flat_map(|(_, store)| store.keys.values())
        .filter(|key| {
            let with = key.extra.as_ref().map(|extra| &extra.shared_with);
            with.is_some_and(|with| with.iter().any(|account| *account == *call.home.account))
        })
        .map(|key| {
            Reply::new()
                .set("KeyId", key.id.as_ref())
                .set("KeyArn", key.arn())
        })
        .collect();
    paged(Reply::new().list("Keys", keys), "ListKeys", None)
}

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let limit = params.number("Limit", 1..=1000).unwrap_or(100);
    let after = params.marker();
    let owners = params.choices("ResourceOwners", 1..=2, &["SELF", OTHERS]);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let after = after
        .map(|text| marker::read("ListKeys", &text))
        .transpose()?;
    if owners.is_some_and(|owners| owners.contains(&OTHERS)) {
        return Ok(shared(call, after.is_some()));
    }
    let state = call.sandbox.state();
    let empty = BTreeMap::default();
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
