//! RevokeGrant (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{DRY_RUN, GRANT_ID, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::grant_ends;
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static REVOKE_GRANT: OpSpec = OpSpec {
    id: OpId("RevokeGrant"),
    short: "RGR",
    group: Group::Permissions,
    iam: "kms:RevokeGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    consequence: Some(consequence),
    summary: "Deletes a grant, as one who looks after the key",
    verb: "Revoke grant",
    done: "Grant revoked",
    key: KeyRequirement::Any,
    fields: &[&KEY_ID, &GRANT_ID, &DRY_RUN],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

fn consequence(_: &Request, facts: &Facts, _: Timestamp) -> String {
    grant_ends(facts)
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .revoke_grant()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_grant_id(sdk::text(request, &GRANT_ID))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
