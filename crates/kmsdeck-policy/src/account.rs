//! An account's users and roles, each with all policies that are its own, of its groups, and its
//! boundary; and what of these is not at hand.

use std::collections::{BTreeMap, HashMap};

use crate::account_details::{AccountDetails, Attachments, RoleDetail, UserDetail};
use crate::document::{Effect, PolicyDocument, account_of};
use crate::formula::Unread;
use crate::named_policy::NamedPolicy;
use crate::policy_kind::PolicyKind;
use crate::service_control::ServiceControl;

/// An account, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Its 12 digits.
    pub id: String,
    /// Its users and roles.
    pub identities: Vec<Identity>,
    /// The service control policies that limit it, where they are known.
    pub service_control: Option<ServiceControl>,
    /// What is missing, each once: policies that are attached and not there, or cannot be read, and
    /// pages that were not read.
    pub missing: Vec<String>,
}

/// Which of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// A user.
    User,
    /// A role, by whose sessions it acts.
    Role,
}

/// A user or a role.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Which of both.
    pub kind: IdentityKind,
    /// Its ARN.
    pub arn: String,
    /// Its name, without the path.
    pub name: String,
    /// Its unique ID: `AIDA...`, `AROA...`.
    pub id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its inline policies, its managed ones, those of its groups.
    pub policies: Vec<NamedPolicy>,
    /// Its permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// Of a role: its trust policy.
    pub trust_policy: Option<NamedPolicy>,
    /// What is attached to it and not at hand.
    pub unread: Vec<Unread>,
}

impl Account {
    /// Gives each user and role its policies. None without a single ARN that says which account it
    /// is.
    pub fn new(details: &AccountDetails) -> Option<Account> {
        let users = details.users.iter().map(|user| &user.arn);
        let roles = details.roles.iter().map(|role| &role.arn);
        let policies = details.policies.iter().map(|policy| &policy.arn);
        let mut accounts = users
            .chain(roles)
            .chain(policies)
            .filter_map(|arn| account_of(arn));
        let mut reader = Reading {
            details,
            managed: HashMap::new(),
            missing: Vec::new(),
        };
        let id = accounts.next()?.to_owned();
        let users = details.users.iter().map(|user| reader.user(user));
        let mut identities: Vec<Identity> = users.collect();
        identities.extend(details.roles.iter().map(|role| reader.role(role)));
        let mut missing = reader.missing;
        if details.is_truncated {
            missing.push(format!(
                "pages of the users, roles and policies of account {id}: the answer says that more follow"
            ));
        }
        Some(Account {
            id,
            identities,
            service_control: None,
            missing,
        })
    }

    /// The user or role with that ARN.
    pub fn identity(&self, arn: &str) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.arn == arn)
    }
}

impl Identity {
    /// Whether it is a role of an AWS service, which no service control policy limits.
    pub fn is_service_linked(&self) -> bool {
        self.arn.contains(":role/aws-service-role/")
    }

    /// Whether those who assume the role may bring tags of their own.
    pub fn takes_session_tags(&self) -> bool {
        let Some(trust) = &self.trust_policy else {
            return self.kind == IdentityKind::Role;
        };
        let mut statements = trust.document.statements().iter();
        statements.any(|statement| {
            statement.effect() == Effect::Allow
                && statement.actions().check_action("sts:TagSession")
        })
    }
}

/// The reading of an account; a managed policy is read once.
struct Reading<'a> {
    details: &'a AccountDetails,
    managed: HashMap<&'a str, Option<NamedPolicy>>,
    missing: Vec<String>,
}

impl<'a> Reading<'a> {
    fn user(&mut self, user: &'a UserDetail) -> Identity {
        let mut identity = Identity {
            kind: IdentityKind::User,
            arn: user.arn.clone(),
            name: user.name.clone(),
            id: user.id.clone(),
            tags: user.tags.clone(),
            policies: Vec::new(),
            boundary: None,
            trust_policy: None,
            unread: Vec::new(),
        };
        self.attach(&mut identity, &user.attached, None);
        for name in &user.groups {
            match self.details.groups.iter().find(|group| group.name == *name) {
                Some(group) => self.attach(&mut identity, &group.attached, Some(name)),
                None => self.miss(
                    &mut identity,
                    PolicyKind::Identity,
                    format!("of group {name}"),
                    "the group is not in the answer",
                ),
            }
        }
        identity
    }

    fn role(&mut self, role: &'a RoleDetail) -> Identity {
        let trust = PolicyDocument::parse_trust_policy(&role.trust_policy);
        let mut identity = Identity {
            kind: IdentityKind::Role,
            arn: role.arn.clone(),
            name: role.name.clone(),
            id: role.id.clone(),
            tags: role.tags.clone(),
            policies: Vec::new(),
            boundary: None,
            trust_policy: trust.ok().map(|document| NamedPolicy {
                name: "trust policy".into(),
                text: role.trust_policy.as_str().into(),
                document,
            }),
            unread: Vec::new(),
        };
        self.attach(&mut identity, &role.attached, None);
        identity
    }

    fn attach(&mut self, identity: &mut Identity, attached: &'a Attachments, group: Option<&str>) {
        let of_group = group.map(|group| format!(" of group {group}"));
        let of_group = of_group.unwrap_or_default();
        for (name, text) in &attached.inline {
            let name = format!("inline policy {name}{of_group}");
            match NamedPolicy::parse(&name, text) {
                Ok(policy) => identity.policies.push(policy),
                Err(error) => {
                    let name = format!("{name} of {}", identity.arn);
                    self.miss(identity, PolicyKind::Identity, name, &error.to_string());
                }
            }
        }
        for arn in &attached.managed {
            match self.managed(arn) {
                Ok(mut policy) => {
                    if group.is_some() {
                        policy.name = format!("{}{of_group}", policy.name).into();
                    }
                    identity.policies.push(policy);
                }
                Err(why) => self.miss(identity, PolicyKind::Identity, arn.clone(), &why),
            }
        }
        if let Some(arn) = &attached.boundary {
            match self.managed(arn) {
                Ok(policy) => identity.boundary = Some(policy),
                Err(why) => self.miss(identity, PolicyKind::Boundary, arn.clone(), &why),
            }
        }
    }

