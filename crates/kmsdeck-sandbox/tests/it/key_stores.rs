//! Custom key stores, and the keys in them.
//!
//! Source of the expectations: the API reference's pages of the six operations, of
//! CustomKeyStoreInvalidStateException and of CreateKey; the developer guide's "Key states of AWS
//! KMS keys" for the column Unavailable. What fails is asked for by the key store's name, as the
//! crate's README says.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    CustomKeyStoreType, CustomKeyStoresListEntry, KeySpec, KeyUsageType, OriginType,
    XksProxyAuthenticationCredentialType, XksProxyConnectivityType,
};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use crate::core::{admin, client_as, code, sandbox, told};

const CLUSTER: &str = "cluster-abcdefghijk";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const SEEDED: &str = "cks-1234567890abcdef0";
const SEEDED_KEY: &str = "e47b0c19-5f82-4d3a-b6e1-83c2a9f4d7b0";

/// A sandbox whose key stores are connected at once.
fn settled() -> Arc<Sandbox> {
    let options = SandboxOptions {
        settling: Duration::ZERO,
        ..SandboxOptions::default()
    };
    Arc::new(Sandbox::new(options).unwrap())
}

macro_rules! cloud_hsm {
    ($client:expr, $name:expr, $cluster:expr) => {
        $client
            .create_custom_key_store()
            .custom_key_store_name($name)
            .cloud_hsm_cluster_id($cluster)
            .key_store_password("kmsPswd1")
            .trust_anchor_certificate(CERTIFICATE)
    };
}

macro_rules! external {
    ($client:expr, $name:expr, $path:expr) => {
        $client
            .create_custom_key_store()
            .custom_key_store_name($name)
            .custom_key_store_type(CustomKeyStoreType::ExternalKeyStore)
            .xks_proxy_connectivity(XksProxyConnectivityType::PublicEndpoint)
            .xks_proxy_uri_endpoint("https://xks.example.com")
            .xks_proxy_uri_path($path)
            .xks_proxy_authentication_credential(credential())
    };
}

fn credential() -> XksProxyAuthenticationCredentialType {
    XksProxyAuthenticationCredentialType::builder()
        .access_key_id("ABCDE12345670EXAMPLE".replace(['1', '0'], "2"))
        .raw_secret_access_key("D".repeat(43))
        .build()
        .unwrap()
}

async fn described(client: &Client, id: &str) -> CustomKeyStoresListEntry {
    let call = client.describe_custom_key_stores().custom_key_store_id(id);
    call.send()
        .await
        .unwrap()
        .custom_key_stores
        .unwrap()
        .remove(0)
}

async fn connection(client: &Client, id: &str) -> String {
    let entry = described(client, id).await;
    entry.connection_state().unwrap().as_str().to_owned()
}

async fn connect(client: &Client, id: &str) {
    let call = client.connect_custom_key_store().custom_key_store_id(id);
    call.send().await.unwrap();
}

async fn disconnect(client: &Client, id: &str) {
    let call = client.disconnect_custom_key_store().custom_key_store_id(id);
    call.send().await.unwrap();
}

