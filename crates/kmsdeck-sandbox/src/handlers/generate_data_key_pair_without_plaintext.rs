//! GenerateDataKeyPairWithoutPlaintext: a pair whose private key is encrypted only.

use super::generate_data_key_pair::Request;
use crate::call::Call;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let (found, _, reply) = Request::read(params)?.carry_out(call, None)?;
    call.note_use(&found);
    Ok(reply)
}
