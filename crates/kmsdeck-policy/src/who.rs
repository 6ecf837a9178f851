//! Who may come to a key: the users and roles that are known, and whom the key's policy and grants
//! name beside.

use std::collections::HashSet;

use crate::account::{Account, Identity, IdentityKind};
use crate::context::RequestContext;
use crate::document::account_of;
use crate::document::{Effect, Statement, is_account};
use crate::key_facts::KeyFacts;

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WhoKind {
    /// A user.
    User,
    /// A role, by whichever of its sessions.
    Role,
    /// A session that is named, of a role or a federated user.
    Session,
    /// The root user of the key's account.
    Root,
    /// A service that asks for itself.
    Service,
    /// Whoever asks in an account whose users and roles are not known.
    Account,
    /// Whoever asks in any other account.
    Anyone,
    /// Something else that is named: a federated identity, a deleted principal's ID.
    Other,
}

/// Somebody who may come to a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Who {
    /// What that is.
    pub kind: WhoKind,
    /// The ARN, the name of a service, the ID of an account, or `*`.
    pub name: String,
    /// The account; empty for a service.
    pub account: String,
    /// Named, but not among the users and roles of its account, which are known.
    pub is_gone: bool,
    /// Where it is among the users and roles: its account's place and its own.
    pub(crate) identity: Option<(usize, usize)>,
}

impl Who {
    /// A user or role that is known, a session of a role, a service, an account by its ID, or `*`.
    pub fn find(name: &str, accounts: &[Account]) -> Who {
        let account = account_of(name).unwrap_or_default().to_owned();
        let place = |arn: &str| {
            accounts.iter().enumerate().find_map(|(at, account)| {
                let mut identities = account.identities.iter();
                Some((at, identities.position(|identity| identity.arn == arn)?))
            })
        };
        let is_read = accounts.iter().any(|one| one.id == account);
        let with = |kind, identity: Option<(usize, usize)>| Who {
            kind,
            name: name.to_owned(),
            account: account.clone(),
            is_gone: false,
            identity,
        };
        let resource = name.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split('/').next().unwrap_or_default() {
            "user" | "role" => {
                let identity = place(name);
                let is_role = resource.starts_with("role/");
                Who {
                    is_gone: identity.is_none() && is_read,
                    ..with(
                        if is_role {
                            WhoKind::Role
                        } else {
                            WhoKind::User
                        },
                        identity,
                    )
                }
            }
            "assumed-role" => with(WhoKind::Session, role_of_session(name, accounts)),
            "federated-user" => with(WhoKind::Session, None),
            "root" => with(WhoKind::Root, None),
            _ if is_account(name) => Who {
                account: name.to_owned(),
                ..with(WhoKind::Account, None)
            },
            _ if name == "*" => Who {
                account: "*".to_owned(),
                ..with(WhoKind::Anyone, None)
            },
            _ if !name.starts_with("arn:") && name.contains('.') => with(WhoKind::Service, None),
            _ => with(WhoKind::Other, None),
        }
    }

    /// A user or role by its place: that of its account, and its own.
    pub(crate) fn of_identity(identity: &Identity, place: (usize, usize)) -> Who {
        Who {
            kind: match identity.kind {
                IdentityKind::User => WhoKind::User,
                IdentityKind::Role => WhoKind::Role,
            },
            name: identity.arn.clone(),
            account: account_of(&identity.arn).unwrap_or_default().to_owned(),
            is_gone: false,
            identity: Some(place),
        }
    }

    /// Whether it is of another account than the key, or of any.
    pub fn is_external(&self, key_account: &str) -> bool {
        !matches!(self.kind, WhoKind::Service | WhoKind::Other) && self.account != key_account
    }

    /// The ARN that a request of it has.
    pub(crate) fn request_arn(&self) -> String {
        match self.kind {
            WhoKind::Role => {
                // Of a session whose name nobody knows.
                let role = self.name.rsplit('/').next().unwrap_or_default();
                format!("arn:aws:sts::{}:assumed-role/{role}/*", self.account)
            }
            WhoKind::Account => format!("arn:aws:iam::{}:*", self.account),
            _ => self.name.clone(),
        }
    }

