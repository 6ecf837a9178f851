//! PutKeyPolicy: a new key policy, of up to 32 KiB.

use std::sync::Arc;

use crate::account::{Key, KeyPolicy};
use crate::call::{Call, Found, Intent};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let name = params.text("PolicyName", 1..=128);
    params.require("Policy");
    let policy = read_policy(params);
    let bypass = params.flag("BypassPolicyLockoutSafetyCheck");
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "PutKeyPolicy",
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:BypassPolicyLockoutSafetyCheck", bypass);
    call.authorize(&found, &intent)?;
    if name.is_some_and(|name| name != "default") {
        return Err(ApiError::not_found("No such policy exists"));
    }
    let policy = parse_policy(policy.unwrap_or_default())?;
    check_lockout(call, &found.key, &policy, bypass)?;
    call.change(&found, |key| key.policy = policy);
    Ok(Reply::new())
}

pub(super) fn read_policy(params: &mut Params) -> Option<String> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
    let pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
    params.pattern("Policy", 1..=32768, pattern, allowed)
}

pub(super) fn parse_policy(text: String) -> ApiResult<Arc<KeyPolicy>> {
    KeyPolicy::parse(text)
        .map(Arc::new)
        .map_err(|error| ApiError::new("MalformedPolicyDocumentException", error.to_string()))
}

/// Unless bypassed, the caller must still be able to put a policy afterwards.
pub(super) fn check_lockout(
    call: &Call<'_>,
    key: &Key,
    policy: &Arc<KeyPolicy>,
    bypass: bool,
) -> ApiResult<()> {
    let found = Found {
        arn: key.arn(),
        key: Arc::new(Key {
            policy: policy.clone(),
            ..key.clone()
        }),
        alias: None,
        by_ciphertext: false,
    };
    let intent = Intent {
        action: "PutKeyPolicy",
        ..Intent::default()
    };
    if bypass || call.authorize(&found, &intent).is_ok() {
        return Ok(());
    }
    Err(ApiError::new(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    ))
}
