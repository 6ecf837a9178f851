//! GetRole: a role of the account, with its trust policy.

use super::call::{IamCall, no_such_entity};
use super::entities::whole_role;
use crate::query::Xml;
use crate::wire::{ApiResult, Params};

pub(super) fn handle(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    params.require("RoleName");
    let name = params.pattern("RoleName", 1..=64, "[\\w+=,.@-]+", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
    });
    params.check()?;
    let name = name.unwrap_or_default();
    let mut roles = call.account()?.roles.iter();
    let role = roles.find(|entry| entry.role.name == name);
    let arn = match role {
        Some(entry) => entry.role.arn.clone(),
        None => call.arn("role", &name),
    };
    call.authorize(Some(&arn))?;
    let role =
        role.ok_or_else(|| no_such_entity(format!("The role with name {name} cannot be found.")))?;
    Ok(Xml::new().element("Role", &whole_role(role, &call.created())))
}
