//! RotateKeyOnDemand: new material now; at most 25 times a key.

use crate::call::{Call, Intent};
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};
use std::sync::Arc;

use crate::crypto::Material;
use crate::spec::RotationType;
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
    states::check(&found, Rule::RotateOnDemand)?;
    // Imported material must have been imported anew first, which the sandbox
    // does not offer.
    check_self_rotating(&found.key)?;
    call.check_primary(&found)?;
    let on_demand =
        |material: &Arc<Material>| matches!(material.rotated, Some((_, RotationType::OnDemand)));
    let done = found.key.materials.iter().filter(|m| on_demand(m)).count();
    if done >= 25 {
        return Err(ApiError::new(
            "LimitExceededException",
            format!(
                "The on-demand rotations limit has been reached for the given keyId. \
                 No more on-demand rotations can be performed for this key: {}",
                found.arn
            ),
        ));
    }
    let ordinal = found
        .key
        .current()
        .map_or(0, |material| material.ordinal + 1);
    let rotated = Some((call.now, RotationType::OnDemand));
    // Related multi-Region keys share the material.
    let material = Arc::new(Material::new(ordinal, rotated));
    call.change_related(&found, |key| key.materials.push(material.clone()));
    Ok(Reply::new().set("KeyId", found.arn.as_str()))
}
