//! GetPublicKey (KMS API reference).

use super::fields::{GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static GET_PUBLIC_KEY: OpSpec = OpSpec {
    id: OpId("GetPublicKey"),
    short: "GPK",
    iam: "kms:GetPublicKey",
    impact: Impact::Read,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Returns the public key of an asymmetric KMS key",
    verb: "Get",
    done: "Public key",
    key: KeyRequirement::Asymmetric,
    answers_secrets: false,
    fields: &[&KEY_ID, &GRANT_TOKENS],
    exactly_one: &[],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .get_public_key()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::blob("PublicKey", sdk::bytes(answer.public_key)),
        ResponseField::text("KeySpec", sdk::name(answer.key_spec)),
        ResponseField::text("KeyUsage", sdk::name(answer.key_usage)),
        ResponseField::list("EncryptionAlgorithms", answer.encryption_algorithms),
        ResponseField::list("SigningAlgorithms", answer.signing_algorithms),
        ResponseField::list("KeyAgreementAlgorithms", answer.key_agreement_algorithms),
        ResponseField::list("EncapsulationAlgorithms", answer.encapsulation_algorithms),
    ])
}
