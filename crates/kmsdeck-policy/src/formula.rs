//! What an answer depends on: a boolean formula of what only a request knows.

use crate::condition::Condition;
use crate::context::EncryptionContext;
use crate::document::Patterns;
use crate::grant::{Grant, GrantConstraints};
use crate::pattern::Match;
use crate::policy_kind::PolicyKind;
use crate::request::Request;

/// All of a list, any of a list, not, or one thing that holds or does not. Those made here are
/// simplified: what decides nothing is not in them. In words it is its `Display`:
/// `when encryption context tenant = acme, and only through s3.us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formula {
    /// One thing.
    Atom(Box<Atom>),
    /// That it does not hold.
    Not(Box<Formula>),
    /// That all hold; of none, that is so always.
    All(Vec<Formula>),
    /// That one holds at least; of none, that is never so.
    Any(Vec<Formula>),
}

/// One thing that holds or does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Atom {
    /// One key of a `Condition`, by an operator that is no negation.
    Condition {
        /// Operator, key and values.
        condition: Condition,
        /// Whether its values have policy variables.
        variables: bool,
    },
    /// That a `Resource` with policy variables names the resource.
    Resource {
        /// What it names.
        wanted: Patterns,
    },
    /// The constraints of a grant, which bind the operations that take an encryption context.
    EncryptionContext {
        /// Whether it is to be these pairs, or these pairs at least.
        is_all: bool,
        /// The pairs.
        pairs: EncryptionContext,
    },
    /// That the grant which CreateGrant is to make allows no more than this.
    NewGrant(GrantBounds),
    /// That what could not be read allows it.
    Unread(Unread),
}

/// What a grant with CreateGrant may pass on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantBounds {
    /// `Operations`.
    pub operations: Vec<String>,
    /// Its constraints: whether they are an equality, and the pairs.
    pub constraints: Option<(bool, EncryptionContext)>,
    /// `Constraints.SourceArn`.
    pub source_arn: Option<String>,
}

/// Policies that are not at hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unread {
    /// A policy of that kind, by its name.
    Policy {
        /// What it is attached to, by what it would be if it were at hand.
        kind: PolicyKind,
        /// Its ARN, or in words.
        name: String,
    },
    /// The identity policies of whoever asks in a whole account, by its ID.
    Account(String),
}

impl Unread {
    /// What it is attached to.
    pub fn kind(&self) -> PolicyKind {
        match self {
            Unread::Policy { kind, .. } => *kind,
            Unread::Account(_) => PolicyKind::Identity,
        }
    }
}

impl Formula {
    /// What holds of every request.
    pub const fn always() -> Formula {
        Formula::All(Vec::new())
    }

    /// What holds of none.
    pub const fn never() -> Formula {
        Formula::Any(Vec::new())
    }

    /// One thing.
    pub fn atom(atom: Atom) -> Formula {
        Formula::Atom(Box::new(atom))
    }

    /// That all hold.
    pub fn all(parts: impl IntoIterator<Item = Formula>) -> Formula {
        Join::All.of(parts)
    }

    /// That one holds at least.
    pub fn any(parts: impl IntoIterator<Item = Formula>) -> Formula {
        Join::Any.of(parts)
    }

    /// That it does not hold.
    pub fn negated(formula: Formula) -> Formula {
        match formula {
            Formula::Not(inner) => *inner,
            Formula::All(parts) => Formula::any(parts.into_iter().map(Formula::negated)),
            Formula::Any(parts) => Formula::all(parts.into_iter().map(Formula::negated)),
            atom @ Formula::Atom(_) => Formula::Not(Box::new(atom)),
        }
    }

    pub(crate) fn and(self, other: Formula) -> Formula {
        match () {
            () if self.is_never() || other.is_always() => self,
            () if other.is_never() || self.is_always() => other,
            () => Formula::all([self, other]),
        }
    }

    pub(crate) fn or(self, other: Formula) -> Formula {
        match () {
            () if self.is_always() || other.is_never() => self,
            () if other.is_always() || self.is_never() => other,
            () => Formula::any([self, other]),
        }
    }

