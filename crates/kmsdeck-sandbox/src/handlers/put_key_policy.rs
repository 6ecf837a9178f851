//! PutKeyPolicy: a new key policy, of up to 32 KiB.

use std::sync::Arc;

use kmsdeck_policy::{Condition, Principals};
use serde::de::IgnoredAny;

use crate::account::{Key, KeyPolicy};
use crate::call::{Call, Intent};
use crate::found::Found;
use crate::principals::is_principal;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let name = read_name(params);
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
    match name.as_deref() {
        None | Some("default") => {}
        // Resource Access Manager's own.
        Some("AWS_RAM") => {
            return Err(ApiError::validation(
                "The policy AWS_RAM cannot be put: it is Resource Access Manager's.",
            ));
        }
        Some(_) => return Err(ApiError::not_found("No such policy exists")),
    }
    let policy = parse_policy(call, policy.unwrap_or_default())?;
    check_lockout(call, &found.key, &policy, bypass)?;
    call.change(&found, |key| key.policy = policy);
    Ok(Reply::new())
}

pub(super) fn read_policy(params: &mut Params) -> Option<String> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
    let pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
    params.pattern("Policy", 1..=131_072, pattern, allowed)
}

/// `PolicyName`.
pub(super) fn read_name(params: &mut Params) -> Option<String> {
    params.pattern("PolicyName", 1..=128, "[\\w]+", |c| {
        c.is_ascii_alphanumeric() || c == '_'
    })
}

/// Bytes that a key policy may have ("Resource quotas" of the developer guide).
const LONGEST: usize = 32 * 1024;

/// A key policy whose principals are there.
pub(super) fn parse_policy(call: &Call<'_>, text: String) -> ApiResult<Arc<KeyPolicy>> {
    if text.len() > LONGEST {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("A key policy can have {LONGEST} bytes at most."),
        ));
    }
    let malformed = |message: String| ApiError::new("MalformedPolicyDocumentException", message);
    // Of what is no JSON at all nothing is said.
    if serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return Err(malformed(String::new()));
    }
    let policy = KeyPolicy::parse(text).map_err(|error| malformed(error.to_string()))?;
    for statement in policy.document.statements() {
        let mut principals = statement
            .principals()
            .into_iter()
            .flat_map(Principals::arns);
        if principals.any(|arn| !is_principal(call.sandbox, arn)) {
            return Err(malformed(
                "Policy contains a statement with one or more invalid principals.".to_owned(),
            ));
        }
        let mut keys = statement.conditions().iter().map(Condition::key);
        if let Some(key) = keys.find(|key| is_not_permitted(key)) {
            return Err(malformed(format!(
                "Policy contains a statement with a condition key that is not permitted in a key policy: {key}."
            )));
        }
    }
    Ok(Arc::new(policy))
}

/// Condition keys that are about the key itself are for IAM policies alone.
fn is_not_permitted(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("aws:resourcetag/") || key == "kms:resourcealiases"
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