async fn state(client: &Client, key: &str) -> String {
    let answer = client.describe_key().key_id(key).send().await.unwrap();
    let metadata = answer.key_metadata.unwrap();
    metadata.key_state().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn a_cloudhsm_key_store_lives_and_its_keys_with_it() {
    let options = SandboxOptions {
        settling: Duration::from_millis(300),
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    let made = cloud_hsm!(client, "hsm", CLUSTER).send().await.unwrap();
    let id = made.custom_key_store_id.unwrap();
    assert!(id.starts_with("cks-") && id.len() == 21, "{id}");
    let entry = described(&client, &id).await;
    assert_eq!(entry.custom_key_store_name(), Some("hsm"));
    assert_eq!(entry.cloud_hsm_cluster_id(), Some(CLUSTER));
    assert_eq!(entry.trust_anchor_certificate(), Some(CERTIFICATE));
    assert_eq!(
        entry.custom_key_store_type().unwrap().as_str(),
        "AWS_CLOUDHSM"
    );
    assert_eq!(entry.connection_state().unwrap().as_str(), "DISCONNECTED");
    assert!(entry.creation_date().is_some() && entry.connection_error_code().is_none());

    let create = || {
        let call = client.create_key().origin(OriginType::AwsCloudhsm);
        call.custom_key_store_id(&id).send()
    };
    assert_eq!(code(create().await), "CustomKeyStoreInvalidStateException");
    connect(&client, &id).await;
    assert_eq!(connection(&client, &id).await, "CONNECTING");
    assert_eq!(code(create().await), "CustomKeyStoreInvalidStateException");
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(connection(&client, &id).await, "CONNECTED");
    let metadata = create().await.unwrap().key_metadata.unwrap();
    assert_eq!(metadata.key_state().unwrap().as_str(), "Enabled");
    assert_eq!(metadata.custom_key_store_id(), Some(id.as_str()));
    assert_eq!(metadata.cloud_hsm_cluster_id(), Some(CLUSTER));
    assert_eq!(metadata.current_key_material_id(), None);
    let key = metadata.key_id;
    let sealed = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    let decrypt = || client.decrypt().ciphertext_blob(sealed.clone()).send();
    assert_eq!(decrypt().await.unwrap().plaintext().unwrap().as_ref(), b"x");
    let random = || {
        let call = client.generate_random().number_of_bytes(8);
        call.custom_key_store_id(&id).send()
    };
    assert_eq!(
        random().await.unwrap().plaintext().unwrap().as_ref().len(),
        8
    );

    let delete = || {
        client
            .delete_custom_key_store()
            .custom_key_store_id(&id)
            .send()
    };
    assert_eq!(code(delete().await), "CustomKeyStoreInvalidStateException");
    disconnect(&client, &id).await;
    assert_eq!(connection(&client, &id).await, "DISCONNECTED");
    assert_eq!(state(&client, &key).await, "Unavailable");
    let (name, message) = told(decrypt().await);
    assert_eq!(name, "KMSInvalidStateException");
    assert!(message.ends_with(" is unavailable."), "{message}");
    assert_eq!(code(random().await), "CustomKeyStoreInvalidStateException");
    assert_eq!(code(delete().await), "CustomKeyStoreHasCMKsException");
    let again = client
        .disconnect_custom_key_store()
        .custom_key_store_id(&id);
    assert_eq!(
        code(again.send().await),
        "CustomKeyStoreInvalidStateException"
    );

    // Key states, notes 12 and 13: it is disabled when it is available again, and a deletion may be
    // cancelled meanwhile.
    client.disable_key().key_id(&key).send().await.unwrap();
    assert_eq!(state(&client, &key).await, "Unavailable");
    connect(&client, &id).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(state(&client, &key).await, "Disabled");
    client.enable_key().key_id(&key).send().await.unwrap();
    assert!(decrypt().await.is_ok());
    client
        .schedule_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    disconnect(&client, &id).await;
    assert_eq!(state(&client, &key).await, "PendingDeletion");
    client
        .cancel_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(state(&client, &key).await, "Unavailable");
    client.enable_key().key_id(&key).send().await.unwrap();
    connect(&client, &id).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(state(&client, &key).await, "Enabled");
}

#[tokio::test]
async fn an_external_key_store_has_keys_of_external_keys() {
    let client = admin(&settled());
    let made = external!(client, "xks", "/one/kms/xks/v1")
        .send()
        .await
        .unwrap();
    let id = made.custom_key_store_id.unwrap();
    let entry = described(&client, &id).await;
    let proxy = entry.xks_proxy_configuration().unwrap();
    assert_eq!(proxy.connectivity().unwrap().as_str(), "PUBLIC_ENDPOINT");
    assert_eq!(proxy.access_key_id(), Some(credential().access_key_id()));
    assert_eq!(proxy.uri_endpoint(), Some("https://xks.example.com"));
    assert_eq!(proxy.uri_path(), Some("/one/kms/xks/v1"));
    assert!(entry.cloud_hsm_cluster_id().is_none());
    connect(&client, &id).await;
    let create = |xks_key: Option<&str>| {
        let call = client.create_key().origin(OriginType::ExternalKeyStore);
        let call = call.custom_key_store_id(&id);
        call.set_xks_key_id(xks_key.map(str::to_owned)).send()
    };
    assert_eq!(code(create(None).await), "ValidationException");
    let metadata = create(Some("bb8562717f809024"))
        .await
        .unwrap()
        .key_metadata
        .unwrap();
    let xks_key = metadata.xks_key_configuration().unwrap();
    assert_eq!(xks_key.id(), Some("bb8562717f809024"));
    assert_eq!(metadata.custom_key_store_id(), Some(id.as_str()));
    assert_eq!(metadata.cloud_hsm_cluster_id(), None);
    for (xks_key, error) in [
        ("bb8562717f809024", "XksKeyAlreadyInUseException"),
        ("missing-key", "XksKeyNotFoundException"),
        ("disabled-key", "XksKeyInvalidConfigurationException"),
        ("a key", "ValidationException"),
    ] {
        assert_eq!(code(create(Some(xks_key)).await), error);
    }
    let call = client
        .generate_data_key()
        .key_id(&metadata.key_id)
        .number_of_bytes(16);
    let made = call.send().await.unwrap();
    let call = client
        .decrypt()
        .ciphertext_blob(made.ciphertext_blob.unwrap());
    assert_eq!(call.send().await.unwrap().plaintext, made.plaintext);
    // API reference, GenerateRandom: not of an external key store.
    let call = client
        .generate_random()
        .number_of_bytes(8)
        .custom_key_store_id(&id);
    assert_eq!(code(call.send().await), "UnsupportedOperationException");
    disconnect(&client, &id).await;
    assert_eq!(state(&client, &metadata.key_id).await, "Unavailable");
}

/// Symmetric encryption keys of one Region only (API reference, CreateKey, CustomKeyStoreId).
#[tokio::test]
async fn other_keys_are_not_made_in_key_stores() {
    let client = admin(&settled());
    connect(&client, SEEDED).await;
    let create = || {
        client
            .create_key()
            .origin(OriginType::AwsCloudhsm)
            .custom_key_store_id(SEEDED)
    };
    assert!(create().send().await.is_ok());
    let pair = create()
        .key_spec(KeySpec::EccNistP256)
        .key_usage(KeyUsageType::SignVerify);
    assert_eq!(code(pair.send().await), "UnsupportedOperationException");
    let multi_region = create().multi_region(true);
    assert_eq!(
        code(multi_region.send().await),
        "UnsupportedOperationException"
    );
    let of_other = create()
        .origin(OriginType::ExternalKeyStore)
        .xks_key_id("k");
    assert_eq!(code(of_other.send().await), "ValidationException");
    let nowhere = create().custom_key_store_id("cks-0");
    assert_eq!(
        code(nowhere.send().await),
        "CustomKeyStoreNotFoundException"
    );
    let without = client.create_key().origin(OriginType::AwsCloudhsm);
    assert_eq!(code(without.send().await), "ValidationException");
    // AWS answers, 18.
    let call = client.create_key().xks_key_id("k");
    assert_eq!(code(call.send().await), "ValidationException");
    let call = client.create_key().custom_key_store_id(SEEDED);
    assert_eq!(code(call.send().await), "ValidationException");
    // The seed's key is there again, too.
    assert_eq!(state(&client, SEEDED_KEY).await, "Enabled");
}

#[tokio::test]
async fn what_is_another_key_stores_is_refused() {
    let client = admin(&sandbox());
    let make = cloud_hsm!(client, "one", CLUSTER);
    make.clone().send().await.unwrap();
    assert_eq!(code(make.send().await), "CustomKeyStoreNameInUseException");
    let other = cloud_hsm!(client, "two", CLUSTER);
    assert_eq!(code(other.send().await), "CloudHsmClusterInUseException");
    external!(client, "x1", "/one/kms/xks/v1")
        .send()
        .await
        .unwrap();
    let same = external!(client, "x2", "/one/kms/xks/v1");
    assert_eq!(code(same.send().await), "XksProxyUriInUseException");
    external!(client, "x2", "/two/kms/xks/v1")
        .send()
        .await
        .unwrap();
    let service = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    let private = |name: &str, endpoint: &str| {
        external!(client, name, "/three/kms/xks/v1")
            .xks_proxy_connectivity(XksProxyConnectivityType::VpcEndpointService)
            .xks_proxy_uri_endpoint(endpoint)
            .xks_proxy_vpc_endpoint_service_name(service)
    };
    let shared = private("x3", "https://xks.example.com");
    assert_eq!(
        code(shared.send().await),
        "XksProxyUriEndpointInUseException"
    );
    private("x3", "https://private.example.com")
        .send()
        .await
        .unwrap();
    let same = private("x4", "https://private-two.example.com");
    assert_eq!(
        code(same.send().await),
        "XksProxyVpcEndpointServiceInUseException"
    );
    // Ten of them, one of which is the seed's.
    for (number, letter) in ('a'..='e').enumerate() {
        let cluster = format!("cluster-zzzzzzzzzz{letter}");
        cloud_hsm!(client, number.to_string(), cluster)
            .send()
            .await
            .unwrap();
    }
    let call = cloud_hsm!(client, "eleven", "cluster-zzzzzzzzzzf");
    assert_eq!(code(call.send().await), "LimitExceededException");
}

#[tokio::test]
async fn members_are_those_of_their_kind_and_secrets_are_not_told() {
    let client = admin(&sandbox());
    let call = cloud_hsm!(client, "a", CLUSTER).set_key_store_password(None);
    assert_eq!(code(call.send().await), "ValidationException");
    let call = cloud_hsm!(client, "a", CLUSTER).key_store_password("short!");
    let (name, message) = told(call.send().await);
    assert_eq!(name, "ValidationException");
    assert!(
        message.contains("'keyStorePassword'") && !message.contains("short!"),
        "{message}"
    );
    let call = cloud_hsm!(client, "a", CLUSTER).trust_anchor_certificate("no certificate");
    assert_eq!(code(call.send().await), "IncorrectTrustAnchorException");
    let call = cloud_hsm!(client, "a", "cluster-0000");
    assert_eq!(code(call.send().await), "ValidationException");
    let call = cloud_hsm!(client, "a", CLUSTER).xks_proxy_uri_path("/kms/xks/v1");
    assert_eq!(code(call.send().await), "ValidationException");
    let call = external!(client, "a", "/kms/xks/v1").cloud_hsm_cluster_id(CLUSTER);
    assert_eq!(code(call.send().await), "ValidationException");
    let call = external!(client, "a", "/kms/xks");
    assert_eq!(code(call.send().await), "ValidationException");
    let call = external!(client, "a", "/kms/xks/v1").xks_proxy_uri_endpoint("http://x.example.com");
    assert_eq!(code(call.send().await), "ValidationException");
    let no_service = external!(client, "a", "/kms/xks/v1")
        .xks_proxy_connectivity(XksProxyConnectivityType::VpcEndpointService);
    assert_eq!(code(no_service.send().await), "ValidationException");
    let all = client.describe_custom_key_stores().send().await.unwrap();
    assert_eq!(
        all.custom_key_stores().len(),
        1,
        "but for the seed's none was made"
    );
}

/// A key store whose name says so fails, and is mended by another name.
#[tokio::test]
async fn a_key_store_fails_as_its_name_says() {
    let client = admin(&settled());
    for exception in [
        "CloudHsmClusterNotFoundException",
        "CloudHsmClusterNotActiveException",
        "CloudHsmClusterInvalidConfigurationException",
        "IncorrectTrustAnchorException",
    ] {
        let call = cloud_hsm!(client, format!("fails with {exception}"), CLUSTER);
        assert_eq!(code(call.send().await), exception);
    }
    for exception in [
        "XksProxyUriUnreachableException",
        "XksProxyIncorrectAuthenticationCredentialException",
        "XksProxyInvalidResponseException",
        "XksProxyInvalidConfigurationException",
        "XksProxyVpcEndpointServiceNotFoundException",
        "XksProxyVpcEndpointServiceInvalidConfigurationException",
    ] {
        let call = external!(client, format!("fails with {exception}"), "/kms/xks/v1");
        assert_eq!(code(call.send().await), exception);
    }
    let connect_call = || {
        client
            .connect_custom_key_store()
            .custom_key_store_id(SEEDED)
            .send()
    };
    let rename = |name: &str| {
        let call = client.update_custom_key_store().custom_key_store_id(SEEDED);
        call.new_custom_key_store_name(name)
    };
    rename("fails with CloudHsmClusterNotActiveException")
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(connect_call().await),
        "CloudHsmClusterNotActiveException"
    );
    let related = rename("fails with CloudHsmClusterNotRelatedException");
    related.send().await.unwrap();
    let move_to = client.update_custom_key_store().custom_key_store_id(SEEDED);
    let move_to = move_to.cloud_hsm_cluster_id("cluster-otherotherot");
    assert_eq!(
        code(move_to.clone().send().await),
        "CloudHsmClusterNotRelatedException"
    );

    rename("fails with USER_LOCKED_OUT").send().await.unwrap();
    connect_call().await.unwrap();
    let entry = described(&client, SEEDED).await;
    assert_eq!(entry.connection_state().unwrap().as_str(), "FAILED");
    assert_eq!(
        entry.connection_error_code().unwrap().as_str(),
        "USER_LOCKED_OUT"
    );
    assert_eq!(state(&client, SEEDED_KEY).await, "Unavailable");
    assert_eq!(
        code(connect_call().await),
        "CustomKeyStoreInvalidStateException"
    );
    assert_eq!(
        code(rename("mended").send().await),
        "CustomKeyStoreInvalidStateException"
    );
    disconnect(&client, SEEDED).await;
    rename("mended").send().await.unwrap();
    move_to.send().await.unwrap();
    connect_call().await.unwrap();
    assert_eq!(connection(&client, SEEDED).await, "CONNECTED");
    assert_eq!(state(&client, SEEDED_KEY).await, "Enabled");

    // It is connected, and fails under its keys.
    let encrypt = || {
        client
            .encrypt()
            .key_id(SEEDED_KEY)
            .plaintext(Blob::new("x"))
            .send()
    };
    assert!(encrypt().await.is_ok());
    rename("fails with INSUFFICIENT_CLOUDHSM_HSMS")
        .send()
        .await
        .unwrap();
    let (name, message) = told(encrypt().await);
    assert_eq!(name, "KMSInvalidStateException");
    assert!(message.contains("INSUFFICIENT_CLOUDHSM_HSMS"), "{message}");
    rename("mended").send().await.unwrap();
    assert!(encrypt().await.is_ok());
}

/// API reference, UpdateCustomKeyStore: what may be changed while it is connected.
#[tokio::test]
async fn an_update_wants_a_key_store_that_is_disconnected() {
    let client = admin(&settled());
    let made = external!(client, "xks", "/one/kms/xks/v1")
        .send()
        .await
        .unwrap();
    let id = made.custom_key_store_id.unwrap();
    connect(&client, &id).await;
    let update = || client.update_custom_key_store().custom_key_store_id(&id);
    update()
        .new_custom_key_store_name("another")
        .send()
        .await
        .unwrap();
    update()
        .xks_proxy_uri_path("/two/kms/xks/v1")
        .send()
        .await
        .unwrap();
    update()
        .xks_proxy_authentication_credential(credential())
        .send()
        .await
        .unwrap();
    let endpoint = update().xks_proxy_uri_endpoint("https://two.example.com");
    let refused = endpoint.clone().send().await;
    assert_eq!(code(refused), "CustomKeyStoreInvalidStateException");
    let password = update().key_store_password("kmsPswd2");
    assert_eq!(
        code(password.clone().send().await),
        "CustomKeyStoreInvalidStateException"
    );
    disconnect(&client, &id).await;
    endpoint.send().await.unwrap();
    assert_eq!(code(password.send().await), "ValidationException");
    let service = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    let private = update().xks_proxy_connectivity(XksProxyConnectivityType::VpcEndpointService);
    assert_eq!(code(private.clone().send().await), "ValidationException");
    let private = private.xks_proxy_uri_endpoint("https://private.example.com");
    assert_eq!(code(private.clone().send().await), "ValidationException");
    let private = private.xks_proxy_vpc_endpoint_service_name(service);
    private.send().await.unwrap();
    let entry = described(&client, &id).await;
    assert_eq!(entry.custom_key_store_name(), Some("another"));
    let proxy = entry.xks_proxy_configuration().unwrap();
    assert_eq!(
        proxy.connectivity().unwrap().as_str(),
        "VPC_ENDPOINT_SERVICE"
    );
    assert_eq!(proxy.vpc_endpoint_service_name(), Some(service));
    assert_eq!(proxy.uri_path(), Some("/two/kms/xks/v1"));
    let call = client.delete_custom_key_store().custom_key_store_id(&id);
    call.send().await.unwrap();
    let call = client.describe_custom_key_stores().custom_key_store_id(&id);
    assert_eq!(code(call.send().await), "CustomKeyStoreNotFoundException");
    let call = update().new_custom_key_store_name("gone");
    assert_eq!(code(call.send().await), "CustomKeyStoreNotFoundException");
}

#[tokio::test]
async fn key_stores_are_listed_in_pages_and_one_by_name() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    for letter in ["a", "b", "c"] {
        let cluster = format!("cluster-zzzzzzzzzz{letter}");
        cloud_hsm!(client, letter, cluster).send().await.unwrap();
    }
    let (mut names, mut marker) = (Vec::new(), None);
    loop {
        let call = client
            .describe_custom_key_stores()
            .limit(2)
            .set_marker(marker);
        let page = call.send().await.unwrap();
        let entries = page.custom_key_stores().iter();
        names.extend(entries.map(|entry| entry.custom_key_store_name().unwrap().to_owned()));
        marker = page.next_marker().map(str::to_owned);
        assert_eq!(page.truncated(), marker.is_some());
        if marker.is_none() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["a", "b", "c", "hsm-store"]);
    let named = client
        .describe_custom_key_stores()
        .custom_key_store_name("b");
    assert_eq!(
        named
            .clone()
            .send()
            .await
            .unwrap()
            .custom_key_stores()
            .len(),
        1
    );
    let both = named.custom_key_store_id(SEEDED);
    assert_eq!(code(both.send().await), "ValidationException");
    let call = client.describe_custom_key_stores().marker("nonsense");
    assert_eq!(code(call.send().await), "InvalidMarkerException");
    let auditor = client_as(&sandbox, "no-list", "us-east-1");
    let call = auditor
        .connect_custom_key_store()
        .custom_key_store_id(SEEDED);
    assert_eq!(code(call.send().await), "AccessDeniedException");
    let elsewhere = client_as(&sandbox, "admin", "eu-west-1");
    let all = elsewhere.describe_custom_key_stores().send().await.unwrap();
    assert!(all.custom_key_stores().is_empty());
}

