//! CreateGrant (KMS API reference).

use aws_sdk_kms::types::{GrantConstraints, GrantOperation};

use super::{
    Changes, DRY_RUN, ENCRYPTION_CONTEXT, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, key_needs_id,
    sdk,
};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static CREATE_GRANT: OpSpec = OpSpec {
    id: OpId("CreateGrant"),
    short: "CGR",
    iam: "kms:CreateGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    summary: "Lets a principal use a key for some operations",
    verb: "Create grant",
    done: "Grant created",
    fits: Fits::Any,
    answers_secrets: false,
    fields: &[
        KEY_ID,
        Field::optional(
            "GranteePrincipal",
            FieldKind::Text {
                max: 256,
                rule: TextRule::Principal,
            },
            "Who may use the key: the ARN of a user, a role, an assumed role or an account.",
        ),
        Field::optional(
            "GranteeServicePrincipal",
            FieldKind::Text {
                max: 256,
                rule: TextRule::Principal,
            },
            "An AWS service that may use the key, in place of GranteePrincipal.",
        ),
        Field::required(
            "Operations",
            FieldKind::Names(GrantOperation::values()),
            "What the grant allows. All must be ones that the key can do.",
        ),
        Field {
            name: "EncryptionContextSubset",
            within: Some("Constraints"),
            help: "The grant counts only where the call's context holds these pairs. For symmetric encryption keys.",
            ..ENCRYPTION_CONTEXT
        },
        Field {
            name: "EncryptionContextEquals",
            within: Some("Constraints"),
            help: "The grant counts only where the call's context is these pairs and no other.",
            ..ENCRYPTION_CONTEXT
        },
        Field::optional(
            "RetiringPrincipal",
            FieldKind::Text {
                max: 256,
                rule: TextRule::Principal,
            },
            "Who may retire the grant: an ARN.",
        ),
        Field::optional(
            "RetiringServicePrincipal",
            FieldKind::Text {
                max: 256,
                rule: TextRule::Principal,
            },
            "An AWS service that may retire the grant.",
        ),
        Field::optional(
            "Name",
            FieldKind::Text {
                max: 256,
                rule: TextRule::Name,
            },
            "A friendly name. The same request with the same Name gives the same grant, not a second one.",
        ),
        GRANT_TOKENS,
        DRY_RUN,
    ],
    exactly_one: &[],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = key_needs_id(request);
    let both = |a: &str, b: &str| request.get(a).is_some() && request.get(b).is_some();
    if request.get("GranteePrincipal").is_none() && request.get("GranteeServicePrincipal").is_none()
    {
        errors.push(FieldError::new(
            "GranteePrincipal",
            "is required",
            "type the ARN of who may use the key, or fill in GranteeServicePrincipal",
        ));
    }
    for (a, b) in [
        ("GranteePrincipal", "GranteeServicePrincipal"),
        ("RetiringPrincipal", "RetiringServicePrincipal"),
        ("EncryptionContextSubset", "EncryptionContextEquals"),
    ] {
        if both(a, b) {
            errors.push(FieldError::new(
                b,
                &format!("does not go with {a}"),
                "leave one of the two out",
            ));
        }
    }
    errors
}

fn constraints(request: &Request) -> Option<GrantConstraints> {
    let subset = sdk::pairs(request, "EncryptionContextSubset");
    let equals = sdk::pairs(request, "EncryptionContextEquals");
    (subset.is_some() || equals.is_some()).then(|| {
        GrantConstraints::builder()
            .set_encryption_context_subset(subset)
            .set_encryption_context_equals(equals)
            .build()
    })
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .create_grant()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_grantee_principal(sdk::text(request, "GranteePrincipal"))
        .set_grantee_service_principal(sdk::text(request, "GranteeServicePrincipal"))
        .set_operations(sdk::choices(request, "Operations"))
        .set_constraints(constraints(request))
        .set_retiring_principal(sdk::text(request, "RetiringPrincipal"))
        .set_retiring_service_principal(sdk::text(request, "RetiringServicePrincipal"))
        .set_name(sdk::text(request, "Name"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("GrantToken", answer.grant_token),
        ResponseField::text("GrantId", answer.grant_id),
    ])
}
