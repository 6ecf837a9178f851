//! Imported key material.
//!
//! Source of the expectations: the API reference's pages of GetParametersForImport,
//! ImportKeyMaterial, DeleteImportedKeyMaterial and ListKeyRotations, and answers of AWS that were
//! recorded in public, down to their words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use aws_sdk_kms::Client;
use aws_sdk_kms::operation::import_key_material::builders::ImportKeyMaterialFluentBuilder;
use aws_sdk_kms::primitives::{Blob, DateTime};
use aws_sdk_kms::types::{
    AlgorithmSpec, ExpirationModelType, ImportType, IncludeKeyMaterial, KeyMetadata, KeySpec,
    KeyUsageType, MacAlgorithmSpec, OriginType, RotationsListEntry, SigningAlgorithmSpec,
    WrappingKeySpec,
};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use crate::core::{PAYMENTS, admin, client_as, code, sandbox, told};

const DAY: u64 = 24 * 60 * 60;

/// A sandbox whose replicas are there at once.
fn settled() -> Arc<Sandbox> {
    let options = SandboxOptions {
        settling: Duration::ZERO,
        ..SandboxOptions::default()
    };
    Arc::new(Sandbox::new(options).unwrap())
}

async fn external_key(client: &Client, spec: KeySpec, usage: KeyUsageType) -> String {
    let made = client
        .create_key()
        .origin(OriginType::External)
        .key_spec(spec)
        .key_usage(usage)
        .send()
        .await
        .unwrap();
    let metadata = made.key_metadata().unwrap();
    assert_eq!(metadata.key_state().unwrap().as_str(), "PendingImport");
    assert!(metadata.expiration_model().is_none());
    metadata.arn().unwrap().to_owned()
}

async fn symmetric_key(client: &Client) -> String {
    let usage = KeyUsageType::EncryptDecrypt;
    external_key(client, KeySpec::SymmetricDefault, usage).await
}

/// The material as a client wraps it.
fn wrap(public: &[u8], algorithm: &AlgorithmSpec, material: &[u8]) -> Vec<u8> {
    let oaep = match algorithm.as_str().ends_with("SHA_1") {
        true => &OAEP_SHA1_MGF1SHA1,
        false => &OAEP_SHA256_MGF1SHA256,
    };
    let key = PublicEncryptingKey::from_der(public).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let encrypt = |bytes: &[u8]| {
        let mut out = vec![0; key.ciphertext_size()];
        let length = key.encrypt(oaep, bytes, &mut out, None).unwrap().len();
        out.truncate(length);
        out
    };
    if algorithm.as_str().starts_with("RSAES") {
        return encrypt(material);
    }
    let aes = [0x5A; 32];
    let mut wrapped = vec![0; material.len() + 16];
    let kek = AesKek::new(&AES_256, &aes).unwrap();
    let length = kek.wrap_with_padding(material, &mut wrapped).unwrap().len();
    wrapped.truncate(length);
    [encrypt(&aes), wrapped].concat()
}

/// ImportKeyMaterial with a token of its own, of material that does not expire.
async fn import_as(
    client: &Client,
    key: &str,
    algorithm: AlgorithmSpec,
    wrapping_key: WrappingKeySpec,
    material: &[u8],
) -> ImportKeyMaterialFluentBuilder {
    let parameters = client
        .get_parameters_for_import()
        .key_id(key)
        .wrapping_algorithm(algorithm.clone())
        .wrapping_key_spec(wrapping_key)
        .send()
        .await
        .unwrap();
    let public = parameters.public_key().unwrap().as_ref();
    client
        .import_key_material()
        .key_id(key)
        .import_token(parameters.import_token().unwrap().clone())
        .encrypted_key_material(Blob::new(wrap(public, &algorithm, material)))
        .expiration_model(ExpirationModelType::KeyMaterialDoesNotExpire)
}

async fn import(client: &Client, key: &str, material: &[u8]) -> ImportKeyMaterialFluentBuilder {
    let algorithm = AlgorithmSpec::RsaesOaepSha256;
    import_as(client, key, algorithm, WrappingKeySpec::Rsa2048, material).await
}

/// A material that waits for RotateKeyOnDemand; its ID.
async fn import_new(client: &Client, key: &str, material: &[u8]) -> String {
    let import = import(client, key, material).await;
    let import = import.import_type(ImportType::NewKeyMaterial);
    let answer = import.send().await.unwrap();
    answer.key_material_id().unwrap().to_owned()
}

