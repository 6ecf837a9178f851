//! GetParametersForImport (KMS API reference).

use aws_sdk_kms::types::{AlgorithmSpec, WrappingKeySpec};

use super::answers;
use super::fields::KEY_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static GET_PARAMETERS_FOR_IMPORT: OpSpec = OpSpec {
    id: OpId("GetParametersForImport"),
    short: "GPI",
    group: Group::Life,
    iam: "kms:GetParametersForImport",
    impact: Impact::Read,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Returns a public key to wrap key material with elsewhere, and the token of its import",
    verb: "Get",
    done: "Import parameters",
    key: KeyRequirement::Imported(&["Enabled", "Disabled", "PendingImport"]),
    fields: &[&KEY_ID, &WRAPPING_ALGORITHM, &WRAPPING_KEY_SPEC],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::IMPORT_TOKEN,
        &answers::PUBLIC_KEY,
        &answers::PARAMETERS_VALID_TO,
    ],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static WRAPPING_ALGORITHM: Field = Field::required(
    "WrappingAlgorithm",
    FieldKind::Choice(AlgorithmSpec::values()),
    "How the material is wrapped: RSAES_OAEP_SHA_256 for symmetric and HMAC keys, RSA_AES_KEY_WRAP_SHA_256 for RSA and ECC keys.",
);

pub(super) static WRAPPING_KEY_SPEC: Field = Field::required(
    "WrappingKeySpec",
    FieldKind::Choice(WrappingKeySpec::values()),
    "The public key that it is wrapped with: RSA_4096 is the strongest. It and its token are good for 24 hours.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .get_parameters_for_import()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_wrapping_algorithm(sdk::choice(request, &WRAPPING_ALGORITHM))
        .set_wrapping_key_spec(sdk::choice(request, &WRAPPING_KEY_SPEC))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::IMPORT_TOKEN.blob(sdk::bytes(answer.import_token)),
        answers::PUBLIC_KEY.blob(sdk::bytes(answer.public_key)),
        answers::PARAMETERS_VALID_TO.text(sdk::date(answer.parameters_valid_to)),
    ])
}
