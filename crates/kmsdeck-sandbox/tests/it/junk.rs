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
    "CloudHsmClusterId",
    "Constraints",
    "CustomKeyStoreId",
    "CustomKeyStoreName",
    "CustomKeyStoreType",
    "CustomerMasterKeySpec",
    "Description",
    "DestinationEncryptionAlgorithm",
    "DestinationEncryptionContext",
    "DestinationKeyId",
    "DryRun",
    "DryRunModifiers",
    "EncapsulationAlgorithm",
    "EncryptedKeyMaterial",
    "EncryptionAlgorithm",
    "EncryptionContext",
    "ExpirationModel",
    "GrantId",
    "GrantToken",
    "GrantTokens",
    "GranteePrincipal",
    "ImportToken",
    "ImportType",
    "IncludeKeyMaterial",
    "KeyAgreementAlgorithm",
    "KeyId",
    "KeyMaterialDescription",
    "KeyMaterialId",
    "KeyPairSpec",
    "KeySpec",
    "KeyStorePassword",
    "KeyUsage",
    "Limit",
    "Mac",
    "MacAlgorithm",
    "Marker",
    "Message",
    "MessageType",
    "MultiRegion",
    "Name",
    "NewCustomKeyStoreName",
    "NumberOfBytes",
    "Operations",
    "Origin",
    "PendingWindowInDays",
    "Plaintext",
    "Policy",
    "PolicyName",
    "PrimaryRegion",
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
    "TrustAnchorCertificate",
    "ValidTo",
    "WrappingAlgorithm",
    "WrappingKeySpec",
    "XksKeyId",
    "XksProxyAuthenticationCredential",
    "XksProxyConnectivity",
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
    "XksProxyVpcEndpointServiceName",
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
    "ConnectCustomKeyStore",
    "CreateAlias",
    "CreateCustomKeyStore",
    "CreateGrant",
    "CreateKey",
    "Decapsulate",
    "Decrypt",
    "DeleteAlias",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
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
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
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
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
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
            "\"alias/app-tokens\"",
            "\"alias/pq-exchange\"",
            "\"alias/handshake\"",
            "\"b2d94e63-1c5f-48a7-9e30-5a7c6d8f1e02\"",
            "\"c81f5a7e-3d20-4b96-8e4c-6f7a09b1d253\"",
            "\"e47b0c19-5f82-4d3a-b6e1-83c2a9f4d7b0\"",
        ],
        "AliasName" => &["\"alias/a\"", "\"alias/b\"", "\"alias/app-tokens\""],
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
        "CloudHsmClusterId" => &["\"cluster-abcdefghijk\"", "\"cluster-bcdefghijkl\""],
        "CustomKeyStoreId" => &["\"cks-1234567890abcdef0\""],
        "CustomKeyStoreName" | "NewCustomKeyStoreName" => &[
            "\"a\"",
            "\"hsm-store\"",
            "\"fails with NETWORK_ERRORS\"",
            "\"fails with CloudHsmClusterNotActiveException\"",
        ],
        "CustomKeyStoreType" => &["\"AWS_CLOUDHSM\"", "\"EXTERNAL_KEY_STORE\""],
        "ExpirationModel" => &[
            "\"KEY_MATERIAL_DOES_NOT_EXPIRE\"",
            "\"KEY_MATERIAL_EXPIRES\"",
        ],
        "ImportType" => &["\"NEW_KEY_MATERIAL\"", "\"EXISTING_KEY_MATERIAL\""],
        "KeyStorePassword" => &["\"kmsPswd1\""],
        "Origin" => &["\"EXTERNAL\"", "\"AWS_CLOUDHSM\"", "\"EXTERNAL_KEY_STORE\""],
        "TrustAnchorCertificate" => &["\"-----BEGIN CERTIFICATE-----\""],
        "ValidTo" => &["1e400", "-1", "1900000000"],
        "WrappingAlgorithm" => &["\"RSAES_OAEP_SHA_256\"", "\"RSA_AES_KEY_WRAP_SHA_256\""],
        "WrappingKeySpec" => &["\"RSA_2048\""],
        "XksKeyId" => &["\"k\"", "\"missing-k\""],
        "XksProxyAuthenticationCredential" => &[
            "{\"AccessKeyId\":\"ABCDEFGHIJKLMNOPQRST\",\"RawSecretAccessKey\":\"ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABC\"}",
            "{\"AccessKeyId\":\"a\"}",
        ],
        "XksProxyConnectivity" => &["\"PUBLIC_ENDPOINT\"", "\"VPC_ENDPOINT_SERVICE\""],
        "XksProxyUriEndpoint" => &["\"https://xks.example.com\""],
        "XksProxyUriPath" => &["\"/kms/xks/v1\""],
        "PrimaryRegion" => &["\"us-east-1\"", "\"eu-west-1\""],
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
            let key = "alias/app-tokens";
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