async fn describe(client: &Client, key: &str) -> KeyMetadata {
    let answer = client.describe_key().key_id(key).send().await.unwrap();
    answer.key_metadata.unwrap()
}

async fn state(client: &Client, key: &str) -> String {
    let metadata = describe(client, key).await;
    metadata.key_state().unwrap().as_str().to_owned()
}

async fn materials(client: &Client, key: &str) -> Vec<RotationsListEntry> {
    let call = client
        .list_key_rotations()
        .key_id(key)
        .include_key_material(IncludeKeyMaterial::AllKeyMaterial);
    call.send().await.unwrap().rotations.unwrap()
}

/// The ImportState and KeyMaterialState of each material.
async fn states(client: &Client, key: &str) -> Vec<(String, String)> {
    let entries = materials(client, key).await;
    let names = entries.iter().map(|entry| {
        let import = entry.import_state().unwrap().as_str().to_owned();
        let material = entry.key_material_state().unwrap().as_str().to_owned();
        (import, material)
    });
    names.collect()
}

fn told_states(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| (a.to_string(), b.to_string());
    expected.iter().map(owned).collect()
}

/// AWS answers, 3: the wrapping algorithms and wrapping keys of the API.
#[tokio::test]
async fn a_symmetric_key_takes_each_wrapping_and_uses_what_was_imported() {
    let client = admin(&sandbox());
    for algorithm in [AlgorithmSpec::RsaesOaepSha1, AlgorithmSpec::RsaesOaepSha256] {
        for wrapping_key in [
            WrappingKeySpec::Rsa2048,
            WrappingKeySpec::Rsa3072,
            WrappingKeySpec::Rsa4096,
        ] {
            let key = symmetric_key(&client).await;
            let (algorithm, material) = (algorithm.clone(), [7; 32]);
            let import = import_as(&client, &key, algorithm, wrapping_key, &material).await;
            let answer = import.send().await.unwrap();
            // Both answer the ARN; the ID is that of the material in this key.
            assert_eq!(answer.key_id(), Some(key.as_str()));
            let id = answer.key_material_id().unwrap();
            let metadata = describe(&client, &key).await;
            assert_eq!(metadata.key_state().unwrap().as_str(), "Enabled");
            assert_eq!(metadata.current_key_material_id(), Some(id));
            let model = metadata.expiration_model().unwrap().as_str();
            assert_eq!(model, "KEY_MATERIAL_DOES_NOT_EXPIRE");
            let call = client.generate_data_key().key_id(&key).number_of_bytes(16);
            let made = call.send().await.unwrap();
            assert_eq!(made.key_material_id(), Some(id));
            let call = client
                .decrypt()
                .ciphertext_blob(made.ciphertext_blob.unwrap());
            assert_eq!(call.send().await.unwrap().plaintext, made.plaintext);
        }
    }
}

#[tokio::test]
async fn hmac_keys_compute_with_what_was_imported() {
    let client = admin(&sandbox());
    for (spec, algorithm, hash, length) in [
        (
            KeySpec::Hmac224,
            MacAlgorithmSpec::HmacSha224,
            aws_lc_rs::hmac::HMAC_SHA224,
            28,
        ),
        (
            KeySpec::Hmac256,
            MacAlgorithmSpec::HmacSha256,
            aws_lc_rs::hmac::HMAC_SHA256,
            32,
        ),
        (
            KeySpec::Hmac384,
            MacAlgorithmSpec::HmacSha384,
            aws_lc_rs::hmac::HMAC_SHA384,
            48,
        ),
        (
            KeySpec::Hmac512,
            MacAlgorithmSpec::HmacSha512,
            aws_lc_rs::hmac::HMAC_SHA512,
            128,
        ),
    ] {
        let key = external_key(&client, spec.clone(), KeyUsageType::GenerateVerifyMac).await;
        let material = vec![0xAA; length];
        let short = import(&client, &key, &material[..27]).await;
        assert_eq!(code(short.send().await), "InvalidCiphertextException");
        let call = import(&client, &key, &material).await;
        // A token is good for more than one import.
        let answer = call.clone().send().await.unwrap();
        assert_eq!(answer.key_material_id(), None);
        let typed = call.clone().import_type(ImportType::ExistingKeyMaterial);
        let (name, message) = told(typed.send().await);
        assert_eq!(name, "ValidationException");
        let expected =
            format!("Input parameter importType cannot be used with {spec} imported keys.");
        assert_eq!(message, expected);
        let mac = client
            .generate_mac()
            .key_id(&key)
            .mac_algorithm(algorithm)
            .message(Blob::new("m"))
            .send()
            .await
            .unwrap();
        let secret = aws_lc_rs::hmac::Key::new(hash, &material);
        let expected = aws_lc_rs::hmac::sign(&secret, b"m");
        assert_eq!(mac.mac().unwrap().as_ref(), expected.as_ref());
        assert_eq!(
            describe(&client, &key).await.current_key_material_id(),
            None
        );
        let listed = client
            .list_key_rotations()
            .key_id(&key)
            .include_key_material(IncludeKeyMaterial::AllKeyMaterial);
        let (name, message) = told(listed.send().await);
        assert_eq!(name, "ValidationException");
        let expected = "Input parameter includeKeyMaterial can only be used with symmetric keys.";
        assert_eq!(message, expected);
        let deletion = client.delete_imported_key_material().key_id(&key);
        assert_eq!(deletion.send().await.unwrap().key_material_id(), None);
        let other = import(&client, &key, &vec![0xBB; length]).await;
        assert_eq!(code(other.send().await), "IncorrectKeyMaterialException");
        call.send().await.unwrap();
        assert_eq!(state(&client, &key).await, "Enabled");
    }
}

