//! Who may do what with keys: of every principal and every operation whether it is allowed, and
//! which statement or grant says so.

pub(crate) mod diff;
pub(crate) mod smallest;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::account::{Account, Identity};
use crate::context::RequestContext;
use crate::document::{Effect, PolicyDocument, Statement};
use crate::evaluate::{KeyAccess, Parts, Policies, PolicySource, StatementAt, decide};
use crate::explain::{StatementResult, explain};
use crate::formula::{Atom, Formula, Unread};
use crate::grant::Grant;
use crate::key_facts::KeyFacts;
use crate::mismatch::Mismatch;
use crate::named_policy::NamedPolicy;
use crate::policy_kind::PolicyKind;
use crate::request::{Principal, Request};
use crate::verdict::{Applying, NearestMiss, Verdict, judge};
use crate::who::{self, Who, WhoKind};

/// An operation that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `kms:Decrypt`.
    pub action: String,
    /// Whether it takes an encryption context, of the kind of key that it is asked for.
    pub takes_encryption_context: bool,
}

impl Operation {
    /// Whether what is named by the same statements and grants as another operation comes to the
    /// same: CreateGrant and RetireGrant are looked at more closely by grants.
    fn is_asked_like(&self, other: &Operation) -> bool {
        let is_special = |operation: &Operation| {
            matches!(
                operation.action.as_str(),
                "kms:CreateGrant" | "kms:RetireGrant"
            )
        };
        self.takes_encryption_context == other.takes_encryption_context
            && !is_special(self)
            && !is_special(other)
    }
}

/// Whether the statements and grants that name two operations are the same ones, of one principal
/// and one key.
fn has_same_statements(one: Policies<'_>, other: Policies<'_>) -> bool {
    let is_same = |one: &PolicyDocument, other: &PolicyDocument| one.address() == other.address();
    let are_same = |one: &[PolicyDocument], other: &[PolicyDocument]| {
        one.iter()
            .zip(other)
            .all(|(one, other)| is_same(one, other))
    };
    let key = one.key.zip(other.key).is_some_and(|(one, other)| {
        let grants = one.grants.iter().map(|grant| grant.grant_id);
        is_same(one.policy, other.policy)
            && grants.eq(other.grants.iter().map(|grant| grant.grant_id))
    });
    let boundary = match (one.boundary, other.boundary) {
        (Some(one), Some(other)) => is_same(one, other),
        (one, other) => one.is_none() && other.is_none(),
    };
    let levels = one.service_control.zip(other.service_control);
    let service_control = levels.is_none_or(|(one, other)| {
        one.iter()
            .zip(other)
            .all(|(one, other)| are_same(one, other))
    });
    key && boundary && service_control && are_same(one.identity, other.identity)
}

/// What is known of principals, made ready for a list of operations: of each policy the statements
/// that name each operation.
#[derive(Debug)]
pub struct Access {
    accounts: Vec<Account>,
    operations: Vec<Operation>,
    /// Of each account its users and roles.
    identities: Vec<Vec<Ready>>,
    /// Of each account its service control policies, by operation.
    service_control: Vec<Option<Vec<Vec<Vec<PolicyDocument>>>>>,
    /// What the root user of an account may.
    everything: Vec<PolicyDocument>,
}

/// A user or role, ready.
#[derive(Debug)]
struct Ready {
    context: Arc<RequestContext>,
    by_operation: Vec<ReadyPolicies>,
}

#[derive(Debug)]
struct ReadyPolicies {
    identity: Vec<PolicyDocument>,
    boundary: Option<PolicyDocument>,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerKind {
    /// Every such request is allowed.
    Allowed,
    /// Some are: those of which [`Answer::when`] holds.
    AllowedIf,
    /// A statement denies every one.
    Denied,
    /// No statement allows one.
    NotAllowed,
    /// It depends on what could not be read.
    CannotTell,
}

/// Whether somebody may do something with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it comes to.
    pub kind: AnswerKind,
    /// When a request is allowed, where that is neither always nor never.
    pub when: Option<Arc<Formula>>,
    /// The statements and grants that say so.
    pub because: Box<[Source]>,
    /// What would have to allow it, or what has the statement that denies it.
    pub policy: Option<PolicyKind>,
}

