//! Operation by key state: what the service answers.
//!
//! Source of the expectations: KMS developer guide, page "Key states of AWS
//! KMS keys" (key-state), the table and its numbered notes.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    AlgorithmSpec, DataKeyPairSpec, DataKeySpec, DryRunModifierType, GrantOperation, Tag,
    WrappingKeySpec,
};

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

/// The table's rows, its columns in the order of [`KEYS`].
const TABLE: &[(&str, [&str; 5])] = &[
    ("CancelKeyDeletion", [N4, N4, N4, OK, N4]),
    ("CreateAlias", [OK, OK, OK, N3, OK]),
    ("CreateGrant", [YES, N1, N5, N3, YES]),
    ("Decrypt", [YES, N1, N5, N3, N11]),
    ("DeleteImportedKeyMaterial", [N6, N6, OK, N6, N6]),
    ("DescribeKey", [OK, OK, OK, OK, OK]),
    ("DisableKey", [OK, OK, N5, N3, OK]),
    ("DisableKeyRotation", [OK, N1, N6, N3, N6]),
    ("EnableKey", [OK, OK, N5, N3, OK]),
    ("EnableKeyRotation", [OK, N1, N6, N3, N6]),
    ("Encrypt", [YES, N1, N5, N3, N11]),
    ("GenerateDataKey", [YES, N1, N5, N3, N11]),
    ("GenerateDataKeyPair", [YES, N1, N5, N3, N11]),
    (
        "GenerateDataKeyPairWithoutPlaintext",
        [YES, N1, N5, N3, N11],
    ),
    ("GenerateDataKeyWithoutPlaintext", [YES, N1, N5, N3, N11]),
    ("GetKeyPolicy", [OK, OK, OK, OK, OK]),
    ("GetKeyRotationStatus", [OK, OK, N6, OK, N6]),
    ("GetParametersForImport", [N6, N6, OK, N6, N6]),
    ("ListAliases", [OK, OK, OK, OK, OK]),
    ("ListGrants", [OK, OK, OK, OK, OK]),
    ("ListKeyPolicies", [OK, OK, OK, OK, OK]),
    ("ListResourceTags", [OK, OK, OK, OK, OK]),
    ("PutKeyPolicy", [OK, OK, OK, OK, OK]),
    ("ReEncrypt", [YES, N1, N5, N3, N11]),
    // AWS answers, 7: of an EXTERNAL key the state comes first.
    ("RotateKeyOnDemand", [OK, N1, N5, N3, N6]),
    ("ScheduleKeyDeletion", [OK, OK, OK, N3, OK]),
    ("TagResource", [OK, OK, OK, N3, OK]),
    ("UntagResource", [OK, OK, OK, N3, OK]),
    ("UpdateKeyDescription", [OK, OK, OK, N3, OK]),
];