#[tokio::test]
async fn key_pairs_sign_with_what_was_imported() {
    use AlgorithmSpec::{RsaAesKeyWrapSha1, RsaAesKeyWrapSha256, RsaesOaepSha256};

    let client = admin(&sandbox());
    let ecdsa = |algorithm| {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let public = pair.public_key().as_der().unwrap().as_ref().to_vec();
        (pair.to_pkcs8v1().unwrap().as_ref().to_vec(), public)
    };
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = rsa.public_key().as_der().unwrap().as_ref().to_vec();
    let rsa = (rsa.as_der().unwrap().as_ref().to_vec(), public);
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let public = ed25519.public_key().as_der().unwrap().as_ref().to_vec();
    let ed25519 = (ed25519.to_pkcs8v1().unwrap().as_ref().to_vec(), public);
    for (spec, (private, public), algorithm, wrapping_key, signing) in [
        (
            KeySpec::Rsa2048,
            rsa,
            RsaAesKeyWrapSha256,
            WrappingKeySpec::Rsa2048,
            SigningAlgorithmSpec::RsassaPssSha256,
        ),
        (
            KeySpec::EccNistP256,
            ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            RsaesOaepSha256,
            WrappingKeySpec::Rsa2048,
            SigningAlgorithmSpec::EcdsaSha256,
        ),
        (
            KeySpec::EccNistP384,
            ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            RsaAesKeyWrapSha1,
            WrappingKeySpec::Rsa2048,
            SigningAlgorithmSpec::EcdsaSha384,
        ),
        (
            KeySpec::EccNistP521,
            ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            RsaesOaepSha256,
            WrappingKeySpec::Rsa4096,
            SigningAlgorithmSpec::EcdsaSha512,
        ),
        (
            KeySpec::EccSecgP256K1,
            ecdsa(&signature::ECDSA_P256K1_SHA256_ASN1_SIGNING),
            RsaesOaepSha256,
            WrappingKeySpec::Rsa2048,
            SigningAlgorithmSpec::EcdsaSha256,
        ),
        (
            KeySpec::EccNistEdwards25519,
            ed25519,
            RsaAesKeyWrapSha256,
            WrappingKeySpec::Rsa3072,
            SigningAlgorithmSpec::Ed25519Sha512,
        ),
    ] {
        let key = external_key(&client, spec.clone(), KeyUsageType::SignVerify).await;
        let import = import_as(&client, &key, algorithm, wrapping_key, &private).await;
        import.clone().send().await.unwrap();
        let call = || client.get_public_key().key_id(&key).send();
        let answer = call().await.unwrap();
        assert_eq!(answer.public_key().unwrap().as_ref(), public, "{spec}");
        let sign = client
            .sign()
            .key_id(&key)
            .signing_algorithm(signing.clone());
        let signed = sign.message(Blob::new("m")).send().await.unwrap();
        let verify = client.verify().key_id(&key).signing_algorithm(signing);
        let verify = verify
            .message(Blob::new("m"))
            .signature(signed.signature.unwrap());
        assert!(verify.send().await.unwrap().signature_valid());
        let deletion = client.delete_imported_key_material().key_id(&key);
        deletion.send().await.unwrap();
        assert_eq!(code(call().await), "KMSInvalidStateException");
        import.send().await.unwrap();
        assert_eq!(call().await.unwrap().public_key, answer.public_key);
    }
}

