//! UpdateKeyDescription: up to 8,192 characters.

use crate::call::{Call, Intent};
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let description = params.required_text("Description", 0..=8192);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "UpdateKeyDescription",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    call.change(&found, |key| key.description = description.as_str().into());
    Ok(Reply::new())
}
