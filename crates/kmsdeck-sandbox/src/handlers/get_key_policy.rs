//! GetKeyPolicy: the key policy's text. There is one, named `default`.

use crate::call::{Call, Intent};
use crate::handlers::put_key_policy::read_name;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let name = read_name(params);
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