/// The error's name and, for a state, which; empty for success.
async fn outcome(client: &Client, operation: &str, key: &str) -> String {
    macro_rules! told {
        ($call:expr) => {
            match $call.send().await {
                Ok(_) => String::new(),
                Err(error) => {
                    use aws_sdk_kms::error::ProvideErrorMetadata;
                    let name = error.code().unwrap_or("(none)");
                    let message = error.message().unwrap_or("");
                    let what = message
                        .split(" is ")
                        .nth(1)
                        .unwrap_or("")
                        .trim_end_matches('.');
                    match name {
                        "KMSInvalidStateException" => format!("{name}: {what}"),
                        _ => name.to_owned(),
                    }
                }
            }
        };
    }
    let ignore = DryRunModifierType::IgnoreCiphertext;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#;
    match operation {
        "CancelKeyDeletion" => told!(client.cancel_key_deletion().key_id(key)),
        "CreateAlias" => told!(
            client
                .create_alias()
                .alias_name("alias/new")
                .target_key_id(key)
        ),
        "CreateGrant" => told!(
            client
                .create_grant()
                .key_id(key)
                .grantee_principal("arn:aws:iam::111122223333:user/auditor")
                .operations(GrantOperation::Decrypt)
                .dry_run(true)
        ),
        "Decrypt" => {
            told!(
                client
                    .decrypt()
                    .key_id(key)
                    .dry_run(true)
                    .dry_run_modifiers(ignore)
            )
        }
        "DeleteImportedKeyMaterial" => {
            told!(client.delete_imported_key_material().key_id(key))
        }
        "DescribeKey" => told!(client.describe_key().key_id(key)),
        "DisableKey" => told!(client.disable_key().key_id(key)),
        "DisableKeyRotation" => told!(client.disable_key_rotation().key_id(key)),
        "EnableKey" => told!(client.enable_key().key_id(key)),
        "EnableKeyRotation" => told!(client.enable_key_rotation().key_id(key)),
        "Encrypt" => told!(
            client
                .encrypt()
                .key_id(key)
                .plaintext(Blob::new("x"))
                .dry_run(true)
        ),
        "GenerateDataKey" => told!(
            client
                .generate_data_key()
                .key_id(key)
                .key_spec(DataKeySpec::Aes256)
                .dry_run(true)
        ),
        "GenerateDataKeyPair" => told!(
            client
                .generate_data_key_pair()
                .key_id(key)
                .key_pair_spec(DataKeyPairSpec::EccNistP256)
                .dry_run(true)
        ),
        "GenerateDataKeyPairWithoutPlaintext" => told!(
            client
                .generate_data_key_pair_without_plaintext()
                .key_id(key)
                .key_pair_spec(DataKeyPairSpec::EccNistP256)
                .dry_run(true)
        ),
        "GenerateDataKeyWithoutPlaintext" => told!(
            client
                .generate_data_key_without_plaintext()
                .key_id(key)
                .key_spec(DataKeySpec::Aes256)
                .dry_run(true)
        ),
        "GetKeyPolicy" => told!(client.get_key_policy().key_id(key)),
        "GetKeyRotationStatus" => told!(client.get_key_rotation_status().key_id(key)),
        "GetParametersForImport" => told!(
            client
                .get_parameters_for_import()
                .key_id(key)
                .wrapping_algorithm(AlgorithmSpec::RsaesOaepSha256)
                .wrapping_key_spec(WrappingKeySpec::Rsa2048)
        ),
        "ListAliases" => told!(client.list_aliases().key_id(key)),
        "ListGrants" => told!(client.list_grants().key_id(key)),
        "ListKeyPolicies" => told!(client.list_key_policies().key_id(key)),
        "ListResourceTags" => told!(client.list_resource_tags().key_id(key)),
        "PutKeyPolicy" => told!(client.put_key_policy().key_id(key).policy(policy)),
        "ReEncrypt" => told!(
            client
                .re_encrypt()
                .source_key_id("alias/app-tokens")
                .destination_key_id(key)
                .dry_run(true)
                .dry_run_modifiers(ignore)
        ),
        "RotateKeyOnDemand" => told!(client.rotate_key_on_demand().key_id(key)),
        "ScheduleKeyDeletion" => told!(client.schedule_key_deletion().key_id(key)),
        "TagResource" => told!(
            client
                .tag_resource()
                .key_id(key)
                .tags(Tag::builder().tag_key("k").tag_value("v").build().unwrap())
        ),
        "UntagResource" => told!(client.untag_resource().key_id(key).tag_keys("k")),
        "UpdateKeyDescription" => {
            told!(client.update_key_description().key_id(key).description("d"))
        }
        other => panic!("no call for {other}"),
    }
}

#[tokio::test]
async fn every_operation_in_every_state() {
    for (operation, expected) in TABLE {
        for ((state, key), expected) in KEYS.iter().zip(expected) {
            // A fresh service each time: some of these change the state.
            let client = admin(&sandbox());
            let told = outcome(&client, operation, key).await;
            assert_eq!(told, *expected, "{operation} of a key that is {state}");
        }
    }
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