#[tokio::test]
async fn what_cannot_be_wrapped_or_imported_so_is_refused() {
    let client = admin(&sandbox());
    let parameters = |key: &str, algorithm: &str, wrapping_key: &str| {
        let call = client.get_parameters_for_import().key_id(key);
        let call = call.wrapping_algorithm(algorithm.into());
        call.wrapping_key_spec(wrapping_key.into()).send()
    };
    // AWS answers, 3.
    let (name, message) = told(parameters(PAYMENTS, "RSAES_OAEP_SHA_256", "RSA_2048").await);
    assert_eq!(name, "UnsupportedOperationException");
    let expected = "origin is AWS_KMS which is not valid for this operation.";
    assert!(
        message.starts_with("arn:") && message.ends_with(expected),
        "{message}"
    );

    let symmetric = symmetric_key(&client).await;
    let p521 = external_key(&client, KeySpec::EccNistP521, KeyUsageType::SignVerify).await;
    let rsa = external_key(&client, KeySpec::Rsa3072, KeyUsageType::SignVerify).await;
    for (key, spec, algorithm, wrapping_key) in [
        (
            &symmetric,
            "SYMMETRIC_DEFAULT",
            "RSAES_PKCS1_V1_5",
            "RSA_2048",
        ),
        (
            &symmetric,
            "SYMMETRIC_DEFAULT",
            "RSA_AES_KEY_WRAP_SHA_256",
            "RSA_2048",
        ),
        (&symmetric, "SYMMETRIC_DEFAULT", "SM2PKE", "SM2"),
        (&p521, "ECC_NIST_P521", "RSAES_OAEP_SHA_256", "RSA_2048"),
        (&rsa, "RSA_3072", "RSAES_OAEP_SHA_256", "RSA_4096"),
    ] {
        let (name, message) = told(parameters(key, algorithm, wrapping_key).await);
        assert_eq!(name, "ValidationException");
        assert_eq!(
            message,
            format!(
                "Wrapping algorithm {algorithm} and wrapping key spec {wrapping_key} cannot be used to import a {spec} key."
            )
        );
    }
    let call = client.create_key().origin(OriginType::External);
    let call = call
        .key_spec(KeySpec::MlDsa44)
        .key_usage(KeyUsageType::SignVerify);
    assert_eq!(code(call.send().await), "UnsupportedOperationException");
}

