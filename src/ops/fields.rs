//! The request fields that several operations have, each defined once. What one operation alone
//! has is in its own file, but where others name it too.

use aws_sdk_kms::types::{
    DataKeyPairSpec, DryRunModifierType, EncapsulationAlgorithmSpec, EncryptionAlgorithmSpec,
    MacAlgorithmSpec, MessageType, SigningAlgorithmSpec,
};

use super::op_spec::{OneOf, OpSpec};
use crate::kms::field::{Sensitivity, TextRule};
use crate::kms::{Field, FieldKind, Request};

pub use crate::kms::request::DRY_RUN;

/// The field that names the key.
pub static KEY_ID: Field = Field::required(
    "KeyId",
    FieldKind::KeyId,
    "A key ID, key ARN, alias name (alias/NAME) or alias ARN. Another account's key needs an ARN.",
);

/// The key that an alias names.
pub static TARGET_KEY_ID: Field = Field {
    name: "TargetKeyId",
    help: "The key that the alias names: its key ID or key ARN, of this account and Region.",
    ..KEY_ID
};

/// The field by which an operation names the key that it is about, where it has one.
pub fn naming_key(spec: &OpSpec) -> Option<&'static Field> {
    [&KEY_ID, &TARGET_KEY_ID]
        .into_iter()
        .find(|field| spec.has(field))
}

/// What a request names its key by; an alias that is to be deleted names one, too.
pub fn key_in(request: &Request) -> Option<&str> {
    [&KEY_ID, &TARGET_KEY_ID, &ALIAS_NAME]
        .into_iter()
        .find_map(|field| request.text(field))
}

/// The name of an alias.
pub static ALIAS_NAME: Field = Field::required(
    "AliasName",
    FieldKind::AliasName,
    "alias/ and a name of letters, digits, / _ and -; not alias/aws/, which is AWS's own. Not secret: it is written to CloudTrail in plain text.",
)
.with_sensitivity(Sensitivity::InCloudTrail);

/// The custom key store that is connected or disconnected.
pub static KEY_STORE_ID: Field = Field::required(
    "CustomKeyStoreId",
    FieldKind::Text {
        max: 64,
        rule: TextRule::Name,
    },
    "The ID of the custom key store, cks- and letters and digits, from DescribeCustomKeyStores.",
);

/// What a key is for, in words.
pub static DESCRIPTION: Field = Field::optional(
    "Description",
    FieldKind::FreeText { max: 8192 },
    "What the key is for, up to 8,192 characters. Not secret: it is written to CloudTrail in plain text.",
)
.with_sensitivity(Sensitivity::InCloudTrail);

/// The tags of a key.
pub static TAGS: Field = Field::optional(
    "Tags",
    FieldKind::Tags,
    "Keys and values, for costs and for policies that decide by them. Not secret: they are written to CloudTrail in plain text.",
)
.with_sensitivity(Sensitivity::InCloudTrail);

/// A key policy.
pub static POLICY: Field = Field::optional(
    "Policy",
    FieldKind::Document { max: 32_768 },
    "The key policy as JSON, up to 32,768 bytes. Where it is left out, the account's IAM policies decide alone.",
);

pub static BYPASS_POLICY_LOCKOUT_SAFETY_CHECK: Field = Field::optional(
    "BypassPolicyLockoutSafetyCheck",
    FieldKind::Flag,
    "Puts the policy even if you could not put another one afterwards. A key that nobody can administer stays so: leave it off.",
);

/// The pairs that are bound to a ciphertext.
pub static ENCRYPTION_CONTEXT: Field = Field::optional(
    "EncryptionContext",
    FieldKind::EncryptionContext,
    "Pairs that are bound to the ciphertext: Decrypt needs the very same, case and all. Not secret: they are written to CloudTrail in plain text.",
)
.with_sensitivity(Sensitivity::InCloudTrail);

pub static SOURCE_ENCRYPTION_CONTEXT: Field = Field {
    name: "SourceEncryptionContext",
    help: "The pairs that the ciphertext was made with: the very same, case and all.",
    ..ENCRYPTION_CONTEXT
};

pub static DESTINATION_ENCRYPTION_CONTEXT: Field = Field {
    name: "DestinationEncryptionContext",
    help: "The pairs for the new ciphertext; they need not be the old ones. Not secret: they are written to CloudTrail in plain text.",
    ..ENCRYPTION_CONTEXT
};