#[tokio::test]
async fn the_state_file_keeps_key_stores() {
    let folder = tempfile::tempdir().unwrap();
    let at = || {
        let options = SandboxOptions {
            state_file: Some(folder.path().join("state.json")),
            settling: Duration::ZERO,
            ..SandboxOptions::default()
        };
        Arc::new(Sandbox::new(options).unwrap())
    };
    let client = admin(&at());
    let made = external!(client, "xks", "/one/kms/xks/v1")
        .send()
        .await
        .unwrap();
    let id = made.custom_key_store_id.unwrap();
    connect(&client, &id).await;
    let call = client.create_key().origin(OriginType::ExternalKeyStore);
    let call = call.custom_key_store_id(&id).xks_key_id("k");
    let key = call.send().await.unwrap().key_metadata.unwrap().key_id;
    let made = cloud_hsm!(client, "gone", CLUSTER).send().await.unwrap();
    let gone = made.custom_key_store_id.unwrap();
    let call = client.delete_custom_key_store().custom_key_store_id(&gone);
    call.send().await.unwrap();
    client.disable_key().key_id(&key).send().await.unwrap();
    disconnect(&client, &id).await;
    let before = described(&client, &id).await;
    drop(client);

    let client = admin(&at());
    assert_eq!(described(&client, &id).await, before);
    let all = client.describe_custom_key_stores().send().await.unwrap();
    assert_eq!(all.custom_key_stores().len(), 2);
    assert_eq!(state(&client, &key).await, "Unavailable");
    connect(&client, &id).await;
    assert_eq!(state(&client, &key).await, "Disabled");
    let answer = client.describe_key().key_id(&key).send().await.unwrap();
    let metadata = answer.key_metadata.unwrap();
    assert_eq!(metadata.xks_key_configuration().unwrap().id(), Some("k"));
}
