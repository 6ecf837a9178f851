//! The table of operations: form, command line, snippets and validation follow from its rows.

use super::cancel_key_deletion::CANCEL_KEY_DELETION;
use super::connect_custom_key_store::CONNECT_CUSTOM_KEY_STORE;
use super::create_alias::CREATE_ALIAS;
use super::create_grant::CREATE_GRANT;
use super::create_key::CREATE_KEY;
use super::decapsulate::DECAPSULATE;
use super::decrypt::DECRYPT;
use super::delete_alias::DELETE_ALIAS;
use super::delete_imported_key_material::DELETE_IMPORTED_KEY_MATERIAL;
use super::derive_shared_secret::DERIVE_SHARED_SECRET;
use super::disable_key::DISABLE_KEY;
use super::disable_key_rotation::DISABLE_KEY_ROTATION;
use super::disconnect_custom_key_store::DISCONNECT_CUSTOM_KEY_STORE;
use super::enable_key::ENABLE_KEY;
use super::enable_key_rotation::ENABLE_KEY_ROTATION;
use super::encapsulate::ENCAPSULATE;
use super::encrypt::ENCRYPT;
use super::generate_data_key::GENERATE_DATA_KEY;
use super::generate_data_key_pair::GENERATE_DATA_KEY_PAIR;
use super::generate_data_key_pair_without_plaintext::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT;
use super::generate_data_key_without_plaintext::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
use super::generate_mac::GENERATE_MAC;
use super::generate_random::GENERATE_RANDOM;
use super::get_parameters_for_import::GET_PARAMETERS_FOR_IMPORT;
use super::get_public_key::GET_PUBLIC_KEY;
use super::import_key_material::IMPORT_KEY_MATERIAL;
use super::op_spec::OpSpec;
use super::put_key_policy::PUT_KEY_POLICY;
use super::re_encrypt::RE_ENCRYPT;
use super::replicate_key::REPLICATE_KEY;
use super::retire_grant::RETIRE_GRANT;
use super::revoke_grant::REVOKE_GRANT;
use super::rotate_key_on_demand::ROTATE_KEY_ON_DEMAND;
use super::schedule_key_deletion::SCHEDULE_KEY_DELETION;
use super::sign::SIGN;
use super::tag_resource::TAG_RESOURCE;
use super::untag_resource::UNTAG_RESOURCE;
use super::update_alias::UPDATE_ALIAS;
use super::update_key_description::UPDATE_KEY_DESCRIPTION;
use super::update_primary_region::UPDATE_PRIMARY_REGION;
use super::verify::VERIFY;
use super::verify_mac::VERIFY_MAC;
use crate::kms::OpId;

/// Every operation that can be run.
pub static OPS: &[&OpSpec] = &[
    &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    &GENERATE_DATA_KEY,
    &GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT,
    &GENERATE_DATA_KEY_PAIR,
    &ENCRYPT,
    &DECRYPT,
    &RE_ENCRYPT,
    &SIGN,
    &VERIFY,
    &GENERATE_MAC,
    &VERIFY_MAC,
    &DERIVE_SHARED_SECRET,
    &ENCAPSULATE,
    &DECAPSULATE,
    &GET_PUBLIC_KEY,
    &GENERATE_RANDOM,
    &CREATE_GRANT,
    &RETIRE_GRANT,
    &REVOKE_GRANT,
    &CREATE_KEY,
    &CREATE_ALIAS,
    &UPDATE_ALIAS,
    &DELETE_ALIAS,
    &UPDATE_KEY_DESCRIPTION,
    &TAG_RESOURCE,
    &UNTAG_RESOURCE,
    &PUT_KEY_POLICY,
    &ENABLE_KEY_ROTATION,
    &DISABLE_KEY_ROTATION,
    &ROTATE_KEY_ON_DEMAND,
    &IMPORT_KEY_MATERIAL,
    &GET_PARAMETERS_FOR_IMPORT,
    &DELETE_IMPORTED_KEY_MATERIAL,
    &REPLICATE_KEY,
    &UPDATE_PRIMARY_REGION,
    &ENABLE_KEY,
    &DISABLE_KEY,
    &SCHEDULE_KEY_DELETION,
    &CANCEL_KEY_DELETION,
    &CONNECT_CUSTOM_KEY_STORE,
    &DISCONNECT_CUSTOM_KEY_STORE,
];

/// The operation of that name.
pub fn spec(id: OpId) -> &'static OpSpec {
    OPS.iter()
        .find(|spec| spec.id == id)
        .unwrap_or_else(|| panic!("{id} has no row in OPS"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::{Request, Value};
    use crate::ops::fields::{KEY_ID, KEY_SPEC, NUMBER_OF_BYTES};

    #[test]
    fn exactly_one_of_two_fields_is_asked_for() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let base = Request::new(spec.id).with(&KEY_ID, Value::Text("alias/x".into()));
        let messages = |request: &Request| -> Vec<String> {
            spec.validate(request)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            messages(&base),
            ["Data key length takes exactly one of KeySpec and NumberOfBytes: give one of them"]
        );
        let one = base.with(&KEY_SPEC, Value::Text("AES_256".into()));
        assert!(messages(&one).is_empty());
        let both = one.with(&NUMBER_OF_BYTES, Value::Number(32));
        assert_eq!(
            messages(&both),
            [
                "Data key length takes exactly one of KeySpec and NumberOfBytes: leave the others out"
            ]
        );
    }

    #[test]
    fn what_changes_an_account_says_what_will_be_different_and_what_is_read_again() {
        use crate::ops::Changes;
        for spec in OPS {
            let changes = spec.changes_account();
            assert_eq!(changes, spec.consequence.is_some(), "{}", spec.id);
            assert_eq!(changes, spec.changes != Changes::Nothing, "{}", spec.id);
        }
    }

    #[test]
    fn short_names_are_told_apart() {
        let mut names: Vec<_> = OPS.iter().map(|spec| spec.short).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OPS.len());
        assert!(names.iter().all(|name| name.len() == 3));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let request = Request::new(spec.id).with(&NUMBER_OF_BYTES, Value::Number(2000));
        let fields: Vec<_> = spec
            .validate(&request)
            .into_iter()
            .map(|e| e.field)
            .collect();
        assert_eq!(fields, ["KeyId", "NumberOfBytes"]);
    }
}
