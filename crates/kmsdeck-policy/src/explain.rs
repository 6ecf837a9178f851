//! Why a request is allowed or denied: which statement decided, and what kept the others from it.

use std::fmt;

use crate::condition::Condition;
use crate::context::EncryptionContext;
use crate::document::{Effect, Patterns, Principals};
use crate::evaluate::{
    AllowedBy, AppliesTo, Decision, Observer, Policies, PolicyKind, Request, StatementAt, decide,
};
use crate::grant::{Grant, GrantConstraints};

/// An element of a statement that does not match the request: what it wants, and what is given.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Mismatch<'a> {
    /// The statement of a key policy has neither `Principal` nor `NotPrincipal`.
    NoPrincipal,
    /// `Principal` or `NotPrincipal`.
    Principal {
        /// Whom it names.
        wanted: &'a Principals,
        /// The principal's ARN.
        given: &'a str,
    },
    /// `Action` or `NotAction`.
    Action {
        /// What it names.
        wanted: &'a Patterns,
        /// The action.
        given: &'a str,
    },
    /// `Resource` or `NotResource`.
    Resource {
        /// What it names.
        wanted: &'a Patterns,
        /// The resource's ARN.
        given: &'a str,
    },
    /// One key of `Condition`.
    Condition {
        /// Operator, key and values.
        wanted: &'a Condition,
        /// The request's values of that key, if it has some.
        given: Option<&'a [String]>,
    },
}

impl Mismatch<'_> {
    /// The element's name, as in the document.
    pub fn element(&self) -> &'static str {
        let not = |is_not: bool, element, not_element| if is_not { not_element } else { element };
        match self {
            Mismatch::NoPrincipal => "Principal",
            Mismatch::Principal { wanted, .. } => not(wanted.is_not(), "Principal", "NotPrincipal"),
            Mismatch::Action { wanted, .. } => not(wanted.is_not(), "Action", "NotAction"),
            Mismatch::Resource { wanted, .. } => not(wanted.is_not(), "Resource", "NotResource"),
            Mismatch::Condition { .. } => "Condition",
        }
    }
}

/// `Action: wanted kms:Encrypt, given kms:Decrypt`. What comes from a policy or a request is
/// untrusted: make it printable first.
impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = self.element();
        match self {
            Mismatch::NoPrincipal => write!(f, "{element}: the statement has none"),
            Mismatch::Principal { wanted, given } => {
                let any = wanted.is_any().then_some("*").into_iter();
                let arns = wanted.arns().iter().map(String::as_str);
                let names: Vec<&str> = any.chain(arns).collect();
                write_wanted(f, element, wanted.is_not(), &names.join(", "))?;
                write!(f, ", given {given}")
            }
            Mismatch::Action { wanted, given } | Mismatch::Resource { wanted, given } => {
                write_wanted(f, element, wanted.is_not(), &wanted.patterns().join(", "))?;
                write!(f, ", given {given}")
            }
            Mismatch::Condition { wanted, given } => {
                let (operator, key) = (wanted.operator(), wanted.key());
                let values = wanted.values().join(", ");
                write!(f, "{element} {operator} {key}: wanted {values}, given ")?;
                match given {
                    Some(given) => f.write_str(&given.join(", ")),
                    None => f.write_str("none"),
                }
            }
        }
    }
}

fn write_wanted(f: &mut fmt::Formatter<'_>, element: &str, not: bool, names: &str) -> fmt::Result {
    let none_of = if not { "none of " } else { "" };
    write!(f, "{element}: wanted {none_of}{names}")
}

/// A part of a grant that does not match the request: what it wants, and what is given.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum GrantMismatch<'a> {
    /// `GranteePrincipal`.
    GranteePrincipal {
        /// The grantee's ARN.
        wanted: &'a str,
        /// The principal's ARN.
        given: &'a str,
    },
    /// `Operations`.
    Operations {
        /// What it is for, without `kms:`.
        wanted: &'a [&'a str],
        /// The action.
        given: &'a str,
    },
    /// `Constraints`.
    Constraints {
        /// The pairs that it wants.
        wanted: GrantConstraints<'a>,
        /// The request's encryption context.
        given: &'a EncryptionContext,
    },
}

impl fmt::Display for GrantMismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GrantMismatch::GranteePrincipal { wanted, given } => {
                write!(f, "GranteePrincipal: wanted {wanted}, given {given}")
            }
            GrantMismatch::Operations { wanted, given } => {
                write!(f, "Operations: wanted {}, given {given}", wanted.join(", "))
            }
            GrantMismatch::Constraints { wanted, given } => {
                let (kind, pairs) = match wanted {
                    GrantConstraints::EncryptionContextSubset(pairs) => {
                        ("EncryptionContextSubset", pairs)
                    }
                    GrantConstraints::EncryptionContextEquals(pairs) => {
                        ("EncryptionContextEquals", pairs)
                    }
                };
                let (wanted, given) = (told(pairs), told(given));
                write!(f, "{kind}: wanted {wanted}, given {given}")
            }
        }
    }
}

