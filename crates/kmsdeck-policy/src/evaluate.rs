//! The decision.
//!
//! Source: IAM user guide, "Policy evaluation logic", "Policy evaluation for requests within a
//! single account", "Permissions boundaries for IAM entities" and "Session policies"; KMS developer guide, "Troubleshooting key
//! access" and "Allowing users in other accounts to use a KMS key".

use std::iter::once_with;

use crate::context::RequestContext;
use crate::document::{Effect, Patterns, PolicyDocument, Principals, Statement, root_arn};
use crate::grant::{Grant, GrantMismatch};
use crate::mismatch::Mismatch;
use crate::pattern::{Match, Pattern};
use crate::request::{Principal, Request};

/// All that can allow or deny a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// The identity policies of the principal, or of the role that a session is of.
    pub identity: &'a [PolicyDocument],
    /// The permissions boundary of the user or the role, where there is one.
    pub boundary: Option<&'a PolicyDocument>,
    /// The session policies, of a session that has some: one of them must allow.
    pub session: Option<&'a [PolicyDocument]>,
    /// Where the resource is a key: what the key has. An alias has nothing of its own.
    pub key: Option<KeyAccess<'a>>,
}

/// What lets principals at a key, on the key's side. A role that is to be assumed is like a key: its
/// trust policy decides by the same rules, and it has no grants.
#[derive(Debug, Clone, Copy)]
pub struct KeyAccess<'a> {
    /// The key's account: 12 digits.
    pub account: &'a str,
    /// The key policy.
    pub policy: &'a PolicyDocument,
    /// The grants that count for this request: those that have taken effect, or whose token it has.
    pub grants: &'a [Grant<'a>],
}

/// A policy by what it is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A policy of the principal's.
    Identity,
    /// The policy of the key.
    Key,
    /// The permissions boundary of the principal.
    Boundary,
    /// A session policy.
    Session,
}

/// What allowed a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedBy {
    /// The key policy, which names the principal of the key's own account, or its role.
    KeyPolicy,
    /// An identity policy, which the key policy lets decide; or alone, where there is no key.
    IdentityPolicy,
    /// From another account: the key policy and an identity policy.
    KeyAndIdentityPolicy,
    /// A grant.
    Grant,
}

/// Whether a request is allowed, in IAM's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is allowed.
    Allowed(AllowedBy),
    /// A statement of such a policy denies it, which nothing overrules.
    ExplicitlyDenied(PolicyKind),
    /// No statement denies it, and what would have to allow it, such a policy, does not.
    ImplicitlyDenied(PolicyKind),
}

impl Decision {
    /// Whether the request goes through.
    pub fn is_allowed(self) -> bool {
        matches!(self, Decision::Allowed(_))
    }
}

/// The policy that a statement is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicySource {
    /// The identity policy at this place of [`Policies::identity`].
    Identity(usize),
    /// The key policy.
    Key,
    /// The permissions boundary.
    Boundary,
    /// The session policy at this place of [`Policies::session`].
    Session(usize),
}

impl PolicySource {
    /// Which kind of policy that is.
    pub fn kind(self) -> PolicyKind {
        match self {
            PolicySource::Identity(_) => PolicyKind::Identity,
            PolicySource::Key => PolicyKind::Key,
            PolicySource::Boundary => PolicyKind::Boundary,
            PolicySource::Session(_) => PolicyKind::Session,
        }
    }
}

/// To whom a statement applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppliesTo {
    /// To the principal: it is named, or the policy is its own.
    Principal,
    /// To the role that the principal is a session of. A boundary and session policies limit what
    /// that allows; what is said of the session itself they do not.
    Role,
    /// To its account, by the root principal. In the key's own account that lets the account's
    /// identity policies decide.
    Account,
}

/// A statement and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct StatementAt<'a> {
    /// The policy that it is of.
    pub source: PolicySource,
    /// Its place in that, from 0.
    pub index: usize,
    /// The statement, which knows its `Sid` and its line.
    pub statement: &'a Statement,
}

/// Sees how a decision comes about, and cannot change it. What else keeps a statement or a grant
/// from allowing is found only as far as it is asked for: the first mismatch decides.
pub(crate) trait Observer<'a> {
    fn statement(
        &mut self,
        at: StatementAt<'a>,
        result: Result<AppliesTo, Mismatch<'a>>,
        others: impl Iterator<Item = Mismatch<'a>>,
    );

    fn grant(
        &mut self,
        grant: &'a Grant<'a>,
        first: Option<GrantMismatch<'a>>,
        others: impl Iterator<Item = GrantMismatch<'a>>,
    );
}

/// Needs no more than the decision.
struct Nobody;