/// The life of a key with imported material, as AWS was recorded to answer.
#[tokio::test]
async fn a_symmetric_keys_materials_come_wait_rotate_go_and_come_back() {
    let client = admin(&sandbox());
    let key = symmetric_key(&client).await;
    let (first, second, third) = ([1; 32], [2; 32], [3; 32]);
    assert!(materials(&client, &key).await.is_empty());
    let delete = |id: Option<String>| {
        let call = client.delete_imported_key_material().key_id(&key);
        call.set_key_material_id(id).send()
    };
    assert_eq!(delete(None).await.unwrap().key_material_id(), None);
    let rotate = || client.rotate_key_on_demand().key_id(&key).send();
    let refused = |name: &str, message: String| (name.to_owned(), message);
    let pending_import = format!("{key} is pending import.");
    // AWS answers, 7.
    let expected = refused("KMSInvalidStateException", pending_import.clone());
    assert_eq!(told(rotate().await), expected);

    // AWS answers, 3: the expiration of a request.
    let call = import(&client, &key, &first).await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    let at = |seconds: i64| Some(DateTime::from_secs(now + seconds));
    let expires = Some(ExpirationModelType::KeyMaterialExpires);
    let never = Some(ExpirationModelType::KeyMaterialDoesNotExpire);
    for (model, valid_to, message) in [
        (
            None,
            None,
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
        ),
        (
            never,
            at(60),
            "A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
        ),
        (expires.clone(), at(-5), "ValidTo must be in the future"),
        (
            expires,
            at(366 * DAY as i64),
            "ValidTo must be less than 365 days in the future",
        ),
    ] {
        let call = call
            .clone()
            .set_expiration_model(model)
            .set_valid_to(valid_to);
        let expected = refused("ValidationException", message.to_owned());
        assert_eq!(told(call.send().await), expected);
    }
    let short = import(&client, &key, &first[1..]).await;
    assert_eq!(code(short.send().await), "InvalidCiphertextException");
    let described = call.clone().key_material_description("first material");
    let id = described.send().await.unwrap().key_material_id.unwrap();
    // The same again keeps what was said of it.
    call.send().await.unwrap();
    let listed = materials(&client, &key).await;
    assert_eq!(listed[0].key_id(), Some(key.as_str()));
    assert_eq!(listed[0].key_material_description(), Some("first material"));
    assert_eq!(
        listed[0].expiration_model().unwrap().as_str(),
        "KEY_MATERIAL_DOES_NOT_EXPIRE"
    );
    assert_eq!(
        states(&client, &key).await,
        told_states(&[("IMPORTED", "CURRENT")])
    );

    let call = import(&client, &key, &second).await;
    let message = format!("Imported key material does not have the expected identifier ({id}).");
    let expected = refused("IncorrectKeyMaterialException", message);
    assert_eq!(told(call.send().await), expected);
    let call = import(&client, &key, &first).await;
    let named = call.clone().key_material_id("0".repeat(64));
    assert_eq!(code(named.send().await), "IncorrectKeyMaterialException");
    let call = call.import_type(ImportType::NewKeyMaterial);
    let message = format!(
        "Key material (id: {id}) being imported as NEW_KEY_MATERIAL is already associated with KMS key {key}."
    );
    let expected = refused("IncorrectKeyMaterialException", message);
    assert_eq!(told(call.clone().send().await), expected);
    let message = "Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType.";
    let expected = refused("ValidationException", message.to_owned());
    assert_eq!(told(call.key_material_id(&id).send().await), expected);
    let message = format!("No available key material pending rotation for the key: {key}.");
    let expected = refused("KMSInvalidStateException", message);
    assert_eq!(told(rotate().await), expected);

    // A second material waits for its rotation, and may be taken away again.
    let call = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = call.send().await.unwrap().ciphertext_blob.unwrap();
    let waiting = import_new(&client, &key, &second).await;
    assert_eq!(
        states(&client, &key).await,
        told_states(&[("IMPORTED", "CURRENT"), ("IMPORTED", "PENDING_ROTATION")])
    );
    let call = import(&client, &key, &third).await;
    let (name, message) = told(call.import_type(ImportType::NewKeyMaterial).send().await);
    assert_eq!(name, "KMSInvalidStateException");
    assert!(message.starts_with("New key material (id: "), "{message}");
    let end = format!(
        "cannot be imported into KMS key {key}, because another key material (id: {waiting}) is pending rotation."
    );
    assert!(message.ends_with(&end), "{message}");
    delete(Some(waiting.clone())).await.unwrap();
    assert_eq!(state(&client, &key).await, "Enabled");
    assert_eq!(states(&client, &key).await.len(), 1);
    assert_eq!(import_new(&client, &key, &second).await, waiting);

    // AWS answers, 6: the ARN.
    assert_eq!(rotate().await.unwrap().key_id(), Some(key.as_str()));
    assert_eq!(
        states(&client, &key).await,
        told_states(&[("IMPORTED", "NON_CURRENT"), ("IMPORTED", "CURRENT")])
    );
    let listed = materials(&client, &key).await;
    assert_eq!(listed[1].rotation_type().unwrap().as_str(), "ON_DEMAND");
    assert_eq!(listed[0].rotation_date(), None);
    let metadata = describe(&client, &key).await;
    assert_eq!(metadata.current_key_material_id(), Some(waiting.as_str()));
    let decrypt = || client.decrypt().ciphertext_blob(sealed.clone()).send();
    let opened = decrypt().await.unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"x");
    assert_eq!(opened.key_material_id(), Some(id.as_str()));

    // Without one of its materials the key cannot be used at all.
    delete(Some(id.clone())).await.unwrap();
    let metadata = describe(&client, &key).await;
    assert_eq!(metadata.key_state().unwrap().as_str(), "PendingImport");
    assert!(metadata.expiration_model().is_none());
    assert_eq!(metadata.current_key_material_id(), Some(waiting.as_str()));
    let expected = refused("KMSInvalidStateException", pending_import);
    assert_eq!(told(decrypt().await), expected);
    let call = client.generate_data_key().key_id(&key).number_of_bytes(1);
    assert_eq!(told(call.send().await), expected);
    assert_eq!(
        states(&client, &key).await,
        told_states(&[("PENDING_IMPORT", "NON_CURRENT"), ("IMPORTED", "CURRENT")])
    );
    let call = import(&client, &key, &first).await.key_material_id(&id);
    call.send().await.unwrap();
    assert!(decrypt().await.is_ok());

    // A disabled key is enabled by an import; a deletion that is cancelled leaves it as it is.
    client.disable_key().key_id(&key).send().await.unwrap();
    import(&client, &key, &second).await.send().await.unwrap();
    assert_eq!(state(&client, &key).await, "Enabled");
    assert_eq!(
        delete(None).await.unwrap().key_material_id,
        Some(waiting.clone())
    );
    assert_eq!(delete(None).await.unwrap().key_material_id, Some(waiting));
    let (name, message) = told(delete(Some("0".repeat(64))).await);
    assert_eq!(name, "ValidationException");
    assert!(message.ends_with(&format!("has never been imported into KMS key {key}.")));
    client
        .schedule_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    let call = client.get_parameters_for_import().key_id(&key);
    let call = call.wrapping_algorithm(AlgorithmSpec::RsaesOaepSha256);
    let call = call.wrapping_key_spec(WrappingKeySpec::Rsa2048);
    assert_eq!(code(call.send().await), "KMSInvalidStateException");
    client
        .cancel_key_deletion()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(state(&client, &key).await, "PendingImport");
}

