//! Grants: who may do what with a key, within which encryption context.
//!
//! Source: developer guide, "Grants in AWS KMS" and "CreateGrant".

use data_encoding::BASE64URL_NOPAD;
use kmsdeck_policy::{EncryptionContext, GrantConstraints};

use crate::spec::GrantOperation;
use crate::wire::{Millis, Reply};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Grant {
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
pub(crate) enum Constraints {
    /// The request's context must hold at least these pairs.
    #[serde(rename = "EncryptionContextSubset")]
    Subset(EncryptionContext),
    /// The request's context must be these pairs.
    #[serde(rename = "EncryptionContextEquals")]
    Equals(EncryptionContext),
}

impl Constraints {
    /// The constraint's name (kms:GrantConstraintType).
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Constraints::Subset(_) => "EncryptionContextSubset",
            Constraints::Equals(_) => "EncryptionContextEquals",
        }
    }
}

impl Grant {
    /// As far as it decides. Its constraint binds the cryptographic operations on symmetric keys,
    /// and not the others (DescribeKey, RetireGrant ...), which have no encryption context.
    pub(crate) fn to_evaluate(&self) -> kmsdeck_policy::Grant<'_> {
        kmsdeck_policy::Grant {
            grant_id: &self.id,
            grantee_principal: &self.grantee,
            operations: self.operations.iter().map(|one| one.name()).collect(),
            constraints: self
                .constraints
                .as_ref()
                .map(|constraints| match constraints {
                    Constraints::Subset(pairs) => GrantConstraints::EncryptionContextSubset(pairs),
                    Constraints::Equals(pairs) => GrantConstraints::EncryptionContextEquals(pairs),
                }),
        }
    }

    /// An opaque token for this grant, to be used before the grant is
    /// consistent. Real tokens differ from call to call; these are fixed.
    pub(crate) fn token(&self) -> String {
        BASE64URL_NOPAD.encode(format!("kmsdeck grant token\n{}", self.id).as_bytes())
    }

    /// A `GrantListEntry`.
    pub(crate) fn entry(&self, key_arn: &str) -> Reply {
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
