//! GenerateRandom: 1 to 1,024 bytes of the system's RNG.

use kmsdeck_policy::RequestContext;

use super::generate_data_key::refuse_recipient;
use crate::call::Call;
use crate::crypto::random;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let bytes = params.number("NumberOfBytes", 1..=1024);
    let store = params.text("CustomKeyStoreId", 1..=64);
    params.check()?;
    refuse_recipient(params)?;
    call.authorize_account(&RequestContext::default())?;
    let bytes = bytes.ok_or_else(|| ApiError::validation("NumberOfBytes is required."))?;
    if store.is_some() {
        return Err(ApiError::bare("CustomKeyStoreNotFoundException"));
    }
    Ok(Reply::new().blob("Plaintext", &random(bytes as usize)?))
}
