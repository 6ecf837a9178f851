//! What kmsdeck reads to show it. Each read is one file and one row of [`READS`], as an operation
//! is one row of [`OPS`](crate::ops::OPS); the tabs of the key's details and what the call log sends
//! again follow from its row.

mod describe_custom_key_stores;
mod describe_key;
mod get_account_authorization_details;
mod get_caller_identity;
mod get_key_last_usage;
mod get_key_policy;
mod get_key_rotation_status;
mod get_public_key;
pub mod key_facts;
mod keys_in_store;
mod list_aliases;
mod list_grants;
mod list_key_rotations;
mod list_keys;
mod list_resource_tags;
mod list_retirable_grants;
mod related_keys;
mod sdk;
mod spec;

pub use describe_custom_key_stores::{
    DESCRIBE_CUSTOM_KEY_STORES, Wanted as WantedStores, key_stores,
};
pub use describe_key::{DESCRIBE_KEY, describe_key, key_metadata};
pub use get_account_authorization_details::{
    GET_ACCOUNT_AUTHORIZATION_DETAILS, account_authorization_details,
};
pub use get_caller_identity::{GET_CALLER_IDENTITY, caller_identity};
pub use get_key_last_usage::{GET_KEY_LAST_USAGE, last_usage};
pub use get_key_policy::{GET_KEY_POLICY, key_policy};
pub use get_key_rotation_status::{GET_KEY_ROTATION_STATUS, rotation_status};
pub use get_public_key::{GET_PUBLIC_KEY, public_key};
pub use keys_in_store::keys_in_store;
pub use list_aliases::{LIST_ALIASES, aliases_of, list_aliases};
pub use list_grants::{LIST_GRANTS, first_grant, grants, parse_grants};
pub use list_key_rotations::{LIST_KEY_ROTATIONS, rotations};
pub use list_keys::{LIST_KEYS, ResourceOwner, list_keys};
pub use list_resource_tags::{LIST_RESOURCE_TAGS, tags};
pub use list_retirable_grants::{LIST_RETIRABLE_GRANTS, retirable_grants};
pub use related_keys::{RELATED_KEYS, related_keys};
pub use spec::{ReadAnswer, ReadCall, ReadSpec};

/// Every read.
pub static READS: &[&ReadSpec] = &[
    &DESCRIBE_KEY,
    &GET_KEY_POLICY,
    &LIST_GRANTS,
    &LIST_RETIRABLE_GRANTS,
    &LIST_RESOURCE_TAGS,
    &GET_KEY_ROTATION_STATUS,
    &LIST_KEY_ROTATIONS,
    &GET_KEY_LAST_USAGE,
    &GET_PUBLIC_KEY,
    &RELATED_KEYS,
    &LIST_KEYS,
    &LIST_ALIASES,
    &DESCRIBE_CUSTOM_KEY_STORES,
    &GET_CALLER_IDENTITY,
    &GET_ACCOUNT_AUTHORIZATION_DETAILS,
];

/// The read of that name, as the call log has it.
pub fn named(operation: &str) -> Option<&'static ReadSpec> {
    READS.iter().copied().find(|spec| spec.id.0 == operation)
}