    pub(crate) fn of(holds: bool) -> Formula {
        match holds {
            true => Formula::always(),
            false => Formula::never(),
        }
    }

    /// Whether it holds of every request.
    pub fn is_always(&self) -> bool {
        matches!(self, Formula::All(parts) if parts.is_empty())
    }

    /// Whether it holds of none.
    pub fn is_never(&self) -> bool {
        matches!(self, Formula::Any(parts) if parts.is_empty())
    }

    /// The same where `is_so` says of some of its things that they hold, or do not.
    pub fn assume(&self, is_so: &impl Fn(&Atom) -> Option<bool>) -> Formula {
        match self {
            Formula::Atom(atom) => match is_so(atom) {
                Some(holds) => Formula::of(holds),
                None => self.clone(),
            },
            Formula::Not(inner) => Formula::negated(inner.assume(is_so)),
            Formula::All(parts) => Formula::all(parts.iter().map(|part| part.assume(is_so))),
            Formula::Any(parts) => Formula::any(parts.iter().map(|part| part.assume(is_so))),
        }
    }

    /// The things that it depends on, as often as they are in it.
    pub fn atoms(&self) -> Vec<&Atom> {
        match self {
            Formula::Atom(atom) => vec![atom],
            Formula::Not(inner) => inner.atoms(),
            Formula::All(parts) | Formula::Any(parts) => {
                parts.iter().flat_map(Formula::atoms).collect()
            }
        }
    }

    /// Whether it holds of a request; none where that has not all that decides.
    pub fn holds(&self, request: Request<'_>) -> Option<bool> {
        match self {
            Formula::Atom(atom) => atom.holds(request),
            Formula::Not(inner) => inner.holds(request).map(|holds| !holds),
            Formula::All(parts) => of_parts(parts, request, true),
            Formula::Any(parts) => of_parts(parts, request, false),
        }
    }

