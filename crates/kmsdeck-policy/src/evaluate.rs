//! The decision.
//!
//! Source: IAM user guide, "Policy evaluation logic", "Policy evaluation for requests within a
//! single account", "Permissions boundaries for IAM entities" and "Session policies"; KMS developer guide, "Troubleshooting key
//! access" and "Allowing users in other accounts to use a KMS key".

use std::iter::once_with;

use crate::context::{RequestContext, Resolved};
use crate::document::{Effect, Patterns, PolicyDocument, Principals, Statement, is_root_of};
use crate::formula::{Atom, Formula, Unread};
use crate::grant::{Grant, GrantMismatch};
use crate::grant_check::GrantCheck;
use crate::mismatch::Mismatch;
use crate::pattern::{Match, matches_any_case};
use crate::policy_kind::PolicyKind;
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
    /// The service control policies of the principal's account, where they are known: of the
    /// organization's root, of each unit on the way, and of the account. Of each, one must allow.
    pub service_control: Option<&'a [Vec<PolicyDocument>]>,
    /// Where the resource is a key: what the key has. An alias has nothing of its own.
    pub key: Option<KeyAccess<'a>>,
    /// What else there is that could not be read: whether it allows is unknown. That it could deny
    /// as well is left to be said by who lists it.
    pub unread: &'a [Unread],
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicySource {
    /// The identity policy at this place of [`Policies::identity`].
    Identity(usize),
    /// The key policy.
    Key,
    /// The permissions boundary.
    Boundary,
    /// The session policy at this place of [`Policies::session`].
    Session(usize),
    /// The service control policy at this place of that level of [`Policies::service_control`].
    ServiceControl(usize, usize),
}

