//! No input to the HTTP surface panics, and every answer is well formed.

use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use proptest::prelude::*;

use crate::core::{admin, code};

/// The members of the API's requests, to be filled with anything.
const MEMBERS: &[&str] = &[
    "AliasName",
    "BypassPolicyLockoutSafetyCheck",
    "CiphertextBlob",
    "Constraints",
    "CustomKeyStoreId",
    "CustomerMasterKeySpec",
    "Description",
    "DestinationEncryptionAlgorithm",
    "DestinationEncryptionContext",
    "DestinationKeyId",
    "DryRun",
    "DryRunModifiers",
    "EncapsulationAlgorithm",
    "EncryptionAlgorithm",
    "EncryptionContext",
    "GrantId",
    "GrantToken",
    "GrantTokens",
    "GranteePrincipal",
    "IncludeKeyMaterial",
    "KeyAgreementAlgorithm",
    "KeyId",
    "KeyPairSpec",
    "KeySpec",
    "KeyUsage",
    "Limit",
    "Mac",
    "MacAlgorithm",
    "Marker",
    "Message",
    "MessageType",
    "MultiRegion",
    "Name",
    "NumberOfBytes",
    "Operations",
    "Origin",
    "PendingWindowInDays",
    "Plaintext",
    "Policy",
    "PolicyName",
    "PublicKey",
    "Recipient",
    "ReplicaRegion",
    "RetiringPrincipal",
    "RotationPeriodInDays",
    "SharedSecretCiphertextBlob",
    "Signature",
    "SigningAlgorithm",
    "SourceEncryptionAlgorithm",
    "SourceEncryptionContext",
    "SourceKeyId",
    "TagKeys",
    "Tags",
    "TargetKeyId",
];

/// Values that get past the first checks, and values that do not.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "7",
    "32",
    "90",
    "1e400",
    "-9223372036854775809",
    "\"\"",
    "\"x\"",
    "\"\\u202e\\u0000\"",
    "[]",
    "[\"\"]",
    "[\"Decrypt\",\"Sign\"]",
    "{}",
    "{\"a\":\"b\"}",
    "{\"a\":null}",
    "[{}]",
    "[{\"TagKey\":\"k\",\"TagValue\":\"v\"}]",
    "[[[[[]]]]]",
    "{\"EncryptionContextSubset\":{\"a\":\"b\"}}",
    "\"AQ==\"",
    "\"AWFhYWFhYWFhYWFhYf9hYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\"",
    "\"alias/payments\"",
    "\"alias/signing\"",
    "\"alias/webhooks\"",
    "\"alias/pq-exchange\"",
    "\"alias/handshake\"",
    "\"alias/new\"",
    "\"alias/aws/dynamodb\"",
    "\"5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68\"",
    "\"mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff\"",
    "\"arn:aws:kms:us-east-1:444455556666:alias/exchange\"",
    "\"arn:aws:kms:::key/\"",
    "\"arn:\"",
    "\"AES_256\"",
    "\"SYMMETRIC_DEFAULT\"",
    "\"HMAC_256\"",
    "\"ECC_NIST_P256\"",
    "\"ECDSA_SHA_256\"",
    "\"HMAC_SHA_512\"",
    "\"ML_KEM\"",
    "\"ECDH\"",
    "\"DIGEST\"",
    "\"ENCRYPT_DECRYPT\"",
    "\"SIGN_VERIFY\"",
    "\"EXTERNAL\"",
    "\"eu-west-1\"",
    "\"ap-southeast-2\"",
    "\"arn:aws:iam::111122223333:user/auditor\"",
    "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[]}\"",
    "[\"IGNORE_CIPHERTEXT\"]",
];

pub(crate) const OPERATIONS: &[&str] = &[
    "CancelKeyDeletion",
    "CreateAlias",
    "CreateGrant",
    "CreateKey",
    "Decapsulate",
    "Decrypt",
    "DeleteAlias",
    "DeriveSharedSecret",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetPublicKey",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListKeys",
    "ListResourceTags",
    "ListRetirableGrants",
    "PutKeyPolicy",
    "ReEncrypt",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
    "Verify",
    "VerifyMac",
    "Nonsense",
    "",
];

