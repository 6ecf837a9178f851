//! EnableKey: the key can be used again.

use crate::call::{Call, Intent};
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "EnableKey",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Switch)?;
    // A key in a disconnected key store stays unavailable until it is back (note 12).
    call.change(&found, |key| {
        if matches!(key.state, KeyState::Disabled | KeyState::Unavailable) {
            key.come_to(KeyState::Enabled);
        }
    });
    Ok(Reply::new())
}
