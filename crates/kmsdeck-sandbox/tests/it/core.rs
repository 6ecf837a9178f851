//! The sandbox as the real SDK sees it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    DataKeySpec, DryRunModifierType, IncludeKeyMaterial, KeyManagerType, KeyState, OriginType,
    RotationType,
};
use kmsdeck_sandbox::{Sandbox, SandboxOptions, http_client};

pub(crate) const PAYMENTS: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const PAYMENTS_ARN: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const EXCHANGE_ALIAS_ARN: &str = "arn:aws:kms:us-east-1:444455556666:alias/exchange";

pub(crate) fn sandbox() -> Arc<Sandbox> {
    Arc::new(Sandbox::new(SandboxOptions::default()).unwrap())
}

pub(crate) fn client_as(sandbox: &Arc<Sandbox>, principal: &str, region: &'static str) -> Client {
    let principal = sandbox
        .principals()
        .iter()
        .find(|candidate| candidate.name == principal)
        .unwrap();
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(Credentials::new(
            principal.access_key_id.clone(),
            principal.secret_access_key.clone(),
            None,
            None,
            "test",
        ))
        .retry_config(RetryConfig::disabled())
        // An RSA key takes as long as it takes.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client(sandbox.clone()))
        .build();
    Client::from_conf(config)
}

pub(crate) fn admin(sandbox: &Arc<Sandbox>) -> Client {
    client_as(sandbox, "admin", "us-east-1")
}

