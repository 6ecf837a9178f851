//! ConnectCustomKeyStore: it begins; DescribeCustomKeyStores tells how it ended.

use kmsdeck_policy::RequestContext;

use crate::call::Call;
use crate::key_stores::{Connection, KeyStore};
use crate::wire::{ApiResult, Params, Reply};

/// What the name of a key store may ask this operation to fail with.
const EXCEPTIONS: &[&str] = &[
    "CloudHsmClusterInvalidConfigurationException",
    "CloudHsmClusterNotActiveException",
];

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let id = params.required_text("CustomKeyStoreId", 1..=64);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let mut state = call.sandbox.state_mut();
    let key_store = call.key_store(&state, &id)?;
    match key_store.connection {
        Connection::Disconnected => {}
        Connection::Connecting { .. } | Connection::Connected => return Ok(Reply::new()),
        Connection::Failed(_) => return Err(key_store.invalid_state()),
    }
    key_store.check(EXCEPTIONS)?;
    let connecting = KeyStore {
        connection: Connection::Connecting {
            until: call.now.after(call.sandbox.options.settling),
        },
        ..KeyStore::clone(&key_store)
    };
    state.put_key_store(&call.home, connecting);
    Ok(Reply::new())
}
