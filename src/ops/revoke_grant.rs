//! RevokeGrant (KMS API reference).

use super::{Changes, DRY_RUN, Fits, Impact, KEY_ID, OpSpec, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static REVOKE_GRANT: OpSpec = OpSpec {
    id: OpId("RevokeGrant"),
    short: "RGR",
    iam: "kms:RevokeGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    summary: "Deletes a grant, as one who looks after the key",
    verb: "Revoke grant",
    done: "Grant revoked",
    fits: Fits::Any,
    answers_secrets: false,
    fields: &[
        KEY_ID,
        Field::required(
            "GrantId",
            FieldKind::Text {
                max: 128,
                rule: TextRule::Any,
            },
            "The ID of the grant, from CreateGrant or ListGrants.",
        ),
        DRY_RUN,
    ],
    exactly_one: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .revoke_grant()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_grant_id(sdk::text(request, "GrantId"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