/// The error's name and message.
pub(crate) fn told<T, E, R>(result: Result<T, SdkError<E, R>>) -> (String, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    T: std::fmt::Debug,
    R: std::fmt::Debug,
{
    let error = result.expect_err("an error");
    (
        error.code().unwrap_or("(none)").to_owned(),
        error.message().unwrap_or_default().to_owned(),
    )
}

pub(crate) fn code<T, E, R>(result: Result<T, SdkError<E, R>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    T: std::fmt::Debug,
    R: std::fmt::Debug,
{
    told(result).0
}

#[tokio::test]
async fn list_keys_pages_through_all_of_the_region() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let all = client.list_keys().send().await.unwrap();
    assert!(!all.truncated());
    let all: Vec<_> = all
        .keys()
        .iter()
        .map(|key| key.key_id().unwrap().to_owned())
        .collect();
    assert!(all.len() >= 24, "{}", all.len());
    assert!(all.is_sorted());

    let (mut seen, mut marker) = (Vec::new(), None::<String>);
    loop {
        let page = client
            .list_keys()
            .limit(7)
            .set_marker(marker)
            .send()
            .await
            .unwrap();
        assert!(page.keys().len() <= 7);
        for key in page.keys() {
            let id = key.key_id().unwrap();
            assert_eq!(
                key.key_arn().unwrap(),
                format!("arn:aws:kms:us-east-1:111122223333:key/{id}")
            );
            seen.push(id.to_owned());
        }
        marker = page.next_marker().map(str::to_owned);
        assert_eq!(page.truncated(), marker.is_some());
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);

    let ireland = client_as(&sandbox, "admin", "eu-west-1");
    let page = ireland.list_keys().send().await.unwrap();
    let ids: HashSet<_> = page
        .keys()
        .iter()
        .map(|key| key.key_id().unwrap())
        .collect();
    assert!(ids.contains("mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff"));
    assert!(!ids.contains(PAYMENTS));
    let nowhere = client_as(&sandbox, "admin", "ap-southeast-2");
    assert!(nowhere.list_keys().send().await.unwrap().keys().is_empty());
}

#[tokio::test]
async fn bad_limits_and_markers_are_refused_as_the_service_refuses_them() {
    let client = admin(&sandbox());
    let (name, message) = told(client.list_keys().limit(1001).send().await);
    assert_eq!(name, "ValidationException");
    assert_eq!(
        message,
        "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: \
         Member must have value less than or equal to 1000"
    );
    assert_eq!(
        code(client.list_keys().limit(0).send().await),
        "ValidationException"
    );
    assert_eq!(
        code(client.list_aliases().limit(101).send().await),
        "ValidationException"
    );
    assert_eq!(
        code(client.list_keys().marker("nonsense").send().await),
        "InvalidMarkerException"
    );
    let aliases = client.list_aliases().limit(1).send().await.unwrap();
    assert_eq!(
        code(
            client
                .list_keys()
                .set_marker(aliases.next_marker().map(str::to_owned))
                .send()
                .await
        ),
        "InvalidMarkerException"
    );
}

#[tokio::test]
async fn list_aliases_gives_targets_and_predefined_aliases() {
    let client = admin(&sandbox());
    let page = client.list_aliases().limit(100).send().await.unwrap();
    let find = |name: &str| {
        page.aliases()
            .iter()
            .find(|alias| alias.alias_name() == Some(name))
    };
    let payments = find("alias/payments").unwrap();
    assert_eq!(payments.target_key_id(), Some(PAYMENTS));
    assert_eq!(
        payments.alias_arn(),
        Some("arn:aws:kms:us-east-1:111122223333:alias/payments")
    );
    let predefined = find("alias/aws/dynamodb").unwrap();
    assert_eq!(predefined.target_key_id(), None);
    assert_eq!(predefined.creation_date(), None);

    let of_archive = client
        .list_aliases()
        .key_id("mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff")
        .limit(2)
        .send()
        .await
        .unwrap();
    assert!(of_archive.truncated());
    let rest = client
        .list_aliases()
        .key_id("mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff")
        .set_marker(of_archive.next_marker().map(str::to_owned))
        .send()
        .await
        .unwrap();
    let names: Vec<_> = of_archive
        .aliases()
        .iter()
        .chain(rest.aliases())
        .map(|alias| alias.alias_name().unwrap())
        .collect();
    assert_eq!(
        names,
        ["alias/archive", "alias/archive-v2", "alias/cold-storage"]
    );
    assert_eq!(
        code(client.list_aliases().key_id("alias/archive").send().await),
        "InvalidArnException"
    );
}

#[tokio::test]
async fn describe_key_takes_all_four_notations() {
    let client = admin(&sandbox());
    for notation in [
        PAYMENTS,
        PAYMENTS_ARN,
        "alias/payments",
        "arn:aws:kms:us-east-1:111122223333:alias/payments",
    ] {
        let output = client.describe_key().key_id(notation).send().await.unwrap();
        assert!(output.request_id().is_some());
        let key = output.key_metadata().unwrap();
        assert_eq!(key.arn(), Some(PAYMENTS_ARN));
        assert_eq!(key.key_state(), Some(&KeyState::Enabled));
        assert!(key.enabled());
        assert_eq!(key.key_manager(), Some(&KeyManagerType::Customer));
        assert_eq!(key.current_key_material_id().unwrap().len(), 64);
        assert_eq!(key.encryption_algorithms().len(), 1);
    }
}

#[tokio::test]
async fn keys_that_are_not_there_are_named_as_the_service_names_them() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    for (key_id, message) in [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (
            "00000000-0000-4000-8000-000000000000",
            "Key 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000' does not exist",
        ),
        (
            "alias/nothing",
            "Alias arn:aws:kms:us-east-1:111122223333:alias/nothing is not found.",
        ),
        (
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "Invalid arn eu-west-1",
        ),
        ("arn:aws:s3:::bucket", "Invalid arn arn:aws:s3:::bucket"),
    ] {
        let (name, told) = told(client.describe_key().key_id(key_id).send().await);
        assert_eq!(
            (name.as_str(), told.as_str()),
            ("NotFoundException", message)
        );
    }
    let (name, message) = told(
        client
            .describe_key()
            .key_id("arn:aws:kms:us-east-1:444455556666:key/00000000-0000-4000-8000-000000000000")
            .send()
            .await,
    );
    assert_eq!(name, "AccessDeniedException");
    assert!(
        message.contains("the resource does not exist in this Region"),
        "{message}"
    );
}

