//! `Recipient`: attestation documents of the test kind.
//!
//! Source of the expectations: API reference, `Recipient` and `CiphertextForRecipient` of Decrypt,
//! DeriveSharedSecret, GenerateDataKey, GenerateDataKeyPair and GenerateRandom; developer guide,
//! "Condition keys for attested platforms". Whether the answer is CMS as others read it,
//! conformance.py asks OpenSSL.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    DataKeyPairSpec, KeyAgreementAlgorithmSpec, KeyEncryptionMechanism, RecipientInfo,
};

use crate::core::{admin, code, sandbox, told};

/// A head of CBOR.
fn cbor(major: u8, value: usize) -> Vec<u8> {
    let mut out = vec![major << 5 | 25];
    out.extend_from_slice(&u16::try_from(value).unwrap().to_be_bytes());
    out
}

fn bytes(content: &[u8]) -> Vec<u8> {
    [cbor(2, content.len()), content.to_vec()].concat()
}

fn text(content: &str) -> Vec<u8> {
    [cbor(3, content.len()), content.as_bytes().to_vec()].concat()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

/// The parts of a DER element's content: tag and content.
fn parts(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut parts = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        let count = usize::from(if *first < 0x80 { 0 } else { first & 0x7F });
        let (length, rest) = rest.split_at(count);
        let length = match count {
            0 => usize::from(*first),
            _ => length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        };
        let (content, rest) = rest.split_at(length);
        parts.push((*tag, content));
        bytes = rest;
    }
    parts
}

/// An enclave: the key that it reads with.
struct Enclave(PrivateDecryptingKey);

impl Enclave {
    fn new() -> Enclave {
        Enclave(PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap())
    }

    /// Its attestation document, as the specification has it; with another signature where one bit
    /// is to be flipped.
    fn document(&self, pcr0: u8, is_forged: bool) -> RecipientInfo {
        let signer = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let name = || der(0x30, &[]);
        let public = signer.public_key().as_der().unwrap();
        let certificate = [
            der(0xA0, &der(2, &[2])),
            der(2, &[1]),
            name(),
            name(),
            name(),
            name(),
        ];
        let certificate = [certificate.concat(), public.as_ref().to_vec()].concat();
        let certificate = der(
            0x30,
            &[der(0x30, &certificate), name(), der(3, &[0])].concat(),
        );
        let public = self.0.public_key().as_der().unwrap();
        let payload = [
            cbor(5, 6),
            [text("module_id"), text("i-1234567890abcdef0-enc")].concat(),
            [text("digest"), text("SHA384")].concat(),
            [text("timestamp"), cbor(0, 7)].concat(),
            [text("pcrs"), cbor(5, 1), cbor(0, 0), bytes(&[pcr0; 48])].concat(),
            [text("certificate"), bytes(&certificate)].concat(),
            [text("public_key"), bytes(public.as_ref())].concat(),
        ]
        .concat();
        let protected = [0xA1, 0x01, 0x38, 0x22];
        let mut signed = vec![0x84, 0x6A];
        signed.extend_from_slice(b"Signature1\x44");
        signed.extend_from_slice(&protected);
        signed.push(0x40);
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        signed.push(if payload.len() > 0xFF { 0x59 } else { 0x58 });
        signed.extend_from_slice(&length[usize::from(payload.len() <= 0xFF)..]);
        signed.extend_from_slice(&payload);
        let signature = signer.sign(&SystemRandom::new(), &signed).unwrap();
        let mut signature = signature.as_ref().to_vec();
        signature[7] ^= u8::from(is_forged);
        let parts = [
            bytes(&protected),
            cbor(5, 0),
            bytes(&payload),
            bytes(&signature),
        ];
        let document = [cbor(4, 4), parts.concat()].concat();
        RecipientInfo::builder()
            .key_encryption_algorithm(KeyEncryptionMechanism::RsaesOaepSha256)
            .attestation_document(Blob::new(document))
            .build()
    }

    /// What an answer has for it (RFC 5652, EnvelopedData).
    fn read(&self, answer: Option<&Blob>) -> Vec<u8> {
        let answer = answer.expect("CiphertextForRecipient").as_ref();
        let content = parts(parts(answer)[0].1)[1].1;
        let enveloped = parts(parts(content)[0].1);
        let recipient = parts(parts(enveloped[1].1)[0].1);
        let encrypted = parts(enveloped[2].1);
        let (sealed_key, iv) = (recipient[3].1, parts(encrypted[1].1)[1].1);
        let key = OaepPrivateDecryptingKey::new(self.0.clone()).unwrap();
        let mut opened = vec![0; key.min_output_size()];
        let opened = key
            .decrypt(&OAEP_SHA256_MGF1SHA256, sealed_key, &mut opened, None)
            .unwrap();
        let cipher = UnboundCipherKey::new(&AES_256, opened).unwrap();
        let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(cipher).unwrap();
        let iv: [u8; 16] = iv.try_into().unwrap();
        let mut secret = encrypted[2].1.to_vec();
        let context = DecryptionContext::Iv128(iv.into());
        cipher.decrypt(&mut secret, context).unwrap().to_vec()
    }
}

