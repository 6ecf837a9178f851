//! What `iam:GetAccountAuthorizationDetails` says of an account, as it says it: from the JSON that
//! `aws iam get-account-authorization-details` prints, or filled in from an SDK's answer.
//!
//! Source: IAM API reference, "GetAccountAuthorizationDetails".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// One account's users, groups, roles and managed policies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountDetails {
    /// `UserDetailList`.
    pub users: Vec<UserDetail>,
    /// `GroupDetailList`.
    pub groups: Vec<GroupDetail>,
    /// `RoleDetailList`.
    pub roles: Vec<RoleDetail>,
    /// `Policies`, each in its default version.
    pub policies: Vec<ManagedPolicy>,
    /// `IsTruncated`: more pages follow than were read.
    pub is_truncated: bool,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserDetail {
    /// `UserName`.
    pub name: String,
    /// `Arn`.
    pub arn: String,
    /// `UserId`.
    pub id: String,
    /// `GroupList`: the names of the groups that it is in.
    pub groups: Vec<String>,
    /// What is attached to it.
    pub attached: Attachments,
    /// `Tags`.
    pub tags: BTreeMap<String, String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupDetail {
    /// `GroupName`.
    pub name: String,
    /// What is attached to it.
    pub attached: Attachments,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleDetail {
    /// `RoleName`.
    pub name: String,
    /// `Arn`.
    pub arn: String,
    /// `RoleId`.
    pub id: String,
    /// `AssumeRolePolicyDocument`, its JSON.
    pub trust_policy: String,
    /// What is attached to it.
    pub attached: Attachments,
    /// `Tags`.
    pub tags: BTreeMap<String, String>,
}

/// The policies of a user, a group or a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachments {
    /// `UserPolicyList` and the like: names and their JSON.
    pub inline: Vec<(String, String)>,
    /// `AttachedManagedPolicies`: ARNs.
    pub managed: Vec<String>,
    /// `PermissionsBoundary`: its ARN.
    pub boundary: Option<String>,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedPolicy {
    /// `Arn`.
    pub arn: String,
    /// `PolicyName`.
    pub name: String,
    /// The default version's `Document`, its JSON.
    pub document: String,
}

/// Why a text is no answer of GetAccountAuthorizationDetails.
#[derive(Debug, thiserror::Error)]
#[error("this is not what aws iam get-account-authorization-details prints: {0}")]
pub struct AccountDetailsError(String);

impl AccountDetails {
    /// Reads what `aws iam get-account-authorization-details` prints. Policy documents are JSON
    /// objects, as the AWS CLI has them, or text, which may be percent-encoded, as the API has them.
    ///
    /// # Errors
    /// It is no JSON, or has none of the lists.
    pub fn parse(text: &str) -> Result<AccountDetails, AccountDetailsError> {
        let answer: Answer<'_> =
            serde_json::from_str(text).map_err(|error| AccountDetailsError(error.to_string()))?;
        if answer.users.is_none() && answer.roles.is_none() && answer.policies.is_none() {
            return Err(AccountDetailsError(
                "it has neither UserDetailList nor RoleDetailList nor Policies".to_owned(),
            ));
        }
        let users = answer.users.into_iter().flatten().map(UserDetail::from);
        let groups = answer.groups.into_iter().flatten().map(GroupDetail::from);
        let roles = answer.roles.into_iter().flatten().map(RoleDetail::from);
        let policies = answer.policies.into_iter().flatten();
        Ok(AccountDetails {
            users: users.collect(),
            groups: groups.collect(),
            roles: roles.collect(),
            policies: policies.filter_map(JsonManaged::into_policy).collect(),
            is_truncated: answer.is_truncated,
        })
    }

    /// Adds the next page.
    pub fn extend(&mut self, page: AccountDetails) {
        self.users.extend(page.users);
        self.groups.extend(page.groups);
        self.roles.extend(page.roles);
        self.policies.extend(page.policies);
        self.is_truncated = page.is_truncated;
    }
}

/// A policy document as the API has it: percent-encoded (RFC 3986). What is not encoded stays.
pub fn percent_decoded(text: &str) -> String {
    if text.trim_start().starts_with('{') {
        return text.to_owned();
    }
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (digit(bytes.get(at + 1)), digit(bytes.get(at + 2)));
        match (bytes[at], pair) {
            // Two digits of 16 are no more than a byte.
            (b'%', (Some(high), Some(low))) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The text of a document, from where it stands in a larger one.
fn document_text(raw: &RawValue) -> String {
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => percent_decoded(&text),
        Err(_) => outdented(raw.get()),
    }
}

/// Without the indentation that all lines after the first have in common.
fn outdented(text: &str) -> String {
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let common = rest.map(|line| indent(&line)).min().unwrap_or(0);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        text + "\n" + line.get(common..).unwrap_or_default()
    })
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "UserDetailList", borrow)]
    users: Option<Vec<JsonUser<'a>>>,
    #[serde(rename = "GroupDetailList", borrow)]
    groups: Option<Vec<JsonGroup<'a>>>,
    #[serde(rename = "RoleDetailList", borrow)]
    roles: Option<Vec<JsonRole<'a>>>,
    #[serde(rename = "Policies", borrow)]
    policies: Option<Vec<JsonManaged<'a>>>,
    #[serde(rename = "IsTruncated", default)]
    is_truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonUser<'a> {
    user_name: String,
    arn: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    group_list: Vec<String>,
    #[serde(default, borrow)]
    user_policy_list: Vec<JsonInline<'a>>,
    #[serde(default)]
    attached_managed_policies: Vec<JsonAttached>,
    permissions_boundary: Option<JsonBoundary>,
    #[serde(default)]
    tags: Vec<JsonTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonGroup<'a> {
    group_name: String,
    #[serde(default, borrow)]
    group_policy_list: Vec<JsonInline<'a>>,
    #[serde(default)]
    attached_managed_policies: Vec<JsonAttached>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonRole<'a> {
    role_name: String,
    arn: String,
    #[serde(default)]
    role_id: String,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'a RawValue>,
    #[serde(default, borrow)]
    role_policy_list: Vec<JsonInline<'a>>,
    #[serde(default)]
    attached_managed_policies: Vec<JsonAttached>,
    permissions_boundary: Option<JsonBoundary>,
    #[serde(default)]
    tags: Vec<JsonTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonInline<'a> {
    policy_name: String,
    #[serde(borrow)]
    policy_document: &'a RawValue,
}

