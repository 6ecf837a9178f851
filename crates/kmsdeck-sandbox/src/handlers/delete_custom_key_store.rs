//! DeleteCustomKeyStore: of one that is disconnected and has no keys.

use kmsdeck_policy::RequestContext;

use crate::call::Call;
use crate::key_stores::Connection;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let id = params.required_text("CustomKeyStoreId", 1..=64);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let mut state = call.sandbox.state_mut();
    let key_store = call.key_store(&state, &id)?;
    if key_store.connection != Connection::Disconnected {
        return Err(key_store.invalid_state());
    }
    let mut keys = state
        .store(&call.home)
        .into_iter()
        .flat_map(|s| s.keys.values());
    if keys.any(|key| key.extra().key_store.as_ref() == Some(&id)) {
        return Err(ApiError::new(
            "CustomKeyStoreHasCMKsException",
            format!("The custom key store {id} has KMS keys."),
        ));
    }
    state.remove_key_store(&call.home, &id);
    Ok(Reply::new())
}
