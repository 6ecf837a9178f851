//! ListKeyRotations (KMS API reference).

use aws_sdk_kms::types::{IncludeKeyMaterial, RotationsListEntry};

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::{Page, all_items};
use crate::kms::key::Rotation;
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 1000;

pub static LIST_KEY_ROTATIONS: ReadSpec = ReadSpec {
    id: OpId("ListKeyRotations"),
    iam: "kms:ListKeyRotations",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move { rotations(session, key_id).await.map(ReadAnswer::Rotations) })
    },
};

/// Every key material of the key, with `IncludeKeyMaterial=ALL_KEY_MATERIAL`.
pub async fn rotations(session: &Session, key_id: &str) -> Result<Vec<Rotation>, KmsError> {
    all_items(|marker| page(session, key_id, marker), |_, _| {}).await
}

async fn page(
    session: &Session,
    key_id: &str,
    marker: Option<String>,
) -> Result<Page<Rotation>, KmsError> {
    let answer = session
        .kms
        .list_key_rotations()
        .key_id(key_id)
        .include_key_material(IncludeKeyMaterial::AllKeyMaterial)
        .limit(LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let take = |rotation: RotationsListEntry| {
        Some(Rotation {
            key_material_id: rotation.key_material_id,
            key_material_state: rotation.key_material_state.map(|v| v.to_string()),
            rotation_date: timestamp(rotation.rotation_date),
            rotation_type: rotation.rotation_type.map(|v| v.to_string()),
            import_state: rotation.import_state.map(|v| v.to_string()),
            expiration_model: rotation.expiration_model.map(|v| v.to_string()),
            valid_to: timestamp(rotation.valid_to),
            description: rotation.key_material_description,
        })
    };
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(answer.rotations, "KeyId", take, truncated, marker))
}
