//! Who is there: users, groups, roles and the policies that they have, as `seed/accounts.json` or
//! a file of the user's says. `docs/sandbox.md` has the form of it.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::{BASE32_NOPAD, BASE64};
use kmsdeck_policy::PolicyDocument;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::SandboxError;
use crate::identity::{Identity, Kind, Principal, Role, Tags, unique_id};
use crate::source::{Named, Part, Source};

/// Who is there: users, roles, and what roles and sessions refer to.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    /// The users, in the order of the file.
    pub(crate) identities: Vec<Arc<Identity>>,
    /// By their ARNs.
    pub(crate) roles: HashMap<String, Arc<Role>>,
    /// What managed policies say by default, by their ARNs.
    pub(crate) managed_policies: HashMap<String, PolicyDocument>,
    /// The audiences of the identity providers, by their ARNs.
    pub(crate) oidc_providers: HashMap<String, Vec<String>>,
    /// As IAM shows them, in the order of the file.
    pub(crate) accounts: Vec<Account>,
    /// AWS's own managed policies.
    pub(crate) aws_policies: Vec<ManagedPolicy>,
}

/// An account, as IAM shows it.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) roles: Vec<RoleEntry>,
    pub(crate) policies: Vec<ManagedPolicy>,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) identity: Arc<Identity>,
    pub(crate) groups: Vec<String>,
    pub(crate) policies: AttachedPolicies,
    /// The ARN of a managed policy.
    pub(crate) boundary: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) arn: String,
    pub(crate) policies: AttachedPolicies,
}

/// A role with what counts for showing it alone.
#[derive(Debug)]
pub(crate) struct RoleEntry {
    pub(crate) role: Arc<Role>,
    pub(crate) path: String,
    pub(crate) description: String,
    pub(crate) trust: String,
    pub(crate) policies: AttachedPolicies,
    /// The ARN of a managed policy.
    pub(crate) boundary: Option<String>,
}

/// What a user, a group or a role has of policies.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttachedPolicies {
    /// Names and texts.
    pub(crate) inline: Vec<(String, String)>,
    /// The ARNs of managed ones.
    pub(crate) managed: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct ManagedPolicy {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The texts of its versions, the oldest first; the last is the default.
    pub(crate) versions: Vec<String>,
}

impl Accounts {
    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountInFile<'a> {
    id: String,
    #[serde(borrow, default)]
    users: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    groups: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    roles: Vec<&'a RawValue>,
    /// A document, or a list of its versions.
    #[serde(borrow, default)]
    managed_policies: Named<&'a RawValue>,
    /// OpenID Connect identity providers: the address without its scheme, and the audiences.
    #[serde(default)]
    oidc_providers: Named<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserInFile<'a> {
    name: String,
    #[serde(default = "no_path")]
    path: String,
    /// By which `--sandbox-principal` chooses it; the name, if there is none.
    principal: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(borrow, default)]
    policies: Named<&'a RawValue>,
    #[serde(default)]
    managed_policies: Vec<String>,
    boundary: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupInFile<'a> {
    name: String,
    #[serde(default = "no_path")]
    path: String,
    #[serde(borrow, default)]
    policies: Named<&'a RawValue>,
    #[serde(default)]
    managed_policies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleInFile<'a> {
    name: String,
    #[serde(default = "no_path")]
    path: String,
    #[serde(default)]
    description: String,
    #[serde(borrow)]
    trust: &'a RawValue,
    #[serde(borrow, default)]
    policies: Named<&'a RawValue>,
    #[serde(default)]
    managed_policies: Vec<String>,
    boundary: Option<String>,
    #[serde(default)]
    tags: Tags,
    #[serde(default = "an_hour")]
    longest_session: i64,
}

fn no_path() -> String {
    "/".to_owned()
}

fn an_hour() -> i64 {
    3600
}

