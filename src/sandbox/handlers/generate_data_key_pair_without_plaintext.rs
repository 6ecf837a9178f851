//! GenerateDataKeyPairWithoutPlaintext: a pair whose private key is encrypted only.

use super::generate_data_key_pair::Request;
use crate::sandbox::call::Call;
use crate::sandbox::wire::{ApiResult, Params, Reply};

pub fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let (found, _, reply) = Request::read(params)?.carry_out(call)?;
    call.note_use(&found);
    Ok(reply)
}
