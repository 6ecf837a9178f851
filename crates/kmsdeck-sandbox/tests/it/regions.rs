//! Multi-Region keys: ReplicateKey and UpdatePrimaryRegion.
//!
//! Source of the expectations: the API reference's pages of the two, the developer guide's "Change
//! the primary key in a set of multi-Region keys" (multi-region-update), and answers of AWS that
//! were recorded in public, down to their words.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeyMetadata, Tag};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use crate::core::{PAYMENTS, admin, client_as, code, sandbox, told};

fn settling(settling: Duration) -> Arc<Sandbox> {
    let options = SandboxOptions {
        settling,
        ..SandboxOptions::default()
    };
    Arc::new(Sandbox::new(options).unwrap())
}

async fn multi_region_key(client: &Client) -> String {
    let made = client.create_key().multi_region(true).send().await.unwrap();
    made.key_metadata.unwrap().key_id
}

async fn describe(client: &Client, key: &str) -> KeyMetadata {
    let answer = client.describe_key().key_id(key).send().await.unwrap();
    answer.key_metadata.unwrap()
}

async fn state(client: &Client, key: &str) -> String {
    let metadata = describe(client, key).await;
    metadata.key_state().unwrap().as_str().to_owned()
}

/// What DescribeKey says of the Regions: its own type, the primary, and the replicas.
async fn regions(client: &Client, key: &str) -> (String, String, Vec<String>) {
    let metadata = describe(client, key).await;
    let configuration = metadata.multi_region_configuration().unwrap();
    let replicas = configuration.replica_keys().iter();
    (
        configuration
            .multi_region_key_type()
            .unwrap()
            .as_str()
            .to_owned(),
        configuration
            .primary_key()
            .unwrap()
            .region()
            .unwrap()
            .to_owned(),
        replicas
            .map(|key| key.region().unwrap().to_owned())
            .collect(),
    )
}

/// AWS answers, 9: while it is Creating.
#[tokio::test]
async fn a_replica_is_creating_for_a_moment() {
    let sandbox = settling(Duration::from_millis(300));
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let key = multi_region_key(&client).await;
    let call = client
        .replicate_key()
        .key_id(&key)
        .replica_region("us-west-2");
    let answer = call.send().await.unwrap();
    let replica = answer.replica_key_metadata.unwrap();
    assert_eq!(replica.key_state().unwrap().as_str(), "Creating");
    assert_eq!(replica.current_key_material_id(), None);
    assert_eq!(answer.replica_tags, None);
    assert!(answer.replica_policy.is_some());
    let seen = describe(&oregon, &key).await;
    assert_eq!(seen.key_state().unwrap().as_str(), "Creating");
    assert_eq!(seen.current_key_material_id(), None);
    let encrypt = || {
        oregon
            .encrypt()
            .key_id(&key)
            .plaintext(Blob::new("x"))
            .send()
    };
    assert_eq!(code(encrypt().await), "KMSInvalidStateException");
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert!(encrypt().await.is_ok());
    let seen = describe(&oregon, &key).await;
    assert_eq!(seen.key_state().unwrap().as_str(), "Enabled");
    assert!(seen.current_key_material_id().is_some());

    let tag = Tag::builder().tag_key("k").tag_value("v").build().unwrap();
    let call = client
        .replicate_key()
        .key_id(&key)
        .replica_region("eu-west-1");
    let answer = call.tags(tag.clone()).send().await.unwrap();
    assert_eq!(answer.replica_tags, Some(vec![tag]));
}

/// AWS answers, 4 and 14.
#[tokio::test]
async fn what_cannot_be_replicated_is_refused_in_awss_words() {
    let sandbox = settling(Duration::ZERO);
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let key = multi_region_key(&client).await;
    let arn = describe(&client, &key).await.arn.unwrap();
    let replicate = |client: &Client, key: &str, region: &str| {
        let call = client.replicate_key().key_id(key);
        call.replica_region(region).send()
    };
    let told_of = |name: &str, message: &str| (name.to_owned(), message.to_owned());
    let (name, message) = told(replicate(&client, PAYMENTS, "us-west-2").await);
    assert_eq!(name, "UnsupportedOperationException");
    assert!(
        message.ends_with(" is not a multi-region primary key."),
        "{message}"
    );
    let message = "us-east-1 cannot have a replica because it contains the primary.";
    assert_eq!(
        told(replicate(&client, &key, "us-east-1").await),
        told_of("ValidationException", message)
    );
    client.disable_key().key_id(&key).send().await.unwrap();
    assert_eq!(
        told(replicate(&client, &key, "us-west-2").await),
        told_of("DisabledException", &format!("{arn} is disabled."))
    );
    client.enable_key().key_id(&key).send().await.unwrap();
    replicate(&client, &key, "us-west-2").await.unwrap();
    let message = "You can create only one replica of each primary key in each AWS Region.";
    assert_eq!(
        told(replicate(&client, &key, "us-west-2").await),
        told_of("AlreadyExistsException", message)
    );
    let arn = arn.replace("us-east-1", "us-west-2");
    let message = format!("{arn} is not a multi-region primary key.");
    assert_eq!(
        told(replicate(&oregon, &key, "eu-west-1").await),
        told_of("UnsupportedOperationException", &message)
    );
}

