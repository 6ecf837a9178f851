//! DeleteAlias (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::ALIAS_NAME;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static DELETE_ALIAS: OpSpec = OpSpec {
    id: OpId("DeleteAlias"),
    short: "DAL",
    group: Group::Naming,
    iam: "kms:DeleteAlias",
    impact: Impact::Change,
    changes: Changes::Aliases,
    consequence: Some(consequence),
    summary: "Takes a name from a key; the key itself stays",
    verb: "Delete alias",
    done: "Alias deleted",
    key: KeyRequirement::Any,
    fields: &[&ALIAS_NAME],
    exactly_one: &[],
    answers: &[],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(request: &Request, facts: &Facts, _: Timestamp) -> String {
    let alias = request.text(&ALIAS_NAME).unwrap_or("the alias");
    let others = facts.aliases.iter().filter(|name| *name != alias).count();
    let left = match (facts.aliases.is_empty(), others) {
        (true, _) => "",
        (false, 0) => " The key has no other alias.",
        (false, _) => " The key keeps its other aliases.",
    };
    let used = facts.alias_used.iter().map(|used| format!(" {used}"));
    format!(
        "Every call that names the key by {alias} fails from then on. The key and what it encrypted stay as they are.{left}{}",
        used.collect::<String>()
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .delete_alias()
        .set_alias_name(sdk::text(request, &ALIAS_NAME))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