/// What says something: [`Access::tell`] has its name and line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A statement, by its policy and its place in that.
    Statement(PolicySource, usize),
    /// The grant at this place of [`KeyFacts::grants`].
    Grant(usize),
}

/// A statement or grant by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A statement.
    Statement {
        /// What its policy is attached to.
        kind: PolicyKind,
        /// The policy's name.
        policy: Arc<str>,
        /// The policy's text.
        text: Arc<str>,
        /// `Sid`.
        sid: Option<String>,
        /// The line of the text where it begins, from 1.
        line: usize,
        /// `Effect`.
        effect: Effect,
    },
    /// A grant, by its ID.
    Grant(String),
}

impl std::fmt::Display for Told {
    /// `key policy, line 4 (Decrypt for acme)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Told::Statement {
                policy, sid, line, ..
            } => {
                write!(f, "{policy}, line {line}")?;
                match sid {
                    Some(sid) => write!(f, " ({sid})"),
                    None => Ok(()),
                }
            }
            Told::Grant(id) => write!(f, "grant {id}"),
        }
    }
}

/// An answer with how it came about.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The answer.
    pub answer: Answer,
    /// What comes nearest to allowing it, where nothing does, and what keeps it from that.
    pub nearest: Option<(Told, Vec<String>)>,
    /// Every statement, and what became of it: that it applies, when it does, or all that keeps it
    /// from applying.
    pub statements: Vec<(Told, Vec<String>)>,
    /// Every grant, in the same way.
    pub grants: Vec<(Told, Vec<String>)>,
    /// What could not be read of the principal.
    pub unread: Vec<Unread>,
}

/// The answers for one key: of each principal one for each operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAnswers {
    /// Principals with their answers, which are in the order of the operations.
    pub rows: Vec<(Who, Vec<Answer>)>,
}

impl Access {
    /// Makes the policies of those accounts ready.
    pub fn new(accounts: Vec<Account>, operations: Vec<Operation>) -> Access {
        let mut index = Index {
            operations: &operations,
            done: HashMap::new(),
        };
        let identities = accounts.iter().enumerate().map(|(place, account)| {
            let identities = account.identities.iter().enumerate();
            let ready = identities.map(|(at, one)| index.identity(one, &accounts, (place, at)));
            ready.collect()
        });
        let identities = identities.collect();
        let service_control = accounts
            .iter()
            .map(|account| index.service_control(account))
            .collect();
        let everything = index.everything();
        Access {
            identities,
            service_control,
            everything,
            operations,
            accounts,
        }
    }

    /// The accounts that are known.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The operations that are asked for.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What weakens every answer: policies and pages that are missing, accounts without service
    /// control policies.
    pub fn missing(&self) -> Vec<String> {
        let missing = self.accounts.iter().flat_map(|account| {
            let no_limits = account
                .service_control
                .is_none()
                .then(|| format!("service control policies of account {}", account.id));
            account.missing.iter().cloned().chain(no_limits)
        });
        missing.collect()
    }

    /// Who may come to a key: the rows of its answers.
    pub fn who(&self, key: &KeyFacts) -> Vec<Who> {
        who::of_key(key, &self.accounts)
    }

    /// The principal with that ARN, that service, that account, or `*`.
    pub fn find(&self, name: &str) -> Who {
        Who::find(name, &self.accounts)
    }

    /// All answers for a key.
    pub fn key(&self, key: &KeyFacts) -> KeyAnswers {
        let ready = self.ready(key);
        let mut memo = Memo::default();
        let rows = self.who(key).into_iter();
        KeyAnswers {
            rows: rows
                .map(|who| {
                    let answers = self.row(&ready, &who, &mut memo);
                    (who, answers)
                })
                .collect(),
        }
    }

    /// The answers for one principal, in the order of the operations.
    pub fn of(&self, key: &KeyFacts, who: &Who) -> Vec<Answer> {
        self.row(&self.ready(key), who, &mut Memo::default())
    }

