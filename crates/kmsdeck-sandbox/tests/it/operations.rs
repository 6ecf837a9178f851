//! All operations of the sandbox through the real SDK.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    DataKeyPairSpec, DataKeySpec, DryRunModifierType, EncapsulationAlgorithmSpec,
    EncryptionAlgorithmSpec, GrantConstraints, GrantOperation, KeyAgreementAlgorithmSpec, KeySpec,
    KeyUsageType, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec, Tag,
};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use crate::core::{PAYMENTS, admin, client_as, code, sandbox, told};

const TOKENS: &str = "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68";
const AUDITOR: &str = "arn:aws:iam::111122223333:user/auditor";

fn blob(text: &str) -> Blob {
    Blob::new(text)
}

/// API reference: these 17 pages have a DryRun parameter.
#[tokio::test]
async fn all_seventeen_dry_runs_succeed_and_do_nothing() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    macro_rules! dry {
        ($call:expr) => {
            assert_eq!(
                code($call.dry_run(true).send().await),
                "DryRunOperationException",
                stringify!($call)
            )
        };
    }
    let made = client
        .encrypt()
        .key_id(TOKENS)
        .plaintext(blob("x"))
        .send()
        .await
        .unwrap();
    let sealed = made.ciphertext_blob().unwrap().clone();
    let grants = client.list_grants().key_id(PAYMENTS).send().await.unwrap();
    let grant_id = grants.grants()[0].grant_id().unwrap().to_owned();
    let peer = client
        .get_public_key()
        .key_id("alias/handshake")
        .send()
        .await
        .unwrap();
    let capsule = client
        .encapsulate()
        .key_id("alias/pq-exchange")
        .encapsulation_algorithm(EncapsulationAlgorithmSpec::MlKem)
        .send()
        .await
        .unwrap();

    dry!(
        client
            .create_grant()
            .key_id(TOKENS)
            .grantee_principal(AUDITOR)
            .operations(GrantOperation::Decrypt)
    );
    dry!(
        client
            .decapsulate()
            .key_id("alias/pq-exchange")
            .encapsulation_algorithm(EncapsulationAlgorithmSpec::MlKem)
            .shared_secret_ciphertext_blob(
                capsule.shared_secret_ciphertext_blob().unwrap().clone()
            )
    );
    dry!(client.decrypt().ciphertext_blob(sealed.clone()));
    dry!(
        client
            .derive_shared_secret()
            .key_id("alias/handshake")
            .key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh)
            .public_key(peer.public_key().unwrap().clone())
    );
    dry!(
        client
            .encapsulate()
            .key_id("alias/pq-exchange")
            .encapsulation_algorithm(EncapsulationAlgorithmSpec::MlKem)
    );
    dry!(client.encrypt().key_id(TOKENS).plaintext(blob("x")));
    dry!(
        client
            .generate_data_key()
            .key_id(TOKENS)
            .key_spec(DataKeySpec::Aes256)
    );
    dry!(
        client
            .generate_data_key_pair()
            .key_id(TOKENS)
            .key_pair_spec(DataKeyPairSpec::EccNistP256)
    );
    dry!(
        client
            .generate_data_key_pair_without_plaintext()
            .key_id(TOKENS)
            .key_pair_spec(DataKeyPairSpec::EccNistP256)
    );
    dry!(
        client
            .generate_data_key_without_plaintext()
            .key_id(TOKENS)
            .key_spec(DataKeySpec::Aes256)
    );
    dry!(
        client
            .generate_mac()
            .key_id("alias/webhooks")
            .mac_algorithm(MacAlgorithmSpec::HmacSha512)
            .message(blob("m"))
    );
    dry!(
        client
            .re_encrypt()
            .ciphertext_blob(sealed)
            .destination_key_id(PAYMENTS)
    );
    dry!(client.retire_grant().key_id(PAYMENTS).grant_id(&grant_id));
    dry!(client.revoke_grant().key_id(PAYMENTS).grant_id(&grant_id));
    dry!(
        client
            .sign()
            .key_id("alias/signing")
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message(blob("m"))
    );
    dry!(
        client
            .verify()
            .key_id("alias/signing")
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message(blob("m"))
            .signature(blob("s"))
    );
    dry!(
        client
            .verify_mac()
            .key_id("alias/webhooks")
            .mac_algorithm(MacAlgorithmSpec::HmacSha512)
            .message(blob("m"))
            .mac(blob("s"))
    );

    let after = client.list_grants().key_id(PAYMENTS).send().await.unwrap();
    assert_eq!(after.grants().len(), grants.grants().len());
    let after = client.list_grants().key_id(TOKENS).send().await.unwrap();
    assert!(after.grants().is_empty());
}

