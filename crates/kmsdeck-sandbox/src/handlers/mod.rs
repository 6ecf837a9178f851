//! The operations: one file a target, and one table of them.

mod cancel_key_deletion;
mod connect_custom_key_store;
mod create_alias;
mod create_custom_key_store;
mod create_grant;
mod create_key;
mod decapsulate;
mod decrypt;
mod delete_alias;
mod delete_custom_key_store;
mod delete_imported_key_material;
mod derive_shared_secret;
mod describe_custom_key_stores;
mod describe_key;
mod disable_key;
mod disable_key_rotation;
mod disconnect_custom_key_store;
mod enable_key;
mod enable_key_rotation;
mod encapsulate;
mod encrypt;
mod generate_data_key;
mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod generate_data_key_without_plaintext;
mod generate_mac;
mod generate_random;
mod get_key_last_usage;
mod get_key_policy;
mod get_key_rotation_status;
mod get_parameters_for_import;
mod get_public_key;
mod import_key_material;
mod key_in_store;
mod list_aliases;
mod list_grants;
mod list_key_policies;
mod list_key_rotations;
mod list_keys;
mod list_resource_tags;
mod list_retirable_grants;
mod put_key_policy;
mod re_encrypt;
mod replicate_key;
mod retire_grant;
mod revoke_grant;
mod rotate_key_on_demand;
mod schedule_key_deletion;
mod sign;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_custom_key_store;
mod update_key_description;
mod update_primary_region;
mod verify;
mod verify_mac;

use crate::call::Call;
use crate::wire::{ApiResult, Params, Reply};
use crate::{iam, sts};

/// Checks a request's members, then does what the operation does.
pub(crate) type Handler = fn(&Call<'_>, &mut Params) -> ApiResult<Reply>;

/// Every operation that the sandbox has, by the name in X-Amz-Target; any
/// other answers UnknownOperationException.
pub(crate) const HANDLERS: &[(&str, Handler)] = &[
    ("CancelKeyDeletion", cancel_key_deletion::handle),
    ("ConnectCustomKeyStore", connect_custom_key_store::handle),
    ("CreateAlias", create_alias::handle),
    ("CreateCustomKeyStore", create_custom_key_store::handle),
    ("CreateGrant", create_grant::handle),
    ("CreateKey", create_key::handle),
    ("Decapsulate", decapsulate::handle),
    ("Decrypt", decrypt::handle),
    ("DeleteAlias", delete_alias::handle),
    ("DeleteCustomKeyStore", delete_custom_key_store::handle),
    (
        "DeleteImportedKeyMaterial",
        delete_imported_key_material::handle,
    ),
    ("DeriveSharedSecret", derive_shared_secret::handle),
    (
        "DescribeCustomKeyStores",
        describe_custom_key_stores::handle,
    ),
    ("DescribeKey", describe_key::handle),
    ("DisableKey", disable_key::handle),
    ("DisableKeyRotation", disable_key_rotation::handle),
    (
        "DisconnectCustomKeyStore",
        disconnect_custom_key_store::handle,
    ),
    ("EnableKey", enable_key::handle),
    ("EnableKeyRotation", enable_key_rotation::handle),
    ("Encapsulate", encapsulate::handle),
    ("Encrypt", encrypt::handle),
    ("GenerateDataKey", generate_data_key::handle),
    ("GenerateDataKeyPair", generate_data_key_pair::handle),
    (
        "GenerateDataKeyPairWithoutPlaintext",
        generate_data_key_pair_without_plaintext::handle,
    ),
    (
        "GenerateDataKeyWithoutPlaintext",
        generate_data_key_without_plaintext::handle,
    ),
    ("GenerateMac", generate_mac::handle),
    ("GenerateRandom", generate_random::handle),
    ("GetKeyLastUsage", get_key_last_usage::handle),
    ("GetKeyPolicy", get_key_policy::handle),
    ("GetKeyRotationStatus", get_key_rotation_status::handle),
    ("GetParametersForImport", get_parameters_for_import::handle),
    ("GetPublicKey", get_public_key::handle),
    ("ImportKeyMaterial", import_key_material::handle),
    ("ListAliases", list_aliases::handle),
    ("ListGrants", list_grants::handle),
    ("ListKeyPolicies", list_key_policies::handle),
    ("ListKeyRotations", list_key_rotations::handle),
    ("ListKeys", list_keys::handle),
    ("ListResourceTags", list_resource_tags::handle),
    ("ListRetirableGrants", list_retirable_grants::handle),
    ("PutKeyPolicy", put_key_policy::handle),
    ("ReEncrypt", re_encrypt::handle),
    ("ReplicateKey", replicate_key::handle),
    ("RetireGrant", retire_grant::handle),
    ("RevokeGrant", revoke_grant::handle),
    ("RotateKeyOnDemand", rotate_key_on_demand::handle),
    ("ScheduleKeyDeletion", schedule_key_deletion::handle),
    ("Sign", sign::handle),
    ("TagResource", tag_resource::handle),
    ("UntagResource", untag_resource::handle),
    ("UpdateAlias", update_alias::handle),
    ("UpdateCustomKeyStore", update_custom_key_store::handle),
    ("UpdateKeyDescription", update_key_description::handle),
    ("UpdatePrimaryRegion", update_primary_region::handle),
    ("Verify", verify::handle),
    ("VerifyMac", verify_mac::handle),
];

pub(crate) fn find(operation: &str) -> Option<(&'static str, Handler)> {
    HANDLERS
        .iter()
        .find(|(name, _)| *name == operation)
        .copied()
}

/// Whether a name is an operation of the sandbox, those of STS and IAM included.
pub(crate) fn is_operation(name: &str) -> bool {
    find(name).is_some() || sts::is_operation(name) || iam::is_operation(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        assert!(HANDLERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    /// API version 2014-11-01; tests/conformance.py holds them against botocore's names.
    #[test]
    fn all_56_operations_are_there() {
        assert_eq!(HANDLERS.len(), 56);
    }
}
