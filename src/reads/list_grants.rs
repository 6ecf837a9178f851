//! ListGrants (KMS API reference).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_kms::types::GrantListEntry;
use serde::Deserialize;

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::{Page, all_items};
use crate::kms::key::Grant;
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 100;

pub static LIST_GRANTS: ReadSpec = ReadSpec {
    id: OpId("ListGrants"),
    iam: "kms:ListGrants",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move { grants(session, key_id).await.map(ReadAnswer::Grants) })
    },
};

/// Every grant of the key.
pub async fn grants(session: &Session, key_id: &str) -> Result<Vec<Grant>, KmsError> {
    all_items(|marker| page(session, key_id, marker), |_, _| {}).await
}

async fn page(
    session: &Session,
    key_id: &str,
    marker: Option<String>,
) -> Result<Page<Grant>, KmsError> {
    let answer = session
        .kms
        .list_grants()
        .key_id(key_id)
        .limit(LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(answer.grants, "GrantId", grant, truncated, marker))
}

/// None for one without an ID, by which alone it can be named.
pub(super) fn grant(grant: GrantListEntry) -> Option<Grant> {
    let pairs = |map: Option<HashMap<String, String>>| {
        let mut pairs: Vec<_> = map?.into_iter().collect();
        pairs.sort();
        Some(pairs)
    };
    let source_arn = grant
        .constraints
        .as_ref()
        .and_then(|constraints| constraints.source_arn.clone());
    let constraints = grant
        .constraints
        .map(|c| {
            [
                (
                    "EncryptionContextSubset",
                    pairs(c.encryption_context_subset),
                ),
                (
                    "EncryptionContextEquals",
                    pairs(c.encryption_context_equals),
                ),
            ]
            .into_iter()
            .filter_map(|(name, pairs)| Some((name, pairs?)))
            .collect()
        })
        .unwrap_or_default();
    Some(Grant {
        grant_id: grant.grant_id.filter(|id| !id.is_empty())?,
        name: grant.name.filter(|name| !name.is_empty()),
        grantee_principal: grant.grantee_principal,
        grantee_service_principal: grant.grantee_service_principal,
        retiring_principal: grant.retiring_principal,
        retiring_service_principal: grant.retiring_service_principal,
        issuing_account: grant.issuing_account,
        creation_date: timestamp(grant.creation_date),
        operations: grant
            .operations
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect(),
        constraints,
        source_arn,
    })
}

/// The ID of one of the key's grants; None where it has none.
pub async fn first_grant(session: &Session, key_id: &str) -> Result<Option<String>, KmsError> {
    let answer = session
        .kms
        .list_grants()
        .key_id(key_id)
        .limit(1)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let first = answer.grants.unwrap_or_default().into_iter().next();
    Ok(first.and_then(|grant| grant.grant_id))
}

/// What `aws kms list-grants` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GrantsFile {
    grants: Vec<GrantOfFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GrantOfFile {
    grant_id: String,
    name: Option<String>,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
    retiring_principal: Option<String>,
    retiring_service_principal: Option<String>,
    issuing_account: Option<String>,
    #[serde(default)]
    operations: Vec<String>,
    #[serde(default)]
    constraints: ConstraintsOfFile,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct ConstraintsOfFile {
    encryption_context_subset: Option<BTreeMap<String, String>>,
    encryption_context_equals: Option<BTreeMap<String, String>>,
    source_arn: Option<String>,
}

/// The grants in what `aws kms list-grants` prints; when they were made is left out.
///
/// Errors: it is something else.
pub fn parse_grants(text: &str) -> Result<Vec<Grant>, String> {
    let file: GrantsFile = serde_json::from_str(text)
        .map_err(|error| format!("this is not what aws kms list-grants prints: {error}"))?;
    let grants = file.grants.into_iter();
    Ok(grants.map(GrantOfFile::grant).collect())
}

impl GrantOfFile {
    fn grant(self) -> Grant {
        let pairs = |map: Option<BTreeMap<String, String>>| Some(map?.into_iter().collect());
        let subset = pairs(self.constraints.encryption_context_subset);
        let equals = pairs(self.constraints.encryption_context_equals);
        let constraints = [
            ("EncryptionContextSubset", subset),
            ("EncryptionContextEquals", equals),
        ];
        let constraints = constraints.into_iter();
        Grant {
            grant_id: self.grant_id,
            name: self.name.filter(|name| !name.is_empty()),
            grantee_principal: self.grantee_principal,
            grantee_service_principal: self.grantee_service_principal,
            retiring_principal: self.retiring_principal,
            retiring_service_principal: self.retiring_service_principal,
            issuing_account: self.issuing_account,
            creation_date: None,
            operations: self.operations,
            constraints: constraints
                .filter_map(|(name, pairs)| Some((name, pairs?)))
                .collect(),
            source_arn: self.constraints.source_arn,
        }
    }
}
