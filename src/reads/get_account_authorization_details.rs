//! GetAccountAuthorizationDetails of IAM (IAM API reference): the account's users, groups, roles and
//! policies, in pages.

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail as SdkGroup, ManagedPolicyDetail,
    PolicyDetail, RoleDetail as SdkRole, Tag, UserDetail as SdkUser,
};
use kmsdeck_policy::{
    AccountDetails, Attachments, GroupDetail, ManagedPolicy, RoleDetail, UserDetail,
    percent_decoded,
};

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_iam;
use crate::gateway::pages::Page;
use crate::kms::{KmsError, OpId};

/// The largest page.
const MAX_ITEMS: i32 = 1000;

pub static GET_ACCOUNT_AUTHORIZATION_DETAILS: ReadSpec = ReadSpec {
    id: OpId("GetAccountAuthorizationDetails"),
    iam: "iam:GetAccountAuthorizationDetails",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move {
            let page = account_authorization_details(session, None).await?;
            Ok(ReadAnswer::AccountDetails(page))
        })
    },
};

/// A page of them: its one item is what that page tells.
pub async fn account_authorization_details(
    session: &Session,
    marker: Option<String>,
) -> Result<Page<AccountDetails>, KmsError> {
    let answer = session
        .iam()
        .get_account_authorization_details()
        .max_items(MAX_ITEMS)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_iam(session, error))?;
    let (truncated, marker) = (answer.is_truncated, answer.marker.clone());
    let page = Some(vec![answer]);
    Ok(Page::of(
        page,
        "UserDetailList",
        |answer| Some(details(answer)),
        truncated,
        marker,
    ))
}

fn details(answer: GetAccountAuthorizationDetailsOutput) -> AccountDetails {
    let users = answer.user_detail_list.into_iter().flatten();
    let groups = answer.group_detail_list.into_iter().flatten();
    let roles = answer.role_detail_list.into_iter().flatten();
    let policies = answer.policies.into_iter().flatten();
    AccountDetails {
        users: users.map(user).collect(),
        groups: groups.map(group).collect(),
        roles: roles.map(role).collect(),
        policies: policies.filter_map(policy).collect(),
        is_truncated: answer.is_truncated,
    }
}

fn user(user: SdkUser) -> UserDetail {
    UserDetail {
        name: user.user_name.unwrap_or_default(),
        arn: user.arn.unwrap_or_default(),
        id: user.user_id.unwrap_or_default(),
        groups: user.group_list.unwrap_or_default(),
        attached: attached(
            user.user_policy_list,
            user.attached_managed_policies,
            user.permissions_boundary,
        ),
        tags: tags(user.tags),
    }
}

fn group(group: SdkGroup) -> GroupDetail {
    GroupDetail {
        name: group.group_name.unwrap_or_default(),
        attached: attached(
            group.group_policy_list,
            group.attached_managed_policies,
            None,
        ),
    }
}

fn role(role: SdkRole) -> RoleDetail {
    RoleDetail {
        name: role.role_name.unwrap_or_default(),
        arn: role.arn.unwrap_or_default(),
        id: role.role_id.unwrap_or_default(),
        trust_policy: document(role.assume_role_policy_document),
        attached: attached(
            role.role_policy_list,
            role.attached_managed_policies,
            role.permissions_boundary,
        ),
        tags: tags(role.tags),
    }
}

fn attached(
    inline: Option<Vec<PolicyDetail>>,
    managed: Option<Vec<AttachedPolicy>>,
    boundary: Option<AttachedPermissionsBoundary>,
) -> Attachments {
    let inline = inline.into_iter().flatten();
    let managed = managed.into_iter().flatten();
    Attachments {
        inline: inline
            .map(|policy| {
                let name = policy.policy_name.unwrap_or_default();
                (name, document(policy.policy_document))
            })
            .collect(),
        managed: managed.filter_map(|policy| policy.policy_arn).collect(),
        boundary: boundary.and_then(|boundary| boundary.permissions_boundary_arn),
    }
}

/// None where its default version is not told: it is missing then.
fn policy(policy: ManagedPolicyDetail) -> Option<ManagedPolicy> {
    let versions = policy.policy_version_list.into_iter().flatten();
    let mut default = versions.filter(|version| version.is_default_version);
    Some(ManagedPolicy {
        arn: policy.arn?,
        name: policy.policy_name.unwrap_or_default(),
        document: document(Some(default.next()?.document?)),
    })
}

/// The API has policies percent-encoded (RFC 3986).
fn document(text: Option<String>) -> String {
    percent_decoded(&text.unwrap_or_default())
}

fn tags(tags: Option<Vec<Tag>>) -> std::collections::BTreeMap<String, String> {
    let tags = tags.into_iter().flatten();
    tags.map(|tag| (tag.key, tag.value)).collect()
}