/// Tokens of grants that have not spread yet.
pub static GRANT_TOKENS: Field = Field::optional(
    "GrantTokens",
    FieldKind::GrantTokens,
    "Up to 10 tokens from CreateGrant, for grants that are too new to count everywhere.",
)
.with_sensitivity(Sensitivity::Token);

pub const ENCRYPTION_ALGORITHMS: FieldKind = FieldKind::Algorithm {
    list: "EncryptionAlgorithms",
    names: EncryptionAlgorithmSpec::values(),
};

pub static ENCRYPTION_ALGORITHM: Field = Field::optional(
    "EncryptionAlgorithm",
    ENCRYPTION_ALGORITHMS,
    "How: SYMMETRIC_DEFAULT unless the key is asymmetric.",
);

/// What Decrypt and ReEncrypt open; a dry run with IGNORE_CIPHERTEXT does without.
pub static CIPHERTEXT_BLOB: Field = Field::optional(
    "CiphertextBlob",
    FieldKind::Blob { min: 1, max: 6144 },
    "The ciphertext, as Encrypt or GenerateDataKey returned it: 1 to 6,144 bytes.",
);

pub static DRY_RUN_MODIFIERS: Field = Field::optional(
    "DryRunModifiers",
    FieldKind::Names(DryRunModifierType::values()),
    "IGNORE_CIPHERTEXT asks for the permission alone, with no CiphertextBlob. Goes with DryRun.",
);

pub static KEY_SPEC: Field = Field::optional(
    "KeySpec",
    FieldKind::Choice(&["AES_256", "AES_128"]),
    "The length of the data key: 256 or 128 bits. The usual way to say it.",
);

pub static NUMBER_OF_BYTES: Field = Field::optional(
    "NumberOfBytes",
    FieldKind::Integer { min: 1, max: 1024 },
    "The length of the data key in bytes, 1 to 1,024, where it is not 16 or 32.",
);

/// A data key has one length.
pub const DATA_KEY_LENGTH: OneOf = OneOf {
    title: "Data key length",
    fields: &[&KEY_SPEC, &NUMBER_OF_BYTES],
};

pub static KEY_PAIR_SPEC: Field = Field::required(
    "KeyPairSpec",
    FieldKind::Choice(DataKeyPairSpec::values()),
    "What kind of key pair to make. RSA pairs take the longest.",
);

/// The message of a signature.
pub static MESSAGE: Field = Field::required(
    "Message",
    FieldKind::Blob { min: 1, max: 4096 },
    "The message, or its digest where MessageType says so: 1 to 4,096 bytes.",
)
.with_sensitivity(Sensitivity::Secret);

/// The message of a MAC.
pub static MAC_MESSAGE: Field = Field {
    help: "The message: 1 to 4,096 bytes. A digest of a longer one will do.",
    ..MESSAGE
};

pub static MESSAGE_TYPE: Field = Field::optional(
    "MessageType",
    FieldKind::Choice(MessageType::values()),
    "RAW: KMS makes the digest. DIGEST: Message is one. EXTERNAL_MU: Message is the mu of ML-DSA (FIPS 204).",
);

pub static SIGNING_ALGORITHM: Field = Field::required(
    "SigningAlgorithm",
    FieldKind::Algorithm {
        list: "SigningAlgorithms",
        names: SigningAlgorithmSpec::values(),
    },
    "How: one of the algorithms of the key.",
);

pub static MAC_ALGORITHM: Field = Field::required(
    "MacAlgorithm",
    FieldKind::Algorithm {
        list: "MacAlgorithms",
        names: MacAlgorithmSpec::values(),
    },
    "How: an HMAC key has one algorithm.",
);

pub static ENCAPSULATION_ALGORITHM: Field = Field::required(
    "EncapsulationAlgorithm",
    FieldKind::Algorithm {
        list: "EncapsulationAlgorithms",
        names: EncapsulationAlgorithmSpec::values(),
    },
    "How: ML_KEM (FIPS 203) is the only one.",
);

/// The grant that is to go.
pub static GRANT_ID: Field = Field::required(
    "GrantId",
    FieldKind::Text {
        max: 128,
        rule: TextRule::Any,
    },
    "The ID of the grant, from CreateGrant or ListGrants.",
);

pub static GRANT_TOKEN: Field = Field::optional(
    "GrantToken",
    FieldKind::Text {
        max: 8192,
        rule: TextRule::Any,
    },
    "The token of the grant, as CreateGrant returned it; else give KeyId and GrantId.",
)
.with_sensitivity(Sensitivity::Token);
