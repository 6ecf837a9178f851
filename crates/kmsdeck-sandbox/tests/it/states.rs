//! Operation by key state: what the service answers.
//!
//! Source of the expectations: KMS developer guide, page "Key states of AWS
//! KMS keys" (key-state), the table and its numbered notes.

use std::time::Duration;

use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::asked::{answered, asked};
use crate::core::{admin, code, sandbox};

/// A symmetric encryption key in every state of the table's columns.
const KEYS: [(&str, &str); 5] = [
    ("Enabled", "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68"),
    ("Disabled", "7d3f8a21-94be-4c07-a6d5-2e1b0c9f8a76"),
    ("PendingImport", "b2d94e63-1c5f-48a7-9e30-5a7c6d8f1e02"),
    ("PendingDeletion", "9a8b7c6d-0e1f-4a2b-8c3d-4e5f60712211"),
    ("Unavailable", "e47b0c19-5f82-4d3a-b6e1-83c2a9f4d7b0"),
];

// The notes of the table.
const OK: &str = "";
/// DryRun's yes, where the operation has DryRun.
const YES: &str = "DryRunOperationException";
const N1: &str = "DisabledException";
const N3: &str = "KMSInvalidStateException: pending deletion";
const N4: &str = "KMSInvalidStateException: not pending deletion";
const N5: &str = "KMSInvalidStateException: pending import";
/// Notes 6, 7 and 9: external origin, custom key store, no imported material.
const N6: &str = "UnsupportedOperationException";
const N11: &str = "KMSInvalidStateException: unavailable";

/// Authorized and found to be wrong elsewhere: the state does not matter.
const GONE: &str = "NotFoundException";
/// The state will do, and the token that comes with it will not.
const JUNK: &str = "InvalidImportTokenException";
/// No key of that kind is ever in that state: custom key stores have symmetric keys of one Region
/// alone, and the material of ML-KEM keys is not imported.
const NONE: &str = "none";

/// What a row's key is.
#[derive(Clone, Copy)]
enum Kind {
    Symmetric,
    Sign,
    Agree,
    Mac,
    Encapsulate,
    MultiRegion,
}

