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
    /// Who gets the rights: the ARN of a principal, or the name of a service principal.
    pub grantee: String,
    /// Who may retire it, alike.
    pub retiring: Option<String>,
    /// ARN of the account under which the grant was made.
    pub issuing_account: String,
    pub operations: Vec<GrantOperation>,
    pub constraints: Option<Constraints>,
    pub created: Millis,
}

/// What a grant binds its operations to; one of the first two at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Constraints {
    /// The request's context must hold at least these pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_context_subset: Option<EncryptionContext>,
    /// The request's context must be these pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_context_equals: Option<EncryptionContext>,
    /// The request must be made on behalf of that resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_arn: Option<String>,
}

impl Constraints {
    fn of_context(&self) -> Option<GrantConstraints<'_>> {
        let subset = self.encryption_context_subset.as_ref();
        let equals = self.encryption_context_equals.as_ref();
        subset
            .map(GrantConstraints::EncryptionContextSubset)
            .or(equals.map(GrantConstraints::EncryptionContextEquals))
    }

    /// The constraint's name and its pairs (kms:GrantConstraintType).
    pub(crate) fn kind(&self) -> Option<(&'static str, &EncryptionContext)> {
        Some(match self.of_context()? {
            GrantConstraints::EncryptionContextSubset(pairs) => ("EncryptionContextSubset", pairs),
            GrantConstraints::EncryptionContextEquals(pairs) => ("EncryptionContextEquals", pairs),
        })
    }

    /// `GrantConstraints`, as it is listed.
    fn listed(&self) -> Reply {
        let reply = match self.kind() {
            Some((kind, pairs)) => {
                let pairs: serde_json::Map<_, _> = pairs
                    .iter()
                    .map(|(key, value)| (key.clone(), value.as_str().into()))
                    .collect();
                Reply::new().set(kind, pairs)
            }
            None => Reply::new(),
        };
        reply.opt("SourceArn", self.source_arn.as_deref())
    }
}

/// Whether it is the name of a service principal (`s3.amazonaws.com`), and no ARN.
pub(crate) fn is_service(principal: &str) -> bool {
    !principal.contains(':')
}

/// What all tokens begin with, before they are encoded.
const TOKEN: &str = "kmsdeck grant token\n";

/// The ID of the grant that a token stands for.
pub(crate) fn id_of_token(token: &str) -> Option<String> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
    let mut lines = text.strip_prefix(TOKEN)?.lines();
    lines.next().map(str::to_owned)
}

impl Grant {
    /// As far as it decides. Its constraint binds the cryptographic operations on symmetric keys,
    /// and not the others (DescribeKey, RetireGrant ...), which have no encryption context.
    pub(crate) fn to_evaluate(&self) -> kmsdeck_policy::Grant<'_> {
        let constraints = self.constraints.as_ref();
        kmsdeck_policy::Grant {
            grant_id: &self.id,
            grantee_principal: &self.grantee,
            operations: self.operations.iter().map(|one| one.name()).collect(),
            constraints: constraints.and_then(Constraints::of_context),
            source_arn: constraints.and_then(|all| all.source_arn.as_deref()),
        }
    }

    /// An opaque token for this grant, to be used before the grant is consistent. Each answer has
    /// another one, and all of a grant do the same (API reference, CreateGrant, `Name`).
    pub(crate) fn token(&self, number: u64) -> String {
        let text = format!("{TOKEN}{}\n{number}", self.id);
        BASE64URL_NOPAD.encode(text.as_bytes())
    }

    /// A `GrantListEntry`.
    pub(crate) fn entry(&self, key_arn: &str) -> Reply {
        let member = |principal: &str, of_service, of_arn| match is_service(principal) {
            true => of_service,
            false => of_arn,
        };
        let grantee = member(&self.grantee, "GranteeServicePrincipal", "GranteePrincipal");
        let mut reply = Reply::new()
            .set("KeyId", key_arn)
            .set("GrantId", self.id.as_str())
            .set("Name", self.name.as_deref().unwrap_or(""))
            .time("CreationDate", self.created)
            .set(grantee, self.grantee.as_str());
        if let Some(retiring) = &self.retiring {
            let name = member(retiring, "RetiringServicePrincipal", "RetiringPrincipal");
            reply = reply.set(name, retiring.as_str());
        }
        reply
            .set("IssuingAccount", self.issuing_account.as_str())
            .list(
                "Operations",
                self.operations.iter().map(|operation| operation.name()),
            )
            .opt(
                "Constraints",
                self.constraints.as_ref().map(Constraints::listed),
            )
    }
}
