//! Grants: who may do what with a key, within which encryption context.
//!
//! Source: KMS developer guide, "Grants in AWS KMS"; KMS API reference, "GrantConstraints".

use std::fmt;

use crate::condition::Condition;
use crate::context::{ChildGrant, ContextValue, EncryptionContext};
use crate::formula::{Atom, Formula, GrantBounds};
use crate::pattern::Match;
use crate::request::Request;

const SOURCE_ARN: &str = "aws:SourceArn";

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
    fn owned(self) -> (bool, EncryptionContext) {
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

/// What a part of a grant says of a request.
pub(crate) enum GrantCheck<'a> {
    Differs(GrantMismatch<'a>),
    /// It matches where that holds.
    Depends(Formula),
}

impl<'a> GrantCheck<'a> {
    pub(crate) fn mismatch(self) -> Option<GrantMismatch<'a>> {
        match self {
            GrantCheck::Differs(mismatch) => Some(mismatch),
            GrantCheck::Depends(_) => None,
        }
    }
}

impl<'a> Grant<'a> {
    /// What keeps the grant from allowing the request, found one after the other, and what decides
    /// whether it does; nothing where it allows it.
    pub(crate) fn checks(&'a self, request: Request<'a>) -> impl Iterator<Item = GrantCheck<'a>> {
        let grantee = move || {
            let given = request.principal.arn;
            let wanted = self.grantee_principal;
            let is_it = wanted == given || Some(wanted) == request.principal.role;
            (!is_it).then_some(GrantMismatch::GranteePrincipal { wanted, given })
        };
        let operations = move || {
            let given = request.action;
            let operation = given.strip_prefix("kms:");
            let granted = operation.is_some_and(|name| self.operations.contains(&name));
            let wanted = &self.operations;
            (!granted).then_some(GrantMismatch::Operations { wanted, given })
        };
        let constraints = move || {
            let wanted = self.constraints?;
            if request.context.is_encryption_context_unknown() {
                let (is_all, pairs) = wanted.owned();
                let atom = Atom::EncryptionContext { is_all, pairs };
                return Some(GrantCheck::Depends(Formula::atom(atom)));
            }
            let given = request.context.encryption_context()?;
            let is_met = wanted.check(given) == Match::Meets;
            (!is_met).then_some(GrantCheck::Differs(GrantMismatch::Constraints {
                wanted,
                given,
            }))
        };
        let source_arn = move || {
            let wanted = self
                .source_arn
                .filter(|_| request.action != "kms:RetireGrant")?;
            let given = match request.context.value(SOURCE_ARN) {
                ContextValue::Known(given) => given,
                ContextValue::Absent => &[],
                ContextValue::Unknown => {
                    let condition =
                        Condition::new("StringEquals", SOURCE_ARN, vec![wanted.to_owned()])?;
                    let formula = condition.formula(request.context, false);
                    return Some(GrantCheck::Depends(formula));
                }
            };
            let is_met = given.iter().any(|one| one == wanted);
            (!is_met).then(|| {
                GrantCheck::Differs(GrantMismatch::SourceArn {
                    wanted,
                    given: given.first().map(String::as_str),
                })
            })
        };
        let child = move || {
            let may_pass_on = self.operations.contains(&"CreateGrant");
            let is_open = request.action == "kms:CreateGrant"
                && may_pass_on
                && request.context.is_child_grant_unknown();
            is_open.then(|| {
                let operations = self.operations.iter();
                let atom = Atom::NewGrant(GrantBounds {
                    operations: operations.map(|name| (*name).to_owned()).collect(),
                    constraints: self.constraints.map(GrantConstraints::owned),
                    source_arn: self.source_arn.map(str::to_owned),
                });
                GrantCheck::Depends(Formula::atom(atom))
            })
        };
        let differs = GrantCheck::Differs;
        std::iter::once_with(grantee)
            .chain(std::iter::once_with(operations))
            .flatten()
            .map(differs)
            .chain(std::iter::once_with(constraints).flatten())
            .chain(std::iter::once_with(source_arn).flatten())
            .chain(std::iter::once_with(child).flatten())
            .chain(self.child_mismatches(request).map(differs))
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Principal, RequestContext};

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// In words.
    fn mismatches(grant: &Grant<'_>, request: Request<'_>) -> Vec<String> {
        let checks = grant.checks(request);
        checks
            .map(|check| match check {
                GrantCheck::Differs(mismatch) => mismatch.to_string(),
                GrantCheck::Depends(formula) => panic!("it is not known whether {formula}"),
            })
            .collect()
    }

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

    fn allows(
        constraints: Option<GrantConstraints<'_>>,
        action: &str,
        given: Option<&EncryptionContext>,
    ) -> bool {
        let grant = Grant {
            grant_id: "g",
            grantee_principal: ALICE,
            operations: vec!["Decrypt", "DescribeKey"],
            constraints,
            source_arn: None,
        };
        let mut of_request = RequestContext::default();
        if let Some(given) = given {
            of_request.set_encryption_context(given);
        }
        let request = Request {
            principal: Principal {
                arn: ALICE,
                role: None,
                account: "111122223333",
            },
            action,
            resource: "arn:aws:kms:us-east-1:111122223333:key/1234",
            context: &of_request,
        };
        mismatches(&grant, request).is_empty()
    }

    #[test]
    fn subset_and_equals_bind_the_context() {
        let acme = context(&[("tenant", "acme")]);
        let more = context(&[("tenant", "acme"), ("n", "1")]);
        let subset = Some(GrantConstraints::EncryptionContextSubset(&acme));
        let equals = Some(GrantConstraints::EncryptionContextEquals(&acme));
        let other = context(&[("tenant", "Acme")]);
        assert!(allows(subset, "kms:Decrypt", Some(&acme)));
        assert!(allows(subset, "kms:Decrypt", Some(&more)));
        let in_capitals = context(&[("TENANT", "acme")]);
        assert!(allows(subset, "kms:Decrypt", Some(&in_capitals)));
        assert!(allows(equals, "kms:Decrypt", Some(&in_capitals)));
        assert!(!allows(subset, "kms:Decrypt", Some(&other)));
        assert!(allows(equals, "kms:Decrypt", Some(&acme)));
        assert!(!allows(equals, "kms:Decrypt", Some(&more)));
        assert!(!allows(equals, "kms:Decrypt", Some(&context(&[]))));
        assert!(!allows(None, "kms:Encrypt", None));
        assert!(allows(equals, "kms:DescribeKey", None));
    }

    fn bounded(
        constraints: Option<GrantConstraints<'_>>,
        source_arn: Option<&str>,
        child: &ChildGrant,
    ) -> Vec<String> {
        let grant = Grant {
            grant_id: "g",
            grantee_principal: ALICE,
            operations: vec!["Decrypt", "CreateGrant"],
            constraints,
            source_arn,
        };
        let mut of_request = RequestContext::default();
        of_request.set_child_grant(child.clone());
        if let Some(source_arn) = source_arn {
            of_request.set("aws:SourceArn", source_arn);
        }
        let request = Request {
            principal: Principal {
                arn: ALICE,
                role: None,
                account: "111122223333",
            },
            action: "kms:CreateGrant",
            resource: "arn:aws:kms:us-east-1:111122223333:key/1234",
            context: &of_request,
        };
        mismatches(&grant, request)
    }

    /// Developer guide, "Granting CreateGrant permission": operations of the parent alone;
    /// constraints at least as strict, pairs added to a subset or an equality made of it, but not
    /// the reverse.
    #[test]
    fn a_child_grant_is_bounded_by_its_parent() {
        let acme = context(&[("tenant", "acme")]);
        let more = context(&[("tenant", "acme"), ("n", "1")]);
        let other = context(&[("tenant", "other")]);
        let child = |operation: &str, subset: Option<&EncryptionContext>, equals| ChildGrant {
            operations: vec![operation.to_owned()],
            encryption_context_subset: subset.cloned(),
            encryption_context_equals: Option::<&EncryptionContext>::cloned(equals),
            source_arn: None,
        };
        assert!(bounded(None, None, &child("Decrypt", None, None)).is_empty());
        assert_eq!(
            bounded(None, None, &child("Encrypt", None, None)),
            ["Operations of the new grant: wanted Decrypt, CreateGrant, given Encrypt"]
        );
        let subset = Some(GrantConstraints::EncryptionContextSubset(&acme));
        let equals = Some(GrantConstraints::EncryptionContextEquals(&acme));
        for (parent, of_subset, of_equals, may) in [
            (subset, None, None, false),
            (subset, Some(&acme), None, true),
            (subset, Some(&more), None, true),
            (subset, Some(&other), None, false),
            (subset, None, Some(&more), true),
            (subset, None, Some(&other), false),
            (equals, None, Some(&acme), true),
            (equals, None, Some(&more), false),
            (equals, Some(&acme), None, false),
            (equals, None, None, false),
        ] {
            let told = bounded(parent, None, &child("Decrypt", of_subset, of_equals));
            assert_eq!(told.is_empty(), may, "{told:?}");
        }
        let source = Some("arn:aws:s3:::111122223333:bucket");
        assert_eq!(
            bounded(None, source, &child("Decrypt", None, None)),
            ["SourceArn of the new grant: wanted arn:aws:s3:::111122223333:bucket, given none"]
        );
        let same = ChildGrant {
            source_arn: source.map(str::to_owned),
            ..child("Decrypt", None, None)
        };
        assert!(bounded(None, source, &same).is_empty());
    }

    /// API reference, GrantConstraints: as the condition key aws:SourceArn; not for RetireGrant.
    #[test]
    fn a_source_arn_binds_every_operation_but_retire_grant() {
        let wanted = "arn:aws:ec2:us-east-1:111122223333:instance/i-1";
        let grant = Grant {
            grant_id: "g",
            grantee_principal: ALICE,
            operations: vec!["Decrypt", "DescribeKey", "RetireGrant"],
            constraints: None,
            source_arn: Some(wanted),
        };
        let allows = |action: &str, given: Option<&str>| {
            let mut of_request = RequestContext::default();
            of_request.set_opt("aws:SourceArn", given);
            let request = Request {
                principal: Principal {
                    arn: ALICE,
                    role: None,
                    account: "111122223333",
                },
                action,
                resource: "arn:aws:kms:us-east-1:111122223333:key/1234",
                context: &of_request,
            };
            mismatches(&grant, request).is_empty()
        };
        for action in ["kms:Decrypt", "kms:DescribeKey"] {
            assert!(allows(action, Some(wanted)));
            assert!(!allows(
                action,
                Some("arn:aws:ec2:us-east-1:111122223333:instance/i-2")
            ));
            assert!(!allows(action, None));
        }
        assert!(allows("kms:RetireGrant", None));
    }
}
