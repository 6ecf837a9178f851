//! UpdatePrimaryRegion: a replica of a multi-Region key becomes its primary.

use std::sync::Arc;

use crate::account::{Home, Key, Later, MultiRegion};
use crate::call::{Call, Intent};
use crate::found::Found;
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let region = params.required_text("PrimaryRegion", 1..=32);
    params.check()?;
    let found = call.find_own(&key_id)?;
    authorize(call, &found, &region)?;
    let is_primary = found.key.extra().multi_region.is_some() && !found.key.is_replica();
    if !is_primary {
        return Err(ApiError::new(
            "KMSInvalidStateException",
            format!("{} is not a multi-Region primary key.", found.arn),
        ));
    }
    if *region == *found.key.home.region {
        return Ok(Reply::new());
    }
    let home = Arc::new(Home {
        account: call.home.account.clone(),
        region: region.as_str().into(),
    });
    let replica = call.sandbox.state().key(&home, &found.key.id).cloned();
    let replica = replica.ok_or_else(|| {
        ApiError::validation(format!(
            "{} does not have a replica key in the specified Region.",
            found.key.id
        ))
    })?;
    let replica = Found {
        arn: replica.arn(),
        key: replica,
        alias: None,
        by_ciphertext: false,
    };
    let there = Call { home, ..*call };
    authorize(&there, &replica, &region)?;
    // Both must be enabled (developer guide, multi-region-update).
    for key in [&found, &replica] {
        states::check(key, Rule::Replicate)?;
    }
    let at = Some(call.now.after(call.sandbox.options.settling));
    let change = |key: &mut Key| {
        let Some(related) = key.extra_mut().multi_region.as_mut() else {
            return;
        };
        *related = with_primary(related, &region);
        if [&found.key.home, &replica.key.home].contains(&&key.home) {
            let state = std::mem::replace(&mut key.state, KeyState::Updating);
            key.extra_mut().later = Some(Later { state, at });
        }
    };
    call.change_related(&found, change);
    Ok(Reply::new())
}

fn authorize(call: &Call<'_>, found: &Found, region: &str) -> ApiResult<()> {
    let mut intent = Intent {
        action: "UpdatePrimaryRegion",
        ..Intent::default()
    };
    intent.request_context.set("kms:PrimaryRegion", region);
    call.authorize(found, &intent)
}

fn with_primary(related: &MultiRegion, primary: &str) -> MultiRegion {
    let former = std::iter::once(&related.primary);
    let regions = former.chain(&related.replicas);
    let mut replicas: Vec<String> = regions
        .filter(|region| *region != primary)
        .cloned()
        .collect();
    replicas.sort();
    MultiRegion {
        primary: primary.to_owned(),
        replicas,
    }
}
