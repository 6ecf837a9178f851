//! CreateGrant (KMS API reference).

use jiff::Timestamp;

use super::answers;
use super::facts::Facts;
use aws_sdk_kms::types::{GrantConstraints, GrantOperation};
use kmsdeck_policy::KeyGrant;

use super::fields::{DRY_RUN, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::encryption_context;
use crate::kms::field::TextRule;
use crate::kms::key_id::is_account;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField, Value};

pub static CREATE_GRANT: OpSpec = OpSpec {
    id: OpId("CreateGrant"),
    short: "CGR",
    group: Group::Permissions,
    iam: "kms:CreateGrant",
    impact: Impact::Change,
    changes: Changes::Grants,
    consequence: Some(consequence),
    summary: "Lets a principal use a key for some operations",
    verb: "Create grant",
    done: "Grant created",
    key: KeyRequirement::Any,
    fields: &[
        &KEY_ID,
        &GRANTEE_PRINCIPAL,
        &GRANTEE_SERVICE_PRINCIPAL,
        &OPERATIONS,
        &ENCRYPTION_CONTEXT_SUBSET,
        &ENCRYPTION_CONTEXT_EQUALS,
        &SOURCE_ARN,
        &RETIRING_PRINCIPAL,
        &RETIRING_SERVICE_PRINCIPAL,
        &NAME,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[&answers::GRANT_TOKEN, &answers::GRANT_ID],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

static GRANTEE_PRINCIPAL: Field = Field::optional(
    "GranteePrincipal",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Principal,
    },
    "Who may use the key: the ARN of a user, a role, an assumed role or an account.",
);

static GRANTEE_SERVICE_PRINCIPAL: Field = Field::optional(
    "GranteeServicePrincipal",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Principal,
    },
    "An AWS service that may use the key, in place of GranteePrincipal.",
);

static OPERATIONS: Field = Field::required(
    "Operations",
    FieldKind::Names(GrantOperation::values()),
    "What the grant allows. All must be ones that the key can do.",
);

static ENCRYPTION_CONTEXT_SUBSET: Field = Field {
    name: "EncryptionContextSubset",
    within: Some("Constraints"),
    help: "The grant counts only where the call's context holds these pairs. For symmetric encryption keys.",
    ..ENCRYPTION_CONTEXT
};

static ENCRYPTION_CONTEXT_EQUALS: Field = Field {
    name: "EncryptionContextEquals",
    within: Some("Constraints"),
    help: "The grant counts only where the call's context is these pairs and no other.",
    ..ENCRYPTION_CONTEXT
};

static SOURCE_ARN: Field = Field {
    within: Some("Constraints"),
    ..Field::optional(
        "SourceArn",
        FieldKind::Text {
            max: 512,
            rule: TextRule::Any,
        },
        "The grant counts only where the service acts for this resource: its ARN. Required with a service principal.",
    )
};

static RETIRING_PRINCIPAL: Field = Field::optional(
    "RetiringPrincipal",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Principal,
    },
    "Who may retire the grant: an ARN.",
);

static RETIRING_SERVICE_PRINCIPAL: Field = Field::optional(
    "RetiringServicePrincipal",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Principal,
    },
    "An AWS service that may retire the grant.",
);

static NAME: Field = Field::optional(
    "Name",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Name,
    },
    "A friendly name. The same request with the same Name gives the same grant, not a second one.",
);

/// The request that makes such a grant.
pub fn grant_request(key_id: &str, grant: &KeyGrant) -> Request {
    let grantee = match grant.grantee_principal.starts_with("arn:") {
        true => &GRANTEE_PRINCIPAL,
        false => &GRANTEE_SERVICE_PRINCIPAL,
    };
    let mut request = Request::new(CREATE_GRANT.id)
        .with(&KEY_ID, Value::Text(key_id.to_owned()))
        .with(grantee, Value::Text(grant.grantee_principal.clone()))
        .with(&OPERATIONS, Value::List(grant.operations.clone()));
    if let Some((is_all, pairs)) = &grant.constraints {
        let field = match is_all {
            true => &ENCRYPTION_CONTEXT_EQUALS,
            false => &ENCRYPTION_CONTEXT_SUBSET,
        };
        let pairs = pairs.clone().into_iter().collect();
        request = request.with(field, Value::Pairs(pairs));
    }
    if let Some(source) = &grant.source_arn {
        request = request.with(&SOURCE_ARN, Value::Text(source.clone()));
    }
    request
}

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = key_needs_id(request);
    let both = |a: &Field, b: &Field| request.get(a).is_some() && request.get(b).is_some();
    if request.get(&GRANTEE_PRINCIPAL).is_none()
        && request.get(&GRANTEE_SERVICE_PRINCIPAL).is_none()
    {
        errors.push(GRANTEE_PRINCIPAL.error(
            "is required",
            "type the ARN of who may use the key, or fill in GranteeServicePrincipal",
        ));
    }
    let service = [&GRANTEE_SERVICE_PRINCIPAL, &RETIRING_SERVICE_PRINCIPAL]
        .into_iter()
        .find(|field| request.get(field).is_some());
    match (service, request.text(&SOURCE_ARN)) {
        (Some(service), None) => errors.push(SOURCE_ARN.error(
            &format!("is required with {}", service.name),
            "type the ARN of the resource that the service acts for",
        )),
        (_, Some(arn)) if !is_resource_of_account(arn) => errors.push(SOURCE_ARN.error(
            "is the ARN of a resource, with its account",
            "write it whole: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE",
        )),
        _ => {}
    }
    let is_given = |field: &Field| request.get(field).is_some();
    let has_retiring = is_given(&RETIRING_PRINCIPAL) || is_given(&RETIRING_SERVICE_PRINCIPAL);
    match is_given(&GRANTEE_SERVICE_PRINCIPAL) {
        true if !has_retiring => errors.push(RETIRING_PRINCIPAL.error(
            "is required with GranteeServicePrincipal, or RetiringServicePrincipal",
            "say who may retire the service's grant",
        )),
        false if is_given(&RETIRING_SERVICE_PRINCIPAL) => {
            errors.push(RETIRING_SERVICE_PRINCIPAL.error(
                "goes with GranteeServicePrincipal alone",
                "use RetiringPrincipal for the grant of a principal",
            ));
        }
        _ => {}
    }
    for (a, b) in [
        (&GRANTEE_PRINCIPAL, &GRANTEE_SERVICE_PRINCIPAL),
        (&RETIRING_PRINCIPAL, &RETIRING_SERVICE_PRINCIPAL),
        (&ENCRYPTION_CONTEXT_SUBSET, &ENCRYPTION_CONTEXT_EQUALS),
    ] {
        if both(a, b) {
            errors.push(b.error(
                &format!("does not go with {}", a.name),
                "leave one of the two out",
            ));
        }
    }
    errors
}

