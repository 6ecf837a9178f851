//! Fields that several operations have, and the rules that no single field can hold.

use aws_sdk_kms::types::EncryptionAlgorithmSpec;

use crate::kms::key_id::{self, Notation};
use crate::kms::{Field, FieldError, FieldKind, Request};

/// The field that every operation with DryRun has.
pub const DRY_RUN: Field = Field::optional(
    "DryRun",
    FieldKind::Flag,
    "Checks permission, key state and parameters, and carries nothing out. KMS answers with DryRunOperationException when the call would succeed. It is billed and logged as a call.",
);

/// The field that names the key.
pub const KEY_ID: Field = Field::required(
    "KeyId",
    FieldKind::KeyId,
    "A key ID, key ARN, alias name (alias/NAME) or alias ARN. Another account's key needs an ARN.",
);

/// The pairs that are bound to a ciphertext.
pub const ENCRYPTION_CONTEXT: Field = Field::optional(
    "EncryptionContext",
    FieldKind::EncryptionContext,
    "Pairs that are bound to the ciphertext: Decrypt needs the very same, case and all. Not secret: they are written to CloudTrail in plain text.",
);

/// Tokens of grants that have not spread yet.
pub const GRANT_TOKENS: Field = Field::optional(
    "GrantTokens",
    FieldKind::GrantTokens,
    "Up to 10 tokens from CreateGrant, for grants that are too new to count everywhere.",
);

pub const ENCRYPTION_ALGORITHMS: FieldKind = FieldKind::Algorithm {
    list: "EncryptionAlgorithms",
    names: EncryptionAlgorithmSpec::values(),
};

/// No rules but those of the fields.
pub fn no_rules(_: &Request) -> Vec<FieldError> {
    Vec::new()
}

/// A context is bound by SYMMETRIC_DEFAULT alone, which is also the default.
pub fn context_needs_symmetric(
    request: &Request,
    context: &str,
    algorithm: Option<&str>,
) -> Vec<FieldError> {
    let asymmetric = algorithm.is_some_and(|name| name != "SYMMETRIC_DEFAULT");
    if asymmetric && request.get(context).is_some() {
        return vec![FieldError::new(
            context,
            "is for symmetric encryption alone",
            "remove the pairs, or choose SYMMETRIC_DEFAULT",
        )];
    }
    Vec::new()
}

/// DryRunModifiers go with DryRun; IGNORE_CIPHERTEXT stands for a CiphertextBlob and needs the
/// key that `key` names (API reference of Decrypt and ReEncrypt).
pub fn modifier_rules(request: &Request, key: &'static str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let modified = request.list("DryRunModifiers").is_some();
    if modified && !request.dry_run() {
        errors.push(FieldError::new(
            "DryRunModifiers",
            "go with DryRun alone",
            "switch DryRun on, or leave IGNORE_CIPHERTEXT out",
        ));
    }
    if modified && request.get(key).is_none() {
        errors.push(FieldError::new(
            key,
            "is required with IGNORE_CIPHERTEXT",
            "name the key: no ciphertext does",
        ));
    }
    if !modified && request.get("CiphertextBlob").is_none() {
        errors.push(FieldError::new(
            "CiphertextBlob",
            "is required",
            "give its bytes as base64 or hex, or name a file; a dry run does without by IGNORE_CIPHERTEXT",
        ));
    }
    errors
}

/// MessageType DIGEST takes a Message of the length of the algorithm's digest.
pub fn digest_rules(request: &Request) -> Vec<FieldError> {
    let (Some("DIGEST"), Some(algorithm), Some(message)) = (
        request.text("MessageType"),
        request.text("SigningAlgorithm"),
        request.blob("Message"),
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
    vec![FieldError::new(
        "Message",
        &format!("is a digest of {wanted} bytes for {algorithm}, and has {len}"),
        "give the digest, or choose MessageType RAW",
    )]
}

/// The operations on grants take a key ID or a key ARN, and no alias.
pub fn key_needs_id(request: &Request) -> Vec<FieldError> {
    let notation = request
        .text("KeyId")
        .and_then(|text| key_id::parse(text).ok())
        .map(|id| id.notation);
    match notation {
        Some(Notation::AliasName | Notation::AliasArn) => vec![FieldError::new(
            "KeyId",
            "is a key ID or a key ARN here, and no alias",
            "give the ID of the key that the alias points to",
        )],
        _ => Vec::new(),
    }
}
