//! DeleteImportedKeyMaterial: the key cannot be used until the same material is imported again.

use crate::account::Key;
use crate::call::{Call, Intent};
use crate::handlers::import_key_material::read_material_id;
use crate::imported::check_external;
use crate::spec::KeyState;
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let material_id = read_material_id(params);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "DeleteImportedKeyMaterial",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    check_external(&found)?;
    let spec = found.key.spec;
    let is_symmetric = spec.is_symmetric_encryption();
    if material_id.is_some() && !is_symmetric {
        return Err(ApiError::validation(format!(
            "Input parameter keyMaterialId cannot be used with {} imported keys.",
            spec.name()
        )));
    }
    let deleted = delete(call, &found.key, material_id)?;
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .opt("KeyMaterialId", deleted.filter(|_| is_symmetric)))
}

/// Deletes the material, or the current one; its KeyMaterialId, if there was one.
fn delete(call: &Call<'_>, key: &Key, id: Option<String>) -> ApiResult<Option<String>> {
    let mut state = call.sandbox.state_mut();
    let key = state.key(&key.home, &key.id).cloned();
    let key = key.ok_or_else(ApiError::internal)?;
    let material = match &id {
        None => key.current(),
        Some(id) => {
            let known = key.materials.iter().find(|m| m.id(&key.id) == *id);
            Some(known.ok_or_else(|| {
                ApiError::validation(format!(
                    "Key material (id: {id}) has never been imported into KMS key {}.",
                    key.arn()
                ))
            })?)
        }
    };
    let Some(material) = material else {
        return Ok(None);
    };
    if material.is_pending() && !key.is_replica() {
        // It does not belong to the key for good: it is as if it had never been.
        state.change_related(&key, |key| {
            key.materials
                .retain(|other| other.ordinal != material.ordinal);
        });
    } else if material.is_here() {
        state.change_key(&key.home, &key.id, |key| {
            key.put_material(material.without_secret());
            let is_to_go = matches!(
                key.state,
                KeyState::PendingDeletion | KeyState::PendingReplicaDeletion
            );
            if !material.is_pending() && !is_to_go {
                key.come_to(KeyState::PendingImport);
            }
        });
    }
    Ok(Some(material.id(&key.id)))
}