/// The table's rows, its columns in the order of [`KEYS`].
const TABLE: &[(&str, Kind, [&str; 5])] = &[
    ("CancelKeyDeletion", Kind::Symmetric, [N4, N4, N4, OK, N4]),
    ("CreateAlias", Kind::Symmetric, [OK, OK, OK, N3, OK]),
    ("CreateGrant", Kind::Symmetric, [YES, N1, N5, N3, YES]),
    ("Decrypt", Kind::Symmetric, [YES, N1, N5, N3, N11]),
    (
        "DeleteImportedKeyMaterial",
        Kind::Symmetric,
        [N6, N6, OK, N6, N6],
    ),
    ("DescribeKey", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("DisableKey", Kind::Symmetric, [OK, OK, N5, N3, OK]),
    ("DisableKeyRotation", Kind::Symmetric, [OK, N1, N6, N3, N6]),
    ("EnableKey", Kind::Symmetric, [OK, OK, N5, N3, OK]),
    ("EnableKeyRotation", Kind::Symmetric, [OK, N1, N6, N3, N6]),
    ("Encrypt", Kind::Symmetric, [YES, N1, N5, N3, N11]),
    ("GenerateDataKey", Kind::Symmetric, [YES, N1, N5, N3, N11]),
    (
        "GenerateDataKeyPair",
        Kind::Symmetric,
        [YES, N1, N5, N3, N11],
    ),
    (
        "GenerateDataKeyPairWithoutPlaintext",
        Kind::Symmetric,
        [YES, N1, N5, N3, N11],
    ),
    (
        "GenerateDataKeyWithoutPlaintext",
        Kind::Symmetric,
        [YES, N1, N5, N3, N11],
    ),
    ("GetKeyLastUsage", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("GetKeyPolicy", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    (
        "GetKeyRotationStatus",
        Kind::Symmetric,
        // Seen: of a key that is pending import it is no.
        [OK, OK, OK, OK, N6],
    ),
    (
        "GetParametersForImport",
        Kind::Symmetric,
        [N6, N6, OK, N6, N6],
    ),
    ("ImportKeyMaterial", Kind::Symmetric, [N6, N6, JUNK, N6, N6]),
    ("ListAliases", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("ListGrants", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("ListKeyPolicies", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("ListKeyRotations", Kind::Symmetric, [OK, OK, OK, OK, N6]),
    ("ListResourceTags", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("PutKeyPolicy", Kind::Symmetric, [OK, OK, OK, OK, OK]),
    ("ReEncrypt", Kind::Symmetric, [YES, N1, N5, N3, N11]),
    (
        "RetireGrant",
        Kind::Symmetric,
        [GONE, GONE, GONE, GONE, GONE],
    ),
    (
        "RevokeGrant",
        Kind::Symmetric,
        [GONE, GONE, GONE, GONE, GONE],
    ),
    // Seen: the state goes before spec and origin.
    ("RotateKeyOnDemand", Kind::Symmetric, [OK, N1, N5, N3, N6]),
    ("ScheduleKeyDeletion", Kind::Symmetric, [OK, OK, OK, N3, OK]),
    ("TagResource", Kind::Symmetric, [OK, OK, OK, N3, OK]),
    ("UntagResource", Kind::Symmetric, [OK, OK, OK, N3, OK]),
    ("UpdateAlias", Kind::Symmetric, [OK, OK, OK, N3, OK]),
    (
        "UpdateKeyDescription",
        Kind::Symmetric,
        [OK, OK, OK, N3, OK],
    ),
    ("GetPublicKey", Kind::Sign, [OK, N1, N5, N3, NONE]),
    ("Sign", Kind::Sign, [YES, N1, N5, N3, NONE]),
    ("Verify", Kind::Sign, [YES, N1, N5, N3, NONE]),
    ("DeriveSharedSecret", Kind::Agree, [YES, N1, N5, N3, NONE]),
    ("GenerateMac", Kind::Mac, [YES, N1, N5, N3, NONE]),
    ("VerifyMac", Kind::Mac, [YES, N1, N5, N3, NONE]),
    ("Encapsulate", Kind::Encapsulate, [YES, N1, NONE, N3, NONE]),
    ("Decapsulate", Kind::Encapsulate, [YES, N1, NONE, N3, NONE]),
    ("ReplicateKey", Kind::MultiRegion, [OK, N1, N5, N3, NONE]),
    (
        "UpdatePrimaryRegion",
        Kind::MultiRegion,
        [OK, N1, N5, N3, NONE],
    ),
];

/// A key of the kind in the state of that column.
fn key_of(sandbox: &Sandbox, kind: Kind, state: &str, seeded: &str) -> String {
    let (spec, usage) = match kind {
        Kind::Symmetric => return seeded.to_owned(),
        Kind::Sign => ("ECC_NIST_P256", "SIGN_VERIFY"),
        Kind::Agree => ("ECC_NIST_P256", "KEY_AGREEMENT"),
        Kind::Mac => ("HMAC_256", "GENERATE_VERIFY_MAC"),
        Kind::Encapsulate => ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE"),
        Kind::MultiRegion => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    };
    let origin = match state {
        "PendingImport" => "EXTERNAL",
        _ => "AWS_KMS",
    };
    let mut members = json!({ "KeySpec": spec, "KeyUsage": usage, "Origin": origin });
    members["MultiRegion"] = matches!(kind, Kind::MultiRegion).into();
    let made = answered(sandbox, "CreateKey", members);
    let key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    if matches!((kind, state), (Kind::MultiRegion, "Enabled")) {
        let members = json!({ "KeyId": key, "ReplicaRegion": "us-west-2" });
        answered(sandbox, "ReplicateKey", members);
    }
    key
}

/// Brings a key that was made for the test to its state, once what is needed of it is drawn.
fn bring(sandbox: &Sandbox, kind: Kind, state: &str, key: &str) {
    match (kind, state) {
        (Kind::Symmetric, _) => {}
        (_, "Disabled") => drop(answered(sandbox, "DisableKey", json!({ "KeyId": key }))),
        (_, "PendingDeletion") => {
            answered(sandbox, "ScheduleKeyDeletion", json!({ "KeyId": key }));
        }
        _ => {}
    }
}

/// The members of a request that succeeds; a dry run where there is one.
fn request(sandbox: &Sandbox, operation: &str, key: &str) -> Value {
    let policy = json!({ "Statement": { "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": { "AWS": "111122223333" } } });
    let mut members = match operation {
        "CreateAlias" => return json!({ "AliasName": "alias/new", "TargetKeyId": key }),
        "UpdateAlias" => return json!({ "AliasName": "alias/payments", "TargetKeyId": key }),
        "ReEncrypt" => {
            return json!({ "SourceKeyId": "alias/app-tokens", "DestinationKeyId": key,
                "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"] });
        }
        "CreateGrant" => json!({ "Operations": ["Decrypt"], "DryRun": true,
            "GranteePrincipal": "arn:aws:iam::111122223333:user/auditor" }),
        "Decrypt" => json!({ "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"] }),
        "Encrypt" => json!({ "Plaintext": "eA==", "DryRun": true }),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            json!({ "KeySpec": "AES_256", "DryRun": true })
        }
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            json!({ "KeyPairSpec": "ECC_NIST_P256", "DryRun": true })
        }
        "GetParametersForImport" => json!({ "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
            "WrappingKeySpec": "RSA_2048" }),
        "ImportKeyMaterial" => json!({ "ImportToken": "eA==", "EncryptedKeyMaterial": "eA==",
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE" }),
        "ReplicateKey" => json!({ "ReplicaRegion": "eu-west-1" }),
        "UpdatePrimaryRegion" => json!({ "PrimaryRegion": "us-west-2" }),
        "PutKeyPolicy" => json!({ "Policy": policy.to_string() }),
        "RetireGrant" | "RevokeGrant" => json!({ "GrantId": "0".repeat(64) }),
        "TagResource" => json!({ "Tags": [{ "TagKey": "k", "TagValue": "v" }] }),
        "UntagResource" => json!({ "TagKeys": ["k"] }),
        "UpdateKeyDescription" => json!({ "Description": "d" }),
        "Sign" => json!({ "Message": "eA==", "SigningAlgorithm": "ECDSA_SHA_256", "DryRun": true }),
        "Verify" => json!({ "Message": "eA==", "SigningAlgorithm": "ECDSA_SHA_256",
            "Signature": "eA==", "DryRun": true }),
        "DeriveSharedSecret" => {
            let peer = key_of(sandbox, Kind::Agree, "Enabled", "");
            let peer = answered(sandbox, "GetPublicKey", json!({ "KeyId": peer }));
            json!({ "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer["PublicKey"], "DryRun": true })
        }
        "GenerateMac" => {
            json!({ "Message": "eA==", "MacAlgorithm": "HMAC_SHA_256", "DryRun": true })
        }
        "VerifyMac" => json!({ "Message": "eA==", "MacAlgorithm": "HMAC_SHA_256", "Mac": "eA==",
            "DryRun": true }),
        "Encapsulate" => json!({ "EncapsulationAlgorithm": "ML_KEM", "DryRun": true }),
        "Decapsulate" => {
            let capsule = data_encoding::BASE64.encode(&[0; 768]);
            json!({ "EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": capsule,
                "DryRun": true })
        }
        _ => json!({}),
    };
    members["KeyId"] = key.into();
    members
}

/// The error's name and, for a state, which; empty for success.
fn outcome(answer: &Value) -> String {
    let name = answer["__type"].as_str().unwrap_or_default();
    let message = answer["message"].as_str().unwrap_or_default();
    let what = message.split(" is ").nth(1).unwrap_or("");
    match name {
        "KMSInvalidStateException" => format!("{name}: {}", what.trim_end_matches('.')),
        _ => name.to_owned(),
    }
}

#[test]
fn every_operation_in_every_state() {
    let mut cells = 0;
    for (operation, kind, expected) in TABLE {
        for ((state, seeded), expected) in KEYS.iter().zip(expected) {
            if *expected == NONE {
                continue;
            }
            // A fresh service each time: some of these change the state.
            let options = SandboxOptions {
                settling: Duration::ZERO,
                ..SandboxOptions::default()
            };
            let sandbox = Sandbox::new(options).unwrap();
            let key = key_of(&sandbox, *kind, state, seeded);
            bring(&sandbox, *kind, state, &key);
            // RetireGrant takes the ARN.
            let key = match *operation {
                "RetireGrant" => format!("arn:aws:kms:us-east-1:111122223333:key/{key}"),
                _ => key,
            };
            let members = request(&sandbox, operation, &key);
            let answer = asked(&sandbox, "admin", operation, members.clone());
            let told = outcome(&answer);
            assert_eq!(
                told, *expected,
                "{operation} of a key that is {state}: {answer}"
            );
            cells += 1;
        }
    }
    println!("{cells} cells");
}

/// API reference, page "ScheduleKeyDeletion": 7 to 30 days, 30 if not given;
/// page "CancelKeyDeletion": the key is disabled afterwards.
#[tokio::test]
async fn a_deletion_is_scheduled_and_cancelled() {
    let client = admin(&sandbox());
    let key = KEYS[0].1;
    for days in [6, 31] {
        let call = client
            .schedule_key_deletion()
            .key_id(key)
            .pending_window_in_days(days);
        assert_eq!(code(call.send().await), "ValidationException");
    }
    let told = client
        .schedule_key_deletion()
        .key_id(key)
        .send()
        .await
        .unwrap();
    assert_eq!(told.pending_window_in_days(), Some(30));
    assert_eq!(told.key_state().unwrap().as_str(), "PendingDeletion");
    assert!(told.deletion_date().is_some());
    client
        .cancel_key_deletion()
        .key_id(key)
        .send()
        .await
        .unwrap();
    let now = client.describe_key().key_id(key).send().await.unwrap();
    let now = now.key_metadata().unwrap();
    assert_eq!(now.key_state().unwrap().as_str(), "Disabled");
    assert_eq!(now.deletion_date(), None);
    client.enable_key().key_id(key).send().await.unwrap();
    let call = client.generate_data_key().key_id(key).number_of_bytes(1);
    assert!(call.send().await.is_ok());
}