/// Values that a member may well have.
fn likely(member: &str) -> &'static [&'static str] {
    match member {
        "KeyId" | "TargetKeyId" | "DestinationKeyId" | "SourceKeyId" => &[
            "\"5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68\"",
            "\"1234abcd-12ab-34cd-56ef-1234567890ab\"",
            "\"mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff\"",
            "\"55e0c1d2-7f3a-4b6c-9d8e-0f1a2b3caa10\"",
            "\"17c4b8e5-f3a2-4d69-8b0e-9a5d7c2f6e43\"",
            "\"alias/tokens\"",
            "\"alias/pq-exchange\"",
            "\"alias/handshake\"",
        ],
        "AliasName" => &["\"alias/a\"", "\"alias/b\"", "\"alias/tokens\""],
        "Limit" | "NumberOfBytes" | "PendingWindowInDays" => &["7", "16", "30"],
        "RotationPeriodInDays" => &["90", "365"],
        "Plaintext" | "Message" | "Mac" | "Signature" => &["\"AQ==\"", "\"aGVsbG8=\""],
        "KeySpec" => &["\"AES_256\"", "\"SYMMETRIC_DEFAULT\"", "\"ECC_NIST_P256\""],
        "KeyUsage" => &["\"ENCRYPT_DECRYPT\"", "\"SIGN_VERIFY\""],
        "SigningAlgorithm" => &["\"ECDSA_SHA_256\""],
        "MacAlgorithm" => &["\"HMAC_SHA_512\""],
        "EncapsulationAlgorithm" => &["\"ML_KEM\""],
        "KeyAgreementAlgorithm" => &["\"ECDH\""],
        "EncryptionContext" | "SourceEncryptionContext" | "DestinationEncryptionContext" => {
            &["{}", "{\"a\":\"b\"}", "{\"tenant\":\"acme\"}"]
        }
        "Constraints" => &["{}", "{\"EncryptionContextSubset\":{\"a\":\"b\"}}"],
        "DryRun" | "MultiRegion" | "BypassPolicyLockoutSafetyCheck" => &["true", "false"],
        "GranteePrincipal" | "RetiringPrincipal" => &["\"arn:aws:iam::111122223333:user/auditor\""],
        "Operations" => &["[\"Decrypt\"]", "[\"DescribeKey\",\"RetireGrant\"]"],
        "Tags" => &["[{\"TagKey\":\"k\",\"TagValue\":\"v\"}]"],
        "TagKeys" => &["[\"k\"]"],
        "ReplicaRegion" => &["\"ap-southeast-2\"", "\"eu-central-1\""],
        "GrantTokens" => &["[]"],
        "DryRunModifiers" => &["[\"IGNORE_CIPHERTEXT\"]", "[]"],
        _ => VALUES,
    }
}

/// A small, fast generator: the run is the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    pub(crate) fn body(&mut self) -> Vec<u8> {
        match self.roll(12) {
            0 => (0..self.roll(64)).map(|_| self.roll(256) as u8).collect(),
            1 => "[".repeat(self.roll(2000)).into_bytes(),
            _ => {
                let mut text = String::from("{");
                for n in 0..self.roll(7) {
                    let comma = if n > 0 { "," } else { "" };
                    // The key is named often, so that calls get somewhere.
                    let member = match self.roll(3) {
                        0 => "KeyId",
                        _ => MEMBERS[self.roll(MEMBERS.len())],
                    };
                    let likely = likely(member);
                    let value = match self.roll(4) {
                        0 => VALUES[self.roll(VALUES.len())],
                        _ => likely[self.roll(likely.len())],
                    };
                    text.push_str(&format!("{comma}\"{member}\":{value}"));
                }
                text.push('}');
                let mut bytes = text.into_bytes();
                if self.roll(10) == 0 && !bytes.is_empty() {
                    let at = self.roll(bytes.len());
                    bytes[at] = self.roll(256) as u8;
                }
                bytes
            }
        }
    }
}

/// KMSDECK_CASES says how many; 5,000 if it does not.
#[test]
fn arbitrary_requests_are_answered() {
    let cases = std::env::var("KMSDECK_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5_000);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
    let (mut succeeded, mut refused) = (0u32, 0u32);
    for case in 0..cases {
        // The state that the calls make must not grow without end.
        if case % 2_000 == 0 {
            sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        }
        let operation = OPERATIONS[dice.roll(OPERATIONS.len())];
        let body = dice.body();
        // Half of the calls are the administrator's.
        let principal = dice.roll(2) * dice.roll(sandbox.principals().len());
        let response = sandbox.respond_unsigned(principal, "us-east-1", operation, &body);
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let told = response.body();
        match response.status().as_u16() {
            200 => succeeded += 1,
            400 | 500 | 503 => {
                refused += 1;
                let told: serde_json::Value = serde_json::from_slice(told).unwrap();
                let name = told["__type"].as_str().unwrap();
                assert_ne!(name, "InternalFailure", "{operation} {body:?}");
                assert!(
                    name != "KMSInternalException",
                    "{operation} {}",
                    String::from_utf8_lossy(&body)
                );
            }
            other => panic!("{other} for {operation}"),
        }
    }
    println!("{succeeded} succeeded, {refused} refused");
    assert!(succeeded > 0 && refused > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is encrypted comes back, in its context and in no other.
    #[test]
    fn any_plaintext_and_context_come_back(
        plaintext in proptest::collection::vec(any::<u8>(), 1..=4096),
        context in proptest::collection::hash_map(".{1,40}", ".{0,40}", 0..6),
        flip in any::<proptest::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Arc::new(Sandbox::new(SandboxOptions::default()).unwrap());
            let client = admin(&sandbox);
            let key = "alias/tokens";
            let sealed = client
                .encrypt()
                .key_id(key)
                .plaintext(Blob::new(plaintext.clone()))
                .set_encryption_context(Some(context.clone()))
                .send()
                .await
                .unwrap()
                .ciphertext_blob
                .unwrap();
            let decrypt = |blob: Blob| client
                .decrypt()
                .ciphertext_blob(blob)
                .set_encryption_context(Some(context.clone()));
            let opened = decrypt(sealed.clone()).send().await.unwrap();
            assert_eq!(opened.plaintext().unwrap().as_ref(), plaintext);
            let other = decrypt(sealed.clone()).encryption_context("\u{1F511}", "another");
            assert_eq!(code(other.send().await), "InvalidCiphertextException");
            let mut bytes = sealed.into_inner();
            let at = flip.index(bytes.len());
            bytes[at] ^= 1;
            // A flipped bit of the header names another key, or none.
            let told = code(decrypt(Blob::new(bytes)).send().await);
            assert!(["InvalidCiphertextException", "AccessDeniedException"].contains(&told.as_str()), "{told}");
        });
    }
}
