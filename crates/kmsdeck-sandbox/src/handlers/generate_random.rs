//! GenerateRandom: 1 to 1,024 bytes of the system's RNG.

use kmsdeck_policy::RequestContext;

use super::generate_data_key::refuse_recipient;
use crate::call::Call;
use crate::key_stores::Connection;
use crate::secret::random;
use crate::spec::Origin;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let bytes = params.number("NumberOfBytes", 1..=1024);
    let store = params.text("CustomKeyStoreId", 1..=64);
    params.check()?;
    refuse_recipient(params)?;
    call.authorize_account(&RequestContext::default())?;
    let bytes = bytes.ok_or_else(|| ApiError::validation("NumberOfBytes is required."))?;
    if let Some(id) = store {
        let key_store = call.key_store(&call.sandbox.state(), &id)?;
        if key_store.origin() != Origin::CloudHsm {
            return Err(ApiError::new(
                "UnsupportedOperationException",
                "External key stores make no random bytes.",
            ));
        }
        if key_store.connection != Connection::Connected {
            return Err(key_store.invalid_state());
        }
    }
    Ok(Reply::new().blob("Plaintext", &random(bytes as usize)?))
}
