//! GetUser: a user of the account; without a name, the one who asks.

use super::call::{IamCall, no_such_entity};
use super::entities::whole_user;
use crate::identity::Kind;
use crate::query::Xml;
use crate::wire::{ApiError, ApiResult, Params};

pub(super) fn handle(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let name = user_name(params);
    params.check()?;
    let name = match (name, &call.identity.kind) {
        (Some(name), _) => name,
        (None, Kind::User { name }) => name.clone(),
        (None, Kind::RoleSession { .. }) => {
            return Err(ApiError::validation(
                "Must specify userName when calling with non-User credentials",
            ));
        }
    };
    let mut users = call.account()?.users.iter();
    let user = users.find(|user| user.name == name);
    let arn = match user {
        Some(user) => user.identity.principal.arn.clone(),
        None => call.arn("user", &name),
    };
    call.authorize(Some(&arn))?;
    let user =
        user.ok_or_else(|| no_such_entity(format!("The user with name {name} cannot be found.")))?;
    Ok(Xml::new().element("User", &whole_user(user, &call.created())))
}

fn user_name(params: &mut Params) -> Option<String> {
    params.pattern("UserName", 1..=128, "[\\w+=,.@-]+", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
    })
}
