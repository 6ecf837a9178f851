//! RevokeGrant: by those who look after the key.

use super::retire_grant::{by_id, remove};
use crate::call::{Aliases, Call, Intent};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let grant_id = params.required_text("GrantId", 1..=128);
    let dry_run = params.flag("DryRun");
    params.check()?;
    let found = call.find(&key_id, Aliases::Refused)?;
    let mut intent = Intent {
        action: "RevokeGrant",
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:GrantIsForAWSResource", false);
    call.authorize(&found, &intent)?;
    let grant = by_id(call, &found, &grant_id)?;
    call.check_dry_run(dry_run)?;
    remove(call, &found, &grant);
    Ok(Reply::new())
}
