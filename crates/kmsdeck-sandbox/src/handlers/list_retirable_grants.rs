//! ListRetirableGrants: those that a principal may retire, in the Region.

use kmsdeck_policy::RequestContext;

use super::create_grant::{read_principal, read_service};
use crate::account::slice_page;
use crate::call::{Call, paged};
use crate::wire::{ApiError, ApiResult, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let limit = params.number("Limit", 1..=100).unwrap_or(50);
    let after = params.marker();
    let principal = read_principal(params, "RetiringPrincipal");
    let service = read_service(params, "RetiringServicePrincipal");
    params.check()?;
    let principal = match (principal, service) {
        (Some(arn), None) if arn.starts_with("arn:") => arn,
        (Some(arn), None) => {
            return Err(ApiError::new(
                "InvalidArnException",
                format!("ARN does not refer to a valid principal: {arn}"),
            ));
        }
        (None, Some(service)) => service,
        _ => {
            return Err(ApiError::validation(
                "Specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
            ));
        }
    };
    call.authorize_account(&RequestContext::default())?;
    let scope = format!("ListRetirableGrants {principal}");
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;
    let state = call.sandbox.state();
    let mut grants = Vec::new();
    // Those on keys of other accounts are among them.
    for (home, store) in state
        .homes()
        .filter(|(home, _)| home.region == call.home.region)
    {
        for (id, of_key) in &store.grants {
            let its = of_key
                .iter()
                .filter(|grant| grant.retiring.as_ref() == Some(&principal));
            grants.extend(its.map(|grant| (home.key_arn(id), grant)));
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
