//! DescribeKey: a key's metadata.

use crate::account::Key;
use crate::call::{Aliases, Call, Intent};
use crate::spec::{KeyState, KeyUsage, Origin};
use crate::wire::{ApiResult, Millis, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let tokens = params.grant_tokens();
    params.check()?;
    let found = call.find(&key_id, Aliases::Taken)?;
    call.authorize(
        &found,
        &Intent {
            action: "DescribeKey",
            tokens: &tokens,
            ..Intent::default()
        },
    )?;
    Ok(Reply::new().set("KeyMetadata", metadata(&found.key)))
}

/// A `KeyMetadata`.
pub(super) fn metadata(key: &Key) -> Reply {
    let extra = key.extra();
    let spec = key.spec;
    let valid_to = key.valid_to();
    let is_complete = !key.awaits_import();
    // A replica that is being made tells of it, too.
    let is_told = is_complete || key.state == KeyState::Creating;
    let is_external = key.origin == Origin::External;
    let expiration_model = (is_external && is_told).then(|| expiration_model(valid_to));
    let mut reply = Reply::new()
        .set("AWSAccountId", key.home.account.as_ref())
        .set("KeyId", key.id.as_ref())
        .set("Arn", key.arn())
        .time("CreationDate", key.created)
        .set("Enabled", key.state == KeyState::Enabled)
        .set("Description", key.description.as_ref())
        .set("KeyUsage", key.usage.name())
        .set("KeyState", key.state.name())
        .opt("DeletionDate", extra.deletion.map(Millis::seconds))
        .opt(
            "ValidTo",
            valid_to.filter(|_| is_complete).map(Millis::seconds),
        )
        .set("Origin", key.origin.name())
        .opt("CustomKeyStoreId", extra.key_store.as_deref())
        .opt("CloudHsmClusterId", extra.cluster.as_deref())
        .opt("ExpirationModel", expiration_model)
        .set("KeyManager", key.manager.name())
        .set("CustomerMasterKeySpec", spec.name())
        .set("KeySpec", spec.name())
        .set("MultiRegion", extra.multi_region.is_some());
    let strings = |items: &[&'static str]| items.to_vec();
    reply = match key.usage {
        KeyUsage::EncryptDecrypt => reply.list(
            "EncryptionAlgorithms",
            strings(spec.encryption_algorithms()),
        ),
        KeyUsage::SignVerify => reply.list("SigningAlgorithms", strings(spec.signing_algorithms())),
        KeyUsage::GenerateVerifyMac => reply.list("MacAlgorithms", strings(spec.mac_algorithms())),
        KeyUsage::KeyAgreement => reply.list("KeyAgreementAlgorithms", ["ECDH"]),
        KeyUsage::EncapsulateDecapsulate => reply.list("EncapsulationAlgorithms", ["ML_KEM"]),
    };
    if let Some(multi_region) = &extra.multi_region {
        let region = |region: &String| {
            let home = crate::account::Home {
                account: key.home.account.clone(),
                region: region.as_str().into(),
            };
            Reply::new()
                .set("Arn", home.key_arn(&key.id))
                .set("Region", region.as_str())
        };
        let kind = if multi_region.primary == *key.home.region {
            "PRIMARY"
        } else {
            "REPLICA"
        };
        let configuration = Reply::new()
            .set("MultiRegionKeyType", kind)
            .set("PrimaryKey", region(&multi_region.primary))
            .list("ReplicaKeys", multi_region.replicas.iter().map(region));
        reply = reply.set("MultiRegionConfiguration", configuration);
    }
    reply
        .opt(
            "PendingDeletionWindowInDays",
            // Reported while a primary waits for its replicas to go.
            extra
                .pending_window
                .filter(|_| key.state == KeyState::PendingReplicaDeletion),
        )
        .opt(
            "XksKeyConfiguration",
            extra
                .xks_key
                .as_deref()
                .map(|id| Reply::new().set("Id", id)),
        )
        .opt(
            "CurrentKeyMaterialId",
            key.current_material_id()
                .filter(|_| key.state != KeyState::Creating),
        )
}

/// `ExpirationModel` of imported material.
pub(super) fn expiration_model(valid_to: Option<Millis>) -> &'static str {
    match valid_to {
        Some(_) => "KEY_MATERIAL_EXPIRES",
        None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
}
