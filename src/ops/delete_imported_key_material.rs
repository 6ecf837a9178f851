//! DeleteImportedKeyMaterial (KMS API reference).

use jiff::Timestamp;

use super::answers;
use super::facts::Facts;
use super::fields::KEY_ID;
use super::import_key_material::{KEY_MATERIAL_ID, material_id_rules};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{FieldError, KmsError, OpId, Request, ResponseField};

pub static DELETE_IMPORTED_KEY_MATERIAL: OpSpec = OpSpec {
    id: OpId("DeleteImportedKeyMaterial"),
    short: "DIM",
    group: Group::Life,
    iam: "kms:DeleteImportedKeyMaterial",
    impact: Impact::Destroy,
    changes: Changes::Rotation,
    consequence: Some(consequence),
    summary: "Deletes imported key material at once, with no waiting time: the key cannot be used then",
    verb: "Delete material",
    done: "Key material deleted",
    key: KeyRequirement::Imported(&["Enabled", "Disabled", "PendingImport", "PendingDeletion"]),
    fields: &[&KEY_ID, &KEY_MATERIAL_ID],
    exactly_one: &[],
    answers: &[&answers::KEY_ID, &answers::KEY_MATERIAL_ID],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = key_needs_id(request);
    errors.extend(material_id_rules(request));
    errors
}

fn consequence(request: &Request, facts: &Facts, _: Timestamp) -> String {
    let metadata = facts.metadata.as_ref();
    let current = metadata.and_then(|key| key.current_key_material_id.as_deref());
    let which = match request.text(&KEY_MATERIAL_ID) {
        Some(id) if Some(id) != current => "This key material",
        _ => "The key's current key material",
    };
    let usage = metadata.and_then(|key| key.key_usage.as_deref());
    let stops = match usage {
        Some("SIGN_VERIFY") => "nobody can sign with the key",
        Some("GENERATE_VERIFY_MAC") => "nobody can make or verify a MAC with the key",
        Some("KEY_AGREEMENT") => "nobody can derive a shared secret with the key",
        _ => "nobody can encrypt or decrypt with the key",
    };
    let region = match metadata.and_then(|key| key.multi_region_type()) {
        Some(_) => " Its related keys in other Regions keep theirs.",
        None => "",
    };
    format!(
        "{which} is deleted at once: there is no waiting time and no way to cancel. From now on the key is PendingImport, and {stops}, nor read the data keys of AWS services, until the very same material is imported again. KMS has no copy: where you have none either, what it encrypted is lost.{region}"
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .delete_imported_key_material()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_key_material_id(sdk::text(request, &KEY_MATERIAL_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::KEY_MATERIAL_ID.text(answer.key_material_id),
    ])
}
