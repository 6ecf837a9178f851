//! The read operations that tell about one key, and about the caller.

use aws_sdk_kms::primitives::DateTime;
use jiff::Timestamp;

use super::error::from_sdk;
use super::pages::next_marker;
use super::session::Session;
use crate::kms::KmsError;
use crate::kms::key::{
    CallerIdentity, Grant, KeyMetadata, LastUsage, MultiRegion, Rotation, RotationStatus, Tag,
};

/// sts:GetCallerIdentity.
pub async fn caller_identity(session: &Session) -> Result<CallerIdentity, KmsError> {
    let answer = session
        .others
        .sts
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(CallerIdentity {
        account: answer.account.unwrap_or_default(),
        arn: answer.arn.unwrap_or_default(),
    })
}

/// DescribeKey. `key_id` in any of the four notations.
pub async fn describe_key(session: &Session, key_id: &str) -> Result<KeyMetadata, KmsError> {
    let answer = session
        .kms
        .describe_key()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let Some(key) = answer.key_metadata else {
        return Ok(KeyMetadata {
            key_id: key_id.to_owned(),
            ..KeyMetadata::default()
        });
    };
    fn names<T: ToString>(values: Option<Vec<T>>) -> Vec<String> {
        values
            .unwrap_or_default()
            .iter()
            .map(T::to_string)
            .collect()
    }
    let algorithms = [
        ("EncryptionAlgorithms", names(key.encryption_algorithms)),
        ("SigningAlgorithms", names(key.signing_algorithms)),
        ("MacAlgorithms", names(key.mac_algorithms)),
        (
            "KeyAgreementAlgorithms",
            names(key.key_agreement_algorithms),
        ),
        (
            "EncapsulationAlgorithms",
            names(key.encapsulation_algorithms),
        ),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .collect();
    Ok(KeyMetadata {
        key_id: key.key_id,
        arn: key.arn,
        aws_account_id: key.aws_account_id,
        description: key.description.unwrap_or_default(),
        key_state: key.key_state.map(|v| v.to_string()),
        key_spec: key.key_spec.map(|v| v.to_string()),
        key_usage: key.key_usage.map(|v| v.to_string()),
        key_manager: key.key_manager.map(|v| v.to_string()),
        origin: key.origin.map(|v| v.to_string()),
        creation_date: timestamp(key.creation_date),
        deletion_date: timestamp(key.deletion_date),
        pending_deletion_window_in_days: key.pending_deletion_window_in_days,
        valid_to: timestamp(key.valid_to),
        expiration_model: key.expiration_model.map(|v| v.to_string()),
        custom_key_store_id: key.custom_key_store_id,
        cloud_hsm_cluster_id: key.cloud_hsm_cluster_id,
        xks_key_id: key.xks_key_configuration.and_then(|xks| xks.id),
        multi_region: key.multi_region_configuration.map(|multi| MultiRegion {
            key_type: multi
                .multi_region_key_type
                .map(|v| v.to_string())
                .unwrap_or_default(),
            primary_region: multi.primary_key.and_then(|key| key.region),
            replica_regions: multi
                .replica_keys
                .unwrap_or_default()
                .into_iter()
                .filter_map(|key| key.region)
                .collect(),
        }),
        current_key_material_id: key.current_key_material_id,
        algorithms,
    })
}

/// GetKeyPolicy: the `default` policy, as JSON text.
pub async fn key_policy(session: &Session, key_id: &str) -> Result<String, KmsError> {
    let answer = session
        .kms
        .get_key_policy()
        .key_id(key_id)
        // The default, but not with every server that is not AWS.
        .policy_name("default")
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(answer.policy.unwrap_or_default())
}

/// ListGrants: every grant of the key, page after page.
pub async fn grants(session: &Session, key_id: &str) -> Result<Vec<Grant>, KmsError> {
    let mut grants = Vec::new();
    let mut marker = None;
    loop {
        let answer = session
            .kms
            .list_grants()
            .key_id(key_id)
            .limit(100)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| from_sdk(session, error))?;
        for grant in answer.grants.unwrap_or_default() {
            let pairs = |map: Option<std::collections::HashMap<String, String>>| {
                let mut pairs: Vec<_> = map?.into_iter().collect();
                pairs.sort();
                Some(pairs)
            };
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
            grants.push(Grant {
                grant_id: grant.grant_id.unwrap_or_default(),
                name: grant.name.filter(|name| !name.is_empty()),
                grantee_principal: grant.grantee_principal,
                retiring_principal: grant.retiring_principal,
                issuing_account: grant.issuing_account,
                creation_date: timestamp(grant.creation_date),
                operations: grant
                    .operations
                    .unwrap_or_default()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                constraints,
            });
        }
        marker = next_marker(answer.truncated, answer.next_marker);
        if marker.is_none() {
            return Ok(grants);
        }
    }
}