impl<'a> Observer<'a> for Nobody {
    fn statement(
        &mut self,
        _: StatementAt<'a>,
        _: Result<AppliesTo, Mismatch<'a>>,
        _: impl Iterator<Item = Mismatch<'a>>,
    ) {
    }

    fn grant(
        &mut self,
        _: &'a Grant<'a>,
        _: Option<GrantMismatch<'a>>,
        _: impl Iterator<Item = GrantMismatch<'a>>,
    ) {
    }
}

/// Decides.
///
/// An explicit deny in any policy wins. In the key's own account the key policy, a grant, or
/// (where the key policy allows the account's root principal) an identity policy must allow. From
/// another account the key policy and an identity policy must both allow, or a grant. Where there
/// is no key, an identity policy must allow.
///
/// A permissions boundary and session policies must allow as well, but for what the key policy or a
/// grant in the key's own account allows to the user or the session itself. (Of grants that is by
/// analogy: no page says it.)
pub fn evaluate(request: Request<'_>, policies: Policies<'_>) -> Decision {
    decide(request, policies, &mut Nobody)
}

pub(crate) fn decide<'a>(
    request: Request<'a>,
    policies: Policies<'a>,
    observer: &mut impl Observer<'a>,
) -> Decision {
    let mut identity = Said::default();
    for (index, document) in policies.identity.iter().enumerate() {
        identity.hear(PolicySource::Identity(index), document, request, observer);
    }
    let mut resource = Said {
        has_boundary: policies.boundary.is_some(),
        ..Said::default()
    };
    let (mut granted, mut granted_itself) = (false, false);
    if let Some(key) = policies.key {
        resource.hear(PolicySource::Key, key.policy, request, observer);
        for grant in key.grants {
            let mut mismatches = grant.mismatches(request);
            let first = mismatches.next();
            granted |= first.is_none();
            granted_itself |= first.is_none() && grant.grantee_principal == request.principal.arn;
            observer.grant(grant, first, mismatches);
        }
    }
    let mut boundary = Said::default();
    if let Some(document) = policies.boundary {
        boundary.hear(PolicySource::Boundary, document, request, observer);
    }
    let mut session = Said::default();
    for (index, document) in policies.session.unwrap_or_default().iter().enumerate() {
        session.hear(PolicySource::Session(index), document, request, observer);
    }

    let denying = [
        (PolicyKind::Identity, &identity),
        (PolicyKind::Key, &resource),
        (PolicyKind::Boundary, &boundary),
        (PolicyKind::Session, &session),
    ];
    if let Some((kind, _)) = denying.into_iter().find(|(_, said)| said.denies) {
        return Decision::ExplicitlyDenied(kind);
    }
    let limit = match (policies.boundary, policies.session) {
        (Some(_), _) if !boundary.allows => Some(PolicyKind::Boundary),
        (_, Some(_)) if !session.allows => Some(PolicyKind::Session),
        _ => None,
    };
    let limited = |by| limit.map_or(Decision::Allowed(by), Decision::ImplicitlyDenied);
    let Some(key) = policies.key else {
        return match identity.allows {
            true => limited(AllowedBy::IdentityPolicy),
            false => Decision::ImplicitlyDenied(PolicyKind::Identity),
        };
    };
    let foreign = key.account != request.principal.account;
    let named = resource.allows || resource.allows_role;
    if granted && limit.is_none() || granted_itself && !foreign {
        Decision::Allowed(AllowedBy::Grant)
    } else if resource.allows && !foreign {
        Decision::Allowed(AllowedBy::KeyPolicy)
    } else if granted {
        limited(AllowedBy::Grant)
    } else if resource.allows_role && !foreign {
        limited(AllowedBy::KeyPolicy)
    } else if !named && !resource.delegates {
        Decision::ImplicitlyDenied(PolicyKind::Key)
    } else if !identity.allows {
        Decision::ImplicitlyDenied(PolicyKind::Identity)
    } else if foreign {
        limited(AllowedBy::KeyAndIdentityPolicy)
    } else {
        limited(AllowedBy::IdentityPolicy)
    }
}

/// What the statements of one kind of policy say of a request.
#[derive(Default)]
struct Said {
    /// The principal has a permissions boundary.
    has_boundary: bool,
    denies: bool,
    allows: bool,
    /// It allows the role that the principal is a session of.
    allows_role: bool,
    /// It allows the principal's account.
    delegates: bool,
}

