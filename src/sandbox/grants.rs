//! Grants: who may do what with a key, within which encryption context.
//!
//! Source: developer guide, "Grants in AWS KMS" and "CreateGrant".

use data_encoding::BASE64URL_NOPAD;

use super::crypto::EncryptionContext;
use super::spec::GrantOperation;
use super::wire::{Millis, Reply};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Grant {
    /// 64 hex digits.
    pub id: String,
    pub name: Option<String>,
    /// ARN of the principal that gets the rights.
    pub grantee: String,
    pub retiring: Option<String>,
    /// ARN of the account under which the grant was made.
    pub issuing_account: String,
    pub operations: Vec<GrantOperation>,
    pub constraints: Option<Constraints>,
    pub created: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Constraints {
    /// The request's context must hold at least these pairs.
    #[serde(rename = "EncryptionContextSubset")]
    Subset(EncryptionContext),
    /// The request's context must be these pairs.
    #[serde(rename = "EncryptionContextEquals")]
    Equals(EncryptionContext),
}

impl Constraints {
    /// The constraint's name (kms:GrantConstraintType).
    pub fn kind(&self) -> &'static str {
        match self {
            Constraints::Subset(_) => "EncryptionContextSubset",
            Constraints::Equals(_) => "EncryptionContextEquals",
        }
    }

    fn admit(&self, context: &EncryptionContext) -> bool {
        match self {
            Constraints::Subset(pairs) => pairs
                .iter()
                .all(|(key, value)| context.get(key) == Some(value)),
            Constraints::Equals(pairs) => pairs == context,
        }
    }
}

impl Grant {
    /// Whether the grant covers `operation`. A constraint binds the
    /// cryptographic operations on symmetric keys; `context` is none for the
    /// others (DescribeKey, RetireGrant ...).
    pub fn allows(&self, operation: GrantOperation, context: Option<&EncryptionContext>) -> bool {
        self.operations.contains(&operation)
            && match (&self.constraints, context) {
                (Some(constraints), Some(context)) => constraints.admit(context),
                _ => true,
            }
    }

    /// An opaque token for this grant, to be used before the grant is
    /// consistent. Real tokens differ from call to call; these are fixed.
    pub fn token(&self) -> String {
        BASE64URL_NOPAD.encode(format!("kmsdeck grant token\n{}", self.id).as_bytes())
    }

    /// A `GrantListEntry`.
    pub fn entry(&self, key_arn: &str) -> Reply {
        let constraints = self.constraints.as_ref().map(|constraints| {
            let (Constraints::Subset(pairs) | Constraints::Equals(pairs)) = constraints;
            let pairs: serde_json::Map<_, _> = pairs
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().into()))
                .collect();
            Reply::new().set(constraints.kind(), pairs)
        });
        Reply::new()
            .set("KeyId", key_arn)
            .set("GrantId", self.id.as_str())
            .set("Name", self.name.as_deref().unwrap_or(""))
            .time("CreationDate", self.created)
            .set("GranteePrincipal", self.grantee.as_str())
            .opt("RetiringPrincipal", self.retiring.as_deref())
            .set("IssuingAccount", self.issuing_account.as_str())
            .list(
                "Operations",
                self.operations.iter().map(|operation| operation.name()),
            )
            .opt("Constraints", constraints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    fn grant(constraints: Option<Constraints>) -> Grant {
        Grant {
            id: "g".into(),
            name: None,
            grantee: "arn:aws:iam::111122223333:user/x".into(),
            retiring: None,
            issuing_account: "arn:aws:iam::111122223333:root".into(),
            operations: vec![GrantOperation::Decrypt, GrantOperation::DescribeKey],
            constraints,
            created: Millis(0),
        }
    }

    #[test]
    fn subset_and_equals_bind_the_context() {
        let acme = context(&[("tenant", "acme")]);
        let more = context(&[("tenant", "acme"), ("n", "1")]);
        let subset = grant(Some(Constraints::Subset(acme.clone())));
        let equals = grant(Some(Constraints::Equals(acme.clone())));
        assert!(subset.allows(GrantOperation::Decrypt, Some(&acme)));
        assert!(subset.allows(GrantOperation::Decrypt, Some(&more)));
        assert!(!subset.allows(
            GrantOperation::Decrypt,
            Some(&context(&[("tenant", "Acme")]))
        ));
        assert!(equals.allows(GrantOperation::Decrypt, Some(&acme)));
        assert!(!equals.allows(GrantOperation::Decrypt, Some(&more)));
        assert!(!equals.allows(GrantOperation::Decrypt, Some(&context(&[]))));
        assert!(!grant(None).allows(GrantOperation::Encrypt, None));
        assert!(equals.allows(GrantOperation::DescribeKey, None));
    }
}
