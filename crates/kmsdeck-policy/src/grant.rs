//! Grants: who may do what with a key, within which encryption context.
//!
//! Source: KMS developer guide, "Grants in AWS KMS"; KMS API reference, "GrantConstraints".

use std::fmt;

use crate::context::{ChildGrant, EncryptionContext};
use crate::pattern::Match;
use crate::request::Request;

/// A grant of a KMS key, as far as it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant<'a> {
    /// `GrantId`.
    pub grant_id: &'a str,
    /// `GranteePrincipal`: the ARN of the principal that gets the rights; a role's are those of its
    /// sessions.
    pub grantee_principal: &'a str,
    /// `Operations`: actions without `kms:`.
    pub operations: Vec<&'a str>,
    /// `Constraints`, of the encryption context. They bind the operations that take one, and no
    /// others; of CreateGrant, what the new grant's constraints may be.
    pub constraints: Option<GrantConstraints<'a>>,
    /// `Constraints.SourceArn`: the resource on whose behalf a request must be made
    /// (`aws:SourceArn`). It binds all operations but RetireGrant.
    pub source_arn: Option<&'a str>,
}

/// What a grant wants of the encryption context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantConstraints<'a> {
    /// The request's context must hold at least these pairs.
    EncryptionContextSubset(&'a EncryptionContext),
    /// The request's context must be these pairs.
    EncryptionContextEquals(&'a EncryptionContext),
}

impl<'a> GrantConstraints<'a> {
    /// These pairs: at least, or all that there is.
    pub(crate) fn of(is_all: bool, pairs: &'a EncryptionContext) -> GrantConstraints<'a> {
        match is_all {
            true => GrantConstraints::EncryptionContextEquals(pairs),
            false => GrantConstraints::EncryptionContextSubset(pairs),
        }
    }

    /// Whether it is an equality, and the pairs.
    pub(crate) fn owned(self) -> (bool, EncryptionContext) {
        match self {
            GrantConstraints::EncryptionContextEquals(pairs) => (true, pairs.clone()),
            GrantConstraints::EncryptionContextSubset(pairs) => (false, pairs.clone()),
        }
    }

    /// Those of a grant that is to be made.
    fn of_child(child: &'a ChildGrant) -> Option<GrantConstraints<'a>> {
        let subset = child.encryption_context_subset.as_ref();
        let equals = child.encryption_context_equals.as_ref();
        equals
            .map(GrantConstraints::EncryptionContextEquals)
            .or(subset.map(GrantConstraints::EncryptionContextSubset))
    }

    /// Whether all that `child` lets through is let through by this: pairs may be added to a
    /// subset, and it may become an equality; an equality stays what it is.
    fn check_child(self, child: Option<GrantConstraints<'_>>) -> Match {
        use GrantConstraints::{EncryptionContextEquals, EncryptionContextSubset};
        Match::of(match (self, child) {
            (_, None) | (EncryptionContextEquals(_), Some(EncryptionContextSubset(_))) => false,
            (_, Some(EncryptionContextEquals(given) | EncryptionContextSubset(given))) => {
                self.check(given) == Match::Meets
            }
        })
    }

    /// The keys of its pairs do not tell case apart, their values do (API reference,
    /// GrantConstraints).
    pub(crate) fn check(self, context: &EncryptionContext) -> Match {
        let has = |(key, value): (&String, &String)| {
            let mut pairs = context.iter();
            pairs.any(|(name, given)| name.eq_ignore_ascii_case(key) && given == value)
        };
        Match::of(match self {
            GrantConstraints::EncryptionContextSubset(pairs) => pairs.iter().all(has),
            GrantConstraints::EncryptionContextEquals(pairs) => {
                pairs.len() == context.len() && pairs.iter().all(has)
            }
        })
    }
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
    /// `Constraints.SourceArn`.
    SourceArn {
        /// The resource that it wants.
        wanted: &'a str,
        /// The request's `aws:SourceArn`.
        given: Option<&'a str>,
    },
    /// `Operations`, of which CreateGrant may pass on no others.
    ChildOperations {
        /// What it is for, without `kms:`.
        wanted: &'a [&'a str],
        /// The first operation of the new grant that is not among them.
        given: &'a str,
    },
    /// `Constraints`, than which those of the new grant are not as strict.
    ChildConstraints {
        /// The pairs that it wants.
        wanted: GrantConstraints<'a>,
        /// Those of the new grant.
        given: Option<GrantConstraints<'a>>,
    },
    /// `Constraints.SourceArn`, which the new grant does not have.
    ChildSourceArn {
        /// The resource that it wants.
        wanted: &'a str,
        /// That of the new grant.
        given: Option<&'a str>,
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
                write!(f, "{wanted}, given {}", told(given))
            }
            GrantMismatch::SourceArn { wanted, given } => {
                let given = given.unwrap_or("none");
                write!(f, "SourceArn: wanted {wanted}, given {given}")
            }
            GrantMismatch::ChildOperations { wanted, given } => {
                let wanted = wanted.join(", ");
                write!(
                    f,
                    "Operations of the new grant: wanted {wanted}, given {given}"
                )
            }
            GrantMismatch::ChildConstraints { wanted, given } => {
                write!(f, "Constraints of the new grant: {wanted} at least, given ")?;
                match given {
                    Some(given) => write!(f, "{given}"),
                    None => f.write_str("none"),
                }
            }
            GrantMismatch::ChildSourceArn { wanted, given } => {
                let given = given.unwrap_or("none");
                write!(
                    f,
                    "SourceArn of the new grant: wanted {wanted}, given {given}"
                )
            }
        }
    }
}

impl fmt::Display for GrantConstraints<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, pairs) = match self {
            GrantConstraints::EncryptionContextSubset(pairs) => ("EncryptionContextSubset", pairs),
            GrantConstraints::EncryptionContextEquals(pairs) => ("EncryptionContextEquals", pairs),
        };
        write!(f, "{kind}: wanted {}", told(pairs))
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

impl<'a> Grant<'a> {
    /// What the grant that CreateGrant is to make has more than this one.
    ///
    /// Source: KMS developer guide, "Creating grants", "Granting CreateGrant permission".
    pub(crate) fn child_mismatches(
        &'a self,
        request: Request<'a>,
    ) -> impl Iterator<Item = GrantMismatch<'a>> {
        let child = request.context.child_grant();
        let child = child.filter(|_| request.action == "kms:CreateGrant");
        let operations = move || {
            let mut given = child?.operations.iter().map(String::as_str);
            let wanted = &self.operations;
            given
                .find(|given| !wanted.contains(given))
                .map(|given| GrantMismatch::ChildOperations { wanted, given })
        };
        let constraints = move || {
            let wanted = self.constraints?;
            let given = GrantConstraints::of_child(child?);
            match wanted.check_child(given) {
                Match::Meets => None,
                Match::Differs | Match::Depends => {
                    Some(GrantMismatch::ChildConstraints { wanted, given })
                }
            }
        };
        let source_arn = move || {
            let wanted = self.source_arn?;
            let given = child?.source_arn.as_deref();
            (given != Some(wanted)).then_some(GrantMismatch::ChildSourceArn { wanted, given })
        };
        std::iter::once_with(operations)
            .chain(std::iter::once_with(constraints))
            .chain(std::iter::once_with(source_arn))
            .flatten()
    }
}