/// The clock of the test of expiry, and of no other.
static SECONDS: AtomicU64 = AtomicU64::new(1_800_000_000);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SECONDS.load(Ordering::Relaxed))
}

#[tokio::test]
async fn material_and_tokens_expire_by_the_sandboxs_clock() {
    let options = SandboxOptions {
        now,
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let client = admin(&sandbox);
    let pass = |seconds| SECONDS.fetch_add(seconds, Ordering::Relaxed);
    let valid_to = || SECONDS.load(Ordering::Relaxed) as i64 + 100;
    let expiring = |call: ImportKeyMaterialFluentBuilder| {
        call.expiration_model(ExpirationModelType::KeyMaterialExpires)
            .valid_to(DateTime::from_secs(valid_to()))
    };
    let key = symmetric_key(&client).await;
    let call = import(&client, &key, &[1; 32]).await;
    expiring(call.clone()).send().await.unwrap();
    let metadata = describe(&client, &key).await;
    assert_eq!(metadata.valid_to().unwrap().secs(), valid_to());
    assert_eq!(
        metadata.expiration_model().unwrap().as_str(),
        "KEY_MATERIAL_EXPIRES"
    );
    let sealed = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    let decrypt = || client.decrypt().ciphertext_blob(sealed.clone()).send();
    pass(99);
    assert!(decrypt().await.is_ok());
    pass(1);
    assert_eq!(code(decrypt().await), "KMSInvalidStateException");
    let metadata = describe(&client, &key).await;
    assert_eq!(metadata.key_state().unwrap().as_str(), "PendingImport");
    assert!(metadata.valid_to().is_none() && metadata.expiration_model().is_none());
    let other = import(&client, &key, &[2; 32]).await;
    assert_eq!(code(other.send().await), "IncorrectKeyMaterialException");
    call.clone().send().await.unwrap();
    assert!(decrypt().await.is_ok());

    // What is pending expires when it has become current.
    let waiting = import(&client, &key, &[3; 32]).await;
    expiring(waiting)
        .import_type(ImportType::NewKeyMaterial)
        .send()
        .await
        .unwrap();
    pass(200);
    assert_eq!(state(&client, &key).await, "Enabled");
    client
        .rotate_key_on_demand()
        .key_id(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(state(&client, &key).await, "PendingImport");
    import(&client, &key, &[3; 32]).await.send().await.unwrap();
    assert_eq!(state(&client, &key).await, "Enabled");

    pass(DAY);
    assert_eq!(code(call.send().await), "ExpiredImportTokenException");
}

#[tokio::test]
async fn a_token_is_bound_to_its_key_and_wrapping_key() {
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let (key, other) = (symmetric_key(&client).await, symmetric_key(&client).await);
    let call = import(&client, &key, &[1; 32]).await;
    let of_other = call.clone().key_id(&other);
    assert_eq!(code(of_other.send().await), "InvalidImportTokenException");
    let mut token = call.get_import_token().clone().unwrap().into_inner();
    token[40] ^= 1;
    let corrupt = call.clone().import_token(Blob::new(token));
    assert_eq!(code(corrupt.send().await), "InvalidImportTokenException");
    let mut wrapped = call
        .get_encrypted_key_material()
        .clone()
        .unwrap()
        .into_inner();
    wrapped[40] ^= 1;
    let corrupt = call.clone().encrypted_key_material(Blob::new(wrapped));
    assert_eq!(code(corrupt.send().await), "InvalidCiphertextException");
    // Of another answer of GetParametersForImport for the same key.
    let second = import(&client, &key, &[1; 32]).await;
    let mixed = second.encrypted_key_material(call.get_encrypted_key_material().clone().unwrap());
    assert_eq!(code(mixed.send().await), "InvalidCiphertextException");
    call.send().await.unwrap();
    // API reference: another account's keys cannot be imported into.
    let partner = client_as(&sandbox, "partner", "us-east-1");
    let call = partner.delete_imported_key_material().key_id(&key);
    assert_eq!(code(call.send().await), "AccessDeniedException");
}

/// Service authorization reference, AWS KMS: kms:WrappingAlgorithm, kms:WrappingKeySpec,
/// kms:ExpirationModel and kms:ValidTo.
#[tokio::test]
async fn policies_see_how_material_is_imported() {
    let client = admin(&sandbox());
    let key = symmetric_key(&client).await;
    let deny = |action: &str, condition: serde_json::Value| {
        serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": "111122223333" },
              "Action": "kms:*", "Resource": "*" },
            { "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*",
              "Condition": condition },
        ]})
        .to_string()
    };
    let put = |policy: String| client.put_key_policy().key_id(&key).policy(policy).send();
    let call = import(&client, &key, &[1; 32]).await;
    put(deny(
        "kms:GetParametersForImport",
        serde_json::json!({ "StringNotEquals": { "kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1" } }),
    ))
    .await
    .unwrap();
    let parameters = |algorithm| {
        let call = client.get_parameters_for_import().key_id(&key);
        let call = call.wrapping_algorithm(algorithm);
        call.wrapping_key_spec(WrappingKeySpec::Rsa2048).send()
    };
    let refused = parameters(AlgorithmSpec::RsaesOaepSha256).await;
    assert_eq!(code(refused), "AccessDeniedException");
    assert!(parameters(AlgorithmSpec::RsaesOaepSha1).await.is_ok());
    let condition = serde_json::json!({ "StringEquals": {
        "kms:ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE" } });
    put(deny("kms:ImportKeyMaterial", condition)).await.unwrap();
    assert_eq!(code(call.send().await), "AccessDeniedException");
}

