//! What AWS was seen to answer, and clients rely on: codes, fields and words.

use std::time::{Duration, SystemTime};

use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::asked::{answered, asked, asked_in, refused};

fn sandbox() -> Sandbox {
    Sandbox::new(SandboxOptions::default()).unwrap()
}

fn made(sandbox: &Sandbox, members: Value) -> String {
    let made = answered(sandbox, "CreateKey", members);
    made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

/// The refusal's name and message; "-" where it has none.
fn told(sandbox: &Sandbox, operation: &str, members: Value) -> (String, String) {
    let answer = asked(sandbox, "admin", operation, members);
    let text = |name: &str| answer[name].as_str().unwrap_or("-").to_owned();
    (text("__type"), text("message"))
}

fn key_policy(statement: Value) -> String {
    let mut root = json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*" });
    root["Principal"] = json!({ "AWS": "arn:aws:iam::111122223333:root" });
    json!({ "Version": "2012-10-17", "Statement": [root, statement] }).to_string()
}

/// Seen by Terraform's provider, which reads the status of every aws_kms_key.
#[test]
fn the_rotation_status_of_an_asymmetric_or_hmac_key_is_no_and_no_error() {
    let sandbox = sandbox();
    for (spec, usage) in [
        ("RSA_2048", "SIGN_VERIFY"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("ML_DSA_44", "SIGN_VERIFY"),
    ] {
        let key = made(&sandbox, json!({ "KeySpec": spec, "KeyUsage": usage }));
        let status = answered(&sandbox, "GetKeyRotationStatus", json!({ "KeyId": key }));
        assert_eq!(status["KeyRotationEnabled"], false);
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{key}");
        assert_eq!(status["KeyId"], arn, "the ARN, as of RotateKeyOnDemand");
        // Both without a message.
        for operation in ["EnableKeyRotation", "RotateKeyOnDemand"] {
            let told = told(&sandbox, operation, json!({ "KeyId": key }));
            assert_eq!(told, ("UnsupportedOperationException".into(), "-".into()));
        }
        // The state goes before the spec.
        answered(&sandbox, "DisableKey", json!({ "KeyId": key }));
        let told = refused(&sandbox, "RotateKeyOnDemand", json!({ "KeyId": key }));
        assert_eq!(told, "DisabledException");
    }
}

/// Seen for GetKeyPolicy, CreateGrant, DisableKey and ListResourceTags; of the others by analogy.
#[test]
fn an_alias_where_only_keys_are_taken_is_an_invalid_arn() {
    let sandbox = sandbox();
    let arn = "arn:aws:kms:us-east-1:111122223333:alias/payments";
    for alias in ["alias/payments", "alias/no-such-alias", arn] {
        for operation in [
            "GetKeyPolicy",
            "DisableKey",
            "ListResourceTags",
            "ListGrants",
        ] {
            let told = told(&sandbox, operation, json!({ "KeyId": alias }));
            let message = "Key Aliases are not supported for this operation.";
            assert_eq!(
                told,
                ("InvalidArnException".into(), message.into()),
                "{operation}"
            );
        }
    }
}

/// Seen: with a principal that is malformed, and with a user that is not there.
#[test]
fn a_policy_with_a_principal_that_is_not_there_is_malformed() {
    let sandbox = sandbox();
    let key = made(&sandbox, json!({}));
    let to = |principal: &str| {
        key_policy(
            json!({ "Effect": "Allow", "Principal": { "AWS": principal },
            "Action": "kms:Decrypt", "Resource": "*" }),
        )
    };
    for principal in [
        "foo",
        "arn:aws:iam::111122223333:user/nobody",
        "arn:aws:iam::111122223333:role/nothing",
        "arn:aws:iam::111122223333:user/*",
        "arn:aws:iam::1:root",
    ] {
        let message = "Policy contains a statement with one or more invalid principals.";
        let expected = (
            "MalformedPolicyDocumentException".to_owned(),
            message.to_owned(),
        );
        let put = json!({ "KeyId": key, "Policy": to(principal) });
        assert_eq!(told(&sandbox, "PutKeyPolicy", put), expected, "{principal}");
        let create = json!({ "Policy": to(principal) });
        assert_eq!(told(&sandbox, "CreateKey", create), expected, "{principal}");
    }
    for principal in [
        "*",
        "111122223333",
        "arn:aws:iam::111122223333:user/auditor",
        "arn:aws:iam::111122223333:role/app",
        "arn:aws:sts::111122223333:assumed-role/app/session",
        "arn:aws:iam::999988887777:role/of-an-account-that-is-elsewhere",
    ] {
        answered(
            &sandbox,
            "PutKeyPolicy",
            json!({ "KeyId": key, "Policy": to(principal) }),
        );
    }
}

/// Developer guide, "Condition keys": they are for IAM policies alone.
#[test]
fn a_key_policy_has_no_condition_on_the_keys_tags_or_aliases() {
    let sandbox = sandbox();
    let key = made(&sandbox, json!({}));
    for name in ["aws:ResourceTag/team", "kms:ResourceAliases"] {
        let policy = key_policy(json!({ "Effect": "Allow", "Principal": "*",
            "Action": "kms:Decrypt", "Resource": "*",
            "Condition": { "StringEquals": { name: "x" } } }));
        let told = refused(
            &sandbox,
            "PutKeyPolicy",
            json!({ "KeyId": key, "Policy": policy }),
        );
        assert_eq!(told, "MalformedPolicyDocumentException");
    }
}

/// API reference, CreateKey, `Policy`; the empty message was seen.
#[test]
fn a_statement_without_resource_or_action_is_taken_and_a_text_that_is_no_json_is_malformed() {
    let sandbox = sandbox();
    let key = made(&sandbox, json!({}));
    let put = |policy: String| json!({ "KeyId": key, "Policy": policy });
    let mut grantee = json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:user/grantee" } });
    for (name, value) in [("Action", "kms:DescribeKey"), ("Resource", "*")] {
        let mut statement = grantee.clone();
        statement[name] = value.into();
        answered(&sandbox, "PutKeyPolicy", put(key_policy(statement)));
        let answer = asked(&sandbox, "grantee", "DescribeKey", json!({ "KeyId": key }));
        assert_eq!(
            answer["__type"], "AccessDeniedException",
            "it has no effect"
        );
    }
    grantee["Action"] = "kms:DescribeKey".into();
    grantee["Resource"] = "*".into();
    answered(&sandbox, "PutKeyPolicy", put(key_policy(grantee)));
    let answer = asked(&sandbox, "grantee", "DescribeKey", json!({ "KeyId": key }));
    assert_ne!(answer["KeyMetadata"], Value::Null);
    let malformed = ("MalformedPolicyDocumentException".to_owned(), String::new());
    assert_eq!(told(&sandbox, "PutKeyPolicy", put("{".into())), malformed);
    let long = key_policy(
        json!({ "Sid": "x".repeat(33_000), "Effect": "Allow", "Principal": "*",
        "Action": "kms:Decrypt", "Resource": "*" }),
    );
    assert_eq!(
        refused(&sandbox, "PutKeyPolicy", put(long)),
        "LimitExceededException"
    );
    let of_ram = json!({ "KeyId": key, "PolicyName": "AWS_RAM", "Policy": "{}" });
    assert_eq!(
        refused(&sandbox, "PutKeyPolicy", of_ram),
        "ValidationException"
    );
}

/// Seen in answers of the service.
#[test]
fn refusals_have_the_words_of_aws() {
    let sandbox = sandbox();
    let key = made(&sandbox, json!({}));
    let agree = made(
        &sandbox,
        json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT" }),
    );
    let mac = made(
        &sandbox,
        json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }),
    );
    let prefix = "Alias must start with the prefix \"alias/\". Please see \
                  https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
    let to_alias = "Aliases must refer to keys. Not aliases";
    let algorithms = "1 validation error detected: Value 'HMAC' at 'macAlgorithm' failed to satisfy \
                      constraint: Member must satisfy enum value set: \
                      [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]";
    for (operation, members, message) in [
        (
            "CreateAlias",
            json!({ "AliasName": "payments", "TargetKeyId": key }),
            prefix,
        ),
        ("DeleteAlias", json!({ "AliasName": "payments" }), prefix),
        (
            "CreateAlias",
            json!({ "AliasName": "alias/x", "TargetKeyId": "alias/payments" }),
            to_alias,
        ),
        (
            "UpdateAlias",
            json!({ "AliasName": "alias/payments", "TargetKeyId": "alias/archive" }),
            to_alias,
        ),
        (
            "DeriveSharedSecret",
            json!({ "KeyId": agree, "KeyAgreementAlgorithm": "ECDH", "PublicKey": "eA==" }),
            "",
        ),
        (
            "GenerateMac",
            json!({ "KeyId": mac, "Message": "eA==", "MacAlgorithm": "HMAC" }),
            algorithms,
        ),
    ] {
        let expected = ("ValidationException".to_owned(), message.to_owned());
        assert_eq!(told(&sandbox, operation, members), expected, "{operation}");
    }
    for _ in 0..25 {
        answered(&sandbox, "RotateKeyOnDemand", json!({ "KeyId": key }));
    }
    let message = format!(
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand \
         rotations can be performed for this key: arn:aws:kms:us-east-1:111122223333:key/{key}"
    );
    let limit = told(&sandbox, "RotateKeyOnDemand", json!({ "KeyId": key }));
    assert_eq!(limit, ("LimitExceededException".into(), message));
    let s3 = answered(&sandbox, "DescribeKey", json!({ "KeyId": "alias/aws/s3" }));
    let description = s3["KeyMetadata"]["Description"].as_str().unwrap();
    assert_eq!(
        description,
        "Default key that protects my S3 objects when no other key is defined"
    );
}

