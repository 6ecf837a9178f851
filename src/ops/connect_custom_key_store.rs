//! ConnectCustomKeyStore (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::KEY_STORE_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static CONNECT_CUSTOM_KEY_STORE: OpSpec = OpSpec {
    id: OpId("ConnectCustomKeyStore"),
    short: "CON",
    group: Group::Life,
    iam: "kms:ConnectCustomKeyStore",
    impact: Impact::Change,
    changes: Changes::KeyStores,
    consequence: Some(consequence),
    summary: "Connects a custom key store to its cluster or proxy; its keys can be used then",
    verb: "Connect",
    done: "Connecting began",
    key: KeyRequirement::NoKey,
    fields: &[&KEY_STORE_ID],
    exactly_one: &[],
    answers: &[],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, facts: &Facts, _: Timestamp) -> String {
    let takes = match facts.key_store.as_ref().map(|store| store.is_external()) {
        Some(true) => "That can take some minutes.",
        _ => "That can take up to 20 minutes.",
    };
    format!(
        "KMS connects the key store to what is behind it. {takes} Once it is CONNECTED, its keys can be used."
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .connect_custom_key_store()
        .set_custom_key_store_id(sdk::text(request, &KEY_STORE_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