    fn ready<'k>(&self, key: &'k KeyFacts) -> ReadyKey<'k> {
        let mut index = Index {
            operations: &self.operations,
            done: HashMap::new(),
        };
        let grants = key.to_evaluate();
        let of_operation = |operation: &Operation| {
            let name = operation.action.strip_prefix("kms:");
            let fits =
                |grant: &&Grant<'_>| name.is_some_and(|name| grant.operations.contains(&name));
            grants.iter().filter(fits).cloned().collect()
        };
        ReadyKey {
            facts: key,
            context: key.shared_context(),
            policies: index.policy(&key.policy.document),
            grants: self.operations.iter().map(of_operation).collect(),
        }
    }

    fn row(&self, key: &ReadyKey<'_>, who: &Who, memo: &mut Memo) -> Vec<Answer> {
        let asking = Asking::new(self, &key.context, who);
        let service_control = self.service_control_of(who);
        let mut answers: Vec<Answer> = Vec::with_capacity(self.operations.len());
        let mut done: Vec<(usize, Policies<'_>)> = Vec::new();
        for (at, operation) in self.operations.iter().enumerate() {
            let ready = who
                .identity
                .map(|(account, identity)| &self.identities[account][identity].by_operation[at]);
            let policies = Policies {
                identity: match (ready, who.kind) {
                    (Some(ready), _) => &ready.identity,
                    (None, WhoKind::Root) => &self.everything,
                    (None, _) => &[],
                },
                boundary: ready.and_then(|ready| ready.boundary.as_ref()),
                service_control: service_control.map(|levels| levels[at].as_slice()),
                key: Some(KeyAccess {
                    account: key.facts.account(),
                    policy: &key.policies[at],
                    grants: &key.grants[at],
                }),
                unread: &asking.unread,
                ..Policies::default()
            };
            let is_same = |(other, of_other): &&(usize, Policies<'_>)| {
                let other = &self.operations[*other];
                operation.is_asked_like(other) && has_same_statements(policies, *of_other)
            };
            if let Some((same, _)) = done.iter().find(is_same) {
                answers.push(answers[*same].clone());
                continue;
            }
            let mut applying = Applying::default();
            let request = asking.request(operation, &key.facts.arn);
            let outcome = decide(request, policies, &mut applying);
            let verdict = applying.verdict(outcome, |parts| memo.allowed(parts), |_| None);
            answers.push(answer(&verdict, key.facts, who, &mut |when| {
                memo.shared(when)
            }));
            done.push((at, policies));
        }
        answers
    }

    /// By operation.
    fn service_control_of(&self, who: &Who) -> Option<&Vec<Vec<Vec<PolicyDocument>>>> {
        let is_free = matches!(who.kind, WhoKind::Service)
            || self.identity(who).is_some_and(Identity::is_service_linked);
        let mut accounts = self.accounts.iter();
        let at = accounts.position(|account| account.id == who.account)?;
        self.service_control[at].as_ref().filter(|_| !is_free)
    }

    fn identity(&self, who: &Who) -> Option<&Identity> {
        let (account, at) = who.identity?;
        self.accounts[account].identities.get(at)
    }

    /// The statement or grant by its name and line.
    pub fn tell(&self, key: &KeyFacts, who: &Who, source: Source) -> Option<Told> {
        let (policy, index) = match source {
            Source::Grant(at) => return Some(Told::Grant(key.grants.get(at)?.grant_id.clone())),
            Source::Statement(policy, index) => (policy, index),
        };
        let identity = self.identity(who);
        let named = match policy {
            PolicySource::Key => &key.policy,
            PolicySource::Identity(at) => identity?.policies.get(at)?,
            PolicySource::Boundary => identity?.boundary.as_ref()?,
            PolicySource::ServiceControl(level, at) => {
                let mut accounts = self.accounts.iter();
                let account = accounts.find(|account| account.id == who.account)?;
                account
                    .service_control
                    .as_ref()?
                    .levels
                    .get(level)?
                    .get(at)?
            }
            PolicySource::Session(_) => return None,
        };
        let statement = named.document.statements().get(index)?;
        Some(told(policy, named, statement))
    }

    /// One answer with how it came about, every statement of every policy included; of the request
    /// `given` is known beside who asks and for what.
    pub fn explain(
        &self,
        key: &KeyFacts,
        who: &Who,
        operation: &Operation,
        given: &RequestContext,
    ) -> Explained {
        self.with(key, who, operation, given, |request, policies| {
            let verdict = judge(request, policies);
            let name =
                |at: StatementAt<'_>| self.tell(key, who, Source::Statement(at.source, at.index));
            let nearest = match &verdict {
                Verdict::NotAllowed { nearest, .. } => nearest.as_ref(),
                _ => None,
            };
            let nearest = nearest.and_then(|nearest| match nearest {
                NearestMiss::Statement(at, mismatches) => Some((
                    name(*at)?,
                    mismatches.iter().map(Mismatch::to_string).collect(),
                )),
                NearestMiss::Grant(grant, mismatches) => Some((
                    Told::Grant(grant.grant_id.to_owned()),
                    mismatches.iter().map(ToString::to_string).collect(),
                )),
            });
            let explanation = explain(request, policies);
            let statements = explanation.statements.iter().filter_map(|trace| {
                let words = match &trace.result {
                    StatementResult::Applies(_) => vec!["applies".to_owned()],
                    StatementResult::AppliesIf(_, when) => vec![format!("applies {when}")],
                    StatementResult::DoesNotApply(mismatches) => {
                        mismatches.iter().map(Mismatch::to_string).collect()
                    }
                };
                Some((name(trace.at)?, words))
            });
            let grants = explanation.grants.iter().map(|trace| {
                let words = match trace.mismatches.as_slice() {
                    [] if trace.allows.is_always() => vec!["allows".to_owned()],
                    [] => vec![format!("allows {}", trace.allows)],
                    mismatches => mismatches.iter().map(ToString::to_string).collect(),
                };
                (Told::Grant(trace.grant.grant_id.to_owned()), words)
            });
            Explained {
                answer: answer(&verdict, key, who, &mut Arc::new),
                nearest,
                statements: statements.collect(),
                grants: grants.collect(),
                unread: policies.unread.to_vec(),
            }
        })
    }

    /// Gives what decides, with all statements, and a request of which `given` is known as well.
    pub fn with<T>(
        &self,
        key: &KeyFacts,
        who: &Who,
        operation: &Operation,
        given: &RequestContext,
        ask: impl FnOnce(Request<'_>, Policies<'_>) -> T,
    ) -> T {
        let mut asking = Asking::new(self, &key.shared_context(), who);
        asking.with_pairs.extend(given);
        asking.without.extend(given);
        asking.without.set_no_encryption_context();
        let identity = self.identity(who);
        let policies = identity.map_or(&[][..], |identity| &identity.policies);
        let mut documents: Vec<PolicyDocument> = policies
            .iter()
            .map(|policy| policy.document.clone())
            .collect();
        if who.kind == WhoKind::Root {
            documents.clone_from(&self.everything);
        }
        let mut accounts = self.accounts.iter();
        let account = accounts.find(|account| account.id == who.account);
        let limits = account
            .and_then(|account| account.service_control.as_ref())
            .filter(|_| self.service_control_of(who).is_some());
        let levels: Option<Vec<Vec<PolicyDocument>>> = limits.map(|limits| {
            let level = |level: &Vec<NamedPolicy>| {
                level.iter().map(|policy| policy.document.clone()).collect()
            };
            limits.levels.iter().map(level).collect()
        });
        let boundary = identity.and_then(|identity| identity.boundary.as_ref());
        let grants = key.to_evaluate();
        let policies = Policies {
            identity: &documents,
            boundary: boundary.map(|policy| &policy.document),
            service_control: levels.as_deref(),
            key: Some(KeyAccess {
                account: key.account(),
                policy: &key.policy.document,
                grants: &grants,
            }),
            unread: &asking.unread,
            ..Policies::default()
        };
        ask(asking.request(operation, &key.arn), policies)
    }
}

