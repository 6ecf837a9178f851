//! GenerateRandom: 1 to 1,024 bytes of the system's RNG.

use kmsdeck_policy::RequestContext;

use super::generate_data_key::{read_recipient, refuse_recipient};
use crate::call::Call;
use crate::secret::random;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let bytes = params.number("NumberOfBytes", 1..=1024);
    let store = params.text("CustomKeyStoreId", 1..=64);
    let has_recipient = read_recipient(params);
    params.check()?;
    refuse_recipient(has_recipient)?;
    call.authorize_account(&RequestContext::default())?;
    let bytes = bytes.ok_or_else(|| ApiError::validation("NumberOfBytes is required."))?;
    if store.is_some() {
        return Err(ApiError::bare("CustomKeyStoreNotFoundException"));
    }
    Ok(Reply::new().blob("Plaintext", &random(bytes as usize)?))
}