    /// What is known of a request of it, by its users and roles.
    pub(crate) fn context(&self, accounts: &[Account]) -> RequestContext {
        let mut context = RequestContext::default();
        // KMS takes nothing without it.
        context.set("aws:SecureTransport", true);
        if self.kind == WhoKind::Service {
            context.set("aws:PrincipalIsAWSService", true);
            context.set("aws:PrincipalServiceName", &self.name);
            return context;
        }
        context.set("aws:PrincipalIsAWSService", false);
        context.set_absent("aws:PrincipalServiceName");
        if is_account(&self.account) {
            context.set("aws:PrincipalAccount", &self.account);
            context.set("kms:CallerAccount", &self.account);
        }
        let identity = self
            .identity
            .map(|(account, at)| &accounts[account].identities[at]);
        match self.kind {
            WhoKind::User | WhoKind::Role | WhoKind::Root => {
                context.set("aws:PrincipalArn", &self.name);
            }
            WhoKind::Session => {
                context.set_opt("aws:PrincipalArn", identity.map(|role| &role.arn));
            }
            _ => {}
        }
        match self.kind {
            WhoKind::User => {
                context.set("aws:PrincipalType", "User");
                let name = self.name.rsplit('/').next();
                context.set_opt("aws:username", name);
            }
            WhoKind::Role | WhoKind::Session => {
                context.set("aws:PrincipalType", "AssumedRole");
                context.set_absent("aws:username");
            }
            WhoKind::Root => {
                context.set("aws:PrincipalType", "Account");
                context.set_absent("aws:username");
            }
            _ => {}
        }
        let Some(identity) = identity else {
            return context;
        };
        if identity.kind == IdentityKind::User && !identity.id.is_empty() {
            context.set("aws:userid", &identity.id);
        }
        if !identity.takes_session_tags() {
            for (key, value) in &identity.tags {
                context.set(&format!("aws:PrincipalTag/{key}"), value);
            }
            context.set_complete("aws:PrincipalTag/");
        }
        context
    }
}

/// The role of a session among those that are known. Its path is not in the session's ARN.
fn role_of_session(arn: &str, accounts: &[Account]) -> Option<(usize, usize)> {
    let name = arn.split('/').nth(1)?;
    let id = account_of(arn)?;
    let at = accounts.iter().position(|account| account.id == id)?;
    let mut identities = accounts[at].identities.iter();
    let role = identities
        .position(|identity| identity.kind == IdentityKind::Role && identity.name == name)?;
    Some((at, role))
}

/// The rows of a key: its account's root user, users and roles, and whoever is named beside; the
/// users and roles of another account where that is named, and as a whole where they are not known.
pub(crate) fn of_key(key: &KeyFacts, accounts: &[Account]) -> Vec<Who> {
    let mut named = Named::default();
    for statement in key.policy.document.statements() {
        named.note(statement);
    }
    for grant in &key.grants {
        named.add(&grant.grantee_principal);
    }
    let own = key.account();
    let mut rows = Rows {
        accounts,
        rows: Vec::new(),
        names: HashSet::new(),
    };
    if is_account(own) {
        rows.push(&crate::document::root_arn(own));
    }
    named.accounts.push(own.to_owned());
    for (place, account) in accounts.iter().enumerate() {
        if named.is_anyone || named.accounts.contains(&account.id) {
            for (at, identity) in account.identities.iter().enumerate() {
                rows.push_who(Who::of_identity(identity, (place, at)));
            }
        }
    }
    let is_read = |id: &str| accounts.iter().any(|account| account.id == id);
    for id in named
        .accounts
        .iter()
        .filter(|id| is_account(id) && !is_read(id))
    {
        rows.push(id);
    }
    for name in &named.names {
        rows.push(name);
    }
    if named.is_anyone {
        rows.push("*");
    }
    rows.rows
}

struct Rows<'a> {
    accounts: &'a [Account],
    rows: Vec<Who>,
    names: HashSet<String>,
}

impl Rows<'_> {
    fn push(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.push_who(Who::find(name, self.accounts));
        }
    }

    fn push_who(&mut self, who: Who) {
        if self.names.insert(who.name.clone()) {
            self.rows.push(who);
        }
    }
}

/// Whom statements name.
#[derive(Default)]
struct Named {
    names: Vec<String>,
    accounts: Vec<String>,
    is_anyone: bool,
}

impl Named {
    fn note(&mut self, statement: &Statement) {
        let Some(principals) = statement.principals() else {
            return;
        };
        let allows = statement.effect() == Effect::Allow;
        self.is_anyone |= allows && (principals.is_any() || principals.is_not());
        if principals.is_not() && allows {
            return;
        }
        let names = principals.arns().iter().chain(principals.services());
        for name in names.chain(principals.federated()) {
            self.add(name);
        }
        // Anybody, of these accounts.
        let of_accounts = statement.conditions().iter().filter(|condition| {
            let key = condition.key();
            key.eq_ignore_ascii_case("kms:CallerAccount")
                || key.eq_ignore_ascii_case("aws:PrincipalAccount")
        });
        for account in of_accounts.flat_map(|condition| condition.values()) {
            if is_account(account) {
                self.accounts.push(account.clone());
            }
        }
    }

    fn add(&mut self, name: &str) {
        match name.strip_suffix(":root") {
            Some(_) => self.accounts.extend(account_of(name).map(str::to_owned)),
            None => self.names.push(name.to_owned()),
        }
    }
}
