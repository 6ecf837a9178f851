//! The operations that a user can run. Each is one file and one row of [`OPS`]; form, command
//! line and validation follow from its row. [`gate`] says which may be sent.

pub mod alias_use;
mod answers;
pub mod bulk;
pub mod bulk_journal;
pub mod bulk_question;
mod cancel_key_deletion;
pub mod chain;
mod connect_custom_key_store;
mod create_grant;
pub mod data_keys;
mod decapsulate;
mod decrypt;
mod derive_shared_secret;
mod disable_key;
mod disconnect_custom_key_store;
mod enable_key;
mod encapsulate;
mod encrypt;
pub mod facts;
pub mod fields;
pub mod gate;
mod generate_data_key;
mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod generate_data_key_without_plaintext;
mod generate_mac;
mod generate_random;
mod get_parameters_for_import;
mod get_public_key;
mod grant_operations;
mod import_key_material;
mod key_material;
mod key_requirement;
pub mod lockout;
pub mod new_key;
pub mod op_spec;
pub mod policy_template;
pub mod question;
mod re_encrypt;
mod retire_grant;
mod revoke_grant;
mod rotate_key_on_demand;
mod rules;
mod run;
mod schedule_key_deletion;
mod sdk;
mod sign;
pub mod table;
mod verify;
mod verify_mac;

mod create_alias;
mod create_key;
mod delete_alias;
mod delete_imported_key_material;
mod disable_key_rotation;
mod enable_key_rotation;
mod put_key_policy;
mod replicate_key;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_key_description;
mod update_primary_region;
pub use cancel_key_deletion::CANCEL_KEY_DELETION;
pub use connect_custom_key_store::CONNECT_CUSTOM_KEY_STORE;
pub use create_alias::CREATE_ALIAS;
pub use create_grant::{CREATE_GRANT, grant_request};
pub use create_key::CREATE_KEY;
pub use decapsulate::DECAPSULATE;
pub use decrypt::DECRYPT;
pub use delete_alias::DELETE_ALIAS;
pub use delete_imported_key_material::DELETE_IMPORTED_KEY_MATERIAL;
pub use derive_shared_secret::DERIVE_SHARED_SECRET;
pub use disable_key::DISABLE_KEY;
pub use disable_key_rotation::DISABLE_KEY_ROTATION;
pub use disconnect_custom_key_store::DISCONNECT_CUSTOM_KEY_STORE;
pub use enable_key::ENABLE_KEY;
pub use enable_key_rotation::{ENABLE_KEY_ROTATION, ROTATION_PERIOD_IN_DAYS};
pub use encapsulate::ENCAPSULATE;
pub use encrypt::ENCRYPT;
pub use gate::{Cleared, Gate, Unanswered};
pub use generate_data_key::GENERATE_DATA_KEY;
pub use generate_data_key_pair::GENERATE_DATA_KEY_PAIR;
pub use generate_data_key_pair_without_plaintext::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT;
pub use generate_data_key_without_plaintext::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
pub use generate_mac::GENERATE_MAC;
pub use generate_random::GENERATE_RANDOM;
pub use get_parameters_for_import::GET_PARAMETERS_FOR_IMPORT;
pub use get_public_key::GET_PUBLIC_KEY;
pub use grant_operations::operations_for;
pub use import_key_material::{IMPORT_KEY_MATERIAL, IMPORT_TYPE, KEY_MATERIAL_ID, as_sent};
pub use key_requirement::{KeyRequirement, Misfit};
pub use op_spec::{Changes, Group, Impact, OneOf, OpSpec};
pub use put_key_policy::PUT_KEY_POLICY;
pub use re_encrypt::RE_ENCRYPT;
pub use replicate_key::REPLICATE_KEY;
pub use retire_grant::RETIRE_GRANT;
pub use revoke_grant::REVOKE_GRANT;
pub use rotate_key_on_demand::ROTATE_KEY_ON_DEMAND;
pub use run::{AsWhom, StepsOutcome, made_key, run, run_as, run_steps};
pub use schedule_key_deletion::SCHEDULE_KEY_DELETION;
pub use sign::SIGN;
pub use table::{OPS, spec};
pub use tag_resource::{GIVEN_TAGS, TAG_RESOURCE};
pub use untag_resource::{TAG_KEYS, UNTAG_RESOURCE};
pub use update_alias::UPDATE_ALIAS;
pub use update_key_description::{NEW_DESCRIPTION, UPDATE_KEY_DESCRIPTION};
pub use update_primary_region::{PRIMARY_REGION, UPDATE_PRIMARY_REGION};
pub use verify::VERIFY;
pub use verify_mac::VERIFY_MAC;

use crate::kms::{Field, Request};

/// Whether a field means something beside what else a request holds; where it does not, a form need
/// not show it.
pub fn applies(field: &Field, request: &Request) -> bool {
    match request.op {
        op if op == CREATE_KEY.id => new_key::applies(field, request),
        op if op == IMPORT_KEY_MATERIAL.id => import_key_material::applies(field, request),
        _ => true,
    }
}
