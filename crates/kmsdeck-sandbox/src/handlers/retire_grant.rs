//! RetireGrant: by the retiring principal, by a grantee whose grant says so,
//! or in the account that made the grant.

use std::sync::Arc;

use crate::call::{Aliases, Call, Intent};
use crate::found::Found;
use crate::grants::{Grant, id_of_token};
use crate::spec::GrantOperation;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let token = params.text("GrantToken", 1..=8192);
    let key_id = params.text("KeyId", 1..=2048);
    let grant_id = params.text("GrantId", 1..=128);
    let dry_run = params.flag("DryRun");
    params.check()?;
    let (found, grant) = match (token, key_id, grant_id) {
        (Some(token), None, None) => by_token(call, &token)?,
        (None, Some(key_id), Some(grant_id)) => {
            let found = call.find(&key_id, Aliases::Refused)?;
            let grant = by_id(call, &found, &grant_id)?;
            (found, grant)
        }
        _ => {
            return Err(ApiError::validation(
                "Specify either a grant token, or a key ID and a grant ID.",
            ));
        }
    };
    let retiring = grant.retiring.as_ref();
    let by_grant = retiring.is_some_and(|arn| call.identity.is_named(arn))
        || (call.identity.is_named(&grant.grantee)
            && grant.operations.contains(&GrantOperation::RetireGrant));
    if !by_grant {
        let intent = Intent {
            action: "RetireGrant",
            ..Intent::default()
        };
        call.authorize(&found, &intent)?;
    }
    call.check_dry_run(dry_run)?;
    remove(call, &found, &grant);
    Ok(Reply::new())
}

fn by_token(call: &Call<'_>, token: &str) -> ApiResult<(Found, Arc<Grant>)> {
    let invalid = || {
        ApiError::new(
            "InvalidGrantTokenException",
            "The specified grant token is not valid.",
        )
    };
    let grant_id = id_of_token(token).ok_or_else(invalid)?;
    let state = call.sandbox.state();
    for (home, store) in state.homes() {
        if home.region != call.home.region {
            continue;
        }
        for (id, grants) in &store.grants {
            let Some(grant) = grants.iter().find(|grant| grant.id == grant_id) else {
                continue;
            };
            let Some(key) = store.keys.get(id) else {
                continue;
            };
            let found = Found {
                arn: key.arn(),
                key: key.clone(),
                alias: None,
                by_ciphertext: false,
            };
            return Ok((found, grant.clone()));
        }
    }
    Err(invalid())
}

pub(super) fn by_id(call: &Call<'_>, found: &Found, grant_id: &str) -> ApiResult<Arc<Grant>> {
    let state = call.sandbox.state();
    let grant = state
        .store(&found.key.home)
        .and_then(|store| {
            let grants = store.grants_of(&found.key.id);
            grants.iter().find(|grant| grant.id == grant_id)
        })
        .cloned();
    grant.ok_or_else(|| ApiError::not_found(format!("Grant ID {grant_id} not found")))
}

pub(super) fn remove(call: &Call<'_>, found: &Found, grant: &Grant) {
    let mut state = call.sandbox.state_mut();
    let grants = state.grants_mut(&found.key.home, &found.key.id);
    grants.retain(|old| old.id != grant.id);
}