impl Said {
    fn hear<'a>(
        &mut self,
        source: PolicySource,
        document: &'a PolicyDocument,
        request: Request<'a>,
        observer: &mut impl Observer<'a>,
    ) {
        for (index, statement) in document.statements().iter().enumerate() {
            let to = match source {
                PolicySource::Identity(_) | PolicySource::Boundary | PolicySource::Session(_) => {
                    Ok(AppliesTo::Principal)
                }
                PolicySource::Key => statement.applies_to(request.principal, self.has_boundary),
            };
            let mut mismatches = statement.mismatches(to.err(), document.variables, request);
            let result = match mismatches.next() {
                Some(first) => Err(first),
                None => to,
            };
            match (&result, statement.effect()) {
                (Err(_), _) => {}
                (Ok(_), Effect::Deny) => self.denies = true,
                (Ok(AppliesTo::Principal), Effect::Allow) => self.allows = true,
                (Ok(AppliesTo::Role), Effect::Allow) => self.allows_role = true,
                (Ok(AppliesTo::Account), Effect::Allow) => self.delegates = true,
            }
            let at = StatementAt {
                source,
                index,
                statement,
            };
            observer.statement(at, result, mismatches);
        }
    }
}

impl Statement {
    /// To whom the statement of a key policy applies, if it applies to the principal at all.
    fn applies_to<'a>(
        &'a self,
        principal: Principal<'a>,
        has_boundary: bool,
    ) -> Result<AppliesTo, Mismatch<'a>> {
        let Some(principals) = self.principals() else {
            return Err(Mismatch::NoPrincipal);
        };
        let by_name = principals.name(principal);
        let by_role = principals.name_role(principal);
        let by_account = principals.name_account(principal);
        // A NotPrincipal spares whom it names; of a deny, the whole account that it names, but
        // nobody who has a boundary ("Permissions boundaries for IAM entities").
        let is_deny = self.effect() == Effect::Deny;
        let spared = (by_name || by_role || (by_account && is_deny)) && !(is_deny && has_boundary);
        match principals.is_not() {
            false if by_name => Ok(AppliesTo::Principal),
            false if by_role => Ok(AppliesTo::Role),
            false if by_account => Ok(AppliesTo::Account),
            true if !spared => Ok(AppliesTo::Principal),
            _ => Err(Mismatch::Principal {
                wanted: principals,
                given: principal.arn,
            }),
        }
    }

    /// What keeps the statement from applying, found one after the other; nothing where it applies.
    fn mismatches<'a>(
        &'a self,
        principal: Option<Mismatch<'a>>,
        variables: bool,
        request: Request<'a>,
    ) -> impl Iterator<Item = Mismatch<'a>> {
        let action = move || {
            let given = request.action;
            let wanted = self.actions();
            match wanted.check_action(given) {
                Match::Meets => None,
                Match::Differs => Some(Mismatch::Action { wanted, given }),
            }
        };
        let resource = move || {
            let given = request.resource;
            let wanted = self.resources();
            match wanted.check_resource(given, request.context, variables) {
                Match::Meets => None,
                Match::Differs => Some(Mismatch::Resource { wanted, given }),
            }
        };
        let conditions = self.conditions().iter().filter_map(move |wanted| {
            match wanted.check(request.context, variables) {
                Match::Meets => None,
                Match::Differs => Some(Mismatch::Condition {
                    wanted,
                    given: request.context.get(wanted.key()),
                }),
            }
        });
        principal
            .into_iter()
            .chain(once_with(action).flatten())
            .chain(once_with(resource).flatten())
            .chain(conditions)
    }
}

impl Principals {
    /// Whether the principal itself is named.
    fn name(&self, principal: Principal<'_>) -> bool {
        let mut named = self.arns().iter().chain(self.federated());
        self.is_any() || named.any(|name| name == principal.arn)
    }

    /// Whether the role is named that the principal is a session of.
    fn name_role(&self, principal: Principal<'_>) -> bool {
        principal
            .role
            .is_some_and(|role| self.arns().iter().any(|arn| arn == role))
    }

    /// Whether the principal's account is named.
    fn name_account(&self, principal: Principal<'_>) -> bool {
        self.is_any() || self.arns().contains(&root_arn(principal.account))
    }
}

impl Patterns {
    /// Actions do not tell case apart.
    fn check_action(&self, action: &str) -> Match {
        let action = action.to_ascii_lowercase();
        let named = self
            .patterns()
            .iter()
            .any(|pattern| Pattern::plain(&pattern.to_ascii_lowercase()).matches(&action));
        Match::of(named != self.is_not())
    }

    fn check_resource(&self, resource: &str, context: &RequestContext, variables: bool) -> Match {
        let named = self.patterns().iter().any(|pattern| {
            context
                .resolve(pattern, variables)
                .is_some_and(|pattern| pattern.matches_arn(resource))
        });
        Match::of(named != self.is_not())
    }
}
