//! GetAccountAuthorizationDetails: all users, groups, roles and policies of the account, and how
//! they hang together.
//!
//! Of AWS's own managed policies it tells of those that are attached to something.

use super::call::{IamCall, Paging};
use super::entities::{group_detail, policy_detail, role_detail, user_detail};
use crate::accounts::{Account, Group, ManagedPolicy, RoleEntry, User};
use crate::query::Xml;
use crate::wire::{ApiError, ApiResult, Params};

/// The kinds, in the order in which they are told.
const KINDS: &[&str] = &[
    "User",
    "Group",
    "Role",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
];

enum Entity<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a RoleEntry),
    Policy(&'a ManagedPolicy),
}

pub(super) fn handle(call: &IamCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let filter = params.texts("Filter", 0..=usize::MAX, 0..=usize::MAX);
    let paging = Paging::read(params);
    params.check()?;
    let filter = filter.unwrap_or_default();
    if let Some(other) = filter.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value '[{other}]' at 'filter' failed to satisfy \
             constraint: Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
            KINDS.join(", ")
        )));
    }
    call.authorize(None)?;
    let account = call.account()?;
    let is_wanted = |kind: &str| filter.is_empty() || filter.iter().any(|one| one == kind);
    let mut all = Vec::new();
    if is_wanted("User") {
        all.extend(account.users.iter().map(Entity::User));
    }
    if is_wanted("Group") {
        all.extend(account.groups.iter().map(Entity::Group));
    }
    if is_wanted("Role") {
        all.extend(account.roles.iter().map(Entity::Role));
    }
    if is_wanted("LocalManagedPolicy") {
        all.extend(account.policies.iter().map(Entity::Policy));
    }
    if is_wanted("AWSManagedPolicy") {
        let policies = call.sandbox.accounts.aws_policies.iter();
        let used = policies.filter(|policy| uses(account, &policy.arn) != (0, 0));
        all.extend(used.map(Entity::Policy));
    }
    let scope = format!("GetAccountAuthorizationDetails {}", filter.join(","));
    let (page, xml) = paging.page(&scope, &all)?;
    let created = call.created();
    let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
    for entity in page {
        match entity {
            Entity::User(user) => users.push(user_detail(user, &created)),
            Entity::Group(group) => groups.push(group_detail(group, &created)),
            Entity::Role(role) => roles.push(role_detail(role, &created)),
            Entity::Policy(policy) => {
                let (attached, bounds) = uses(account, &policy.arn);
                policies.push(policy_detail(policy, attached, bounds, &created));
            }
        }
    }
    Ok(xml
        .list("UserDetailList", users)
        .list("GroupDetailList", groups)
        .list("RoleDetailList", roles)
        .list("Policies", policies))
}

/// How many entities have the policy attached, and of how many it is the boundary.
fn uses(account: &Account, arn: &str) -> (usize, usize) {
    let users = account
        .users
        .iter()
        .map(|user| (&user.policies, &user.boundary));
    let roles = account
        .roles
        .iter()
        .map(|role| (&role.policies, &role.boundary));
    let groups = account.groups.iter().map(|group| (&group.policies, &None));
    let all = users.chain(roles).chain(groups);
    all.fold((0, 0), |(attached, bounds), (policies, boundary)| {
        let is_attached = policies.managed.iter().any(|one| one == arn);
        let is_bound = boundary.as_deref() == Some(arn);
        (
            attached + usize::from(is_attached),
            bounds + usize::from(is_bound),
        )
    })
}