#[derive(Deserialize)]
struct JsonAttached {
    #[serde(rename = "PolicyArn")]
    arn: String,
}

#[derive(Deserialize)]
struct JsonBoundary {
    #[serde(rename = "PermissionsBoundaryArn")]
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonTag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonManaged<'a> {
    policy_name: String,
    arn: String,
    #[serde(default, borrow)]
    policy_version_list: Vec<JsonVersion<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonVersion<'a> {
    #[serde(borrow)]
    document: Option<&'a RawValue>,
    #[serde(default)]
    is_default_version: bool,
}

impl JsonManaged<'_> {
    /// None without its default version.
    fn into_policy(self) -> Option<ManagedPolicy> {
        let mut versions = self.policy_version_list.iter();
        let version = versions.find(|version| version.is_default_version)?;
        Some(ManagedPolicy {
            document: document_text(version.document?),
            arn: self.arn,
            name: self.policy_name,
        })
    }
}

fn attachments(
    inline: Vec<JsonInline<'_>>,
    managed: Vec<JsonAttached>,
    boundary: Option<JsonBoundary>,
) -> Attachments {
    let inline = inline.into_iter();
    Attachments {
        inline: inline
            .map(|one| (one.policy_name, document_text(one.policy_document)))
            .collect(),
        managed: managed.into_iter().map(|one| one.arn).collect(),
        boundary: boundary.and_then(|boundary| boundary.arn),
    }
}

fn tags(tags: Vec<JsonTag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

impl From<JsonUser<'_>> for UserDetail {
    fn from(json: JsonUser<'_>) -> UserDetail {
        UserDetail {
            name: json.user_name,
            arn: json.arn,
            id: json.user_id,
            groups: json.group_list,
            attached: attachments(
                json.user_policy_list,
                json.attached_managed_policies,
                json.permissions_boundary,
            ),
            tags: tags(json.tags),
        }
    }
}

impl From<JsonGroup<'_>> for GroupDetail {
    fn from(json: JsonGroup<'_>) -> GroupDetail {
        GroupDetail {
            name: json.group_name,
            attached: attachments(json.group_policy_list, json.attached_managed_policies, None),
        }
    }
}

impl From<JsonRole<'_>> for RoleDetail {
    fn from(json: JsonRole<'_>) -> RoleDetail {
        let trust_policy = json.assume_role_policy_document.map(document_text);
        RoleDetail {
            name: json.role_name,
            arn: json.arn,
            id: json.role_id,
            trust_policy: trust_policy.unwrap_or_default(),
            attached: attachments(
                json.role_policy_list,
                json.attached_managed_policies,
                json.permissions_boundary,
            ),
            tags: tags(json.tags),
        }
    }
}