/// API reference, ReplicateKey: "kms:CreateKey in an IAM policy in the replica Region", and
/// kms:TagResource for its tags.
#[tokio::test]
async fn a_replica_needs_the_right_to_make_keys() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let made = client.create_key().multi_region(true);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/auditor"]},"Action":"kms:*","Resource":"*"}}"#;
    let made = made.policy(policy).send().await.unwrap();
    let key = made.key_metadata.unwrap().key_id;
    let auditor = client_as(&sandbox, "auditor", "us-east-1");
    let call = auditor
        .replicate_key()
        .key_id(&key)
        .replica_region("us-west-2");
    let (name, message) = told(call.send().await);
    assert_eq!(name, "AccessDeniedException");
    assert!(message.contains("kms:CreateKey"), "{message}");
}

#[tokio::test]
async fn the_primary_moves_and_both_keys_are_updating_for_a_moment() {
    let sandbox = settling(Duration::from_millis(300));
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let ireland = client_as(&sandbox, "admin", "eu-west-1");
    let key = multi_region_key(&client).await;
    for region in ["us-west-2", "eu-west-1"] {
        let call = client.replicate_key().key_id(&key).replica_region(region);
        call.send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(350)).await;
    let sealed = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    let update = |client: &Client, region: &str| {
        let call = client.update_primary_region().key_id(&key);
        call.primary_region(region).send()
    };
    // To where it is it moves without a word.
    update(&client, "us-east-1").await.unwrap();
    assert_eq!(state(&client, &key).await, "Enabled");
    update(&client, "us-west-2").await.unwrap();

    let expected = |kind: &str| {
        let replicas = vec!["eu-west-1".to_owned(), "us-east-1".to_owned()];
        (kind.to_owned(), "us-west-2".to_owned(), replicas)
    };
    for (client, kind, key_state) in [
        (&client, "REPLICA", "Updating"),
        (&oregon, "PRIMARY", "Updating"),
        (&ireland, "REPLICA", "Enabled"),
    ] {
        assert_eq!(regions(client, &key).await, expected(kind));
        assert_eq!(state(client, &key).await, key_state);
        // It can be used all the while.
        let call = client.decrypt().ciphertext_blob(sealed.clone());
        assert!(call.send().await.is_ok());
    }
    let call = oregon
        .replicate_key()
        .key_id(&key)
        .replica_region("us-east-2");
    assert_eq!(code(call.send().await), "KMSInvalidStateException");
    let call = oregon.disable_key().key_id(&key);
    assert_eq!(code(call.send().await), "KMSInvalidStateException");

    tokio::time::sleep(Duration::from_millis(350)).await;
    for client in [&client, &oregon] {
        assert_eq!(state(client, &key).await, "Enabled");
    }
    let (name, message) = told(update(&client, "eu-west-1").await);
    assert_eq!(name, "KMSInvalidStateException");
    assert!(
        message.ends_with(" is not a multi-Region primary key."),
        "{message}"
    );
    oregon
        .rotate_key_on_demand()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    let current = |metadata: KeyMetadata| metadata.current_key_material_id;
    let of_oregon = current(describe(&oregon, &key).await);
    assert_eq!(current(describe(&client, &key).await), of_oregon);
}

#[tokio::test]
async fn a_primary_that_cannot_move_stays() {
    let sandbox = settling(Duration::ZERO);
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let key = multi_region_key(&client).await;
    let call = client
        .replicate_key()
        .key_id(&key)
        .replica_region("us-west-2");
    let replica = call
        .send()
        .await
        .unwrap()
        .replica_key_metadata
        .unwrap()
        .arn
        .unwrap();
    let primary = replica.replace("us-west-2", "us-east-1");
    let update = |region: &str| {
        let call = client.update_primary_region().key_id(&key);
        call.primary_region(region).send()
    };
    let told_of = |name: &str, message: String| (name.to_owned(), message);
    let message = format!("{key} does not have a replica key in the specified Region.");
    assert_eq!(
        told(update("eu-west-1").await),
        told_of("ValidationException", message)
    );
    let single = client.update_primary_region().key_id(PAYMENTS);
    let single = single.primary_region("us-west-2").send().await;
    assert_eq!(code(single), "KMSInvalidStateException");

    oregon.disable_key().key_id(&key).send().await.unwrap();
    let message = format!("{replica} is disabled.");
    assert_eq!(
        told(update("us-west-2").await),
        told_of("DisabledException", message)
    );
    oregon
        .schedule_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    let message = format!("{replica} is pending deletion.");
    let expected = told_of("KMSInvalidStateException", message);
    assert_eq!(told(update("us-west-2").await), expected);
    oregon
        .cancel_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    oregon.enable_key().key_id(&key).send().await.unwrap();
    client.disable_key().key_id(&key).send().await.unwrap();
    let message = format!("{primary} is disabled.");
    assert_eq!(
        told(update("us-west-2").await),
        told_of("DisabledException", message)
    );
    client.enable_key().key_id(&key).send().await.unwrap();

    // The key policies of both decide (API reference, "Required permissions").
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"kms:UpdatePrimaryRegion","Resource":"*","Condition":{"StringEquals":{"kms:PrimaryRegion":"us-west-2"}}}]}"#;
    oregon
        .put_key_policy()
        .key_id(&key)
        .policy(policy)
        .send()
        .await
        .unwrap();
    let (name, message) = told(update("us-west-2").await);
    assert_eq!(name, "AccessDeniedException");
    assert!(message.contains(&replica), "{message}");
    assert_eq!(regions(&client, &key).await.0, "PRIMARY");
}
