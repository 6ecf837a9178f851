//! GetPublicKey (KMS API reference).

use super::answers;
use super::fields::{GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static GET_PUBLIC_KEY: OpSpec = OpSpec {
    id: OpId("GetPublicKey"),
    short: "GPK",
    group: Group::Use,
    iam: "kms:GetPublicKey",
    impact: Impact::Read,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Returns the public key of an asymmetric KMS key",
    verb: "Get",
    done: "Public key",
    key: KeyRequirement::Asymmetric,
    fields: &[&KEY_ID, &GRANT_TOKENS],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::PUBLIC_KEY,
        &answers::KEY_SPEC,
        &answers::KEY_USAGE,
        &answers::ENCRYPTION_ALGORITHMS,
        &answers::SIGNING_ALGORITHMS,
        &answers::KEY_AGREEMENT_ALGORITHMS,
        &answers::ENCAPSULATION_ALGORITHMS,
    ],
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
        answers::KEY_ID.text(answer.key_id),
        answers::PUBLIC_KEY.blob(sdk::bytes(answer.public_key)),
        answers::KEY_SPEC.text(sdk::name(answer.key_spec)),
        answers::KEY_USAGE.text(sdk::name(answer.key_usage)),
        answers::ENCRYPTION_ALGORITHMS.list(answer.encryption_algorithms),
        answers::SIGNING_ALGORITHMS.list(answer.signing_algorithms),
        answers::KEY_AGREEMENT_ALGORITHMS.list(answer.key_agreement_algorithms),
        answers::ENCAPSULATION_ALGORITHMS.list(answer.encapsulation_algorithms),
    ])
}
