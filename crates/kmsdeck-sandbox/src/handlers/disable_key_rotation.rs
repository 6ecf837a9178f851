//! DisableKeyRotation: no automatic rotation.

use crate::call::{Call, Intent};
use crate::states::check_self_rotating;
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "DisableKeyRotation",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Rotation)?;
    check_self_rotating(&found.key)?;
    call.check_primary(&found)?;
    call.change_related(&found, |key| key.extra_mut().rotation = None);
    Ok(Reply::new())
}