#[tokio::test]
async fn re_encrypt_moves_a_ciphertext_and_names_both_materials() {
    let client = admin(&sandbox());
    let made = client
        .generate_data_key()
        .key_id(TOKENS)
        .number_of_bytes(24)
        .encryption_context("a", "b")
        .send()
        .await
        .unwrap();
    let moved = client
        .re_encrypt()
        .ciphertext_blob(made.ciphertext_blob().unwrap().clone())
        .source_encryption_context("a", "b")
        .destination_key_id(PAYMENTS)
        .destination_encryption_context("c", "d")
        .send()
        .await
        .unwrap();
    assert_eq!(moved.source_key_material_id(), made.key_material_id());
    assert_eq!(moved.destination_key_material_id().unwrap().len(), 64);
    let opened = client
        .decrypt()
        .ciphertext_blob(moved.ciphertext_blob().unwrap().clone())
        .encryption_context("c", "d")
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext(), made.plaintext());
    assert_eq!(
        code(
            client
                .re_encrypt()
                .dry_run(true)
                .dry_run_modifiers(DryRunModifierType::IgnoreCiphertext)
                .destination_key_id(PAYMENTS)
                .send()
                .await
        ),
        "ValidationException"
    );
}

/// Developer guide, page "Rotate AWS KMS keys": old ciphertexts are decrypted
/// by the material that made them.
#[tokio::test]
async fn a_rotated_key_opens_what_its_old_materials_sealed() {
    let client = admin(&sandbox());
    let mut made = Vec::new();
    for _ in 0..3 {
        let key = client
            .generate_data_key()
            .key_id(TOKENS)
            .number_of_bytes(8)
            .send()
            .await
            .unwrap();
        made.push(key);
        client
            .rotate_key_on_demand()
            .key_id(TOKENS)
            .send()
            .await
            .unwrap();
    }
    for key in &made {
        let opened = client
            .decrypt()
            .ciphertext_blob(key.ciphertext_blob().unwrap().clone())
            .send()
            .await
            .unwrap();
        assert_eq!(opened.plaintext(), key.plaintext());
        assert_eq!(opened.key_material_id(), key.key_material_id());
    }
    assert_ne!(made[0].key_material_id(), made[1].key_material_id());
    let rotations = client
        .list_key_rotations()
        .key_id(TOKENS)
        .send()
        .await
        .unwrap();
    assert_eq!(rotations.rotations().len(), 5);
    for _ in 0..20 {
        client
            .rotate_key_on_demand()
            .key_id(TOKENS)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(
        code(client.rotate_key_on_demand().key_id(TOKENS).send().await),
        "LimitExceededException"
    );
}

#[tokio::test]
async fn signatures_macs_agreements_and_capsules() {
    let client = admin(&sandbox());
    for (key, algorithm) in [
        ("alias/signing", SigningAlgorithmSpec::EcdsaSha256),
        ("alias/secp256k1", SigningAlgorithmSpec::EcdsaSha256),
        ("alias/ssh-ca", SigningAlgorithmSpec::Ed25519Sha512),
        (
            "alias/license-server",
            SigningAlgorithmSpec::RsassaPssSha384,
        ),
        (
            "alias/license-server",
            SigningAlgorithmSpec::RsassaPkcs1V15Sha512,
        ),
        ("alias/post-quantum", SigningAlgorithmSpec::MlDsaShake256),
    ] {
        let signed = client
            .sign()
            .key_id(key)
            .signing_algorithm(algorithm.clone())
            .message(blob("hello"))
            .send()
            .await
            .unwrap();
        let verify = |message: &str| {
            client
                .verify()
                .key_id(key)
                .signing_algorithm(algorithm.clone())
                .message(blob(message))
                .signature(signed.signature().unwrap().clone())
        };
        assert!(verify("hello").send().await.unwrap().signature_valid());
        assert_eq!(
            code(verify("hullo").send().await),
            "KMSInvalidSignatureException"
        );
    }
    let (name, message) = told(
        client
            .sign()
            .key_id("alias/signing")
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message_type(MessageType::Digest)
            .message(blob("short"))
            .send()
            .await,
    );
    assert_eq!(
        (name.as_str(), message.as_str()),
        (
            "ValidationException",
            "Digest is invalid length for algorithm ECDSA_SHA_256."
        )
    );
    let wrong = client
        .sign()
        .key_id("alias/signing")
        .signing_algorithm(SigningAlgorithmSpec::EcdsaSha384)
        .message(blob("m"));
    assert_eq!(code(wrong.send().await), "InvalidKeyUsageException");

    let mac = client
        .generate_mac()
        .key_id("alias/webhooks")
        .mac_algorithm(MacAlgorithmSpec::HmacSha512)
        .message(blob("m"))
        .send()
        .await
        .unwrap();
    let verify = |message: &str| {
        client
            .verify_mac()
            .key_id("alias/webhooks")
            .mac_algorithm(MacAlgorithmSpec::HmacSha512)
            .message(blob(message))
            .mac(mac.mac().unwrap().clone())
    };
    assert!(verify("m").send().await.unwrap().mac_valid());
    assert_eq!(code(verify("n").send().await), "KMSInvalidMacException");
    let wrong = client
        .generate_mac()
        .key_id("alias/webhooks")
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .message(blob("m"));
    assert_eq!(
        told(wrong.send().await),
        (
            "InvalidKeyUsageException".into(),
            "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_512.".into()
        )
    );

    let capsule = client
        .encapsulate()
        .key_id("alias/pq-exchange")
        .encapsulation_algorithm(EncapsulationAlgorithmSpec::MlKem)
        .send()
        .await
        .unwrap();
    let opened = client
        .decapsulate()
        .key_id("alias/pq-exchange")
        .encapsulation_algorithm(EncapsulationAlgorithmSpec::MlKem)
        .shared_secret_ciphertext_blob(capsule.shared_secret_ciphertext_blob().unwrap().clone())
        .send()
        .await
        .unwrap();
    assert_eq!(opened.shared_secret(), capsule.shared_secret());

    // Both sides of an agreement, the second one a data key pair's.
    let pair = client
        .generate_data_key_pair()
        .key_id(TOKENS)
        .key_pair_spec(DataKeyPairSpec::EccNistP384)
        .send()
        .await
        .unwrap();
    let shared = client
        .derive_shared_secret()
        .key_id("alias/handshake")
        .key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh)
        .public_key(pair.public_key().unwrap().clone())
        .send()
        .await
        .unwrap();
    let ours = client
        .get_public_key()
        .key_id("alias/handshake")
        .send()
        .await
        .unwrap();
    let key = aws_lc_rs::agreement::PrivateKey::from_private_key_der(
        &aws_lc_rs::agreement::ECDH_P384,
        pair.private_key_plaintext().unwrap().as_ref(),
    )
    .unwrap();
    let peer = aws_lc_rs::agreement::UnparsedPublicKey::new(
        &aws_lc_rs::agreement::ECDH_P384,
        ours.public_key().unwrap().as_ref(),
    );
    let theirs = aws_lc_rs::agreement::agree(&key, peer, (), |secret| Ok(secret.to_vec())).unwrap();
    assert_eq!(shared.shared_secret().unwrap().as_ref(), theirs);
}

