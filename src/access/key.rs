//! What is read of a key for the question of who may use it.

use std::collections::BTreeMap;

use kmsdeck_policy::{KeyFacts, KeyGrant};

use crate::gateway::Session;
use crate::kms::key::{Alias, Grant, KeyMetadata, Tag};
use crate::kms::{Cause, KmsError};
use crate::reads;

/// A key as it was read.
#[derive(Debug, Clone)]
pub struct KeyRead {
    pub facts: KeyFacts,
    /// None where DescribeKey did not tell, or was not asked.
    pub metadata: Option<KeyMetadata>,
    /// What could not be read of it, and why.
    pub missing: Vec<String>,
}

/// A read that failed, by its operation.
pub type ReadFailed = (&'static str, KmsError);

/// Reads a key, by any of the four notations.
///
/// Errors: DescribeKey or GetKeyPolicy, without which nothing can be told.
pub async fn read_key(session: &Session, key_id: &str) -> Result<KeyRead, ReadFailed> {
    let described = reads::describe_key(session, key_id)
        .await
        .map_err(|error| ("DescribeKey", error))?;
    let arn = described.arn.clone().unwrap_or_else(|| key_id.to_owned());
    let (policy, grants, tags, aliases) = tokio::join!(
        reads::key_policy(session, &arn),
        reads::grants(session, &arn),
        reads::tags(session, &arn),
        reads::aliases_of(session, &arn),
    );
    let policy = policy.map_err(|error| ("GetKeyPolicy", error))?;
    let mut key = with_policy(&arn, &policy, Some(described))?;
    match grants {
        Ok(grants) => key.facts.grants = grants.iter().filter_map(key_grant).collect(),
        Err(error) => key.lacks("its grants", "ListGrants", &error),
    }
    match tags {
        Ok(tags) => key.facts.set_tags(&tag_map(&tags)),
        Err(error) => key.lacks("its tags", "ListResourceTags", &error),
    }
    match aliases {
        Ok(aliases) => key.facts.set_aliases(&names(aliases)),
        Err(error) => key.lacks("its aliases", "ListAliases", &error),
    }
    Ok(key)
}

/// A key by its policy and what DescribeKey told, without grants, tags and aliases.
///
/// Errors: the policy is none, which is told as one of GetKeyPolicy.
pub fn with_policy(
    arn: &str,
    policy: &str,
    metadata: Option<KeyMetadata>,
) -> Result<KeyRead, ReadFailed> {
    let mut facts = KeyFacts::new(arn, policy).map_err(|error| {
        let error = KmsError::local(
            Cause::Response,
            "UnreadablePolicy",
            format!("The key policy cannot be read: {error}."),
            "",
        );
        ("GetKeyPolicy", error)
    })?;
    if let Some(metadata) = &metadata {
        set_metadata(&mut facts, metadata);
    }
    Ok(KeyRead {
        facts,
        metadata,
        missing: Vec::new(),
    })
}

impl KeyRead {
    fn lacks(&mut self, what: &str, operation: &str, error: &KmsError) {
        self.missing
            .push(format!("{what} ({operation}: {})", error.code));
    }
}

/// The condition keys of a key (KMS developer guide, "AWS KMS condition keys").
fn set_metadata(facts: &mut KeyFacts, key: &KeyMetadata) {
    let context = &mut facts.context;
    context.set_opt("kms:KeySpec", key.key_spec.as_ref());
    context.set_opt("kms:CustomerMasterKeySpec", key.key_spec.as_ref());
    context.set_opt("kms:KeyUsage", key.key_usage.as_ref());
    context.set_opt("kms:CustomerMasterKeyUsage", key.key_usage.as_ref());
    context.set_opt("kms:KeyOrigin", key.origin.as_ref());
    if key.key_spec.is_some() {
        context.set("kms:MultiRegion", key.multi_region.is_some());
        match key.multi_region_type() {
            Some(kind) => context.set("kms:MultiRegionKeyType", kind),
            None => context.set_absent("kms:MultiRegionKeyType"),
        }
    }
    // Of a request that names the Region's endpoint, which serves its keys alone.
    let region = facts.arn.split(':').nth(3).unwrap_or_default();
    if !region.is_empty() {
        let region = region.to_owned();
        facts.context.set("aws:RequestedRegion", region);
    }
}

/// A grant as the evaluation takes it. None for one that names nobody.
pub fn key_grant(grant: &Grant) -> Option<KeyGrant> {
    let constraints = grant.constraints.first().map(|(name, pairs)| {
        let pairs: BTreeMap<String, String> = pairs.iter().cloned().collect();
        (*name == "EncryptionContextEquals", pairs)
    });
    Some(KeyGrant {
        grant_id: grant.grant_id.clone(),
        grantee_principal: grant.grantee()?.to_owned(),
        operations: grant.operations.clone(),
        constraints,
        source_arn: grant.source_arn.clone(),
    })
}

fn tag_map(tags: &[Tag]) -> BTreeMap<String, String> {
    let pairs = tags.iter().map(|tag| (tag.key.clone(), tag.value.clone()));
    pairs.collect()
}

fn names(aliases: Vec<Alias>) -> Vec<String> {
    aliases.into_iter().map(|alias| alias.name).collect()
}
