//! Grants: who may do what with a key, within which encryption context.
//!
//! Source: KMS developer guide, "Grants in AWS KMS"; KMS API reference, "GrantConstraints".

use std::fmt;

use crate::context::EncryptionContext;
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
    /// `Constraints`. They bind the operations that take an encryption context, and no others.
    pub constraints: Option<GrantConstraints<'a>>,
}

/// What a grant wants of the encryption context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantConstraints<'a> {
    /// The request's context must hold at least these pairs.
    EncryptionContextSubset(&'a EncryptionContext),
    /// The request's context must be these pairs.
    EncryptionContextEquals(&'a EncryptionContext),
}

impl GrantConstraints<'_> {
    fn check(self, context: &EncryptionContext) -> Match {
        Match::of(match self {
            GrantConstraints::EncryptionContextSubset(pairs) => pairs
                .iter()
                .all(|(key, value)| context.get(key) == Some(value)),
            GrantConstraints::EncryptionContextEquals(pairs) => pairs == context,
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

impl<'a> Grant<'a> {
    /// What keeps the grant from allowing the request, found one after the other; nothing where it
    /// allows it.
    pub(crate) fn mismatches(
        &'a self,
        request: Request<'a>,
    ) -> impl Iterator<Item = GrantMismatch<'a>> {
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
            let given = request.context.encryption_context()?;
            match wanted.check(given) {
                Match::Meets => None,
                Match::Differs => Some(GrantMismatch::Constraints { wanted, given }),
            }
        };
        std::iter::once_with(grantee)
            .chain(std::iter::once_with(operations))
            .chain(std::iter::once_with(constraints))
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
        grant.mismatches(request).next().is_none()
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
        assert!(!allows(subset, "kms:Decrypt", Some(&other)));
        assert!(allows(equals, "kms:Decrypt", Some(&acme)));
        assert!(!allows(equals, "kms:Decrypt", Some(&more)));
        assert!(!allows(equals, "kms:Decrypt", Some(&context(&[]))));
        assert!(!allows(None, "kms:Encrypt", None));
        assert!(allows(equals, "kms:DescribeKey", None));
    }
}
