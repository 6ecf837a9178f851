//! GenerateDataKeyWithoutPlaintext: a new data key, encrypted only.

use super::generate_data_key::Request;
use crate::call::Call;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    // The plaintext is wiped here, before the answer leaves.
    let (found, _, reply) = Request::read(params)?.carry_out(call, None)?;
    call.note_use(&found);
    Ok(reply)
}
