//! ListUsers, ListRoles and ListAccountAliases.

use super::call::{IamCall, Paging};
use super::entities::{listed_role, user};
use crate::query::Xml;
use crate::wire::{ApiResult, Params};

pub(super) fn users(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let prefix = path_prefix(params);
    let paging = Paging::read(params);
    params.check()?;
    call.authorize(Some(&call.arn("user", "")))?;
    let users = call.account()?.users.iter();
    let users: Vec<_> = users
        .filter(|user| user.path.starts_with(&prefix))
        .collect();
    let (page, xml) = paging.page(&format!("ListUsers {prefix}"), &users)?;
    let created = call.created();
    Ok(xml.list("Users", page.iter().map(|one| user(one, &created))))
}

pub(super) fn roles(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let prefix = path_prefix(params);
    let paging = Paging::read(params);
    params.check()?;
    call.authorize(Some(&call.arn("role", "")))?;
    let roles = call.account()?.roles.iter();
    let roles: Vec<_> = roles
        .filter(|role| role.path.starts_with(&prefix))
        .collect();
    let (page, xml) = paging.page(&format!("ListRoles {prefix}"), &roles)?;
    let created = call.created();
    Ok(xml.list("Roles", page.iter().map(|one| listed_role(one, &created))))
}

/// The accounts have none.
pub(super) fn account_aliases(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let paging = Paging::read(params);
    params.check()?;
    call.authorize(None)?;
    let none: [&str; 0] = [];
    let (page, xml) = paging.page("ListAccountAliases", &none)?;
    Ok(xml.texts("AccountAliases", page.iter().copied()))
}

fn path_prefix(params: &mut Params) -> String {
    params.text("PathPrefix", 1..=512).unwrap_or_default()
}