/// API reference, CreateKey: the deprecated member has none of the newer specs.
#[test]
fn the_old_name_of_the_key_spec_has_no_newer_specs() {
    let sandbox = sandbox();
    for (spec, usage) in [
        ("ML_DSA_44", "SIGN_VERIFY"),
        ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE"),
        ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
    ] {
        let old = json!({ "CustomerMasterKeySpec": spec, "KeyUsage": usage });
        assert_eq!(refused(&sandbox, "CreateKey", old), "ValidationException");
        let key = made(&sandbox, json!({ "KeySpec": spec, "KeyUsage": usage }));
        let told = answered(&sandbox, "DescribeKey", json!({ "KeyId": key }));
        assert_eq!(told["KeyMetadata"]["KeySpec"], spec);
        assert_eq!(told["KeyMetadata"]["CustomerMasterKeySpec"], Value::Null);
        let told = answered(&sandbox, "GetPublicKey", json!({ "KeyId": key }));
        assert_eq!(told["CustomerMasterKeySpec"], Value::Null);
    }
    let old = json!({ "CustomerMasterKeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" });
    let key = made(&sandbox, old);
    let told = answered(&sandbox, "DescribeKey", json!({ "KeyId": key }));
    assert_eq!(told["KeyMetadata"]["CustomerMasterKeySpec"], "RSA_2048");
}

