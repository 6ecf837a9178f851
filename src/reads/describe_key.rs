//! DescribeKey (KMS API reference).

use aws_sdk_kms::types;

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::kms::key::{KeyMetadata, MultiRegion};
use crate::kms::{KmsError, OpId};

pub static DESCRIBE_KEY: ReadSpec = ReadSpec {
    id: OpId("DescribeKey"),
    iam: "kms:DescribeKey",
    takes_alias: true,
    call: |session, key_id| {
        Box::pin(async move {
            describe_key(session, key_id)
                .await
                .map(|key| ReadAnswer::Metadata(Box::new(key)))
        })
    },
};

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
    Ok(key_metadata(key))
}

/// KeyMetadata as the SDK has it, of whichever answer.
pub fn key_metadata(key: types::KeyMetadata) -> KeyMetadata {
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
    KeyMetadata {
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
    }
}

fn names<T: ToString>(values: Option<Vec<T>>) -> Vec<String> {
    values
        .unwrap_or_default()
        .iter()
        .map(T::to_string)
        .collect()
}
