//! TagResource: adds tags, or changes their values; 50 a key.

use crate::call::{Call, Intent};
use crate::handlers::create_key::{check_tags, read_tags};
use crate::states::{self, Rule};
use crate::wire::ApiError;
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.require("Tags");
    let tags = read_tags(params);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "TagResource",
        ..Intent::default()
    };
    intent.request_context.set_request_tags(
        tags.iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str())),
    );
    check_tags(&tags)?;
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    let mut all = found.key.tags.to_vec();
    for tag in tags {
        all.retain(|old| old.key != tag.key);
        all.push(tag);
    }
    all.sort();
    if all.len() > 50 {
        return Err(ApiError::new(
            "LimitExceededException",
            "A key may have 50 tags.",
        ));
    }
    call.change(&found, |key| key.tags = all.into());
    Ok(Reply::new())
}