/// ListGrants: the ID of one of the key's grants; None where it has none.
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

/// ListResourceTags: every tag of the key (50 at most).
pub async fn tags(session: &Session, key_id: &str) -> Result<Vec<Tag>, KmsError> {
    let answer = session
        .kms
        .list_resource_tags()
        .key_id(key_id)
        .limit(50)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(answer
        .tags
        .unwrap_or_default()
        .into_iter()
        .map(|tag| Tag {
            key: tag.tag_key,
            value: tag.tag_value,
        })
        .collect())
}

/// GetKeyRotationStatus.
pub async fn rotation_status(session: &Session, key_id: &str) -> Result<RotationStatus, KmsError> {
    let answer = session
        .kms
        .get_key_rotation_status()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(RotationStatus {
        enabled: answer.key_rotation_enabled,
        period_in_days: answer.rotation_period_in_days,
        next_rotation_date: timestamp(answer.next_rotation_date),
        on_demand_start_date: timestamp(answer.on_demand_rotation_start_date),
    })
}

/// ListKeyRotations with `IncludeKeyMaterial=ALL_KEY_MATERIAL`: every key material, page after
/// page.
pub async fn rotations(session: &Session, key_id: &str) -> Result<Vec<Rotation>, KmsError> {
    let mut rotations = Vec::new();
    let mut marker = None;
    loop {
        let answer = session
            .kms
            .list_key_rotations()
            .key_id(key_id)
            .include_key_material(aws_sdk_kms::types::IncludeKeyMaterial::AllKeyMaterial)
            .limit(1000)
            .set_marker(marker)
            .send()
            .await
            .map_err(|error| from_sdk(session, error))?;
        for rotation in answer.rotations.unwrap_or_default() {
            rotations.push(Rotation {
                key_material_id: rotation.key_material_id,
                key_material_state: rotation.key_material_state.map(|v| v.to_string()),
                rotation_date: timestamp(rotation.rotation_date),
                rotation_type: rotation.rotation_type.map(|v| v.to_string()),
            });
        }
        marker = next_marker(answer.truncated, answer.next_marker);
        if marker.is_none() {
            return Ok(rotations);
        }
    }
}

/// GetKeyLastUsage.
pub async fn last_usage(session: &Session, key_id: &str) -> Result<LastUsage, KmsError> {
    let answer = session
        .kms
        .get_key_last_usage()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let last = answer.key_last_usage;
    Ok(LastUsage {
        operation: last
            .as_ref()
            .and_then(|last| last.operation.as_ref())
            .map(ToString::to_string),
        at: last.as_ref().and_then(|last| timestamp(last.timestamp)),
        request_id: last.and_then(|last| last.kms_request_id),
        tracking_start: timestamp(answer.tracking_start_date),
    })
}

/// GetPublicKey: the DER SubjectPublicKeyInfo of an asymmetric key.
pub async fn public_key(session: &Session, key_id: &str) -> Result<Vec<u8>, KmsError> {
    let answer = session
        .kms
        .get_public_key()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(answer
        .public_key
        .map(|blob| blob.into_inner())
        .unwrap_or_default())
}

fn timestamp(date: Option<DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(date?.to_millis().ok()?).ok()
}

/// Whether [`repeat`] knows the operation.
pub fn can_repeat(operation: &str) -> bool {
    matches!(
        operation,
        "ListKeys"
            | "ListAliases"
            | "DescribeKey"
            | "GetKeyPolicy"
            | "ListGrants"
            | "ListResourceTags"
            | "GetKeyRotationStatus"
            | "ListKeyRotations"
            | "GetKeyLastUsage"
            | "GetPublicKey"
            | "GetCallerIdentity"
    )
}

/// Sends a read again, by its name in the call log; of a list the first page. What it answers is
/// dropped: the call log shows how it went.
pub async fn repeat(session: &Session, operation: &str, key: Option<&str>) -> Result<(), KmsError> {
    use super::pages::{ResourceOwner, list_aliases, list_keys};
    let key = key.unwrap_or_default();
    match operation {
        "ListKeys" => list_keys(session, ResourceOwner::Own, None).await.map(drop),
        "ListAliases" => list_aliases(session, None).await.map(drop),
        "GetKeyPolicy" => key_policy(session, key).await.map(drop),
        "ListGrants" => grants(session, key).await.map(drop),
        "ListResourceTags" => tags(session, key).await.map(drop),
        "GetKeyRotationStatus" => rotation_status(session, key).await.map(drop),
        "ListKeyRotations" => rotations(session, key).await.map(drop),
        "GetKeyLastUsage" => last_usage(session, key).await.map(drop),
        "GetPublicKey" => public_key(session, key).await.map(drop),
        "GetCallerIdentity" => caller_identity(session).await.map(drop),
        _ => describe_key(session, key).await.map(drop),
    }
}