fn told(context: &EncryptionContext) -> String {
    let pairs: Vec<String> = context
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    match pairs.is_empty() {
        true => "none".to_owned(),
        false => pairs.join(", "),
    }
}

/// What became of a statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StatementResult<'a> {
    /// It applies to the request.
    Applies(AppliesTo),
    /// It does not: all elements that do not match, one at least.
    DoesNotApply(Vec<Mismatch<'a>>),
}

/// A statement, and what became of it.
#[derive(Debug, Clone)]
pub struct StatementTrace<'a> {
    /// Which one.
    pub at: StatementAt<'a>,
    /// Whether it applies, or why not.
    pub result: StatementResult<'a>,
}

/// A grant, and what became of it.
#[derive(Debug, Clone)]
pub struct GrantTrace<'a> {
    /// Which one.
    pub grant: &'a Grant<'a>,
    /// What keeps it from allowing the request; nothing where it allows it.
    pub mismatches: Vec<GrantMismatch<'a>>,
}

/// A decision, and how it came about.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// What [`evaluate`](crate::evaluate) says, too: both walk the same way.
    pub decision: Decision,
    /// Every statement of every policy: of the identity policies, then of the key policy.
    pub statements: Vec<StatementTrace<'a>>,
    /// Every grant.
    pub grants: Vec<GrantTrace<'a>>,
}

impl<'a> Explanation<'a> {
    /// The statements that decided; none where a grant did, or where nothing allows.
    pub fn decided_by(&self) -> impl Iterator<Item = StatementAt<'a>> {
        let decides = |trace: &&StatementTrace<'a>| {
            let StatementResult::Applies(to) = trace.result else {
                return false;
            };
            let kind = trace.at.source.kind();
            match (self.decision, trace.at.statement.effect()) {
                (Decision::ExplicitlyDenied(by), Effect::Deny) => by == kind,
                (Decision::Allowed(by), Effect::Allow) => match by {
                    AllowedBy::KeyPolicy => kind == PolicyKind::Key && to == AppliesTo::Principal,
                    AllowedBy::IdentityPolicy | AllowedBy::KeyAndIdentityPolicy => true,
                    AllowedBy::Grant => false,
                },
                _ => false,
            }
        };
        self.statements.iter().filter(decides).map(|trace| trace.at)
    }

    /// The grants that decided.
    pub fn granted_by(&self) -> impl Iterator<Item = &'a Grant<'a>> {
        let by_grant = self.decision == Decision::Allowed(AllowedBy::Grant);
        self.grants
            .iter()
            .filter(move |trace| by_grant && trace.mismatches.is_empty())
            .map(|trace| trace.grant)
    }

    /// Of an implicit deny: the statement that came nearest to allowing it, in the kind of policy
    /// that would have to. It is for the action, if one is, and has the fewest mismatches.
    pub fn nearest_miss(&self) -> Option<(StatementAt<'a>, &[Mismatch<'a>])> {
        let Decision::ImplicitlyDenied(kind) = self.decision else {
            return None;
        };
        self.statements
            .iter()
            .filter_map(|trace| match &trace.result {
                StatementResult::DoesNotApply(mismatches)
                    if trace.at.source.kind() == kind
                        && trace.at.statement.effect() == Effect::Allow =>
                {
                    Some((trace.at, mismatches.as_slice()))
                }
                _ => None,
            })
            .min_by_key(|(_, mismatches)| {
                let of_action =
                    |mismatch: &Mismatch<'_>| matches!(mismatch, Mismatch::Action { .. });
                (mismatches.iter().any(of_action), mismatches.len())
            })
    }
}

/// Decides, as [`evaluate`](crate::evaluate) does, and tells how that came about.
pub fn explain<'a>(request: Request<'a>, policies: Policies<'a>) -> Explanation<'a> {
    let mut traces = Traces::default();
    let decision = decide(request, policies, &mut traces);
    Explanation {
        decision,
        statements: traces.statements,
        grants: traces.grants,
    }
}

#[derive(Default)]
struct Traces<'a> {
    statements: Vec<StatementTrace<'a>>,
    grants: Vec<GrantTrace<'a>>,
}

impl<'a> Observer<'a> for Traces<'a> {
    fn statement(
        &mut self,
        at: StatementAt<'a>,
        result: Result<AppliesTo, Mismatch<'a>>,
        others: impl Iterator<Item = Mismatch<'a>>,
    ) {
        let result = match result {
            Ok(to) => StatementResult::Applies(to),
            Err(first) => {
                StatementResult::DoesNotApply(std::iter::once(first).chain(others).collect())
            }
        };
        self.statements.push(StatementTrace { at, result });
    }

    fn grant(
        &mut self,
        grant: &'a Grant<'a>,
        first: Option<GrantMismatch<'a>>,
        others: impl Iterator<Item = GrantMismatch<'a>>,
    ) {
        let mismatches = first.into_iter().chain(others).collect();
        self.grants.push(GrantTrace { grant, mismatches });
    }
}