#[tokio::test]
async fn rsa_encrypts_and_states_its_limit() {
    let client = admin(&sandbox());
    let algorithm = EncryptionAlgorithmSpec::RsaesOaepSha256;
    let sealed = client
        .encrypt()
        .key_id("alias/legal-docs")
        .encryption_algorithm(algorithm.clone())
        .plaintext(blob("contract"))
        .send()
        .await
        .unwrap();
    let sealed = sealed.ciphertext_blob().unwrap().clone();
    let decrypt = || {
        client
            .decrypt()
            .ciphertext_blob(sealed.clone())
            .encryption_algorithm(algorithm.clone())
    };
    let opened = decrypt().key_id("alias/legal-docs").send().await.unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"contract");
    assert_eq!(code(decrypt().send().await), "ValidationException");
    let long = client
        .encrypt()
        .key_id("alias/legal-docs")
        .encryption_algorithm(algorithm)
        .plaintext(Blob::new(vec![1; 447]));
    assert_eq!(
        told(long.dry_run(true).send().await),
        (
            "ValidationException".into(),
            "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_4096 cannot encrypt data larger than 446 bytes.".into()
        )
    );
    let long = client
        .encrypt()
        .key_id(TOKENS)
        .plaintext(Blob::new(vec![1; 4097]));
    assert_eq!(
        told(long.send().await).1,
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: \
         Member must have length less than or equal to 4096"
    );
}