/// Reads accounts, with AWS's own managed policies.
pub(crate) fn read(parts: &[Part<'_>]) -> Result<Accounts, SandboxError> {
    let mut reader = Reader::default();
    reader.aws_policies()?;
    for part in parts {
        reader.account(part)?;
    }
    Ok(reader.accounts)
}

#[derive(Default)]
struct Reader {
    accounts: Accounts,
    principals: HashSet<String>,
    access_keys: HashSet<String>,
}

impl Reader {
    fn aws_policies(&mut self) -> Result<(), SandboxError> {
        let source = Source {
            path: Path::new("aws_managed_policies.json"),
            text: include_str!("../seed/aws_managed_policies.json"),
        };
        let whole = source.whole();
        for (name, raw) in whole.read::<Named<&RawValue>>()?.0 {
            let policy = self.managed_policy("aws", &name, &whole.part(&name, raw))?;
            self.accounts.aws_policies.push(policy);
        }
        Ok(())
    }

    fn managed_policy(
        &mut self,
        owner: &str,
        name: &str,
        part: &Part<'_>,
    ) -> Result<ManagedPolicy, SandboxError> {
        check_name(part, "a policy's name", name, 128)?;
        let parts = match part.text().starts_with('[') {
            true => part.items("", &part.read::<Vec<&RawValue>>()?),
            false => vec![part.clone()],
        };
        if !(1..=5).contains(&parts.len()) {
            return Err(part.refuse("a managed policy has 1 to 5 versions"));
        }
        let arn = format!("arn:aws:iam::{owner}:policy/{name}");
        let mut versions = Vec::new();
        for part in parts {
            let (text, document) = identity_policy(&part)?;
            versions.push(text);
            self.accounts.managed_policies.insert(arn.clone(), document);
        }
        Ok(ManagedPolicy {
            name: name.to_owned(),
            arn,
            versions,
        })
    }

    fn account(&mut self, part: &Part<'_>) -> Result<(), SandboxError> {
        let file: AccountInFile<'_> = part.read()?;
        let id = file.id.as_str();
        if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(part.refuse(format!("the account {id:?} is not 12 digits")));
        }
        if self.accounts.account(id).is_some() {
            return Err(part.refuse(format!("the account {id} is there twice")));
        }
        let mut account = Account {
            id: id.to_owned(),
            ..Account::default()
        };
        for (name, raw) in file.managed_policies.0 {
            let part = part.part(&format!("managed_policies.{name}"), raw);
            account
                .policies
                .push(self.managed_policy(id, &name, &part)?);
        }
        for part in part.items("groups", &file.groups) {
            let group = self.group(id, &part)?;
            if account
                .groups
                .iter()
                .any(|old| old.name.eq_ignore_ascii_case(&group.name))
            {
                return Err(part.refuse(format!("the group {} is there twice", group.name)));
            }
            account.groups.push(group);
        }
        for part in part.items("users", &file.users) {
            let user = self.user(&account, &part)?;
            if account
                .users
                .iter()
                .any(|old| old.name.eq_ignore_ascii_case(&user.name))
            {
                return Err(part.refuse(format!("the user {} is there twice", user.name)));
            }
            self.accounts.identities.push(user.identity.clone());
            account.users.push(user);
        }
        for part in part.items("roles", &file.roles) {
            let entry = self.role(id, &part)?;
            let name = &entry.role.name;
            if account
                .roles
                .iter()
                .any(|old| old.role.name.eq_ignore_ascii_case(name))
            {
                return Err(part.refuse(format!("the role {name} is there twice")));
            }
            let role = entry.role.clone();
            self.accounts.roles.insert(role.arn.clone(), role);
            account.roles.push(entry);
        }
        for (address, audiences) in file.oidc_providers.0 {
            let arn = format!("arn:aws:iam::{id}:oidc-provider/{address}");
            self.accounts.oidc_providers.insert(arn, audiences);
        }
        self.accounts.accounts.push(account);
        Ok(())
    }

    fn group(&self, account: &str, part: &Part<'_>) -> Result<Group, SandboxError> {
        let file: GroupInFile<'_> = part.read()?;
        check_name(part, "a group's name", &file.name, 128)?;
        check_path(part, &file.path)?;
        Ok(Group {
            arn: format!("arn:aws:iam::{account}:group{}{}", file.path, file.name),
            policies: self.policies(account, part, file.policies, &file.managed_policies)?,
            name: file.name,
            path: file.path,
        })
    }

    fn user(&mut self, account: &Account, part: &Part<'_>) -> Result<User, SandboxError> {
        let file: UserInFile<'_> = part.read()?;
        check_name(part, "a user's name", &file.name, 64)?;
        check_path(part, &file.path)?;
        check_tags(part, &file.tags)?;
        let principal = file.principal.unwrap_or_else(|| file.name.clone());
        if !self.principals.insert(principal.clone()) {
            return Err(part.refuse(format!(
                "the principal {principal} is there twice: give one of them another \"principal\""
            )));
        }
        let arn = format!("arn:aws:iam::{}:user{}{}", account.id, file.path, file.name);
        let (access_key_id, secret_access_key) = match (file.access_key_id, file.secret_access_key)
        {
            (Some(id), Some(secret)) => (id, secret),
            (None, None) => credentials_of(&arn),
            _ => {
                return Err(part.refuse(
                    "access_key_id and secret_access_key go together; with neither they are made",
                ));
            }
        };
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(16..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(is_word) {
            return Err(part.refuse("access_key_id is 16 to 128 letters and digits"));
        }
        if secret_access_key.is_empty() {
            return Err(part.refuse("secret_access_key is empty"));
        }
        if !self.access_keys.insert(access_key_id.clone()) {
            return Err(part.refuse(format!("the access key {access_key_id} is there twice")));
        }
        let policies = self.policies(&account.id, part, file.policies, &file.managed_policies)?;
        let mut documents = self.documents(part, &policies)?;
        for name in &file.groups {
            let group = account.groups.iter().find(|group| group.name == *name);
            let group = group.ok_or_else(|| part.refuse(format!("there is no group {name}")))?;
            documents.extend(self.documents(part, &group.policies)?);
        }
        let boundary = self.boundary(&account.id, part, file.boundary)?;
        let identity = Identity {
            policies: documents.into(),
            boundary: boundary.as_ref().map(|(_, document)| document.clone()),
            user_id: unique_id("AIDA", &arn),
            tags: file.tags,
            session: None,
            principal: Principal {
                arn,
                name: principal,
                account_id: account.id.clone(),
                access_key_id,
                secret_access_key,
            },
            kind: Kind::User {
                name: file.name.clone(),
            },
        };
        Ok(User {
            name: file.name,
            path: file.path,
            identity: Arc::new(identity),
            groups: file.groups,
            policies,
            boundary: boundary.map(|(arn, _)| arn),
        })
    }

    fn role(&self, account: &str, part: &Part<'_>) -> Result<RoleEntry, SandboxError> {
        let file: RoleInFile<'_> = part.read()?;
        check_name(part, "a role's name", &file.name, 64)?;
        check_path(part, &file.path)?;
        check_tags(part, &file.tags)?;
        if !(3600..=43_200).contains(&file.longest_session) {
            return Err(part.refuse("longest_session is 3600 to 43200 seconds"));
        }
        let trust = part.part("trust", file.trust);
        let document = PolicyDocument::parse_trust_policy(trust.text())
            .map_err(|error| trust.refuse_at(error.line(), &error))?;
        let policies = self.policies(account, part, file.policies, &file.managed_policies)?;
        let boundary = self.boundary(account, part, file.boundary)?;
        let role = Role {
            arn: format!("arn:aws:iam::{account}:role{}{}", file.path, file.name),
            name: file.name,
            account_id: account.to_owned(),
            trust: document,
            policies: self.documents(part, &policies)?.into(),
            boundary: boundary.as_ref().map(|(_, document)| document.clone()),
            tags: file.tags,
            longest_session: file.longest_session,
        };
        Ok(RoleEntry {
            role: Arc::new(role),
            path: file.path,
            description: file.description,
            trust: written(&trust)?,
            policies,
            boundary: boundary.map(|(arn, _)| arn),
        })
    }

    fn policies(
        &self,
        account: &str,
        part: &Part<'_>,
        inline: Named<&RawValue>,
        managed: &[String],
    ) -> Result<AttachedPolicies, SandboxError> {
        let mut policies = AttachedPolicies::default();
        for (name, raw) in inline.0 {
            let part = part.part(&format!("policies.{name}"), raw);
            check_name(&part, "a policy's name", &name, 128)?;
            policies.inline.push((name, identity_policy(&part)?.0));
        }
        for name in managed {
            policies.managed.push(self.managed(account, part, name)?);
        }
        Ok(policies)
    }

    /// The ARN of a managed policy, which may be named without what is the same for all.
    fn managed(&self, account: &str, part: &Part<'_>, name: &str) -> Result<String, SandboxError> {
        let owners = [account, "aws"].into_iter();
        let mut arns = owners.map(|owner| match name.starts_with("arn:") {
            true => name.to_owned(),
            false => format!("arn:aws:iam::{owner}:policy/{name}"),
        });
        arns.find(|arn| self.accounts.managed_policies.contains_key(arn))
            .filter(|arn| {
                let owner = arn.split(':').nth(4);
                [Some(account), Some("aws")].contains(&owner)
            })
            .ok_or_else(|| part.refuse(format!("there is no managed policy {name}")))
    }

    fn boundary(
        &self,
        account: &str,
        part: &Part<'_>,
        name: Option<String>,
    ) -> Result<Option<(String, Arc<PolicyDocument>)>, SandboxError> {
        let Some(name) = name else {
            return Ok(None);
        };
        let arn = self.managed(account, part, &name)?;
        let document = self.accounts.managed_policies.get(&arn).cloned();
        Ok(document.map(|document| (arn, Arc::new(document))))
    }

    /// What decides of them all.
    fn documents(
        &self,
        part: &Part<'_>,
        policies: &AttachedPolicies,
    ) -> Result<Vec<PolicyDocument>, SandboxError> {
        let inline = policies.inline.iter().map(|(name, text)| {
            PolicyDocument::parse(text).map_err(|error| part.refuse(format!("{name}: {error}")))
        });
        let managed = policies.managed.iter();
        let managed = managed.filter_map(|arn| self.accounts.managed_policies.get(arn));
        inline.chain(managed.cloned().map(Ok)).collect()
    }
}

/// The text and the meaning of a policy that has no principals.
fn identity_policy(part: &Part<'_>) -> Result<(String, PolicyDocument), SandboxError> {
    let document =
        PolicyDocument::parse(part.text()).map_err(|error| part.refuse_at(error.line(), &error))?;
    let mut statements = document.statements().iter();
    match statements.find(|statement| statement.principals().is_some()) {
        Some(statement) => Err(part.refuse_at(
            statement.line(),
            "a policy of a user, a group or a role has no Principal",
        )),
        None => Ok((written(part)?, document)),
    }
}

/// A document as IAM gives it back, without the file's indentation.
fn written(part: &Part<'_>) -> Result<String, SandboxError> {
    Ok(format!("{:#}", part.read::<Value>()?))
}

/// Credentials that are the same in each run.
fn credentials_of(arn: &str) -> (String, String) {
    let digest = |what: &str| {
        let text = format!("kmsdeck sandbox {what} {arn}");
        digest::digest(&digest::SHA256, text.as_bytes())
    };
    let mut id = BASE32_NOPAD.encode(digest("access key").as_ref());
    id.truncate(16);
    let mut secret = BASE64.encode(digest("secret access key").as_ref());
    secret.truncate(40);
    (format!("AKIA{id}"), secret)
}

fn check_name(part: &Part<'_>, what: &str, name: &str, most: usize) -> Result<(), SandboxError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    match (1..=most).contains(&name.len()) && name.chars().all(is_allowed) {
        true => Ok(()),
        false => Err(part.refuse(format!(
            "{what} is 1 to {most} letters, digits and _+=,.@-, and not {name:?}"
        ))),
    }
}

fn check_path(part: &Part<'_>, path: &str) -> Result<(), SandboxError> {
    let is_path = path.starts_with('/') && path.ends_with('/') && path.len() <= 512;
    match is_path && path.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(part.refuse(format!("a path is as /teams/one/, and not {path:?}"))),
    }
}

fn check_tags(part: &Part<'_>, tags: &Tags) -> Result<(), SandboxError> {
    let is_tag = |(key, value): (&String, &String)| {
        (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256
    };
    match tags.len() <= 50 && tags.iter().all(is_tag) {
        true => Ok(()),
        false => Err(part.refuse(
            "there are at most 50 tags, with keys of 1 to 128 characters and values of up to 256",
        )),
    }
}
