//! ListKeyPolicies: there is one, named `default`.

use crate::call::{Call, Intent};

use crate::call::paged;
use crate::wire::marker;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.number("Limit", 1..=1000);
    let after = params.marker();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "ListKeyPolicies",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;

    if let Some(text) = after {
        marker::read("ListKeyPolicies", &text)?;
    }
    Ok(paged(
        Reply::new().list("PolicyNames", ["default"]),
        "ListKeyPolicies",
        None,
    ))
}