fn told(source: PolicySource, named: &NamedPolicy, statement: &Statement) -> Told {
    Told::Statement {
        kind: source.kind(),
        policy: named.name.clone(),
        text: named.text.clone(),
        sid: statement.sid().map(str::to_owned),
        line: statement.line(),
        effect: statement.effect(),
    }
}

/// A key, ready: of its policy and its grants those parts that name each operation.
struct ReadyKey<'k> {
    facts: &'k KeyFacts,
    context: Arc<RequestContext>,
    policies: Vec<PolicyDocument>,
    grants: Vec<Vec<Grant<'k>>>,
}

/// Somebody who asks for something of a key.
struct Asking {
    arn: String,
    role: Option<String>,
    account: String,
    /// Of operations that take an encryption context, and of those that do not.
    with_pairs: RequestContext,
    without: RequestContext,
    unread: Vec<Unread>,
}

impl Asking {
    fn new(access: &Access, of_key: &Arc<RequestContext>, who: &Who) -> Asking {
        let context = match who.identity {
            Some((account, at)) if who.kind != WhoKind::Session => {
                access.identities[account][at].context.clone()
            }
            _ => Arc::new(who.context(&access.accounts)),
        };
        let with_pairs = RequestContext::open_over([context, of_key.clone()]);
        let mut without = with_pairs.clone();
        without.set_no_encryption_context();
        let role = match who.kind {
            WhoKind::Role => Some(who.name.clone()),
            WhoKind::Session => access.identity(who).map(|role| role.arn.clone()),
            _ => None,
        };
        let unread = match (access.identity(who), who.kind) {
            (Some(identity), _) => identity.unread.clone(),
            (None, WhoKind::Account | WhoKind::Anyone) => {
                vec![Unread::Account(who.account.clone())]
            }
            (None, WhoKind::User | WhoKind::Role | WhoKind::Session) if !who.is_gone => {
                vec![Unread::Policy {
                    kind: PolicyKind::Identity,
                    name: format!("of {}", who.name),
                }]
            }
            _ => Vec::new(),
        };
        Asking {
            arn: who.request_arn(),
            role,
            account: who.account.clone(),
            with_pairs,
            without,
            unread,
        }
    }

