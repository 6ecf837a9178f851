//! ListGrants: a key's grants, oldest first.

use super::create_grant::{read_principal, read_service};
use crate::account::slice_page;
use crate::call::{Aliases, Call, Intent, paged};
use crate::wire::{ApiError, ApiResult, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let limit = params.number("Limit", 1..=100).unwrap_or(50);
    let after = params.marker();
    let grant_id = params.text("GrantId", 1..=128);
    let grantee = read_principal(params, "GranteePrincipal");
    let service = read_service(params, "GranteeServicePrincipal");
    params.check()?;
    if grantee.is_some() && service.is_some() {
        return Err(ApiError::validation(
            "Specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
        ));
    }
    let grantee = grantee.or(service);
    let found = call.find(&key_id, Aliases::Refused)?;
    call.authorize(
        &found,
        &Intent {
            action: "ListGrants",
            ..Intent::default()
        },
    )?;
    let scope = format!("ListGrants {}", found.arn);
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;
    let state = call.sandbox.state();
    let grants: Vec<_> = state
        .store(&found.key.home)
        .map_or(&[][..], |store| store.grants_of(&found.key.id))
        .iter()
        .filter(|grant| grant_id.as_ref().is_none_or(|id| *id == grant.id))
        .filter(|grant| grantee.as_ref().is_none_or(|name| *name == grant.grantee))
        .collect();
    if grant_id.is_some() && grants.is_empty() {
        return Err(ApiError::new(
            "InvalidGrantIdException",
            "The specified grant ID is not valid.",
        ));
    }
    let (items, more) = slice_page(
        &grants,
        |grant| grant.id.clone(),
        after.as_deref(),
        limit as usize,
    )
    .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
    let next = items.last().filter(|_| more).map(|grant| grant.id.as_str());
    let reply = Reply::new().list("Grants", items.iter().map(|grant| grant.entry(&found.arn)));
    Ok(paged(reply, &scope, next))
}
