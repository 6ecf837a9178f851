//! ListKeyRotations: a key's completed rotations, or all of its materials.

use crate::account::slice_page;
use crate::call::{Call, Intent, paged};
use crate::spec::Origin;
use crate::states::check_rotatable;
use crate::wire::{ApiError, ApiResult, Millis, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let include = params
        .choice(
            "IncludeKeyMaterial",
            &["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"],
        )
        .unwrap_or("ROTATIONS_ONLY");
    let limit = params.number("Limit", 1..=1000).unwrap_or(100);
    let after = params.marker();
    params.check()?;
    let found = call.find_own(&key_id)?;
    call.authorize(
        &found,
        &Intent {
            action: "ListKeyRotations",
            ..Intent::default()
        },
    )?;
    let key = &found.key;
    check_rotatable(key)?;
    let scope = format!("ListKeyRotations {} {include}", found.arn);
    let after = after.map(|text| marker::read(&scope, &text)).transpose()?;
    let current = key.current().map(|material| material.ordinal);
    let materials: Vec<_> = key
        .materials
        .iter()
        .filter(|material| include == "ALL_KEY_MATERIAL" || material.rotated.is_some())
        .collect();
    let (items, more) = slice_page(
        &materials,
        |material| material.ordinal.to_string(),
        after.as_deref(),
        limit as usize,
    )
    .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
    let next = items
        .last()
        .filter(|_| more)
        .map(|material| material.ordinal.to_string());
    let rotations = items.iter().map(|material| {
        let is_current = current == Some(material.ordinal);
        let state = if is_current { "CURRENT" } else { "NON_CURRENT" };
        let mut entry = Reply::new()
            .set("KeyId", key.id.as_ref())
            .set("KeyMaterialId", key.material_id_of(material))
            .set("KeyMaterialState", state);
        if key.origin == Origin::External {
            let valid_to = key.extra().valid_to;
            let model = match valid_to {
                Some(_) => "KEY_MATERIAL_EXPIRES",
                None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
            };
            entry = entry
                .set("ImportState", "IMPORTED")
                .set("ExpirationModel", model)
                .opt("ValidTo", valid_to.map(Millis::seconds));
        }
        match material.rotated {
            Some((at, kind)) => entry
                .time("RotationDate", at)
                .set("RotationType", kind.name()),
            None => entry,
        }
    });
    let reply = Reply::new().list("Rotations", rotations);
    Ok(paged(reply, &scope, next.as_deref()))
}