impl PolicySource {
    /// Which kind of policy that is.
    pub fn kind(self) -> PolicyKind {
        match self {
            PolicySource::Identity(_) => PolicyKind::Identity,
            PolicySource::Key => PolicyKind::Key,
            PolicySource::Boundary => PolicyKind::Boundary,
            PolicySource::Session(_) => PolicyKind::Session,
            PolicySource::ServiceControl(..) => PolicyKind::ServiceControl,
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

/// What a statement comes to.
#[derive(Debug, Clone)]
pub(crate) enum Applies<'a> {
    /// It applies, where the formula holds.
    To(AppliesTo, Formula),
    /// The first mismatch decides.
    Not(Mismatch<'a>),
}

/// What a grant comes to.
#[derive(Debug, Clone)]
pub(crate) enum Grants<'a> {
    /// It allows the request where that holds.
    If(Formula),
    /// The first mismatch decides.
    Not(GrantMismatch<'a>),
}

/// Sees how a decision comes about, and cannot change it. What else keeps a statement or a grant
/// from allowing is found only as far as it is asked for.
pub(crate) trait Observer<'a> {
    fn statement(
        &mut self,
        at: StatementAt<'a>,
        applies: &Applies<'a>,
        others: impl Iterator<Item = Mismatch<'a>>,
    );

    fn grant(
        &mut self,
        grant: &'a Grant<'a>,
        grants: &Grants<'a>,
        others: impl Iterator<Item = GrantMismatch<'a>>,
    );
}

/// Needs no more than the decision.
struct Nobody;

impl<'a> Observer<'a> for Nobody {
    fn statement(
        &mut self,
        _: StatementAt<'a>,
        _: &Applies<'a>,
        _: impl Iterator<Item = Mismatch<'a>>,
    ) {
    }

    fn grant(
        &mut self,
        _: &'a Grant<'a>,
        _: &Grants<'a>,
        _: impl Iterator<Item = GrantMismatch<'a>>,
    ) {
    }
}

/// Decides.
///
/// An explicit deny in any policy wins. In the key's own account the key policy, a grant, or
/// (where the key policy allows the account's root principal) an identity policy must allow. From
/// another account the key policy and an identity policy must both allow, or a grant. Where there
/// is no key, an identity policy must allow. A service that asks for itself has no policies: the
/// key policy must allow, or a grant.
///
/// A permissions boundary and session policies must allow as well, but for what the key policy or a
/// grant in the key's own account allows to the user or the session itself. (Of grants that is by
/// analogy: no page says it.) Service control policies must allow whatever allows.
///
/// Of a request whose context is [`open`](crate::RequestContext::open), what is unknown counts
/// against it; [`judge`](crate::judge) says what it depends on.
pub fn evaluate(request: Request<'_>, policies: Policies<'_>) -> Decision {
    decide(request, policies, &mut Nobody).decision()
}

/// Everything that decides, as far as it is known: formulas that hold always or never of a request
/// that is known.
pub(crate) struct Outcome {
    /// When a policy of each kind denies.
    pub(crate) denies: [(PolicyKind, Alternatives); 5],
    /// When each way to be allowed is open, by the order in which they are named.
    pub(crate) ways: [(AllowedBy, Formula); 4],
    /// What would have to allow it and cannot, where no way is open.
    pub(crate) lacking: PolicyKind,
}

impl Outcome {
    /// What is unknown counts against the request.
    pub(crate) fn decision(&self) -> Decision {
        match (self.may_be_denied_by(), self.allowed_by()) {
            (Some(kind), _) => Decision::ExplicitlyDenied(kind),
            (None, Some(by)) => Decision::Allowed(by),
            (None, None) => Decision::ImplicitlyDenied(self.lacking),
        }
    }

    /// What has a statement that denies for sure.
    pub(crate) fn denied_by(&self) -> Option<PolicyKind> {
        let mut denies = self.denies.iter();
        let found = denies.find(|(_, denies)| denies.is_always());
        found.map(|(kind, _)| *kind)
    }

    /// What has a statement that denies, or may.
    pub(crate) fn may_be_denied_by(&self) -> Option<PolicyKind> {
        let mut denies = self.denies.iter();
        let found = denies.find(|(_, denies)| !denies.is_never());
        found.map(|(kind, _)| *kind)
    }

    /// The way that is open for sure, if nothing denies.
    pub(crate) fn allowed_by(&self) -> Option<AllowedBy> {
        let found = self.ways.iter().find(|(_, way)| way.is_always());
        found.map(|(by, _)| *by)
    }

    /// Whether some way may be open, if nothing denies.
    pub(crate) fn has_way(&self) -> bool {
        self.ways.iter().any(|(_, way)| !way.is_never())
    }

    /// What decides when the request is allowed.
    pub(crate) fn parts(self) -> Parts {
        let denies = self.denies.into_iter().flat_map(|(_, denies)| denies.0);
        Parts {
            ways: self.ways.map(|(_, way)| way),
            denies: denies.collect(),
        }
    }
}

/// What decides when a request is allowed: for many principals of a key it is the same, and is worked
/// out once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Parts {
    ways: [Formula; 4],
    denies: Vec<Formula>,
}

impl Parts {
    /// When the request is allowed.
    pub(crate) fn allowed(self) -> Formula {
        let [first, second, third, fourth] = self.ways;
        let some_way = first.or(second).or(third).or(fourth);
        if some_way.is_never() || self.denies.is_empty() {
            return some_way;
        }
        some_way.and(Formula::negated(Formula::any(self.denies)))
    }
}

pub(crate) fn decide<'a>(
    request: Request<'a>,
    policies: Policies<'a>,
    observer: &mut impl Observer<'a>,
) -> Outcome {
    let mut identity = Said::default();
    for (index, document) in policies.identity.iter().enumerate() {
        identity.hear(PolicySource::Identity(index), document, request, observer);
    }
    let mut resource = Said {
        has_boundary: policies.boundary.is_some(),
        ..Said::default()
    };
    let (mut granted, mut granted_itself) = (Alternatives::default(), Alternatives::default());
    if let Some(key) = policies.key {
        resource.hear(PolicySource::Key, key.policy, request, observer);
        for grant in key.grants {
            let mut checks = grant.checks(request);
            let mut holds = Formula::always();
            let grants = loop {
                match checks.next() {
                    None => break Grants::If(holds),
                    Some(GrantCheck::Differs(mismatch)) => break Grants::Not(mismatch),
                    Some(GrantCheck::Depends(formula)) => holds = holds.and(formula),
                }
            };
            observer.grant(grant, &grants, checks.filter_map(GrantCheck::mismatch));
            if let Grants::If(holds) = grants {
                match grant.grantee_principal == request.principal.arn {
                    true => granted_itself.add(holds),
                    false => granted.add(holds),
                }
            }
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
    let mut denies_service_control = Alternatives::default();
    let mut within_service_control = Formula::always();
    for (level, documents) in policies
        .service_control
        .iter()
        .copied()
        .flatten()
        .enumerate()
    {
        let mut of_level = Said::default();
        for (index, document) in documents.iter().enumerate() {
            let source = PolicySource::ServiceControl(level, index);
            of_level.hear(source, document, request, observer);
        }
        of_level
            .denies
            .0
            .into_iter()
            .for_each(|denies| denies_service_control.add(denies));
        within_service_control = within_service_control.and(of_level.allows.any());
    }
    let mut within_boundary = match policies.boundary {
        Some(_) => boundary.allows.any(),
        None => Formula::always(),
    };
    let mut within_session = match policies.session {
        Some(_) => session.allows.any(),
        None => Formula::always(),
    };
    for unread in policies.unread {
        let allows = Formula::atom(Atom::Unread(unread.clone()));
        match unread.kind() {
            PolicyKind::Identity => identity.allows.add(allows),
            PolicyKind::Key => resource.allows.add(allows),
            PolicyKind::Boundary => within_boundary = within_boundary.and(allows),
            PolicyKind::Session => within_session = within_session.and(allows),
            PolicyKind::ServiceControl => {
                within_service_control = within_service_control.and(allows);
            }
        }
    }

    let limits = [
        (PolicyKind::Boundary, &within_boundary),
        (PolicyKind::Session, &within_session),
    ];
    let limit = limits.iter().find(|(_, within)| within.is_never());
    let limit = limit.map(|(kind, _)| *kind);
    let within = within_boundary.and(within_session);
    let denies = [
        (PolicyKind::Identity, identity.denies),
        (PolicyKind::Key, resource.denies),
        (PolicyKind::Boundary, boundary.denies),
        (PolicyKind::Session, session.denies),
        (PolicyKind::ServiceControl, denies_service_control),
    ];
    let by_identity = identity.allows.any();
    let is_out_of_service_control = within_service_control.is_never();
    let (ways, lacking) = match policies.key {
        None => {
            let lacking = match by_identity.is_never() {
                true => PolicyKind::Identity,
                false => limit.unwrap_or(PolicyKind::Identity),
            };
            let none = |by| (by, Formula::never());
            let way = (AllowedBy::IdentityPolicy, by_identity.and(within));
            let ways = [
                way,
                none(AllowedBy::Grant),
                none(AllowedBy::KeyPolicy),
                none(AllowedBy::KeyAndIdentityPolicy),
            ];
            (ways, lacking)
        }
        Some(key) => {
            let is_own = request.principal.is_service() || key.account == request.principal.account;
            let ways = Ways {
                is_own,
                identity: by_identity,
                named: resource.allows.any(),
                named_role: resource.allows_role.any(),
                delegated: resource.delegates.any(),
                granted: granted.any(),
                granted_itself: granted_itself.any(),
            };
            let lacking = ways.lacking(limit);
            (ways.within(within), lacking)
        }
    };
    Outcome {
        denies,
        ways: ways.map(|(by, way)| (by, way.and(within_service_control.clone()))),
        lacking: match is_out_of_service_control {
            true => PolicyKind::ServiceControl,
            false => lacking,
        },
    }
}

/// What may let a principal at a key.
struct Ways {
    /// The key is of the principal's own account.
    is_own: bool,
    /// An identity policy allows.
    identity: Formula,
    /// The key policy allows the principal.
    named: Formula,
    /// It allows the role that the principal is a session of.
    named_role: Formula,
    /// It allows the principal's account.
    delegated: Formula,
    /// A grant allows the role that the principal is a session of.
    granted: Formula,
    /// A grant allows the principal.
    granted_itself: Formula,
}

impl Ways {
    /// What would have to allow it, where nothing does; `limit` is the one that does not let
    /// anything through.
    fn lacking(&self, limit: Option<PolicyKind>) -> PolicyKind {
        let is_open = |way: &Formula| !way.is_never();
        let is_granted = is_open(&self.granted) || is_open(&self.granted_itself);
        let is_limited = is_granted || is_open(&self.named_role) && self.is_own;
        let is_named = is_open(&self.named) || is_open(&self.named_role);
        match limit {
            Some(limit) if is_limited => limit,
            _ if !is_named && !is_open(&self.delegated) => PolicyKind::Key,
            Some(limit) if is_open(&self.identity) => limit,
            _ => PolicyKind::Identity,
        }
    }

    /// All of them, those that a boundary and session policies limit `within` these.
    fn within(self, within: Formula) -> [(AllowedBy, Formula); 4] {
        let own = Formula::of(self.is_own);
        let granted_itself = self.granted_itself.clone().and(own.clone());
        let granted = self.granted.or(self.granted_itself);
        let by_grant = granted_itself.or(granted.and(within.clone()));
        let by_name = self.named.clone().and(own.clone());
        let by_role = self.named_role.clone().and(within.clone()).and(own);
        let let_in = self.named.or(self.named_role).or(self.delegated);
        let by_identity = let_in.and(self.identity).and(within);
        let by = match self.is_own {
            true => AllowedBy::IdentityPolicy,
            false => AllowedBy::KeyAndIdentityPolicy,
        };
        [
            (AllowedBy::Grant, by_grant),
            (AllowedBy::KeyPolicy, by_name),
            (AllowedBy::KeyPolicy, by_role),
            (by, by_identity),
        ]
    }
}

/// When the statements of one kind of policy say something of a request.
#[derive(Default)]
struct Said {
    /// The principal has a permissions boundary.
    has_boundary: bool,
    denies: Alternatives,
    allows: Alternatives,
    /// It allows the role that the principal is a session of.
    allows_role: Alternatives,
    /// It allows the principal's account.
    delegates: Alternatives,
}

/// What is made one formula when all of it is there: that takes time by the square of its parts.
#[derive(Default)]
pub(crate) struct Alternatives(Vec<Formula>);

impl Alternatives {
    fn add(&mut self, formula: Formula) {
        match formula {
            never if never.is_never() => {}
            // It decides alone.
            always if always.is_always() => self.0 = vec![always],
            _ if self.is_always() => {}
            some => self.0.push(some),
        }
    }

    fn is_never(&self) -> bool {
        self.0.is_empty()
    }

    fn is_always(&self) -> bool {
        self.0.first().is_some_and(Formula::is_always)
    }

    fn any(self) -> Formula {
        match self.0.len() {
            0 => Formula::never(),
            _ => Formula::any(self.0),
        }
    }
}

impl Said {
    fn hear<'a>(
        &mut self,
        source: PolicySource,
        document: &'a PolicyDocument,
        request: Request<'a>,
        observer: &mut impl Observer<'a>,
    ) {
        for statement in document.statements() {
            let to = match source {
                PolicySource::Key => statement.applies_to(request.principal, self.has_boundary),
                _ => Ok(AppliesTo::Principal),
            };
            let (to, mismatch) = match to {
                Ok(to) => (to, None),
                // It applies to nobody then.
                Err(mismatch) => (AppliesTo::Principal, Some(mismatch)),
            };
            let mut checks = statement.checks(mismatch, document.variables, request);
            let mut holds = Formula::always();
            let applies = loop {
                match checks.next() {
                    None => break Applies::To(to, holds),
                    Some(Check::Differs(mismatch)) => break Applies::Not(mismatch),
                    Some(Check::Depends(formula)) => holds = holds.and(formula),
                }
            };
            let at = StatementAt {
                source,
                index: statement.index(),
                statement,
            };
            observer.statement(at, &applies, checks.filter_map(Check::mismatch));
            let Applies::To(to, holds) = applies else {
                continue;
            };
            match (to, statement.effect()) {
                (_, Effect::Deny) => self.denies.add(holds),
                (AppliesTo::Principal, Effect::Allow) => self.allows.add(holds),
                (AppliesTo::Role, Effect::Allow) => self.allows_role.add(holds),
                (AppliesTo::Account, Effect::Allow) => self.delegates.add(holds),
            }
        }
    }
}

/// What an element of a statement says of a request, where it does not match for sure.
enum Check<'a> {
    Differs(Mismatch<'a>),
    /// It matches where that holds.
    Depends(Formula),
}

impl<'a> Check<'a> {
    fn mismatch(self) -> Option<Mismatch<'a>> {
        match self {
            Check::Differs(mismatch) => Some(mismatch),
            Check::Depends(_) => None,
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

    /// What keeps the statement from applying, found one after the other, and what decides whether
    /// it does; nothing where it applies.
    fn checks<'a>(
        &'a self,
        principal: Option<Mismatch<'a>>,
        variables: bool,
        request: Request<'a>,
    ) -> impl Iterator<Item = Check<'a>> {
        let action = move || {
            let given = request.action;
            let wanted = self.actions();
            let is_met = wanted.check_action(given);
            (!is_met).then_some(Check::Differs(Mismatch::Action { wanted, given }))
        };
        let resource = move || {
            let given = request.resource;
            let wanted = self.resources();
            match wanted.check_resource(given, request.context, variables) {
                Match::Meets => None,
                Match::Differs => Some(Check::Differs(Mismatch::Resource { wanted, given })),
                Match::Depends => Some(Check::Depends(wanted.formula())),
            }
        };
        let conditions = self.conditions().iter().filter_map(move |wanted| {
            match wanted.check(request.context, variables) {
                Match::Meets => None,
                Match::Differs => Some(Check::Differs(Mismatch::Condition {
                    wanted,
                    given: request.context.get(wanted.key()),
                })),
                Match::Depends => Some(Check::Depends(wanted.formula(request.context, variables))),
            }
        });
        principal
            .map(Check::Differs)
            .into_iter()
            .chain(once_with(action).flatten())
            .chain(once_with(resource).flatten())
            .chain(conditions)
    }
}