#[tokio::test]
async fn every_kind_of_key_describes_itself() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let describe = async |key_id: &str| {
        client
            .describe_key()
            .key_id(key_id)
            .send()
            .await
            .unwrap()
            .key_metadata
            .unwrap()
    };
    let deleted = describe("alias/old-orders").await;
    assert_eq!(deleted.key_state(), Some(&KeyState::PendingDeletion));
    let left = deleted.deletion_date().unwrap().secs()
        - std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs() as i64;
    assert!((5 * 86400..=6 * 86400).contains(&left), "{left}");

    let imported = describe("alias/imported").await;
    assert_eq!(imported.origin(), Some(&OriginType::External));
    assert!(imported.valid_to().is_some() && imported.expiration_model().is_some());
    let pending = describe("alias/import-pending").await;
    assert_eq!(pending.key_state(), Some(&KeyState::PendingImport));
    assert_eq!(pending.current_key_material_id(), None);
    let hsm = describe("alias/hsm-store").await;
    assert_eq!(hsm.key_state(), Some(&KeyState::Unavailable));
    assert!(hsm.custom_key_store_id().is_some());
    assert_eq!(
        describe("alias/signing").await.signing_algorithms().len(),
        1
    );
    assert_eq!(
        describe("alias/license-server")
            .await
            .signing_algorithms()
            .len(),
        6
    );
    assert_eq!(
        describe("alias/legal-docs")
            .await
            .encryption_algorithms()
            .len(),
        2
    );
    assert_eq!(describe("alias/webhooks").await.mac_algorithms().len(), 1);
    assert_eq!(
        describe("alias/handshake")
            .await
            .key_agreement_algorithms()
            .len(),
        1
    );
    assert_eq!(
        describe("alias/pq-exchange")
            .await
            .encapsulation_algorithms()
            .len(),
        1
    );
    assert_eq!(
        describe("alias/post-quantum")
            .await
            .signing_algorithms()
            .len(),
        1
    );
    assert_eq!(
        describe("alias/aws/s3").await.key_manager(),
        Some(&KeyManagerType::Aws)
    );
    let archive = describe("alias/archive").await;
    let regions = archive.multi_region_configuration().unwrap();
    assert_eq!(regions.primary_key().unwrap().region(), Some("us-east-1"));
    assert_eq!(regions.replica_keys()[0].region(), Some("eu-west-1"));
    assert!(
        describe("alias/hostile-text")
            .await
            .description()
            .unwrap()
            .contains('\u{202e}')
    );
}

#[tokio::test]
async fn a_data_key_without_plaintext_is_decrypted_later() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    for (spec, bytes, length) in [
        (Some(DataKeySpec::Aes256), None, 32),
        (Some(DataKeySpec::Aes128), None, 16),
        (None, Some(1), 1),
        (None, Some(1024), 1024),
    ] {
        let made = client
            .generate_data_key_without_plaintext()
            .key_id("alias/payments")
            .set_key_spec(spec)
            .set_number_of_bytes(bytes)
            .encryption_context("tenant", "acme")
            .encryption_context("purpose", "backup")
            .send()
            .await
            .unwrap();
        assert_eq!(made.key_id(), Some(PAYMENTS_ARN));
        assert_eq!(made.key_material_id().unwrap().len(), 64);
        let opened = client
            .decrypt()
            .ciphertext_blob(made.ciphertext_blob().unwrap().clone())
            .encryption_context("purpose", "backup")
            .encryption_context("tenant", "acme")
            .send()
            .await
            .unwrap();
        assert_eq!(opened.plaintext().unwrap().as_ref().len(), length);
        assert_eq!(opened.key_id(), Some(PAYMENTS_ARN));
        assert_eq!(opened.key_material_id(), made.key_material_id());
    }
}

#[tokio::test]
async fn generate_data_key_gives_the_plaintext_that_decrypt_gives() {
    let client = admin(&sandbox());
    let made = client
        .generate_data_key()
        .key_id(PAYMENTS)
        .key_spec(DataKeySpec::Aes256)
        .send()
        .await
        .unwrap();
    let opened = client
        .decrypt()
        .key_id(PAYMENTS_ARN)
        .ciphertext_blob(made.ciphertext_blob().unwrap().clone())
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext(), made.plaintext());
}

