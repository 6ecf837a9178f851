//! UntagResource: takes tags away; unknown keys are no error.

use crate::call::{Call, Intent};
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.require("TagKeys");
    let keys = params
        .texts("TagKeys", 0..=200, 1..=128)
        .unwrap_or_default();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "UntagResource",
        ..Intent::default()
    };
    intent.request_context.set_all("aws:TagKeys", &keys);
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    let left: Vec<_> = found
        .key
        .tags
        .iter()
        .filter(|tag| !keys.contains(&tag.key))
        .cloned()
        .collect();
    call.change(&found, |key| key.tags = left.into());
    Ok(Reply::new())
}
