//! CreateKey (KMS API reference).

use aws_sdk_kms::types::{KeySpec, KeyUsageType, OriginType};
use jiff::Timestamp;

use super::answers;
use super::facts::Facts;
use super::fields::{BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, DESCRIPTION, KEY_STORE_ID, POLICY, TAGS};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::TextRule;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static CREATE_KEY: OpSpec = OpSpec {
    id: OpId("CreateKey"),
    short: "NEW",
    group: Group::Life,
    iam: "kms:CreateKey",
    impact: Impact::Change,
    changes: Changes::List,
    consequence: Some(consequence),
    summary: "Makes a key",
    verb: "Create key",
    done: "Key created",
    key: KeyRequirement::NoKey,
    fields: &[
        &KEY_USAGE,
        &KEY_SPEC,
        &DESCRIPTION,
        &TAGS,
        &MULTI_REGION,
        &ORIGIN,
        &CUSTOM_KEY_STORE_ID,
        &XKS_KEY_ID,
        &POLICY,
        &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK,
    ],
    exactly_one: &[],
    answers: &[&answers::KEY_METADATA],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

/// What the key will be for.
pub(super) static KEY_USAGE: Field = Field::optional(
    "KeyUsage",
    FieldKind::Choice(KeyUsageType::values()),
    "What the key is for; it cannot be changed. ENCRYPT_DECRYPT where it is left out.",
);

/// The kind of key.
pub(super) static KEY_SPEC: Field = Field::optional(
    "KeySpec",
    FieldKind::Choice(KeySpec::values()),
    "The kind of key; it cannot be changed. SYMMETRIC_DEFAULT where it is left out: 256 bits, for encryption.",
);

pub(super) static MULTI_REGION: Field = Field::optional(
    "MultiRegion",
    FieldKind::Flag,
    "Makes a multi-Region primary key, which can be replicated; it cannot be changed.",
);

pub(super) static ORIGIN: Field = Field::optional(
    "Origin",
    FieldKind::Choice(OriginType::values()),
    "Where the key material comes from: KMS itself, an import of your own, or a custom key store.",
);

pub(super) static CUSTOM_KEY_STORE_ID: Field = Field {
    required: false,
    help: "The custom key store that holds the key, with Origin AWS_CLOUDHSM or EXTERNAL_KEY_STORE.",
    ..KEY_STORE_ID
};

pub(super) static XKS_KEY_ID: Field = Field::optional(
    "XksKeyId",
    FieldKind::Text {
        max: 128,
        rule: TextRule::Any,
    },
    "The ID of the key in the external key manager, with Origin EXTERNAL_KEY_STORE.",
);

/// The KeyUsage values that keys of a KeySpec can have (CreateKey, KeyUsage).
pub(super) fn usages_of(key_spec: &str) -> &'static [&'static str] {
    match key_spec {
        "SYMMETRIC_DEFAULT" => &["ENCRYPT_DECRYPT"],
        spec if spec.starts_with("HMAC_") => &["GENERATE_VERIFY_MAC"],
        spec if spec.starts_with("RSA_") => &["ENCRYPT_DECRYPT", "SIGN_VERIFY"],
        "ECC_SECG_P256K1" | "ECC_NIST_EDWARDS25519" => &["SIGN_VERIFY"],
        spec if spec.starts_with("ECC_") => &["SIGN_VERIFY", "KEY_AGREEMENT"],
        "SM2" => &["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"],
        spec if spec.starts_with("ML_DSA") => &["SIGN_VERIFY"],
        spec if spec.starts_with("ML_KEM") => &["ENCAPSULATE_DECAPSULATE"],
        // A kind that is newer than this list: KMS decides.
        _ => KeyUsageType::values(),
    }
}

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let key_spec = request.text(&KEY_SPEC).unwrap_or("SYMMETRIC_DEFAULT");
    let usage = request.text(&KEY_USAGE);
    let usages = usages_of(key_spec);
    match usage {
        Some(usage) if !usages.contains(&usage) => errors.push(KEY_SPEC.error(
            &format!("{key_spec} is for {}, and not {usage}", usages.join(" or ")),
            "choose another KeySpec, or another KeyUsage",
        )),
        None if !usages.contains(&"ENCRYPT_DECRYPT") || usages.len() > 1 => {
            errors.push(KEY_USAGE.error(
                &format!("is required with KeySpec {key_spec}"),
                &format!("choose {}", usages.join(" or ")),
            ));
        }
        _ => {}
    }
    let origin = request.text(&ORIGIN).unwrap_or("AWS_KMS");
    let in_store = matches!(origin, "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE");
    for (field, wanted) in [
        (&CUSTOM_KEY_STORE_ID, in_store),
        (&XKS_KEY_ID, origin == "EXTERNAL_KEY_STORE"),
    ] {
        match (request.get(field).is_some(), wanted) {
            (false, true) => errors.push(field.error(
                &format!("is required with Origin {origin}"),
                "fill it in, or choose another Origin",
            )),
            (true, false) => errors.push(field.error(
                &format!("does not go with Origin {origin}"),
                "leave it out, or choose another Origin",
            )),
            _ => {}
        }
    }
    if in_store && key_spec != "SYMMETRIC_DEFAULT" {
        errors.push(KEY_SPEC.error(
            "is SYMMETRIC_DEFAULT in a custom key store",
            "choose it, or another Origin",
        ));
    }
    if in_store && request.flag(&MULTI_REGION) {
        errors.push(MULTI_REGION.error(
            "does not go with a custom key store",
            "switch it off, or choose another Origin",
        ));
    }
    errors
}

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let kind = request.text(&KEY_SPEC).unwrap_or("SYMMETRIC_DEFAULT");
    let place = match request.flag(&MULTI_REGION) {
        true => "multi-Region key",
        false => "key",
    };
    let material = match request.text(&ORIGIN) {
        Some("EXTERNAL") => " It is PendingImport until you import its key material.",
        _ => "",
    };
    format!(
        "A {kind} {place} is made.{material} It costs 1 USD a month (AWS's list price), rotations and replicas more, and can be deleted only after a waiting time of 7 days or more."
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .create_key()
        .set_key_usage(sdk::choice(request, &KEY_USAGE))
        .set_key_spec(sdk::choice(request, &KEY_SPEC))
        .set_description(sdk::text(request, &DESCRIPTION))
        .set_tags(sdk::tags(request, &TAGS))
        .set_multi_region(sdk::flag(request, &MULTI_REGION))
        .set_origin(sdk::choice(request, &ORIGIN))
        .set_custom_key_store_id(sdk::text(request, &CUSTOM_KEY_STORE_ID))
        .set_xks_key_id(sdk::text(request, &XKS_KEY_ID))
        .set_policy(sdk::text(request, &POLICY))
        .set_bypass_policy_lockout_safety_check(sdk::flag(
            request,
            &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK,
        ))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![sdk::key_metadata(
        &answers::KEY_METADATA,
        answer.key_metadata,
    )])
}
