//! CancelKeyDeletion: the key stays, disabled; or without its material, or its key store.

use crate::call::{Call, Intent};
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "CancelKeyDeletion",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::CancelDeletion)?;
    let is_available = call.is_connected(&found.key);
    call.change(&found, |key| {
        key.state = match key.awaits_import() {
            true => KeyState::PendingImport,
            false => KeyState::Disabled,
        };
        if !is_available {
            key.disconnect();
        }
        key.extra_mut().deletion = None;
        key.extra_mut().pending_window = None;
    });
    Ok(Reply::new().set("KeyId", found.arn.as_str()))
}
