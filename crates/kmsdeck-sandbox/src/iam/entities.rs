//! Users, groups, roles and policies, as answers show them.

use crate::accounts::{AttachedPolicies, Group, ManagedPolicy, RoleEntry, User};
use crate::identity::{Tags, unique_id};
use crate::query::Xml;

/// A policy's text, with all but the unreserved characters of RFC 3986 escaped.
fn document(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// What users, groups and roles have of policies.
fn policies(xml: Xml, inline: &str, policies: &AttachedPolicies) -> Xml {
    let texts = policies.inline.iter().map(|(name, text)| {
        Xml::new()
            .text("PolicyName", name)
            .text("PolicyDocument", &document(text))
    });
    let managed = policies.managed.iter().map(|arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        Xml::new().text("PolicyName", name).text("PolicyArn", arn)
    });
    xml.list(inline, texts)
        .list("AttachedManagedPolicies", managed)
}

fn tags(xml: Xml, tags: &Tags) -> Xml {
    match tags.is_empty() {
        true => xml,
        false => xml.list(
            "Tags",
            tags.iter()
                .map(|(key, value)| Xml::new().text("Key", key).text("Value", value)),
        ),
    }
}

fn boundary(xml: Xml, arn: Option<&str>) -> Xml {
    match arn {
        Some(arn) => xml.element(
            "PermissionsBoundary",
            &Xml::new()
                .text("PermissionsBoundaryType", "Policy")
                .text("PermissionsBoundaryArn", arn),
        ),
        None => xml,
    }
}

/// What lists, GetUser and GetAccountAuthorizationDetails all say.
pub(super) fn user(user: &User, created: &str) -> Xml {
    Xml::new()
        .text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.identity.user_id)
        .text("Arn", &user.identity.principal.arn)
        .text("CreateDate", created)
}

/// `User`, of GetUser.
pub(super) fn whole_user(of: &User, created: &str) -> Xml {
    let xml = boundary(user(of, created), of.boundary.as_deref());
    tags(xml, &of.identity.tags)
}

/// `UserDetail`
pub(super) fn user_detail(of: &User, created: &str) -> Xml {
    let groups = of.groups.iter().map(String::as_str);
    let xml = policies(user(of, created), "UserPolicyList", &of.policies);
    let xml = boundary(xml.texts("GroupList", groups), of.boundary.as_deref());
    tags(xml, &of.identity.tags)
}

/// `GroupDetail`
pub(super) fn group_detail(of: &Group, created: &str) -> Xml {
    let xml = Xml::new()
        .text("Path", &of.path)
        .text("GroupName", &of.name)
        .text("GroupId", &unique_id("AGPA", &of.arn))
        .text("Arn", &of.arn)
        .text("CreateDate", created);
    policies(xml, "GroupPolicyList", &of.policies)
}

/// What all answers say of a role.
pub(super) fn role(of: &RoleEntry, created: &str) -> Xml {
    Xml::new()
        .text("Path", &of.path)
        .text("RoleName", &of.role.name)
        .text("RoleId", &of.role.id())
        .text("Arn", &of.role.arn)
        .text("CreateDate", created)
        .text("AssumeRolePolicyDocument", &document(&of.trust))
}

/// A role of ListRoles.
pub(super) fn listed_role(of: &RoleEntry, created: &str) -> Xml {
    let description = Some(of.description.as_str()).filter(|text| !text.is_empty());
    role(of, created)
        .opt("Description", description)
        .text("MaxSessionDuration", &of.role.longest_session.to_string())
}

/// `Role`, of GetRole.
pub(super) fn whole_role(of: &RoleEntry, created: &str) -> Xml {
    let xml = boundary(listed_role(of, created), of.boundary.as_deref());
    tags(xml, &of.role.tags).element("RoleLastUsed", &Xml::new())
}

/// `RoleDetail`
pub(super) fn role_detail(of: &RoleEntry, created: &str) -> Xml {
    let xml = role(of, created).list("InstanceProfileList", []);
    let xml = policies(xml, "RolePolicyList", &of.policies);
    let xml = boundary(xml, of.boundary.as_deref());
    tags(xml, &of.role.tags).element("RoleLastUsed", &Xml::new())
}

/// `ManagedPolicyDetail`; how often it is attached, and how often it bounds.
pub(super) fn policy_detail(
    of: &ManagedPolicy,
    attached: usize,
    bounds: usize,
    created: &str,
) -> Xml {
    let last = of.versions.len();
    let versions = of.versions.iter().enumerate().rev();
    let versions = versions.map(|(at, text)| {
        Xml::new()
            .text("Document", &document(text))
            .text("VersionId", &format!("v{}", at + 1))
            .text("IsDefaultVersion", &(at + 1 == last).to_string())
            .text("CreateDate", created)
    });
    Xml::new()
        .text("PolicyName", &of.name)
        .text("PolicyId", &unique_id("ANPA", &of.arn))
        .text("Arn", &of.arn)
        .text("Path", "/")
        .text("DefaultVersionId", &format!("v{last}"))
        .text("AttachmentCount", &attached.to_string())
        .text("PermissionsBoundaryUsageCount", &bounds.to_string())
        .text("IsAttachable", "true")
        .text("CreateDate", created)
        .text("UpdateDate", created)
        .list("PolicyVersionList", versions)
}
