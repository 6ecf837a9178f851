//! DisconnectCustomKeyStore: its keys are unavailable until it is connected again.

use kmsdeck_policy::RequestContext;

use crate::account::Key;
use crate::call::Call;
use crate::key_stores::{Connection, KeyStore};
use crate::settle::change_keys_of;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let id = params.required_text("CustomKeyStoreId", 1..=64);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let mut state = call.sandbox.state_mut();
    let key_store = call.key_store(&state, &id)?;
    if key_store.connection == Connection::Disconnected {
        return Err(key_store.invalid_state());
    }
    let disconnected = KeyStore {
        connection: Connection::Disconnected,
        ..KeyStore::clone(&key_store)
    };
    state.put_key_store(&call.home, disconnected);
    change_keys_of(&mut state, &call.home, &id, Key::disconnect);
    Ok(Reply::new())
}
