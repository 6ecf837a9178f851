//! CreateAlias: a new name for a key of the same account and Region.

use crate::account::Alias;
use crate::call::{Call, Intent};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let name = read_name(params);
    let key_id = params.required_text("TargetKeyId", 1..=2048);
    params.check()?;
    check_name(&name)?;
    check_target(&key_id)?;
    let found = call.find_own(&key_id)?;
    call.authorize_alias(&name)?;
    let intent = Intent {
        action: "CreateAlias",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Manage)?;
    let mut state = call.sandbox.state_mut();
    let store = state.store(&call.home);
    if store.is_some_and(|store| store.aliases.contains_key(name.as_str())) {
        return Err(ApiError::new(
            "AlreadyExistsException",
            format!(
                "An alias with the name {} already exists",
                call.home.alias_arn(&name)
            ),
        ));
    }
    let alias = Alias {
        target: Some(found.key.id.clone()),
        created: Some(call.now),
        updated: Some(call.now),
    };
    state.put_alias(&call.home, name.into(), alias);
    Ok(Reply::new())
}

pub(super) fn read_name(params: &mut Params) -> String {
    params.require("AliasName");
    params
        .pattern("AliasName", 1..=256, "^[a-zA-Z0-9:/_-]+$", |c| {
            c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-')
        })
        .unwrap_or_default()
}

/// `alias/` and more; `alias/aws/` is reserved for AWS managed keys.
pub(super) fn check_name(name: &str) -> ApiResult<()> {
    let Some(rest) = name.strip_prefix("alias/") else {
        return Err(ApiError::validation(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    };
    if rest.starts_with("aws/") {
        return Err(ApiError::new(
            "NotAuthorizedException",
            "Aliases that begin with alias/aws/ are reserved.",
        ));
    }
    if rest.is_empty() || rest.contains(':') {
        return Err(ApiError::validation(format!(
            "{name} contains invalid characters for an alias"
        )));
    }
    Ok(())
}

/// An alias is for a key.
pub(super) fn check_target(key_id: &str) -> ApiResult<()> {
    let is_alias =
        key_id.starts_with("alias/") || key_id.starts_with("arn:") && key_id.contains(":alias/");
    match is_alias {
        true => Err(ApiError::validation(
            "Aliases must refer to keys. Not aliases",
        )),
        false => Ok(()),
    }
}