/// API reference, CreateKey, `XksKeyId`, and Tag; developer guide, "Tagging keys".
#[test]
fn an_external_key_wants_its_key_store_and_tags_have_no_other_characters() {
    let sandbox = sandbox();
    let external = json!({ "XksKeyId": "bb8562717f809024" });
    assert_eq!(
        refused(&sandbox, "CreateKey", external),
        "ValidationException"
    );
    let tag = |key: &str, value: &str| json!({ "Tags": [{ "TagKey": key, "TagValue": value }] });
    for (key, value) in [("a#b", "v"), ("k", "v!"), ("k", "a\u{1F511}")] {
        assert_eq!(
            refused(&sandbox, "CreateKey", tag(key, value)),
            "TagException"
        );
    }
    answered(
        &sandbox,
        "CreateKey",
        tag("Kostenstelle Süd_.:/=+-@", "1 2"),
    );
}

/// API reference, ListAliases: DescribeKey of a predefined alias gives it a key.
#[test]
fn a_predefined_alias_comes_to_its_key_when_it_is_described() {
    let sandbox = sandbox();
    let target = || {
        let told = answered(&sandbox, "ListAliases", json!({ "Limit": 100 }));
        let aliases = told["Aliases"].as_array().unwrap().clone();
        let mut aliases = aliases.into_iter();
        aliases
            .find(|alias| alias["AliasName"] == "alias/aws/sns")
            .unwrap()["TargetKeyId"]
            .clone()
    };
    assert_eq!(target(), Value::Null);
    let encrypt = json!({ "KeyId": "alias/aws/sns", "Plaintext": "eA==" });
    assert_eq!(
        refused(&sandbox, "Encrypt", encrypt.clone()),
        "NotFoundException"
    );
    let arn = "arn:aws:kms:us-east-1:111122223333:alias/aws/sns";
    let first = answered(&sandbox, "DescribeKey", json!({ "KeyId": arn }));
    assert_eq!(first["KeyMetadata"]["KeyManager"], "AWS");
    assert_eq!(target(), first["KeyMetadata"]["KeyId"]);
    let again = answered(&sandbox, "DescribeKey", json!({ "KeyId": "alias/aws/sns" }));
    assert_eq!(again, first);
    // It is for the service alone, and nobody who may not describe keys makes one.
    assert_eq!(
        refused(&sandbox, "Encrypt", encrypt),
        "AccessDeniedException"
    );
    let answer = asked(
        &sandbox,
        "grantee",
        "DescribeKey",
        json!({ "KeyId": "alias/aws/rds" }),
    );
    assert_eq!(answer["__type"], "AccessDeniedException");
    let keys = answered(&sandbox, "ListAliases", json!({ "Limit": 100 }));
    let mut aliases = keys["Aliases"].as_array().unwrap().iter();
    let rds = aliases
        .find(|alias| alias["AliasName"] == "alias/aws/rds")
        .unwrap();
    assert_eq!(rds["TargetKeyId"], Value::Null);
}

