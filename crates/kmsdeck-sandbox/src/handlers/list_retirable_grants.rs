//! ListRetirableGrants: those that a principal may retire, in the account and Region.

use kmsdeck_policy::RequestContext;

use super::create_grant::read_principal;
use crate::account::slice_page;
use crate::call::{Call, paged};
use crate::wire::{ApiError, ApiResult, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let limit = params.number("Limit", 1..=100).unwrap_or(50);
    let after = params.text("Marker", 1..=1024);
    params.require("RetiringPrincipal");
    let principal = read_principal(params, "RetiringPrincipal").unwrap_or_default();
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let scope = format!("ListRetirableGrants {principal}");
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;
    let state = call.sandbox.state();
    let mut grants = Vec::new();
    if let Some(store) = state.store(&call.home) {
        for (id, of_key) in &store.grants {
            for grant in of_key {
                if grant.retiring.as_ref() == Some(&principal) {
                    grants.push((call.home.key_arn(id), grant));
                }
            }
        }
    }
    grants.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let (items, more) = slice_page(
        &grants,
        |(_, grant)| grant.id.clone(),
        after.as_deref(),
        limit as usize,
    )
    .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
    let next = items
        .last()
        .filter(|_| more)
        .map(|(_, grant)| grant.id.as_str());
    let reply = Reply::new().list("Grants", items.iter().map(|(arn, grant)| grant.entry(arn)));
    Ok(paged(reply, &scope, next))
}
