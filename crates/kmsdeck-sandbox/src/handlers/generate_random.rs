//! GenerateRandom: 1 to 1,024 bytes of the system's RNG.

use crate::attestation::{Document, Recipient};
use crate::call::Call;
use crate::key_stores::Connection;
use crate::secret::random;
use crate::spec::Origin;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let bytes = params.number("NumberOfBytes", 1..=1024);
    let store = params.text("CustomKeyStoreId", 1..=64);
    let document = Document::read(params);
    params.check()?;
    let recipient = document.map(Document::verify).transpose()?;
    let recipient = recipient.as_ref();
    call.authorize_account(&Recipient::context(recipient))?;
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
    let bytes = random(bytes as usize)?;
    Recipient::told(recipient, Reply::new(), "Plaintext", &bytes)
}