#[tokio::test]
async fn keys_and_aliases_are_made_changed_and_taken_away() {
    let client = admin(&sandbox());
    let tag = Tag::builder()
        .tag_key("team")
        .tag_value("x")
        .build()
        .unwrap();
    let made = client
        .create_key()
        .description("new")
        .tags(tag)
        .send()
        .await
        .unwrap();
    let id = made.key_metadata().unwrap().key_id().to_owned();
    client
        .create_alias()
        .alias_name("alias/new")
        .target_key_id(&id)
        .send()
        .await
        .unwrap();
    let again = client
        .create_alias()
        .alias_name("alias/new")
        .target_key_id(&id);
    assert_eq!(code(again.send().await), "AlreadyExistsException");
    let sealed = client
        .encrypt()
        .key_id("alias/new")
        .plaintext(blob("x"))
        .send()
        .await;
    assert!(sealed.is_ok());
    client
        .update_alias()
        .alias_name("alias/new")
        .target_key_id(TOKENS)
        .send()
        .await
        .unwrap();
    let now = client
        .describe_key()
        .key_id("alias/new")
        .send()
        .await
        .unwrap();
    assert_eq!(now.key_metadata().unwrap().key_id(), TOKENS);
    let other_type = client
        .update_alias()
        .alias_name("alias/new")
        .target_key_id("55e0c1d2-7f3a-4b6c-9d8e-0f1a2b3caa10");
    assert_eq!(code(other_type.send().await), "ValidationException");
    client
        .delete_alias()
        .alias_name("alias/new")
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(client.describe_key().key_id("alias/new").send().await),
        "NotFoundException"
    );
    let reserved = client
        .create_alias()
        .alias_name("alias/aws/mine")
        .target_key_id(&id);
    assert_eq!(code(reserved.send().await), "NotAuthorizedException");

    client
        .update_key_description()
        .key_id(&id)
        .description("changed")
        .send()
        .await
        .unwrap();
    client
        .enable_key_rotation()
        .key_id(&id)
        .rotation_period_in_days(90)
        .send()
        .await
        .unwrap();
    let status = client
        .get_key_rotation_status()
        .key_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(status.rotation_period_in_days(), Some(90));
    client
        .untag_resource()
        .key_id(&id)
        .tag_keys("team")
        .send()
        .await
        .unwrap();
    assert!(
        client
            .list_resource_tags()
            .key_id(&id)
            .send()
            .await
            .unwrap()
            .tags()
            .is_empty()
    );

    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/auditor"},"Action":"kms:*","Resource":"*"}}"#;
    let locked_out = client.put_key_policy().key_id(&id).policy(policy);
    assert_eq!(
        code(locked_out.clone().send().await),
        "MalformedPolicyDocumentException"
    );
    locked_out
        .bypass_policy_lockout_safety_check(true)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(client.get_key_policy().key_id(&id).send().await),
        "AccessDeniedException"
    );

    for (spec, usage) in [
        (KeySpec::Rsa2048, KeyUsageType::SignVerify),
        (KeySpec::EccNistP521, KeyUsageType::KeyAgreement),
        (KeySpec::EccNistEdwards25519, KeyUsageType::SignVerify),
        (KeySpec::Hmac224, KeyUsageType::GenerateVerifyMac),
        (KeySpec::MlDsa87, KeyUsageType::SignVerify),
        (KeySpec::MlKem1024, KeyUsageType::EncapsulateDecapsulate),
    ] {
        let made = client
            .create_key()
            .key_spec(spec.clone())
            .key_usage(usage)
            .send()
            .await
            .unwrap();
        assert_eq!(made.key_metadata().unwrap().key_spec(), Some(&spec));
    }
    let (_, message) = told(client.create_key().key_spec(KeySpec::Hmac256).send().await);
    assert_eq!(
        message,
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    );
    assert_eq!(
        code(
            client
                .create_key()
                .key_spec(KeySpec::Hmac256)
                .key_usage(KeyUsageType::SignVerify)
                .send()
                .await
        ),
        "ValidationException"
    );
}

