//! DeriveSharedSecret (KMS API reference).

use aws_sdk_kms::types::KeyAgreementAlgorithmSpec;

use super::answers;
use super::fields::{DRY_RUN, GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static DERIVE_SHARED_SECRET: OpSpec = OpSpec {
    id: OpId("DeriveSharedSecret"),
    short: "DSS",
    group: Group::Use,
    iam: "kms:DeriveSharedSecret",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Derives a shared secret from a KMS key and another side's public key (ECDH)",
    verb: "Derive",
    done: "Shared secret derived",
    key: KeyRequirement::Usage("KEY_AGREEMENT"),
    fields: &[
        &KEY_ID,
        &PUBLIC_KEY,
        &KEY_AGREEMENT_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::KEY_ID,
        &answers::SHARED_SECRET,
        &answers::KEY_AGREEMENT_ALGORITHM,
        &answers::KEY_ORIGIN,
    ],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

static PUBLIC_KEY: Field = Field::required(
    "PublicKey",
    FieldKind::Blob { min: 1, max: 8192 },
    "The other side's public key on the same curve: DER SubjectPublicKeyInfo (RFC 5280).",
);

static KEY_AGREEMENT_ALGORITHM: Field = Field::required(
    "KeyAgreementAlgorithm",
    FieldKind::Algorithm {
        list: "KeyAgreementAlgorithms",
        names: KeyAgreementAlgorithmSpec::values(),
    },
    "How: ECDH is the only one.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .derive_shared_secret()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_key_agreement_algorithm(sdk::choice(request, &KEY_AGREEMENT_ALGORITHM))
        .set_public_key(sdk::blob(request, &PUBLIC_KEY))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::SHARED_SECRET.blob(sdk::bytes(answer.shared_secret)),
        answers::KEY_AGREEMENT_ALGORITHM.text(sdk::name(answer.key_agreement_algorithm)),
        answers::KEY_ORIGIN.text(sdk::name(answer.key_origin)),
    ])
}
