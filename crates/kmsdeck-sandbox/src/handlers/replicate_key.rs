//! ReplicateKey: a multi-Region key's replica in another Region.

use std::sync::Arc;

use crate::account::{Home, Key, KeyPolicy};
use crate::call::{Call, Intent};
use crate::handlers::create_key::{check_tags, read_tags};
use crate::handlers::describe_key::metadata;
use crate::handlers::put_key_policy::{check_lockout, parse_policy, read_policy};
use crate::identity::is_region;
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let region = params.required_text("ReplicaRegion", 1..=32);
    let policy = read_policy(params);
    let bypass = params.flag("BypassPolicyLockoutSafetyCheck");
    let description = params.text("Description", 0..=8192).unwrap_or_default();
    let tags = read_tags(params);
    params.check()?;
    check_tags(&tags)?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "ReplicateKey",
        ..Intent::default()
    };
    intent.request_context.set("kms:ReplicaRegion", &region);
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    let unsupported = |what: &str| {
        ApiError::new(
            "UnsupportedOperationException",
            format!("{} {what}", found.arn),
        )
    };
    let regions = found.key.extra().multi_region.clone();
    let mut regions = regions.ok_or_else(|| unsupported("is not a multi-Region key."))?;
    call.check_primary(&found)?;
    if !is_region(&region) || region == regions.primary {
        return Err(unsupported("cannot be replicated to that Region."));
    }
    if regions.replicas.contains(&region) {
        return Err(ApiError::new(
            "AlreadyExistsException",
            format!("{} has a replica in {region} already.", found.arn),
        ));
    }
    let policy =
        parse_policy(policy.unwrap_or_else(|| KeyPolicy::default_text(&call.home.account)))?;
    regions.replicas.push(region.clone());
    regions.replicas.sort();
    let home = Arc::new(Home {
        account: call.home.account.clone(),
        region: region.into(),
    });
    let mut replica = Key {
        home,
        description: description.into(),
        policy: policy.clone(),
        tags: tags.into(),
        created: call.now,
        state: KeyState::Creating,
        ..Key::clone(&found.key)
    };
    replica.extra_mut().multi_region = Some(regions.clone());
    check_lockout(call, &replica, &policy, bypass)?;
    let tags = replica.tags.clone();
    let reply = Reply::new()
        .set("ReplicaKeyMetadata", metadata(&replica))
        .set("ReplicaPolicy", policy.text.as_str())
        .list(
            "ReplicaTags",
            tags.iter().map(|tag| {
                Reply::new()
                    .set("TagKey", tag.key.as_str())
                    .set("TagValue", tag.value.as_str())
            }),
        );
    // The sandbox is done with it at once; the answer shows the state that it
    // has in between.
    replica.state = KeyState::Enabled;
    let mut state = call.sandbox.state_mut();
    state.change_related(&found.key, |key| {
        key.extra_mut().multi_region = Some(regions.clone());
    });
    state.insert_key(replica);
    Ok(reply)
}
