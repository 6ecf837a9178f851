//! RevokeGrant (KMS API reference).

use super::fields::{DRY_RUN, GRANT_ID, KEY_ID};
use super::{Changes, Impact, KeyRequirement, OpSpec, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static REVOKE_GRANT: OpSpec = OpSpec {
    id: OpId("RevokeGrant"),
    short: "RGR",
    iam: "kms:RevokeGrant",
    impact: Impact::Destroy,
    changes: Changes::Grants,
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