    fn request<'a>(&'a self, operation: &'a Operation, key_arn: &'a str) -> Request<'a> {
        Request {
            principal: Principal {
                arn: &self.arn,
                role: self.role.as_deref(),
                account: &self.account,
            },
            action: &operation.action,
            resource: key_arn,
            context: match operation.takes_encryption_context {
                true => &self.with_pairs,
                false => &self.without,
            },
        }
    }
}

/// What was worked out for a key, which is the same for many of its principals.
#[derive(Default)]
struct Memo {
    allowed: HashMap<Parts, Formula>,
    shared: HashSet<Arc<Formula>>,
}

impl Memo {
    fn allowed(&mut self, parts: Parts) -> Formula {
        if let Some(allowed) = self.allowed.get(&parts) {
            return allowed.clone();
        }
        let allowed = parts.clone().allowed();
        self.allowed.insert(parts, allowed.clone());
        allowed
    }

    fn shared(&mut self, when: Formula) -> Arc<Formula> {
        if let Some(shared) = self.shared.get(&when) {
            return shared.clone();
        }
        let shared = Arc::new(when);
        self.shared.insert(shared.clone());
        shared
    }
}

/// The verdict, without what it borrows.
fn answer(
    verdict: &Verdict<'_>,
    key: &KeyFacts,
    who: &Who,
    share: &mut impl FnMut(Formula) -> Arc<Formula>,
) -> Answer {
    let none = |kind, policy| Answer {
        kind,
        when: None,
        because: Box::default(),
        policy,
    };
    match verdict {
        Verdict::Allowed { because, .. } => Answer {
            because: sources(&because.statements, &because.grants, key),
            ..none(AnswerKind::Allowed, None)
        },
        Verdict::AllowedIf { when, because } => {
            let when = of_others(when, key, who);
            if when.is_never() {
                return none(AnswerKind::NotAllowed, Some(PolicyKind::Key));
            }
            Answer {
                when: Some(share(when)),
                because: sources(&because.statements, &because.grants, key),
                ..none(AnswerKind::AllowedIf, None)
            }
        }
        Verdict::Denied { kind, by } => Answer {
            because: sources(by, &[], key),
            ..none(AnswerKind::Denied, Some(*kind))
        },
        Verdict::NotAllowed { lacking, .. } => none(AnswerKind::NotAllowed, Some(*lacking)),
        Verdict::CannotTell { when, .. } => Answer {
            when: Some(share(when.clone())),
            ..none(AnswerKind::CannotTell, None)
        },
    }
}