#[tokio::test]
async fn the_five_operations_answer_the_enclave_alone() {
    let client = admin(&sandbox());
    let enclave = Enclave::new();
    let recipient = || enclave.document(1, false);
    let key = "alias/app-tokens";
    let call = client.generate_data_key().key_id(key).number_of_bytes(32);
    let made = call.recipient(recipient()).send().await.unwrap();
    assert!(made.plaintext().is_none() && made.key_material_id().is_none());
    let data_key = enclave.read(made.ciphertext_for_recipient());
    assert_eq!(data_key.len(), 32);
    let decrypt = || {
        client
            .decrypt()
            .ciphertext_blob(made.ciphertext_blob().unwrap().clone())
    };
    let opened = decrypt().send().await.unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), data_key);
    let opened = decrypt().recipient(recipient()).send().await.unwrap();
    assert!(opened.plaintext().is_none() && opened.key_material_id().is_none());
    assert_eq!(enclave.read(opened.ciphertext_for_recipient()), data_key);

    let call = client.generate_data_key_pair().key_id(key);
    let call = call
        .key_pair_spec(DataKeyPairSpec::EccNistP256)
        .recipient(recipient());
    let made = call.send().await.unwrap();
    assert!(made.private_key_plaintext().is_none() && made.public_key().is_some());
    let private = enclave.read(made.ciphertext_for_recipient());
    let call = client.decrypt();
    let call = call.ciphertext_blob(made.private_key_ciphertext_blob.unwrap());
    assert_eq!(
        call.send().await.unwrap().plaintext().unwrap().as_ref(),
        private
    );

    let call = client
        .generate_random()
        .number_of_bytes(24)
        .recipient(recipient());
    let made = call.send().await.unwrap();
    assert!(made.plaintext().is_none());
    assert_eq!(enclave.read(made.ciphertext_for_recipient()).len(), 24);

    let peer = client
        .get_public_key()
        .key_id("alias/handshake")
        .send()
        .await
        .unwrap();
    let call = || {
        client
            .derive_shared_secret()
            .key_id("alias/handshake")
            .key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh)
            .public_key(peer.public_key().unwrap().clone())
    };
    let plain = call().send().await.unwrap();
    let made = call().recipient(recipient()).send().await.unwrap();
    assert!(made.shared_secret().is_none());
    let shared = enclave.read(made.ciphertext_for_recipient());
    assert_eq!(plain.shared_secret().unwrap().as_ref(), shared);
}

#[tokio::test]
async fn a_document_that_is_none_or_not_signed_is_refused_with_the_reason() {
    let client = admin(&sandbox());
    let enclave = Enclave::new();
    let call = |recipient| {
        let call = client.generate_random().number_of_bytes(8);
        call.recipient(recipient).send()
    };
    let (name, message) = told(call(enclave.document(1, true)).await);
    assert_eq!(name, "ValidationException");
    assert!(
        message.contains("is not signed with the key of its certificate"),
        "{message}"
    );
    let document = enclave
        .document(1, false)
        .attestation_document
        .unwrap()
        .into_inner();
    for length in [1, 40, document.len() - 1] {
        let cut = Blob::new(document[..length].to_vec());
        let cut = RecipientInfo::builder().attestation_document(cut).build();
        assert_eq!(code(call(cut).await), "ValidationException");
    }
    for at in 0..document.len() {
        let mut other = document.clone();
        other[at] ^= 0x21;
        let other = RecipientInfo::builder().attestation_document(Blob::new(other));
        if let Err(error) = call(other.build()).await {
            assert_eq!(
                code(Err::<(), _>(error)),
                "ValidationException",
                "byte {at}"
            );
        }
    }
    let (name, message) = told(call(RecipientInfo::builder().build()).await);
    assert_eq!(name, "ValidationException");
    assert!(message.contains("is missing"), "{message}");
    let call = client
        .generate_data_key_without_plaintext()
        .key_id("alias/app-tokens");
    let made = call.number_of_bytes(8).send().await.unwrap();
    assert!(made.key_material_id().is_some());
}

#[tokio::test]
async fn policies_see_what_was_attested() {
    let client = admin(&sandbox());
    let image = "01".repeat(48);
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "111122223333" },
          "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey", "Resource": "*",
          "Condition": { "StringNotEqualsIgnoreCase": {
              "kms:RecipientAttestation:ImageSha384": image } } },
    ]});
    let made = client
        .create_key()
        .policy(policy.to_string())
        .send()
        .await
        .unwrap();
    let key = made.key_metadata.unwrap().key_id;
    let enclave = Enclave::new();
    let call = || client.generate_data_key().key_id(&key).number_of_bytes(8);
    assert_eq!(code(call().send().await), "AccessDeniedException");
    let other = call().recipient(enclave.document(2, false));
    assert_eq!(code(other.send().await), "AccessDeniedException");
    assert!(
        call()
            .recipient(enclave.document(1, false))
            .send()
            .await
            .is_ok()
    );
}
