//! RetireGrant (KMS API reference).

use super::{Changes, DRY_RUN, Fits, Impact, KEY_ID, OpSpec, key_needs_id, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static RETIRE_GRANT: OpSpec = OpSpec {
    id: OpId("RetireGrant"),
    short: "TGR",
    iam: "kms:RetireGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    summary: "Deletes a grant, as one whom the grant names",
    verb: "Retire grant",
    done: "Grant retired",
    fits: Fits::Any,
    answers_secrets: false,
    fields: &[
        Field::optional(
            "GrantToken",
            FieldKind::Text {
                max: 8192,
                rule: TextRule::Any,
            },
            "The token of the grant, as CreateGrant returned it; else give KeyId and GrantId.",
        ),
        Field {
            required: false,
            help: "The ARN of the grant's key: goes with GrantId, in place of GrantToken.",
            ..KEY_ID
        },
        Field::optional(
            "GrantId",
            FieldKind::Text {
                max: 128,
                rule: TextRule::Any,
            },
            "The ID of the grant, from CreateGrant or ListGrants; goes with KeyId.",
        ),
        DRY_RUN,
    ],
    exactly_one: &[],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn rules(request: &Request) -> Vec<FieldError> {
    let has = |field| request.get(field).is_some();
    let error = |field: &str, rule: &str, fix: &str| vec![FieldError::new(field, rule, fix)];
    match (has("GrantToken"), has("KeyId"), has("GrantId")) {
        (true, false, false) => Vec::new(),
        (false, true, true) => key_needs_id(request),
        (true, ..) => error(
            "GrantToken",
            "does not go with KeyId and GrantId",
            "leave out the one or the others",
        ),
        (false, false, true) => error("KeyId", "goes with GrantId", "name the grant's key"),
        (false, true, false) => error("GrantId", "goes with KeyId", "type the grant's ID"),
        (false, false, false) => error(
            "GrantToken",
            "is required, or KeyId and GrantId",
            "paste the token that CreateGrant returned",
        ),
    }
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .retire_grant()
        .set_grant_token(sdk::text(request, "GrantToken"))
        .set_key_id(sdk::text(request, "KeyId"))
        .set_grant_id(sdk::text(request, "GrantId"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
