//! ListKeyRotations: a key's completed rotations, or all of its materials.

use crate::account::slice_page;
use crate::call::{Call, Intent, paged};
use crate::handlers::describe_key::expiration_model;
use crate::imported::is_pending_everywhere;
use crate::spec::Origin;
use crate::states::check_rotatable;
use crate::wire::{ApiError, ApiResult, Millis, Params, Reply, marker};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let included = params.choice(
        "IncludeKeyMaterial",
        &["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"],
    );
    let include = included.unwrap_or("ROTATIONS_ONLY");
    let limit = params.number("Limit", 1..=1000).unwrap_or(100);
    let after = params.text("Marker", 1..=1024);
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
    let is_symmetric = key.spec.is_symmetric_encryption();
    if included.is_some() && !is_symmetric {
        return Err(ApiError::validation(
            "Input parameter includeKeyMaterial can only be used with symmetric keys.",
        ));
    }
    // What is yet to be imported is listed, too.
    if key.origin != Origin::External || !is_symmetric {
        check_rotatable(key)?;
    }
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
    let pending = match is_pending_everywhere(&call.sandbox.state(), key) {
        true => "PENDING_ROTATION",
        false => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
    };
    let rotations = items.iter().map(|material| {
        let is_current = current == Some(material.ordinal);
        let state = match (material.is_pending(), is_current) {
            (true, _) => pending,
            (false, true) => "CURRENT",
            (false, false) => "NON_CURRENT",
        };
        let mut entry = Reply::new()
            .set("KeyId", found.arn.as_str())
            .set("KeyMaterialId", material.id(&key.id));
        if let Some(import) = &material.import {
            let import_state = match import.is_here {
                true => "IMPORTED",
                false => "PENDING_IMPORT",
            };
            entry = entry
                .opt("KeyMaterialDescription", import.description.as_deref())
                .set("ImportState", import_state);
        }
        entry = entry.set("KeyMaterialState", state);
        if let Some(import) = material.import.as_ref().filter(|import| import.is_here) {
            entry = entry
                .set("ExpirationModel", expiration_model(import.valid_to))
                .opt("ValidTo", import.valid_to.map(Millis::seconds));
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