/// What holds of anyone is asked of other accounts: that it is of the key's own does not hold.
fn of_others(when: &Formula, key: &KeyFacts, who: &Who) -> Formula {
    if who.kind != WhoKind::Anyone {
        return when.clone();
    }
    when.assume(&|atom| match atom {
        Atom::Condition { condition, .. } => {
            let name = condition.key();
            let is_of_account = name.eq_ignore_ascii_case("kms:CallerAccount")
                || name.eq_ignore_ascii_case("aws:PrincipalAccount");
            let is_own = condition.values() == [key.account()];
            (is_of_account && is_own).then_some(false)
        }
        _ => None,
    })
}

fn sources(statements: &[StatementAt<'_>], grants: &[&Grant<'_>], key: &KeyFacts) -> Box<[Source]> {
    let statements = statements.iter();
    let statements = statements.map(|at| Source::Statement(at.source, at.index));
    let grants = grants.iter().filter_map(|grant| {
        let mut all = key.grants.iter();
        all.position(|one| one.grant_id == grant.grant_id)
            .map(Source::Grant)
    });
    statements.chain(grants).collect()
}

/// Takes of each policy the statements that name each operation; of one policy that many have, once.
struct Index<'a> {
    operations: &'a [Operation],
    done: HashMap<usize, Vec<PolicyDocument>>,
}

impl Index<'_> {
    /// By operation.
    fn policy(&mut self, document: &PolicyDocument) -> Vec<PolicyDocument> {
        if let Some(done) = self.done.get(&document.address()) {
            return done.clone();
        }
        // Operations that the same statements name share them.
        let mut shared: Vec<(Vec<bool>, PolicyDocument)> = Vec::new();
        let by_operation = self.operations.iter().map(|operation| {
            let statements = document.statements().iter();
            let names: Vec<bool> = statements
                .map(|statement| statement.actions().check_action(&operation.action))
                .collect();
            if let Some((_, same)) = shared.iter().find(|(of_same, _)| *of_same == names) {
                return same.clone();
            }
            let only = document.only(|statement| names[statement.index()]);
            shared.push((names, only.clone()));
            only
        });
        let by_operation: Vec<PolicyDocument> = by_operation.collect();
        self.done.insert(document.address(), by_operation.clone());
        by_operation
    }

    fn identity(
        &mut self,
        identity: &Identity,
        accounts: &[Account],
        place: (usize, usize),
    ) -> Ready {
        let policies = identity.policies.iter();
        let policies: Vec<Vec<PolicyDocument>> = policies
            .map(|policy| self.policy(&policy.document))
            .collect();
        let boundary = identity.boundary.as_ref();
        let boundary = boundary.map(|policy| self.policy(&policy.document));
        let of_operation = |at: usize| ReadyPolicies {
            identity: policies.iter().map(|by| by[at].clone()).collect(),
            boundary: boundary.as_ref().map(|by| by[at].clone()),
        };
        let who = Who::of_identity(identity, place);
        Ready {
            context: Arc::new(who.context(accounts)),
            by_operation: (0..self.operations.len()).map(of_operation).collect(),
        }
    }

    fn service_control(&mut self, account: &Account) -> Option<Vec<Vec<Vec<PolicyDocument>>>> {
        let levels = &account.service_control.as_ref()?.levels;
        let of_level = |level: &Vec<NamedPolicy>, index: &mut Self| {
            let policies = level.iter();
            let policies = policies.map(|policy| index.policy(&policy.document));
            policies.collect::<Vec<Vec<PolicyDocument>>>()
        };
        let levels: Vec<Vec<Vec<PolicyDocument>>> =
            levels.iter().map(|level| of_level(level, self)).collect();
        let of_operation = |at: usize| {
            let level =
                |level: &Vec<Vec<PolicyDocument>>| level.iter().map(|by| by[at].clone()).collect();
            levels.iter().map(level).collect()
        };
        Some((0..self.operations.len()).map(of_operation).collect())
    }

    fn everything(&self) -> Vec<PolicyDocument> {
        let everything = NamedPolicy::parse("", crate::service_control::FULL_ACCESS);
        everything
            .into_iter()
            .map(|policy| policy.document)
            .collect()
    }
}

#[cfg(test)]
mod tests;