#[tokio::test]
async fn a_ciphertext_opens_only_whole_and_in_its_context() {
    let client = admin(&sandbox());
    let made = client
        .generate_data_key()
        .key_id(PAYMENTS)
        .number_of_bytes(32)
        .encryption_context("tenant", "acme")
        .send()
        .await
        .unwrap();
    let blob = made.ciphertext_blob().unwrap().clone();
    let wrong = [
        None,
        Some(("tenant", "ACME")),
        Some(("Tenant", "acme")),
        Some(("x", "acme")),
    ];
    for pair in wrong {
        let mut call = client.decrypt().ciphertext_blob(blob.clone());
        if let Some((key, value)) = pair {
            call = call.encryption_context(key, value);
        }
        assert_eq!(code(call.send().await), "InvalidCiphertextException");
    }
    let mut bytes = blob.clone().into_inner();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let call = client
        .decrypt()
        .ciphertext_blob(Blob::new(bytes))
        .encryption_context("tenant", "acme");
    assert_eq!(code(call.send().await), "InvalidCiphertextException");
    let call = client.decrypt().ciphertext_blob(Blob::new("hello"));
    assert_eq!(code(call.send().await), "InvalidCiphertextException");
    let call = client
        .decrypt()
        .key_id("alias/app-tokens")
        .ciphertext_blob(blob)
        .encryption_context("tenant", "acme");
    assert_eq!(code(call.send().await), "IncorrectKeyException");
}

#[tokio::test]
async fn a_multi_region_ciphertext_opens_in_the_other_region() {
    let sandbox = sandbox();
    let made = admin(&sandbox)
        .generate_data_key()
        .key_id("alias/archive")
        .number_of_bytes(16)
        .encryption_context("purpose", "tape")
        .send()
        .await
        .unwrap();
    let opened = client_as(&sandbox, "admin", "eu-west-1")
        .decrypt()
        .ciphertext_blob(made.ciphertext_blob().unwrap().clone())
        .encryption_context("purpose", "tape")
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext(), made.plaintext());
    assert!(opened.key_id().unwrap().contains(":eu-west-1:"));
}

/// Errors of the API reference's page "GenerateDataKeyWithoutPlaintext".
#[tokio::test]
async fn the_nine_errors_of_generate_data_key_without_plaintext() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let call = |key_id: &str| {
        client
            .generate_data_key_without_plaintext()
            .key_id(key_id)
            .key_spec(DataKeySpec::Aes256)
    };
    let arn = "arn:aws:kms:us-east-1:111122223333:key/";
    for (key_id, name, message) in [
        ("alias/nothing", "NotFoundException", "is not found."),
        (
            "alias/mobile-app",
            "DisabledException",
            "7d3f8a21-94be-4c07-a6d5-2e1b0c9f8a76 is disabled.",
        ),
        (
            "alias/fault/key-unavailable",
            "KeyUnavailableException",
            "not available",
        ),
        (
            "alias/fault/dependency-timeout",
            "DependencyTimeoutException",
            "timed out",
        ),
        (
            "alias/fault/kms-internal",
            "KMSInternalException",
            "internal exception",
        ),
        (
            "alias/signing",
            "InvalidKeyUsageException",
            "key usage is SIGN_VERIFY which is not valid for GenerateDataKeyWithoutPlaintext.",
        ),
        (
            "alias/legal-docs",
            "InvalidKeyUsageException",
            "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_4096.",
        ),
        (
            "alias/old-orders",
            "KMSInvalidStateException",
            "is pending deletion.",
        ),
        (
            "alias/import-pending",
            "KMSInvalidStateException",
            "is pending import.",
        ),
        (
            "alias/hsm-store",
            "KMSInvalidStateException",
            "is unavailable.",
        ),
    ] {
        for dry_run in [false, true] {
            let (told_name, told_message) = told(call(key_id).dry_run(dry_run).send().await);
            assert_eq!(told_name, name, "{key_id}: {told_message}");
            assert!(told_message.contains(message), "{key_id}: {told_message}");
        }
    }
    let disabled = told(call("alias/mobile-app").send().await).1;
    assert!(disabled.starts_with(arn), "{disabled}");
    assert_eq!(
        code(call(PAYMENTS).grant_tokens("no-such-token").send().await),
        "InvalidGrantTokenException"
    );
    assert_eq!(
        code(call(PAYMENTS).dry_run(true).send().await),
        "DryRunOperationException"
    );
}

