//! The rules that no single field can hold.

use super::facts::Facts;
use super::fields::{
    CIPHERTEXT_BLOB, DRY_RUN_MODIFIERS, KEY_ID, MESSAGE, MESSAGE_TYPE, SIGNING_ALGORITHM,
    TARGET_KEY_ID,
};
use crate::kms::key_id::{self, Notation};
use crate::kms::{Field, FieldError, Request};

/// No rules but those of the fields.
pub(super) fn no_rules(_: &Request) -> Vec<FieldError> {
    Vec::new()
}

/// A context is bound by SYMMETRIC_DEFAULT alone, which is also the default.
pub(super) fn context_needs_symmetric(
    request: &Request,
    context: &Field,
    algorithm: Option<&str>,
) -> Vec<FieldError> {
    let asymmetric = algorithm.is_some_and(|name| name != "SYMMETRIC_DEFAULT");
    if asymmetric && request.get(context).is_some() {
        return vec![context.error(
            "is for symmetric encryption alone",
            "remove the pairs, or choose SYMMETRIC_DEFAULT",
        )];
    }
    Vec::new()
}

/// DryRunModifiers go with DryRun; IGNORE_CIPHERTEXT stands for a CiphertextBlob and needs the
/// key that `key` names (API reference of Decrypt and ReEncrypt).
pub(super) fn modifier_rules(request: &Request, key: &Field) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let modified = request.list(&DRY_RUN_MODIFIERS).is_some();
    if modified && !request.dry_run() {
        errors.push(DRY_RUN_MODIFIERS.error(
            "go with DryRun alone",
            "switch DryRun on, or leave IGNORE_CIPHERTEXT out",
        ));
    }
    if modified && request.get(key).is_none() {
        errors.push(key.error(
            "is required with IGNORE_CIPHERTEXT",
            "name the key: no ciphertext does",
        ));
    }
    if !modified && request.get(&CIPHERTEXT_BLOB).is_none() {
        errors.push(CIPHERTEXT_BLOB.error(
            "is required",
            "give its bytes as base64 or hex, or name a file; a dry run does without by IGNORE_CIPHERTEXT",
        ));
    }
    errors
}

/// MessageType DIGEST takes a Message of the length of the algorithm's digest.
pub(super) fn digest_rules(request: &Request) -> Vec<FieldError> {
    let (Some("DIGEST"), Some(algorithm), Some(message)) = (
        request.text(&MESSAGE_TYPE),
        request.text(&SIGNING_ALGORITHM),
        request.blob(&MESSAGE),
    ) else {
        return Vec::new();
    };
    let wanted = match algorithm {
        name if name.ends_with("SHA_256") => 32,
        name if name.ends_with("SHA_384") => 48,
        name if name.ends_with("SHA_512") => 64,
        "SM2DSA" => 32,
        _ => return Vec::new(),
    };
    let len = message.bytes.len();
    if len == wanted {
        return Vec::new();
    }
    vec![MESSAGE.error(
        &format!("is a digest of {wanted} bytes for {algorithm}, and has {len}"),
        "give the digest, or choose MessageType RAW",
    )]
}

/// Operations that change a key, its grants or its aliases take its ID or ARN, and no alias.
pub(super) fn key_needs_id(request: &Request) -> Vec<FieldError> {
    let is_alias = |field: &Field| {
        let text = request.text(field)?;
        let notation = key_id::parse(text).ok()?.notation;
        Some(matches!(notation, Notation::AliasName | Notation::AliasArn))
    };
    [&KEY_ID, &TARGET_KEY_ID]
        .into_iter()
        .filter(|field| is_alias(field).unwrap_or_default())
        .map(|field| {
            field.error(
                "is a key ID or a key ARN here, and no alias",
                "give the ID of the key that the alias points to",
            )
        })
        .collect()
}

/// What is different once a grant is gone.
pub(super) fn grant_ends(facts: &Facts) -> String {
    match &facts.grant {
        Some(grant) => format!(
            "{} may no longer use the key for {} by this grant.",
            grant.grantee().unwrap_or("Its grantee"),
            grant.operations.join(", ")
        ),
        None => "Whoever may use the key by this grant alone no longer may.".to_owned(),
    }
}
