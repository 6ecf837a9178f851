//! A key with all that lets principals at it, and what is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::{EncryptionContext, RequestContext};
use crate::document::account_of;
use crate::document::{PolicyDocument, PolicyError};
use crate::grant::{Grant, GrantConstraints};
use crate::named_policy::NamedPolicy;

/// A key, its policy and its grants.
#[derive(Debug, Clone)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: String,
    /// Its key policy.
    pub policy: NamedPolicy,
    /// Its grants.
    pub grants: Vec<KeyGrant>,
    /// What is known of it beside: condition keys as `kms:KeySpec`.
    pub context: RequestContext,
}

/// A grant of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    /// `GrantId`.
    pub grant_id: String,
    /// `GranteePrincipal`, or the service.
    pub grantee_principal: String,
    /// `Operations`, without `kms:`.
    pub operations: Vec<String>,
    /// `Constraints` of the encryption context: whether they are an equality, and the pairs.
    pub constraints: Option<(bool, EncryptionContext)>,
    /// `Constraints.SourceArn`.
    pub source_arn: Option<String>,
}

impl KeyFacts {
    /// A key by its policy, without grants.
    ///
    /// # Errors
    /// As of [`PolicyDocument::parse_key_policy`].
    pub fn new(arn: &str, policy: &str) -> Result<KeyFacts, PolicyError> {
        Ok(KeyFacts {
            arn: arn.to_owned(),
            policy: NamedPolicy {
                name: "key policy".into(),
                document: PolicyDocument::parse_key_policy(policy)?,
                text: policy.into(),
            },
            grants: Vec::new(),
            context: RequestContext::default(),
        })
    }

    /// The same with another key policy.
    ///
    /// # Errors
    /// As of [`PolicyDocument::parse_key_policy`].
    pub fn with_policy(&self, policy: &str) -> Result<KeyFacts, PolicyError> {
        let other = KeyFacts::new(&self.arn, policy)?;
        Ok(KeyFacts {
            policy: other.policy,
            ..self.clone()
        })
    }

    /// Sets all tags that it has: `aws:ResourceTag/KEY`.
    pub fn set_tags(&mut self, tags: &BTreeMap<String, String>) {
        for (key, value) in tags {
            self.context.set(&format!("aws:ResourceTag/{key}"), value);
        }
        self.context.set_complete("aws:ResourceTag/");
    }

    /// Sets all aliases that it has, as `alias/name`: `kms:ResourceAliases`.
    pub fn set_aliases(&mut self, aliases: &[String]) {
        match aliases {
            [] => self.context.set_absent("kms:ResourceAliases"),
            some => self.context.set_all("kms:ResourceAliases", some),
        }
    }

    /// The account that it is in; empty where the ARN names none.
    pub fn account(&self) -> &str {
        account_of(&self.arn).unwrap_or_default()
    }

    /// What is known of it, for requests on it.
    pub(crate) fn shared_context(&self) -> Arc<RequestContext> {
        let mut context = self.context.clone();
        context.set("aws:ResourceAccount", self.account());
        Arc::new(context)
    }

    pub(crate) fn to_evaluate(&self) -> Vec<Grant<'_>> {
        self.grants.iter().map(KeyGrant::to_evaluate).collect()
    }
}

impl KeyGrant {
    /// The same as the evaluation takes it.
    pub fn to_evaluate(&self) -> Grant<'_> {
        let constraints = self.constraints.as_ref();
        Grant {
            grant_id: &self.grant_id,
            grantee_principal: &self.grantee_principal,
            operations: self.operations.iter().map(String::as_str).collect(),
            constraints: constraints.map(|(is_all, pairs)| GrantConstraints::of(*is_all, pairs)),
            source_arn: self.source_arn.as_deref(),
        }
    }
}