    /// Whether it can be seen that `other` holds wherever this does.
    fn implies(&self, other: &Formula) -> bool {
        match (self, other) {
            (Formula::Any(parts), _) => parts.iter().all(|part| part.implies(other)),
            (_, Formula::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (Formula::All(parts), _) if parts.iter().any(|part| part.implies(other)) => true,
            (_, Formula::Any(parts)) => parts.iter().any(|part| self.implies(part)),
            (Formula::Atom(this), Formula::Atom(other)) => this.implies(other),
            (Formula::Not(this), Formula::Not(other)) => other.implies(this),
            (Formula::Atom(this), Formula::Not(other)) => match &**other {
                Formula::Atom(other) => this.excludes(other),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether it can be seen that both hold of no request.
    fn excludes(&self, other: &Formula) -> bool {
        match (self, other) {
            (Formula::All(parts), other) | (other, Formula::All(parts)) => {
                parts.iter().any(|part| part.excludes(other))
            }
            (Formula::Any(parts), other) | (other, Formula::Any(parts)) => {
                parts.iter().all(|part| part.excludes(other))
            }
            (Formula::Atom(this), Formula::Atom(other)) => this.excludes(other),
            (this @ Formula::Atom(_), Formula::Not(other))
            | (Formula::Not(other), this @ Formula::Atom(_)) => this.implies(other),
            (Formula::Not(_), Formula::Not(_)) => false,
        }
    }

    /// Whether it can be seen that one of both holds of every request.
    fn covers(&self, other: &Formula) -> bool {
        match (self, other) {
            (Formula::Any(parts), other) | (other, Formula::Any(parts)) => {
                parts.iter().any(|part| part.covers(other))
            }
            (Formula::All(parts), other) | (other, Formula::All(parts)) => {
                parts.iter().all(|part| part.covers(other))
            }
            (Formula::Atom(_), Formula::Atom(_)) => false,
            (this @ Formula::Atom(_), Formula::Not(other))
            | (Formula::Not(other), this @ Formula::Atom(_)) => other.implies(this),
            (Formula::Not(this), Formula::Not(other)) => this.excludes(other),
        }
    }
}

/// Kleene's logic: one part that fails decides of all, and one that holds of any.
fn of_parts(parts: &[Formula], request: Request<'_>, all: bool) -> Option<bool> {
    let mut is_known = true;
    for part in parts {
        match part.holds(request) {
            Some(holds) if holds != all => return Some(holds),
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(all)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    All,
    Any,
}

/// More parts than that are told as they are: what to make of them takes time by their square.
const MOST_PARTS: usize = 64;

impl Join {
    fn of(self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut kept: Vec<Formula> = Vec::new();
        for part in parts {
            let items = match (self, part) {
                (_, part) if part == self.decisive() => return part,
                (Join::All, Formula::All(items)) | (Join::Any, Formula::Any(items)) => items,
                (_, part) => vec![part],
            };
            for item in items {
                if !kept.contains(&item) {
                    kept.push(item);
                }
            }
        }
        if kept.len() > MOST_PARTS {
            return self.bare(kept);
        }
        self.merge(&mut kept);
        let mut at = 0;
        while at < kept.len() {
            let others = || {
                let numbered = kept.iter().enumerate();
                numbered
                    .filter(|(other, _)| *other != at)
                    .map(|(_, part)| part)
            };
            if others().any(|other| self.is_decided_by(other, &kept[at])) {
                return self.decisive();
            }
            if others().any(|other| self.makes_needless(other, &kept[at])) {
                kept.remove(at);
                continue;
            }
            let slimmer = self.slimmer(&kept[at], others);
            if let Some(slimmer) = slimmer {
                kept.remove(at);
                kept.push(slimmer);
                return self.of(kept);
            }
            at += 1;
        }
        match self {
            Join::Any => factored(kept),
            Join::All => self.bare(kept),
        }
    }

    /// What decides alone: never of all, always of any.
    fn decisive(self) -> Formula {
        Formula::of(self == Join::Any)
    }

    /// Those parts, which have nothing to do with each other.
    fn bare(self, mut parts: Vec<Formula>) -> Formula {
        match (parts.len(), self) {
            (1, _) => parts.remove(0),
            (_, Join::All) => Formula::All(parts),
            (_, Join::Any) => Formula::Any(parts),
        }
    }

    /// Whether both hold of no request, or one of both of each: that decides.
    fn is_decided_by(self, one: &Formula, other: &Formula) -> bool {
        match self {
            Join::All => one.excludes(other),
            Join::Any => one.covers(other),
        }
    }

    /// Whether `part` says nothing beside `other`.
    fn makes_needless(self, other: &Formula, part: &Formula) -> bool {
        match self {
            Join::All => other.implies(part),
            Join::Any => part.implies(other),
        }
    }

    /// A part without those of its own parts that cannot hold beside the others, or that hold anyway.
    fn slimmer<'a, I: Iterator<Item = &'a Formula>>(
        self,
        part: &Formula,
        others: impl Fn() -> I,
    ) -> Option<Formula> {
        let (Formula::Any(items) | Formula::All(items)) = part else {
            return None;
        };
        let is_needless = |item: &&Formula| others().any(|other| self.is_decided_by(other, item));
        let (needless, left): (Vec<&Formula>, Vec<&Formula>) = items.iter().partition(is_needless);
        let left = left.into_iter().cloned();
        (!needless.is_empty()).then(|| match self {
            Join::All => Formula::any(left),
            Join::Any => Formula::all(left),
        })
    }

    /// Makes one of conditions on the same key: `tenant = a` or `tenant = b` is `tenant = a or b`.
    fn merge(self, parts: &mut Vec<Formula>) {
        let mut at = 0;
        while at < parts.len() {
            let found = (at + 1..parts.len())
                .find_map(|other| Some((other, self.merged(&parts[at], &parts[other])?)));
            match found {
                Some((other, merged)) => {
                    parts[at] = merged;
                    parts.remove(other);
                }
                None => at += 1,
            }
        }
    }

    fn merged(self, one: &Formula, other: &Formula) -> Option<Formula> {
        let merged = |one: &Atom, other: &Atom| match (one, other) {
            (
                Atom::Condition {
                    condition: one,
                    variables,
                },
                Atom::Condition {
                    condition: other,
                    variables: of_other,
                },
            ) if variables == of_other => Some(Formula::atom(Atom::Condition {
                condition: one.either(other)?,
                variables: *variables,
            })),
            _ => None,
        };
        match (self, one, other) {
            (Join::Any, Formula::Atom(one), Formula::Atom(other)) => merged(one, other),
            (Join::All, Formula::Not(one), Formula::Not(other)) => match (&**one, &**other) {
                (Formula::Atom(one), Formula::Atom(other)) => {
                    merged(one, other).map(Formula::negated)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Any of these, what all of them have taken out: a and b, or a and c, is a, and b or c.
fn factored(parts: Vec<Formula>) -> Formula {
    fn items(part: &Formula) -> &[Formula] {
        match part {
            Formula::All(items) => items,
            other => std::slice::from_ref(other),
        }
    }
    let (Some(first), true) = (parts.first(), parts.len() > 1) else {
        return Join::Any.bare(parts);
    };
    let is_common = |item: &&Formula| parts.iter().all(|part| items(part).contains(*item));
    let common: Vec<Formula> = items(first).iter().filter(is_common).cloned().collect();
    if common.is_empty() {
        return Join::Any.bare(parts);
    }
    let rest = |part: &Formula| {
        let items = items(part).iter();
        Formula::all(items.filter(|item| !common.contains(item)).cloned())
    };
    let rests = Formula::any(parts.iter().map(rest));
    Formula::all(common.into_iter().chain([rests]))
}

impl Atom {
    /// Whether it holds of a request; none where that has not what decides.
    pub fn holds(&self, request: Request<'_>) -> Option<bool> {
        let known = |is_met| match is_met {
            Match::Meets => Some(true),
            Match::Differs => Some(false),
            Match::Depends => None,
        };
        match self {
            Atom::Condition {
                condition,
                variables,
            } => known(condition.check(request.context, *variables)),
            Atom::Resource { wanted } => {
                known(wanted.check_resource(request.resource, request.context, true))
            }
            Atom::EncryptionContext { is_all, pairs } => {
                if request.context.is_encryption_context_unknown() {
                    return None;
                }
                let Some(given) = request.context.encryption_context() else {
                    return Some(true);
                };
                known(GrantConstraints::of(*is_all, pairs).check(given))
            }
            Atom::NewGrant(bounds) => bounds.holds(request),
            Atom::Unread(_) => None,
        }
    }

    /// Whether it can be seen that `other` holds wherever this does.
    fn implies(&self, other: &Atom) -> bool {
        if self == other {
            return true;
        }
        match (self, other) {
            (
                Atom::Condition {
                    condition: one,
                    variables,
                },
                Atom::Condition {
                    condition: other,
                    variables: of_other,
                },
            ) => variables == of_other && one.implies(other),
            (
                Atom::EncryptionContext { pairs, .. },
                Atom::EncryptionContext {
                    is_all: false,
                    pairs: fewer,
                },
            ) => fewer
                .iter()
                .all(|(key, value)| pairs.get(key) == Some(value)),
            _ => false,
        }
    }

    /// Whether it can be seen that both hold of no request.
    fn excludes(&self, other: &Atom) -> bool {
        match (self, other) {
            (
                Atom::Condition { condition: one, .. },
                Atom::Condition {
                    condition: other, ..
                },
            ) => one.excludes(other),
            _ => false,
        }
    }
}

impl GrantBounds {
    fn holds(&self, request: Request<'_>) -> Option<bool> {
        if request.context.is_child_grant_unknown() {
            return None;
        }
        let constraints = self.constraints.as_ref();
        let grant = Grant {
            grant_id: "",
            grantee_principal: "",
            operations: self.operations.iter().map(String::as_str).collect(),
            constraints: constraints.map(|(is_all, pairs)| GrantConstraints::of(*is_all, pairs)),
            source_arn: self.source_arn.as_deref(),
        };
        Some(grant.child_mismatches(request).next().is_none())
    }
}
