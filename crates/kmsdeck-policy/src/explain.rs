//! Why a request is allowed or denied: which statement decided, and what kept the others from it.

use crate::document::Effect;
use crate::evaluate::{
    AllowedBy, Applies, AppliesTo, Decision, Grants, Observer, Policies, StatementAt, decide,
};
use crate::formula::Formula;
use crate::grant::{Grant, GrantMismatch};
use crate::mismatch::Mismatch;
use crate::policy_kind::PolicyKind;
use crate::request::Request;

/// What became of a statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StatementResult<'a> {
    /// It applies to the request.
    Applies(AppliesTo),
    /// It applies where that holds, which is not known of the request.
    AppliesIf(AppliesTo, Formula),
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
    /// When it allows the request: always, where all that decides is known.
    pub allows: Formula,
}

/// A decision, and how it came about.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// What [`evaluate`](crate::evaluate) says, too: both walk the same way.
    pub decision: Decision,
    /// Every statement of every policy: of the identity policies, the key policy, the boundary, and
    /// the session policies.
    pub statements: Vec<StatementTrace<'a>>,
    /// Every grant.
    pub grants: Vec<GrantTrace<'a>>,
    /// When the request is allowed: always or never, where all that decides is known.
    pub allowed: Formula,
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
                    AllowedBy::KeyPolicy => kind == PolicyKind::Key && to != AppliesTo::Account,
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
            .filter(move |trace| by_grant && trace.allows.is_always())
            .map(|trace| trace.grant)
    }

    /// Of an implicit deny: the statement that came nearest to allowing it, in the kind of policy
    /// that would have to. It is for the action, if one is, and has the fewest mismatches.
    pub fn nearest_miss(&self) -> Option<(StatementAt<'a>, &[Mismatch<'a>])> {
        let Decision::ImplicitlyDenied(kind) = self.decision else {
            return None;
        };
        self.nearest_in(kind)
    }

    /// The same in a kind of policy, whatever was decided.
    pub(crate) fn nearest_in(
        &self,
        kind: PolicyKind,
    ) -> Option<(StatementAt<'a>, &[Mismatch<'a>])> {
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
    let outcome = decide(request, policies, &mut traces);
    Explanation {
        decision: outcome.decision(),
        statements: traces.statements,
        grants: traces.grants,
        allowed: outcome.parts().allowed(),
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
        applies: &Applies<'a>,
        others: impl Iterator<Item = Mismatch<'a>>,
    ) {
        let result = match applies {
            Applies::To(to, when) if when.is_always() => StatementResult::Applies(*to),
            Applies::To(to, when) => StatementResult::AppliesIf(*to, when.clone()),
            Applies::Not(first) => {
                StatementResult::DoesNotApply(std::iter::once(*first).chain(others).collect())
            }
        };
        self.statements.push(StatementTrace { at, result });
    }

    fn grant(
        &mut self,
        grant: &'a Grant<'a>,
        grants: &Grants<'a>,
        others: impl Iterator<Item = GrantMismatch<'a>>,
    ) {
        let (first, allows) = match grants {
            Grants::If(when) => (None, when.clone()),
            Grants::Not(first) => (Some(*first), Formula::never()),
        };
        let mismatches = first.into_iter().chain(others).collect();
        self.grants.push(GrantTrace {
            grant,
            mismatches,
            allows,
        });
    }
}
