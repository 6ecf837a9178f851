//! GetKeyPolicy: the key policy's text. There is one, named `default`.

use crate::call::{Call, Intent};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let name = params.pattern("PolicyName", 1..=128, "[\\w]+", |c| {
        c.is_ascii_alphanumeric() || c == '_'
    });
    params.check()?;
    let found = call.find_own(&key_id)?;
    call.authorize(
        &found,
        &Intent {
            action: "GetKeyPolicy",
            ..Intent::default()
        },
    )?;
    if name.is_some_and(|name| name != "default") {
        return Err(ApiError::not_found("No such policy exists"));
    }
    Ok(Reply::new()
        .set("Policy", found.key.policy.text.as_str())
        .set("PolicyName", "default"))
}
