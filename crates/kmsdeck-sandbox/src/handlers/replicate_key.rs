//! ReplicateKey: a multi-Region key's replica in another Region.

use std::sync::Arc;

use kmsdeck_policy::RequestContext;

use crate::account::{Home, Key, KeyPolicy, Later};
use crate::call::{Call, Intent};
use crate::handlers::create_key::{check_tags, read_tags};
use crate::handlers::describe_key::metadata;
use crate::handlers::put_key_policy::{check_lockout, parse_policy, read_policy};
use crate::regions;
use crate::spec::{KeyState, Origin};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let region = params.region("ReplicaRegion");
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
    let there = Call {
        home: Arc::new(Home {
            account: call.home.account.clone(),
            region: region.as_str().into(),
        }),
        ..*call
    };
    there.authorize_action("CreateKey", &RequestContext::default())?;
    if !tags.is_empty() {
        there.authorize_action("TagResource", &RequestContext::default())?;
    }
    let mut regions = match &found.key.extra().multi_region {
        Some(regions) if !found.key.is_replica() => regions.clone(),
        _ => {
            return Err(ApiError::new(
                "UnsupportedOperationException",
                format!("{} is not a multi-region primary key.", found.arn),
            ));
        }
    };
    states::check(&found, Rule::Replicate)?;
    if !regions::are_of_one_partition(&region, &regions.primary) {
        return Err(ApiError::validation(format!(
            "Region {region} is not a valid Region or multi-Region keys are not supported in Region {region}."
        )));
    }
    if region == regions.primary {
        return Err(ApiError::validation(format!(
            "{region} cannot have a replica because it contains the primary."
        )));
    }
    if regions.replicas.contains(&region) {
        return Err(ApiError::new(
            "AlreadyExistsException",
            "You can create only one replica of each primary key in each AWS Region.",
        ));
    }
    let policy = parse_policy(
        call,
        policy.unwrap_or_else(|| KeyPolicy::default_text(&call.home.account)),
    )?;
    regions.replicas.push(region.clone());
    regions.replicas.sort();
    let is_external = found.key.origin == Origin::External;
    let mut replica = Key {
        home: there.home.clone(),
        description: description.into(),
        policy: policy.clone(),
        tags: tags.into(),
        created: call.now,
        state: KeyState::Creating,
        ..Key::clone(&found.key)
    };
    // Imported material is to be imported into each Region.
    let state = match is_external {
        true => KeyState::PendingImport,
        false => KeyState::Enabled,
    };
    if is_external {
        let materials = found.key.materials.iter();
        replica.materials = materials.map(|m| Arc::new(m.without_secret())).collect();
    }
    let at = Some(call.now.after(call.sandbox.options.settling));
    replica.extra_mut().later = Some(Later { state, at });
    replica.extra_mut().multi_region = Some(regions.clone());
    check_lockout(call, &replica, &policy, bypass)?;
    let tags = replica.tags.iter().map(|tag| {
        Reply::new()
            .set("TagKey", tag.key.as_str())
            .set("TagValue", tag.value.as_str())
    });
    let mut reply = Reply::new()
        .set("ReplicaKeyMetadata", metadata(&replica))
        .set("ReplicaPolicy", policy.text.as_str());
    if !replica.tags.is_empty() {
        reply = reply.list("ReplicaTags", tags);
    }
    let mut state = call.sandbox.state_mut();
    state.change_related(&found.key, |key| {
        key.extra_mut().multi_region = Some(regions.clone());
    });
    state.insert_key(replica);
    Ok(reply)
}
