//! RotateKeyOnDemand: new material now; at most 25 times a key.

use crate::call::{Call, Intent};
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};
use std::sync::Arc;

use crate::crypto::Material;
use crate::found::Found;
use crate::imported::is_pending_everywhere;
use crate::spec::{KeyState, Origin, RotationType};
use crate::states::check_self_rotating;
use crate::wire::ApiError;

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    params.check()?;
    let found = call.find_own(&key_id)?;
    let intent = Intent {
        action: "RotateKeyOnDemand",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    if found.key.origin == Origin::External && found.key.spec.is_symmetric_encryption() {
        return rotate_imported(call, &found);
    }
    states::check(&found, Rule::Rotation)?;
    check_self_rotating(&found.key)?;
    call.check_primary(&found)?;
    check_limit(&found)?;
    let ordinal = found
        .key
        .current()
        .map_or(0, |material| material.ordinal + 1);
    let rotated = Some((call.now, RotationType::OnDemand));
    // Related multi-Region keys share the material.
    let material = Arc::new(Material::new(ordinal, rotated));
    call.change_related(&found, |key| key.materials.push(material.clone()));
    Ok(Reply::new().set("KeyId", found.key.id.as_ref()))
}

fn check_limit(found: &Found) -> ApiResult<()> {
    let on_demand =
        |material: &&Arc<Material>| matches!(material.rotated, Some((_, RotationType::OnDemand)));
    let done = found.key.materials.iter().filter(on_demand).count();
    if done < 25 {
        return Ok(());
    }
    Err(ApiError::new(
        "LimitExceededException",
        format!("{} was rotated on demand 25 times already.", found.arn),
    ))
}

/// Makes the material current that was imported for it.
fn rotate_imported(call: &Call<'_>, found: &Found) -> ApiResult<Reply> {
    states::check(found, Rule::Use)?;
    call.check_primary(found)?;
    check_limit(found)?;
    let refuse = |why: String| Err(ApiError::new("KMSInvalidStateException", why));
    let Some(pending) = found.key.pending() else {
        return refuse(format!(
            "No available key material pending rotation for the key: {}.",
            found.arn
        ));
    };
    if !is_pending_everywhere(&call.sandbox.state(), &found.key) {
        return refuse(
            "Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key.".to_owned(),
        );
    }
    let now = call.now;
    let ordinal = pending.ordinal;
    call.change_related(found, |key| {
        // Not again, where another call was faster.
        let is_it =
            |material: &&Arc<Material>| material.is_pending() && material.ordinal == ordinal;
        let Some(pending) = key.materials.iter().find(is_it) else {
            return;
        };
        let current = pending.rotated_to(now);
        key.put_material(current);
        if key.awaits_import() && matches!(key.state, KeyState::Enabled | KeyState::Disabled) {
            key.state = KeyState::PendingImport;
        }
    });
    Ok(Reply::new().set("KeyId", found.arn.as_str()))
}
