//! GenerateRandom (KMS API reference).

use super::answers;
use super::fields::NUMBER_OF_BYTES;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static GENERATE_RANDOM: OpSpec = OpSpec {
    id: OpId("GenerateRandom"),
    short: "RND",
    group: Group::Use,
    iam: "kms:GenerateRandom",
    impact: Impact::Read,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Returns random bytes from KMS",
    verb: "Generate",
    done: "Random bytes generated",
    key: KeyRequirement::NoKey,
    fields: &[&RANDOM_BYTES, &CUSTOM_KEY_STORE_ID],
    exactly_one: &[],
    answers: &[&answers::PLAINTEXT],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

static RANDOM_BYTES: Field = Field::required(
    "NumberOfBytes",
    FieldKind::Integer { min: 1, max: 1024 },
    "How many bytes: 1 to 1,024.",
);

static CUSTOM_KEY_STORE_ID: Field = Field::optional(
    "CustomKeyStoreId",
    FieldKind::Text {
        max: 64,
        rule: TextRule::Any,
    },
    "The CloudHSM key store that makes the bytes, in place of KMS.",
);

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_random()
        .set_number_of_bytes(sdk::number(request, &NUMBER_OF_BYTES))
        .set_custom_key_store_id(sdk::text(request, &CUSTOM_KEY_STORE_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![answers::PLAINTEXT.blob(sdk::bytes(answer.plaintext))])
}
