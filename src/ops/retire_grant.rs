//! RetireGrant (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{DRY_RUN, GRANT_ID, GRANT_TOKEN, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::grant_ends;
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldError, KmsError, OpId, Request, ResponseField};

pub static RETIRE_GRANT: OpSpec = OpSpec {
    id: OpId("RetireGrant"),
    short: "TGR",
    group: Group::Permissions,
    iam: "kms:RetireGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    consequence: Some(consequence),
    summary: "Deletes a grant, as one whom the grant names",
    verb: "Retire grant",
    done: "Grant retired",
    key: KeyRequirement::Any,
    fields: &[&GRANT_TOKEN, &GRANT_KEY_ID, &KEYED_GRANT_ID, &DRY_RUN],
    exactly_one: &[],
    answers: &[],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

static GRANT_KEY_ID: Field = Field {
    required: false,
    help: "The ARN of the grant's key: goes with GrantId, in place of GrantToken.",
    ..KEY_ID
};

static KEYED_GRANT_ID: Field = Field {
    required: false,
    help: "The ID of the grant, from CreateGrant or ListGrants; goes with KeyId.",
    ..GRANT_ID
};

fn rules(request: &Request) -> Vec<FieldError> {
    let has = |field| request.get(field).is_some();
    let error = |field: &Field, rule: &str, fix: &str| vec![field.error(rule, fix)];
    match (has(&GRANT_TOKEN), has(&KEY_ID), has(&GRANT_ID)) {
        (true, false, false) => Vec::new(),
        (false, true, true) => key_needs_id(request),
        (true, ..) => error(
            &GRANT_TOKEN,
            "does not go with KeyId and GrantId",
            "leave out the one or the others",
        ),
        (false, false, true) => error(&KEY_ID, "goes with GrantId", "name the grant's key"),
        (false, true, false) => error(&GRANT_ID, "goes with KeyId", "type the grant's ID"),
        (false, false, false) => error(
            &GRANT_TOKEN,
            "is required, or KeyId and GrantId",
            "paste the token that CreateGrant returned",
        ),
    }
}

fn consequence(_: &Request, facts: &Facts, _: Timestamp) -> String {
    grant_ends(facts)
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .retire_grant()
        .set_grant_token(sdk::text(request, &GRANT_TOKEN))
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_grant_id(sdk::text(request, &GRANT_ID))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