/// API reference, ImportKeyMaterial and ReplicateKey; AWS answers, 4.
#[tokio::test]
async fn each_region_of_a_multi_region_key_needs_its_own_import() {
    let sandbox = settled();
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let call = client
        .create_key()
        .origin(OriginType::External)
        .multi_region(true);
    let key = call.send().await.unwrap().key_metadata.unwrap().key_id;
    let replicate = || {
        client
            .replicate_key()
            .key_id(&key)
            .replica_region("us-west-2")
            .send()
    };
    let (name, message) = told(replicate().await);
    assert_eq!(name, "KMSInvalidStateException");
    assert!(message.ends_with(" is pending import."), "{message}");
    let call = import(&client, &key, &[1; 32])
        .await
        .key_material_description("primary first");
    let first = call.send().await.unwrap().key_material_id.unwrap();
    let replica = replicate().await.unwrap().replica_key_metadata.unwrap();
    assert_eq!(replica.key_state().unwrap().as_str(), "Creating");
    assert_eq!(replica.current_key_material_id(), None);
    let replica = describe(&oregon, &key).await;
    assert_eq!(replica.key_state().unwrap().as_str(), "PendingImport");
    assert_eq!(replica.current_key_material_id(), Some(first.as_str()));
    assert!(replica.expiration_model().is_none());
    let listed = materials(&oregon, &key).await;
    assert_eq!(listed[0].key_material_description(), Some("primary first"));
    assert_eq!(
        states(&oregon, &key).await,
        told_states(&[("PENDING_IMPORT", "CURRENT")])
    );
    let call = oregon.encrypt().key_id(&key).plaintext(Blob::new("x"));
    assert_eq!(code(call.send().await), "KMSInvalidStateException");

    let wrong = import(&oregon, &key, &[2; 32]).await;
    assert_eq!(code(wrong.send().await), "IncorrectKeyMaterialException");
    let call = import(&oregon, &key, &[1; 32]).await;
    let (name, message) = told(call.clone().key_material_description("d").send().await);
    assert_eq!(name, "ValidationException");
    let expected = "Key material description can only be specified on primary Multi-Region keys";
    assert_eq!(message, expected);
    let new = call.clone().import_type(ImportType::NewKeyMaterial);
    let (name, message) = told(new.send().await);
    assert_eq!(name, "ValidationException");
    let expected =
        "Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys";
    assert_eq!(message, expected);
    call.send().await.unwrap();

    // A new material is first the primary's, then every replica's, and then it may be rotated to.
    let second = import_new(&client, &key, &[2; 32]).await;
    let waiting = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
    assert_eq!(
        states(&client, &key).await,
        told_states(&[("IMPORTED", "CURRENT"), ("IMPORTED", waiting)])
    );
    assert_eq!(
        states(&oregon, &key).await,
        told_states(&[("IMPORTED", "CURRENT"), ("PENDING_IMPORT", waiting)])
    );
    let rotate = || client.rotate_key_on_demand().key_id(&key).send();
    let (name, message) = told(rotate().await);
    assert_eq!(name, "KMSInvalidStateException");
    let expected = "Cannot perform key material rotation: Key material has not been imported for replicas of the Multi-Region key.";
    assert_eq!(message, expected);
    import(&oregon, &key, &[2; 32]).await.send().await.unwrap();
    let pending = told_states(&[("IMPORTED", "CURRENT"), ("IMPORTED", "PENDING_ROTATION")]);
    assert_eq!(states(&client, &key).await, pending);
    assert_eq!(states(&oregon, &key).await, pending);
    // Taken away in the primary's Region it is gone in all.
    let call = client.delete_imported_key_material().key_id(&key);
    call.key_material_id(&second).send().await.unwrap();
    assert_eq!(states(&oregon, &key).await.len(), 1);
    import_new(&client, &key, &[2; 32]).await;
    import(&oregon, &key, &[2; 32]).await.send().await.unwrap();
    rotate().await.unwrap();
    for client in [&client, &oregon] {
        let metadata = describe(client, &key).await;
        assert_eq!(metadata.key_state().unwrap().as_str(), "Enabled");
        assert_eq!(metadata.current_key_material_id(), Some(second.as_str()));
    }
    let sealed = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    let opened = oregon
        .decrypt()
        .ciphertext_blob(sealed)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"x");

    // A replica that loses a material leaves the others alone.
    let call = oregon.delete_imported_key_material().key_id(&key);
    call.key_material_id(&first).send().await.unwrap();
    assert_eq!(state(&oregon, &key).await, "PendingImport");
    assert_eq!(state(&client, &key).await, "Enabled");
}