    fn managed(&mut self, arn: &'a str) -> Result<NamedPolicy, String> {
        let told = "it is not in the answer, or cannot be read";
        if let Some(policy) = self.managed.get(arn) {
            return policy.clone().ok_or_else(|| told.to_owned());
        }
        let mut policies = self.details.policies.iter();
        let read = match policies.find(|policy| policy.arn == arn) {
            Some(policy) => NamedPolicy::parse(&policy.name, &policy.document)
                .map_err(|error| format!("line {}: {error}", error.line())),
            None => Err("it is not in the answer".to_owned()),
        };
        self.managed.insert(arn, read.as_ref().ok().cloned());
        read
    }

    /// Notes what is not at hand, for the principal and once for all.
    fn miss(&mut self, identity: &mut Identity, kind: PolicyKind, name: String, why: &str) {
        let unread = Unread::Policy { kind, name };
        let Unread::Policy { name, .. } = &unread else {
            return;
        };
        let is_told = |told: &String| told.starts_with(&format!("{} {name}: ", kind.name()));
        if !self.missing.iter().any(is_told) {
            self.missing.push(format!("{} {name}: {why}", kind.name()));
        }
        identity.unread.push(unread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the AWS CLI prints it, and as the API encodes it.
    const ANSWER: &str = r#"{
    "UserDetailList": [
        {
            "Path": "/",
            "UserName": "alice",
            "UserId": "AIDA1",
            "Arn": "arn:aws:iam::111122223333:user/alice",
            "CreateDate": "2026-01-01T00:00:00+00:00",
            "UserPolicyList": [
                {
                    "PolicyName": "kms-use",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Sid": "Use",
                                "Effect": "Allow",
                                "Action": "kms:Decrypt",
                                "Resource": "*"
                            }
                        ]
                    }
                }
            ],
            "GroupList": ["admins", "gone"],
            "AttachedManagedPolicies": [
                {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
            ],
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit"
            },
            "Tags": [{"Key": "team", "Value": "payments"}]
        }
    ],
    "GroupDetailList": [
        {
            "GroupName": "admins",
            "GroupPolicyList": [],
            "AttachedManagedPolicies": [
                {"PolicyName": "limit", "PolicyArn": "arn:aws:iam::111122223333:policy/limit"}
            ]
        }
    ],
    "RoleDetailList": [
        {
            "RoleName": "app",
            "RoleId": "AROA1",
            "Arn": "arn:aws:iam::111122223333:role/path/app",
            "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D",
            "RolePolicyList": [
                {"PolicyName": "odd", "PolicyDocument": {"Statement": {"Effect": "Perhaps"}}}
            ],
            "AttachedManagedPolicies": []
        }
    ],
    "Policies": [
        {
            "PolicyName": "limit",
            "Arn": "arn:aws:iam::111122223333:policy/limit",
            "DefaultVersionId": "v2",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": false, "Document": {}},
                {"VersionId": "v2", "IsDefaultVersion": true, "Document": "%7B%0A%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22kms%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D"}
            ]
        }
    ],
    "IsTruncated": false
}"#;

    #[test]
    fn users_and_roles_have_their_policies_and_what_is_missing_is_told() {
        let account = Account::new(&AccountDetails::parse(ANSWER).unwrap()).unwrap();
        assert_eq!(account.id, "111122223333");
        let alice = account
            .identity("arn:aws:iam::111122223333:user/alice")
            .unwrap();
        let names: Vec<&str> = alice.policies.iter().map(|policy| &*policy.name).collect();
        assert_eq!(names, ["inline policy kms-use", "limit of group admins"]);
        assert_eq!(
            alice.boundary.as_ref().map(|policy| &*policy.name),
            Some("limit")
        );
        assert_eq!(alice.tags["team"], "payments");
        // The line is that of the policy's own text.
        let statement = &alice.policies[0].document.statements()[0];
        assert_eq!((statement.sid(), statement.line()), (Some("Use"), 4));
        let text = &alice.policies[0].text;
        assert_eq!(text.lines().nth(3), Some("        {"));
        assert_eq!(alice.unread.len(), 2);
        let role = &account.identities[1];
        assert_eq!((role.kind, role.name.as_str()), (IdentityKind::Role, "app"));
        assert!(!role.takes_session_tags());
        let service = role.trust_policy.as_ref().map(|trust| {
            trust.document.statements()[0]
                .principals()
                .unwrap()
                .services()[0]
                .clone()
        });
        assert_eq!(service.as_deref(), Some("ec2.amazonaws.com"));
        assert_eq!(
            account.missing,
            [
                "identity-based policy arn:aws:iam::aws:policy/ReadOnlyAccess: it is not in the answer",
                "identity-based policy of group gone: the group is not in the answer",
                "identity-based policy inline policy odd of arn:aws:iam::111122223333:role/path/app: unknown Effect \"Perhaps\"",
            ]
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in ["", "[]", "{}", "{\"UserDetailList\": [{}]}"] {
            let error = AccountDetails::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("this is not what aws iam"), "{error}");
        }
        assert!(Account::new(&AccountDetails::default()).is_none());
    }
}
