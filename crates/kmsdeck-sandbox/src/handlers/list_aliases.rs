//! ListAliases: of the account in the Region, or of one key.

use std::sync::Arc;

use kmsdeck_policy::RequestContext;

use crate::account::{Alias, Store, page, slice_page};
use crate::call::{Call, paged};
use crate::wire::{ApiError, ApiResult, Millis, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.text("KeyId", 1..=2048);
    let limit = params.number("Limit", 1..=100).unwrap_or(50) as usize;
    let after = params.marker();
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let found = key_id.map(|text| call.find_own(&text)).transpose()?;
    let scope = match &found {
        Some(found) => format!("ListAliases {}", found.arn),
        None => "ListAliases".to_owned(),
    };
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;

    let state = call.sandbox.state();
    let default = Store::default();
    let store = state.store(&call.home).unwrap_or(&default);
    let entry = |name: &Arc<str>, alias: &Alias| {
        let reply = Reply::new()
            .set("AliasName", name.as_ref())
            .set("AliasArn", call.home.alias_arn(name))
            .opt("TargetKeyId", alias.target.as_deref())
            .opt("CreationDate", alias.created.map(Millis::seconds));
        reply.opt("LastUpdatedDate", alias.updated.map(Millis::seconds))
    };
    let (entries, next): (Vec<Reply>, Option<Arc<str>>) = match found {
        None => {
            let (items, more) = page(&store.aliases, after.as_deref(), limit);
            let next = items
                .last()
                .filter(|_| more)
                .map(|(name, _)| (*name).clone());
            let entries = items.iter().map(|(name, alias)| entry(name, alias));
            (entries.collect(), next)
        }
        Some(found) => {
            let names = store.aliases_of(&found.key.id);
            let (items, more) = slice_page(&names, ToString::to_string, after.as_deref(), limit)
                .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
            let next = items.last().filter(|_| more).cloned();
            let entries = items
                .iter()
                .filter_map(|name| Some(entry(name, store.aliases.get(name)?)));
            (entries.collect(), next)
        }
    };
    let reply = Reply::new().list("Aliases", entries);
    Ok(paged(reply, &scope, next.as_deref()))
}
