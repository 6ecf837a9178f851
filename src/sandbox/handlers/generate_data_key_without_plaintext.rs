//! GenerateDataKeyWithoutPlaintext: a new data key, encrypted only.

use super::generate_data_key::Request;
use crate::sandbox::call::Call;
use crate::sandbox::wire::{ApiResult, Params, Reply};

pub fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    // The plaintext is wiped here, before the answer leaves.
    let (found, _, reply) = Request::read(params)?.carry_out(call)?;
    call.note_use(&found);
    Ok(reply)
}
