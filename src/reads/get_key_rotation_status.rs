//! GetKeyRotationStatus (KMS API reference).

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::kms::key::RotationStatus;
use crate::kms::{KmsError, OpId};

pub static GET_KEY_ROTATION_STATUS: ReadSpec = ReadSpec {
    id: OpId("GetKeyRotationStatus"),
    iam: "kms:GetKeyRotationStatus",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move {
            rotation_status(session, key_id)
                .await
                .map(ReadAnswer::RotationStatus)
        })
    },
};

/// Whether the key is rotated by KMS, and when.
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