/// Whether it is an ARN as SourceArn takes it: of a resource whose account is in it.
fn is_resource_of_account(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, _, account, resource] = parts.as_slice() else {
        return false;
    };
    partition.starts_with("aws")
        && !service.is_empty()
        && is_account(account)
        && !resource.is_empty()
        && (20..=512).contains(&arn.chars().count())
}

fn constraints(request: &Request) -> Option<GrantConstraints> {
    let subset = sdk::pairs(request, &ENCRYPTION_CONTEXT_SUBSET);
    let equals = sdk::pairs(request, &ENCRYPTION_CONTEXT_EQUALS);
    let source_arn = sdk::text(request, &SOURCE_ARN);
    (subset.is_some() || equals.is_some() || source_arn.is_some()).then(|| {
        GrantConstraints::builder()
            .set_encryption_context_subset(subset)
            .set_encryption_context_equals(equals)
            .set_source_arn(source_arn)
            .build()
    })
}

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let principal = request.text(&GRANTEE_PRINCIPAL);
    let grantee = principal.or_else(|| request.text(&GRANTEE_SERVICE_PRINCIPAL));
    let operations = request.list(&OPERATIONS).unwrap_or_default().join(", ");
    let mut text = format!(
        "{} may use the key for {operations}",
        grantee.unwrap_or("The grantee")
    );
    for field in [&ENCRYPTION_CONTEXT_SUBSET, &ENCRYPTION_CONTEXT_EQUALS] {
        if let Some(pairs) = request.pairs(field) {
            let pairs = encryption_context::shown(pairs);
            text.push_str(&format!(", where {} holds: {pairs}", field.name));
        }
    }
    if let Some(arn) = request.text(&SOURCE_ARN) {
        text.push_str(&format!(", for {arn} alone"));
    }
    text.push('.');
    text
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .create_grant()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_grantee_principal(sdk::text(request, &GRANTEE_PRINCIPAL))
        .set_grantee_service_principal(sdk::text(request, &GRANTEE_SERVICE_PRINCIPAL))
        .set_operations(sdk::choices(request, &OPERATIONS))
        .set_constraints(constraints(request))
        .set_retiring_principal(sdk::text(request, &RETIRING_PRINCIPAL))
        .set_retiring_service_principal(sdk::text(request, &RETIRING_SERVICE_PRINCIPAL))
        .set_name(sdk::text(request, &NAME))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::GRANT_TOKEN.text(answer.grant_token),
        answers::GRANT_ID.text(answer.grant_id),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::Value;

    fn errors(fields: &[(&'static Field, &str)]) -> Vec<String> {
        let mut request = Request::new(CREATE_GRANT.id);
        for (field, text) in fields {
            request.set(field, Value::Text((*text).to_owned()));
        }
        let errors = rules(&request).into_iter();
        errors.map(|error| error.to_string()).collect()
    }

    #[test]
    fn a_service_s_grant_needs_a_resource_and_somebody_who_may_retire_it() {
        let service = (&GRANTEE_SERVICE_PRINCIPAL, "rds.amazonaws.com");
        let source = (&SOURCE_ARN, "arn:aws:rds:us-east-1:111122223333:db:shop");
        let retiring = (&RETIRING_SERVICE_PRINCIPAL, "rds.amazonaws.com");
        assert!(errors(&[service, source, retiring]).is_empty());
        let said = errors(&[service, retiring]);
        assert!(
            said[0].starts_with("SourceArn is required with"),
            "{said:?}"
        );
        let said = errors(&[service, source]);
        assert!(
            said[0].starts_with("RetiringPrincipal is required"),
            "{said:?}"
        );
        let principal = (&GRANTEE_PRINCIPAL, "arn:aws:iam::111122223333:user/a");
        let said = errors(&[principal, retiring, source]);
        assert!(
            said[0].contains("GranteeServicePrincipal alone"),
            "{said:?}"
        );
        // An S3 bucket's ARN has no account in it.
        let bucket = (&SOURCE_ARN, "arn:aws:s3:::a-bucket-of-mine");
        let said = errors(&[principal, bucket]);
        assert!(said[0].contains("with its account"), "{said:?}");
    }
}