#[tokio::test]
async fn the_state_file_keeps_what_was_imported_and_forgets_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let at = || {
        let options = SandboxOptions {
            state_file: Some(path.clone()),
            settling: Duration::ZERO,
            ..SandboxOptions::default()
        };
        Arc::new(Sandbox::new(options).unwrap())
    };
    let sandbox = at();
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let call = client
        .create_key()
        .origin(OriginType::External)
        .multi_region(true);
    let key = call.send().await.unwrap().key_metadata.unwrap().key_id;
    let call = import(&client, &key, &[0x51; 32])
        .await
        .key_material_description("kept");
    call.send().await.unwrap();
    let call = client
        .replicate_key()
        .key_id(&key)
        .replica_region("us-west-2");
    call.send().await.unwrap();
    import_new(&client, &key, &[0x52; 32]).await;
    let sealed = client.encrypt().key_id(&key).plaintext(Blob::new("x"));
    let sealed = sealed.send().await.unwrap().ciphertext_blob.unwrap();
    let before = [
        materials(&client, &key).await,
        materials(&oregon, &key).await,
    ];
    drop((client, oregon, sandbox));

    let sandbox = at();
    let (client, oregon) = (admin(&sandbox), client_as(&sandbox, "admin", "us-west-2"));
    let after = [
        materials(&client, &key).await,
        materials(&oregon, &key).await,
    ];
    assert_eq!(after, before);
    assert_eq!(state(&oregon, &key).await, "PendingImport");
    let decrypt = |client: &Client| client.decrypt().ciphertext_blob(sealed.clone());
    assert!(decrypt(&client).send().await.is_ok());
    import(&oregon, &key, &[0x51; 32])
        .await
        .send()
        .await
        .unwrap();
    assert!(decrypt(&oregon).send().await.is_ok());

    let secret = data_encoding::BASE64.encode(&[0x51; 32]);
    let holds = || std::fs::read_to_string(&path).unwrap().contains(&secret);
    assert!(holds());
    for client in [&client, &oregon] {
        let call = client.delete_imported_key_material().key_id(&key);
        call.send().await.unwrap();
    }
    assert!(!holds(), "a deleted secret is in the file");
    drop((client, oregon, sandbox));
    let client = admin(&at());
    assert_eq!(state(&client, &key).await, "PendingImport");
    assert_eq!(
        code(decrypt(&client).send().await),
        "KMSInvalidStateException"
    );
}