/// AWS General Reference, "Amazon Resource Names": the partition is the Region's.
#[test]
fn arns_have_the_partition_of_their_region_and_replicas_stay_in_it() {
    let sandbox = sandbox();
    for (region, partition, other) in [
        ("us-gov-west-1", "aws-us-gov", "us-gov-east-1"),
        ("cn-north-1", "aws-cn", "cn-northwest-1"),
        ("eu-west-1", "aws", "sa-east-1"),
    ] {
        let ask =
            |operation: &str, members| asked_in(&sandbox, region, "admin", operation, members);
        let made = ask("CreateKey", json!({ "MultiRegion": true }));
        let arn = made["KeyMetadata"]["Arn"].as_str().unwrap();
        assert!(
            arn.starts_with(&format!("arn:{partition}:kms:{region}:")),
            "{arn}"
        );
        let told = ask("DescribeKey", json!({ "KeyId": arn }));
        assert_eq!(told["KeyMetadata"]["Arn"], arn);
        let elsewhere = arn.replacen(partition, "aws-iso", 1);
        let told = ask("DescribeKey", json!({ "KeyId": elsewhere }));
        assert_eq!(told["__type"], "NotFoundException");
        for (replica, is_taken) in [
            ("us-east-9", false),
            ("ap-south-1", partition == "aws"),
            (other, true),
        ] {
            let told = ask(
                "ReplicateKey",
                json!({ "KeyId": arn, "ReplicaRegion": replica }),
            );
            assert_eq!(told["__type"].is_null(), is_taken, "{replica}: {told}");
        }
    }
}

fn in_a_month() -> SystemTime {
    SystemTime::now() + Duration::from_secs(30 * 24 * 3600)
}

