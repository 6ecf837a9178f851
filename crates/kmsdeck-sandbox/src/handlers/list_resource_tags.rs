//! ListResourceTags: a key's tags, in the order of their keys.

use crate::account::slice_page;
use crate::call::{Call, Intent, paged};
use crate::wire::{ApiError, ApiResult, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let limit = params.number("Limit", 1..=50).unwrap_or(50);
    let after = params.marker();
    params.check()?;
    let found = call.find_own(&key_id)?;
    call.authorize(
        &found,
        &Intent {
            action: "ListResourceTags",
            ..Intent::default()
        },
    )?;
    let scope = format!("ListResourceTags {}", found.arn);
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;
    let (items, more) = slice_page(
        &found.key.tags,
        |tag| tag.key.clone(),
        after.as_deref(),
        limit as usize,
    )
    .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
    let next = items.last().filter(|_| more).map(|tag| tag.key.as_str());
    let reply = Reply::new().list(
        "Tags",
        items.iter().map(|tag| {
            Reply::new()
                .set("TagKey", tag.key.as_str())
                .set("TagValue", tag.value.as_str())
        }),
    );
    Ok(paged(reply, &scope, next))
}