impl Principals {
    /// Whether the principal itself is named.
    fn name(&self, principal: Principal<'_>) -> bool {
        let names = match principal.is_service() {
            true => self.services(),
            false => self.arns(),
        };
        let mut named = names.iter().chain(self.federated());
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
        let mut arns = self.arns().iter();
        self.is_any() || arns.any(|arn| is_root_of(arn, principal.account))
    }
}

impl Patterns {
    /// Whether an action is meant. Actions do not tell case apart.
    pub(crate) fn check_action(&self, action: &str) -> bool {
        let mut patterns = self.patterns().iter();
        let named = patterns.any(|pattern| matches_any_case(pattern, action));
        named != self.is_not()
    }

    pub(crate) fn check_resource(
        &self,
        resource: &str,
        context: &RequestContext,
        variables: bool,
    ) -> Match {
        let mut is_one_unknown = false;
        let named =
            self.patterns()
                .iter()
                .any(|pattern| match context.resolve(pattern, variables) {
                    Resolved::Pattern(pattern) => pattern.matches_arn(resource),
                    Resolved::Nothing => false,
                    Resolved::Unknown => {
                        is_one_unknown = true;
                        false
                    }
                });
        match is_one_unknown && !named {
            true => Match::Depends,
            false => Match::of(named != self.is_not()),
        }
    }

    /// That it names the resource.
    fn formula(&self) -> Formula {
        let atom = |wanted| Formula::atom(Atom::Resource { wanted });
        match self.is_not() {
            true => Formula::negated(atom(self.named())),
            false => atom(self.clone()),
        }
    }
}