#[tokio::test]
async fn a_replica_shares_its_primarys_materials() {
    let options = SandboxOptions {
        settling: Duration::ZERO,
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    let made = client.create_key().multi_region(true).send().await.unwrap();
    let id = made.key_metadata().unwrap().key_id().to_owned();
    assert!(id.starts_with("mrk-"));
    let replica = client
        .replicate_key()
        .key_id(&id)
        .replica_region("ap-southeast-2")
        .send()
        .await
        .unwrap();
    assert_eq!(
        replica
            .replica_key_metadata()
            .unwrap()
            .key_state()
            .unwrap()
            .as_str(),
        "Creating"
    );
    let sydney = client_as(&sandbox, "admin", "ap-southeast-2");
    let sealed = client
        .encrypt()
        .key_id(&id)
        .plaintext(blob("x"))
        .send()
        .await
        .unwrap();
    let sealed = sealed.ciphertext_blob().unwrap().clone();
    let opened = sydney
        .decrypt()
        .ciphertext_blob(sealed)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"x");
    assert_eq!(
        code(sydney.rotate_key_on_demand().key_id(&id).send().await),
        "UnsupportedOperationException"
    );
    client
        .rotate_key_on_demand()
        .key_id(&id)
        .send()
        .await
        .unwrap();
    let materials = |client: Client| {
        let id = id.clone();
        async move {
            let key = client.describe_key().key_id(id).send().await.unwrap();
            key.key_metadata()
                .unwrap()
                .current_key_material_id()
                .map(str::to_owned)
        }
    };
    assert_eq!(materials(client.clone()).await, materials(sydney).await);
    let deleted = client
        .schedule_key_deletion()
        .key_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        deleted.key_state().unwrap().as_str(),
        "PendingReplicaDeletion"
    );
}