#[tokio::test]
async fn bad_parameters_are_refused_before_anything_else() {
    let client = admin(&sandbox());
    let call = || {
        client
            .generate_data_key_without_plaintext()
            .key_id("alias/nothing")
    };
    for call in [
        call(),
        call().key_spec(DataKeySpec::Aes256).number_of_bytes(32),
        call().number_of_bytes(0),
        call().number_of_bytes(1025),
        call().key_spec(DataKeySpec::from("AES_512")),
        call().number_of_bytes(1).grant_tokens(""),
        call()
            .number_of_bytes(1)
            .encryption_context("k", "v".repeat(8192)),
    ] {
        assert_eq!(code(call.dry_run(true).send().await), "ValidationException");
    }
}

#[tokio::test]
async fn decrypt_dry_run_may_ignore_the_ciphertext() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let call = |client: &Client| {
        client
            .decrypt()
            .dry_run(true)
            .dry_run_modifiers(DryRunModifierType::IgnoreCiphertext)
    };
    assert_eq!(
        code(call(&client).key_id(PAYMENTS).send().await),
        "DryRunOperationException"
    );
    assert_eq!(code(call(&client).send().await), "ValidationException");
    assert_eq!(
        code(call(&client).key_id(PAYMENTS).dry_run(false).send().await),
        "ValidationException"
    );
    assert_eq!(
        code(client.decrypt().dry_run(true).send().await),
        "ValidationException"
    );
    let decryptor = client_as(&sandbox, "decryptor", "us-east-1");
    assert_eq!(
        code(
            call(&decryptor)
                .key_id(PAYMENTS)
                .encryption_context("tenant", "acme")
                .send()
                .await
        ),
        "DryRunOperationException"
    );
    assert_eq!(
        code(
            call(&decryptor)
                .key_id(PAYMENTS)
                .encryption_context("tenant", "other")
                .send()
                .await
        ),
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn principals_may_do_what_their_policies_say() {
    let sandbox = sandbox();
    let data_key = |who: &str, key_id: &str| {
        client_as(&sandbox, who, "us-east-1")
            .generate_data_key_without_plaintext()
            .key_id(key_id)
            .key_spec(DataKeySpec::Aes256)
            .dry_run(true)
    };
    for who in ["admin", "encryptor", "no-list"] {
        assert_eq!(
            code(data_key(who, PAYMENTS).send().await),
            "DryRunOperationException",
            "{who}"
        );
    }
    let (name, message) = told(data_key("auditor", PAYMENTS).send().await);
    assert_eq!(name, "AccessDeniedException");
    assert_eq!(
        message,
        format!(
            "User: arn:aws:iam::111122223333:user/auditor is not authorized to perform: \
             kms:GenerateDataKeyWithoutPlaintext on resource: {PAYMENTS_ARN} because no \
             identity-based policy allows the kms:GenerateDataKeyWithoutPlaintext action"
        )
    );
    let (_, message) = told(data_key("admin", "alias/vault").send().await);
    assert!(
        message.ends_with(
            "because no resource-based policy allows the kms:GenerateDataKeyWithoutPlaintext action"
        ),
        "{message}"
    );
    let (_, message) = told(data_key("admin", "alias/archive").send().await);
    assert!(
        message.ends_with("with an explicit deny in a resource-based policy"),
        "{message}"
    );

    let no_list = client_as(&sandbox, "no-list", "us-east-1");
    let (name, message) = told(no_list.list_keys().send().await);
    assert_eq!(name, "AccessDeniedException");
    assert_eq!(
        message,
        "User: arn:aws:iam::111122223333:user/no-list is not authorized to perform: kms:ListKeys \
         on resource: * with an explicit deny in an identity-based policy"
    );
    assert_eq!(
        code(no_list.list_aliases().send().await),
        "AccessDeniedException"
    );
    assert!(
        no_list
            .describe_key()
            .key_id("alias/payments")
            .send()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_grant_is_enough_within_its_constraints() {
    let sandbox = sandbox();
    let grantee = client_as(&sandbox, "grantee", "us-east-1");
    let call = || {
        grantee
            .generate_data_key_without_plaintext()
            .key_id(PAYMENTS)
            .key_spec(DataKeySpec::Aes256)
            .dry_run(true)
    };
    assert_eq!(code(call().send().await), "AccessDeniedException");
    assert_eq!(
        code(
            call()
                .encryption_context("purpose", "backup")
                .encryption_context("n", "1")
                .send()
                .await
        ),
        "DryRunOperationException"
    );
    assert!(grantee.describe_key().key_id(PAYMENTS).send().await.is_ok());
    assert_eq!(
        code(
            grantee
                .describe_key()
                .key_id("alias/app-tokens")
                .send()
                .await
        ),
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn another_accounts_key_is_used_by_arn_and_only_where_both_sides_allow() {
    let sandbox = sandbox();
    let made = admin(&sandbox)
        .generate_data_key_without_plaintext()
        .key_id(EXCHANGE_ALIAS_ARN)
        .key_spec(DataKeySpec::Aes256)
        .send()
        .await
        .unwrap();
    assert!(
        made.key_id()
            .unwrap()
            .starts_with("arn:aws:kms:us-east-1:444455556666:key/")
    );
    assert_eq!(
        code(
            admin(&sandbox)
                .describe_key()
                .key_id("alias/exchange")
                .send()
                .await
        ),
        "NotFoundException"
    );
    let partner = client_as(&sandbox, "partner", "us-east-1");
    let shared = "arn:aws:kms:us-east-1:111122223333:alias/partner";
    assert!(partner.describe_key().key_id(shared).send().await.is_ok());
    let (name, message) = told(partner.describe_key().key_id(PAYMENTS_ARN).send().await);
    assert_eq!(name, "AccessDeniedException");
    assert!(
        message.contains("no resource-based policies allow access"),
        "{message}"
    );
    // Allowed by the key policy for the account, but by no identity policy.
    let auditor = client_as(&sandbox, "auditor", "us-east-1");
    let (_, message) = told(
        auditor
            .generate_data_key_without_plaintext()
            .key_id(EXCHANGE_ALIAS_ARN)
            .key_spec(DataKeySpec::Aes256)
            .send()
            .await,
    );
    assert!(
        message.contains("because no identity-based policy allows"),
        "{message}"
    );
}

#[tokio::test]
async fn the_details_of_a_key() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let policy = client
        .get_key_policy()
        .key_id(PAYMENTS)
        .send()
        .await
        .unwrap();
    assert_eq!(policy.policy_name(), Some("default"));
    assert!(
        policy
            .policy()
            .unwrap()
            .contains("Nobody deletes the payments key")
    );
    assert_eq!(
        code(
            client
                .get_key_policy()
                .key_id(PAYMENTS)
                .policy_name("other")
                .send()
                .await
        ),
        "NotFoundException"
    );

    let grants = client
        .list_grants()
        .key_id(PAYMENTS)
        .limit(1)
        .send()
        .await
        .unwrap();
    assert!(grants.truncated());
    let grant = &grants.grants()[0];
    assert_eq!(grant.name(), Some("backup-agent"));
    assert_eq!(grant.key_id(), Some(PAYMENTS_ARN));
    assert_eq!(
        grant
            .constraints()
            .unwrap()
            .encryption_context_subset()
            .unwrap()["purpose"],
        "backup"
    );
    let rest = client
        .list_grants()
        .key_id(PAYMENTS)
        .set_marker(grants.next_marker().map(str::to_owned))
        .send()
        .await
        .unwrap();
    assert_eq!((rest.grants().len(), rest.truncated()), (1, false));

    let tags = client
        .list_resource_tags()
        .key_id(PAYMENTS)
        .send()
        .await
        .unwrap();
    let tags: Vec<_> = tags
        .tags()
        .iter()
        .map(|tag| (tag.tag_key(), tag.tag_value()))
        .collect();
    assert_eq!(
        tags,
        [
            ("cost-center", "4711"),
            ("environment", "production"),
            ("team", "payments")
        ]
    );
}

#[tokio::test]
async fn rotations_and_their_materials() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let status = client
        .get_key_rotation_status()
        .key_id(PAYMENTS)
        .send()
        .await
        .unwrap();
    assert!(status.key_rotation_enabled());
    assert_eq!(status.rotation_period_in_days(), Some(365));
    assert!(status.next_rotation_date().is_some());
    let tokens = "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68";
    let status = client
        .get_key_rotation_status()
        .key_id(tokens)
        .send()
        .await
        .unwrap();
    assert!(!status.key_rotation_enabled());
    let done = client
        .list_key_rotations()
        .key_id(tokens)
        .send()
        .await
        .unwrap();
    assert_eq!(done.rotations().len(), 2);
    assert_eq!(
        done.rotations()[0].rotation_type(),
        Some(&RotationType::OnDemand)
    );
    let all = client
        .list_key_rotations()
        .key_id(tokens)
        .include_key_material(IncludeKeyMaterial::AllKeyMaterial)
        .send()
        .await
        .unwrap();
    assert_eq!(all.rotations().len(), 3);
    let ids: HashSet<_> = all
        .rotations()
        .iter()
        .map(|entry| entry.key_material_id().unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    let key = client.describe_key().key_id(tokens).send().await.unwrap();
    assert_eq!(
        all.rotations()[2].key_material_id(),
        key.key_metadata().unwrap().current_key_material_id()
    );
}

#[tokio::test]
async fn the_caller_is_who_signed() {
    let sandbox = sandbox();
    for principal in sandbox.principals() {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .region(aws_sdk_sts::config::Region::new("eu-west-1"))
            .credentials_provider(aws_sdk_sts::config::Credentials::new(
                &principal.access_key_id,
                &principal.secret_access_key,
                None,
                None,
                "test",
            ))
            .http_client(http_client(sandbox.clone()))
            .build();
        let identity = aws_sdk_sts::Client::from_conf(config)
            .get_caller_identity()
            .send()
            .await
            .unwrap();
        assert_eq!(identity.arn(), Some(principal.arn.as_str()));
        assert_eq!(identity.account(), Some(principal.account_id.as_str()));
        assert!(!format!("{principal:?}").contains(&principal.secret_access_key));
    }
    let stranger = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("STRANGER", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client(sandbox))
        .build();
    assert_eq!(
        code(Client::from_conf(stranger).list_keys().send().await),
        "UnrecognizedClientException"
    );
}

#[tokio::test]
async fn faults_strike_the_operations_that_they_name() {
    let options = SandboxOptions {
        faults:
            "DescribeKey=throttle:1,GetKeyPolicy=drop:1,ListGrants=latency:50ms,ListAliases=error:1"
                .parse()
                .unwrap(),
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    assert!(client.list_keys().send().await.is_ok());
    assert_eq!(
        code(client.describe_key().key_id(PAYMENTS).send().await),
        "ThrottlingException"
    );
    assert_eq!(
        code(client.list_aliases().send().await),
        "KMSInternalException"
    );
    let dropped = client
        .get_key_policy()
        .key_id(PAYMENTS)
        .send()
        .await
        .unwrap_err();
    assert!(
        matches!(dropped, SdkError::DispatchFailure(_)),
        "{dropped:?}"
    );
    let started = Instant::now();
    client.list_grants().key_id(PAYMENTS).send().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_large_account_is_listed_page_by_page() {
    let options = SandboxOptions {
        extra_keys: 2500,
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    let mut pages = client.list_keys().into_paginator().page_size(1000).send();
    let mut ids = HashSet::new();
    while let Some(page) = pages.next().await {
        ids.extend(
            page.unwrap()
                .keys
                .unwrap()
                .into_iter()
                .map(|key| key.key_id.unwrap()),
        );
    }
    assert!(ids.len() > 2520, "{}", ids.len());
    let id = ids.iter().find(|id| id.starts_with("00")).unwrap();
    let key = client.describe_key().key_id(id).send().await.unwrap();
    assert_eq!(key.key_metadata().unwrap().key_id(), id);
    let aliases = client.list_aliases().key_id(id).send().await.unwrap();
    assert_eq!(aliases.aliases().len(), 1);
}
