//! The operations: one file a target, and one table of them.

mod decrypt;
mod describe_key;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod get_key_policy;
mod get_key_rotation_status;
mod list_aliases;
mod list_grants;
mod list_key_rotations;
mod list_keys;
mod list_resource_tags;

use super::call::Call;
use super::wire::{ApiResult, Params, Reply};

/// Checks a request's members, then does what the operation does.
pub type Handler = fn(&Call<'_>, &mut Params) -> ApiResult<Reply>;

/// Every operation that the sandbox has, by the name in X-Amz-Target; any
/// other answers UnknownOperationException.
pub const HANDLERS: &[(&str, Handler)] = &[
    ("Decrypt", decrypt::handle),
    ("DescribeKey", describe_key::handle),
    ("GenerateDataKey", generate_data_key::handle),
    (
        "GenerateDataKeyWithoutPlaintext",
        generate_data_key_without_plaintext::handle,
    ),
    ("GetKeyPolicy", get_key_policy::handle),
    ("GetKeyRotationStatus", get_key_rotation_status::handle),
    ("ListAliases", list_aliases::handle),
    ("ListGrants", list_grants::handle),
    ("ListKeyRotations", list_key_rotations::handle),
    ("ListKeys", list_keys::handle),
    ("ListResourceTags", list_resource_tags::handle),
];

pub fn find(operation: &str) -> Option<(&'static str, Handler)> {
    HANDLERS
        .iter()
        .find(|(name, _)| *name == operation)
        .copied()
}

/// Whether a name is an operation of the sandbox, STS's included.
pub fn is_operation(name: &str) -> bool {
    name == "GetCallerIdentity" || find(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        assert!(HANDLERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