/// API reference, GetKeyLastUsage: empty where the key was never used; KeyCreationDate is then not
/// before TrackingStartDate, for a key that is younger than the tracking.
#[test]
fn the_last_use_is_told_by_operation_and_guards_the_end_of_a_key() {
    let sandbox = sandbox();
    let key = made(&sandbox, json!({}));
    let usage = || answered(&sandbox, "GetKeyLastUsage", json!({ "KeyId": key }));
    let never = usage();
    assert_eq!(never["KeyLastUsage"], json!({}));
    assert!(never["KeyCreationDate"].as_f64() >= never["TrackingStartDate"].as_f64());
    let old = answered(
        &sandbox,
        "GetKeyLastUsage",
        json!({ "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" }),
    );
    assert!(old["KeyCreationDate"].as_f64() < old["TrackingStartDate"].as_f64());
    // A dry run and a refusal are no use.
    let call = json!({ "KeyId": key, "Plaintext": "eA==", "DryRun": true });
    refused(&sandbox, "Encrypt", call);
    assert_eq!(usage()["KeyLastUsage"], json!({}));
    for (operation, members) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": "eA==" })),
        (
            "GenerateDataKey",
            json!({ "KeyId": key, "KeySpec": "AES_256" }),
        ),
    ] {
        answered(&sandbox, operation, members);
        let told = usage()["KeyLastUsage"].clone();
        assert_eq!(told["Operation"], operation);
        assert!(told["Timestamp"].is_number());
        let ids = (
            told["CloudTrailEventId"].as_str(),
            told["KmsRequestId"].as_str(),
        );
        assert!(
            ids.0.is_some() && ids.1.is_some() && ids.0 != ids.1,
            "{told}"
        );
    }

    // kms:TrailingDaysWithoutKeyUsage: not before 30 days without use.
    let guard = key_policy(json!({ "Effect": "Deny", "Principal": "*",
        "Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"], "Resource": "*",
        "Condition": { "NumericLessThan": { "kms:TrailingDaysWithoutKeyUsage": "30" } } }));
    answered(
        &sandbox,
        "PutKeyPolicy",
        json!({ "KeyId": key, "Policy": guard }),
    );
    for operation in ["DisableKey", "ScheduleKeyDeletion"] {
        let told = refused(&sandbox, operation, json!({ "KeyId": key }));
        assert_eq!(told, "AccessDeniedException");
    }
}

/// As the test before, on the other side of the bound.
#[test]
fn a_key_that_was_not_used_for_a_month_may_be_disabled() {
    let folder = tempfile::tempdir().unwrap();
    let options = |now: fn() -> SystemTime| SandboxOptions {
        state_file: Some(folder.path().join("state.json")),
        now,
        ..SandboxOptions::default()
    };
    let guard = key_policy(
        json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:DisableKey",
        "Resource": "*",
        "Condition": { "NumericLessThan": { "kms:TrailingDaysWithoutKeyUsage": "30" } } }),
    );
    let sandbox = Sandbox::new(options(SystemTime::now)).unwrap();
    let key = made(&sandbox, json!({ "Policy": guard }));
    answered(
        &sandbox,
        "Encrypt",
        json!({ "KeyId": key, "Plaintext": "eA==" }),
    );
    assert_eq!(
        refused(&sandbox, "DisableKey", json!({ "KeyId": key })),
        "AccessDeniedException"
    );
    drop(sandbox);
    let sandbox = Sandbox::new(options(in_a_month)).unwrap();
    answered(&sandbox, "DisableKey", json!({ "KeyId": key }));
}

/// API reference, Sign; aws-lc-rs has neither, so the sandbox refuses both in words.
#[test]
fn pre_hashed_ed25519_and_external_mu_are_known_and_refused_in_words() {
    let sandbox = sandbox();
    for (spec, algorithm, kind) in [
        ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "DIGEST"),
        ("ML_DSA_44", "ML_DSA_SHAKE_256", "EXTERNAL_MU"),
    ] {
        let key = made(
            &sandbox,
            json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY" }),
        );
        let message = data_encoding::BASE64.encode(&[7; 64]);
        let call = json!({ "KeyId": key, "Message": message, "SigningAlgorithm": algorithm,
            "MessageType": kind });
        let (name, message) = told(&sandbox, "Sign", call);
        assert_eq!(name, "UnsupportedOperationException");
        assert!(
            message.contains("not supported by the sandbox"),
            "{message}"
        );
    }
}