/// Developer guide, page "Grants in AWS KMS", "Grant token": a new grant takes
/// effect later, with its token at once.
#[tokio::test]
async fn a_grants_token_bridges_its_delay() {
    let options = SandboxOptions {
        grant_delay: Duration::from_secs(3600),
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    let auditor = client_as(&sandbox, "auditor", "us-east-1");
    let grant = client
        .create_grant()
        .key_id(TOKENS)
        .grantee_principal(AUDITOR)
        .operations(GrantOperation::GenerateDataKey)
        .operations(GrantOperation::RetireGrant)
        .name("bridge")
        .constraints(
            GrantConstraints::builder()
                .encryption_context_equals("a", "b")
                .build(),
        )
        .send()
        .await
        .unwrap();
    let call = || {
        auditor
            .generate_data_key()
            .key_id(TOKENS)
            .number_of_bytes(1)
            .encryption_context("a", "b")
    };
    assert_eq!(code(call().send().await), "AccessDeniedException");
    let token = grant.grant_token().unwrap();
    assert!(call().grant_tokens(token).send().await.is_ok());
    let other = call().encryption_context("c", "d").grant_tokens(token);
    assert_eq!(code(other.send().await), "AccessDeniedException");
    assert_eq!(
        code(call().grant_tokens("x").send().await),
        "InvalidGrantTokenException"
    );
    // A named grant that is asked for again is the same grant.
    let again = client
        .create_grant()
        .key_id(TOKENS)
        .grantee_principal(AUDITOR)
        .operations(GrantOperation::GenerateDataKey)
        .operations(GrantOperation::RetireGrant)
        .name("bridge")
        .constraints(
            GrantConstraints::builder()
                .encryption_context_equals("a", "b")
                .build(),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(again.grant_id(), grant.grant_id());
    auditor
        .retire_grant()
        .grant_token(token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(call().grant_tokens(token).send().await),
        "InvalidGrantTokenException"
    );
}

#[tokio::test]
async fn grants_are_listed_retired_and_revoked_by_those_who_may() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let retirable = client
        .list_retirable_grants()
        .retiring_principal("arn:aws:iam::111122223333:user/admin")
        .send()
        .await
        .unwrap();
    assert_eq!(retirable.grants().len(), 1);
    let id = retirable.grants()[0].grant_id().unwrap().to_owned();
    let encryptor = client_as(&sandbox, "encryptor", "us-east-1");
    assert_eq!(
        code(
            encryptor
                .retire_grant()
                .key_id(PAYMENTS)
                .grant_id(&id)
                .send()
                .await
        ),
        "AccessDeniedException"
    );
    assert_eq!(
        code(
            encryptor
                .revoke_grant()
                .key_id(PAYMENTS)
                .grant_id(&id)
                .send()
                .await
        ),
        "AccessDeniedException"
    );
    client
        .revoke_grant()
        .key_id(PAYMENTS)
        .grant_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(
            client
                .revoke_grant()
                .key_id(PAYMENTS)
                .grant_id(&id)
                .send()
                .await
        ),
        "NotFoundException"
    );
    let bad = client
        .create_grant()
        .key_id(PAYMENTS)
        .grantee_principal("arn:aws:iam::111122223333:user/nobody");
    assert_eq!(
        code(bad.operations(GrantOperation::Decrypt).send().await),
        "InvalidArnException"
    );
    let bad = client
        .create_grant()
        .key_id(PAYMENTS)
        .grantee_principal(AUDITOR);
    assert_eq!(
        code(bad.operations(GrantOperation::Sign).send().await),
        "ValidationException"
    );
}

#[tokio::test]
async fn the_last_use_of_a_key_is_told() {
    let client = admin(&sandbox());
    let before = client
        .get_key_last_usage()
        .key_id(TOKENS)
        .send()
        .await
        .unwrap();
    assert!(
        before
            .key_last_usage()
            .is_none_or(|usage| usage.operation().is_none())
    );
    client
        .encrypt()
        .key_id(TOKENS)
        .plaintext(blob("x"))
        .send()
        .await
        .unwrap();
    let after = client
        .get_key_last_usage()
        .key_id(TOKENS)
        .send()
        .await
        .unwrap();
    assert_eq!(
        after
            .key_last_usage()
            .unwrap()
            .operation()
            .unwrap()
            .as_str(),
        "Encrypt"
    );
    assert!(
        client
            .generate_random()
            .number_of_bytes(12)
            .send()
            .await
            .is_ok()
    );
    assert_eq!(
        told(client.generate_random().send().await),
        (
            "ValidationException".into(),
            "NumberOfBytes is required.".into()
        )
    );
}
