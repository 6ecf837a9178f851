//! Whether a grant allows a request, and what that depends on.

use crate::condition::Condition;
use crate::context::ContextValue;
use crate::formula::{Atom, Formula, GrantBounds};
use crate::grant::{Grant, GrantConstraints, GrantMismatch};
use crate::pattern::Match;
use crate::request::Request;

const SOURCE_ARN: &str = "aws:SourceArn";

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{ChildGrant, EncryptionContext};
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
