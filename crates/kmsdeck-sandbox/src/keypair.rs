//! Key pairs: RSA, ECDSA, Ed25519, ML-DSA, ECDH and ML-KEM, by aws-lc.
//!
//! A private key is PKCS #8 (RFC 5958), but for ML-KEM the decapsulation key
//! of FIPS 203. A public key is SubjectPublicKeyInfo (RFC 5280), as
//! GetPublicKey returns it. What aws-lc-rs does not have (Ed25519ph, external
//! mu, SM2) answers UnsupportedOperationException.

use aws_lc_rs::agreement;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::kem;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaEncoding, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::spec::KeySpec;
use crate::wire::{ApiError, ApiResult};

fn unsupported(what: &str) -> ApiError {
    ApiError::new(
        "UnsupportedOperationException",
        format!("{what} is not supported by the sandbox."),
    )
}

fn failed<E>(_: E) -> ApiError {
    ApiError::internal()
}

fn secret(bytes: &[u8]) -> Secret {
    Zeroizing::new(bytes.to_vec())
}

fn ecdsa(spec: KeySpec) -> Option<&'static EcdsaSigningAlgorithm> {
    Some(match spec {
        KeySpec::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        KeySpec::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        KeySpec::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        KeySpec::Secp256k1 => &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        _ => return None,
    })
}

fn ml_dsa(spec: KeySpec) -> Option<&'static PqdsaSigningAlgorithm> {
    Some(match spec {
        KeySpec::MlDsa44 => &signature::ML_DSA_44_SIGNING,
        KeySpec::MlDsa65 => &signature::ML_DSA_65_SIGNING,
        KeySpec::MlDsa87 => &signature::ML_DSA_87_SIGNING,
        _ => return None,
    })
}

/// Algorithm, last arc of its OID (2.16.840.1.101.3.4.4), and where the
/// encapsulation key lies in the decapsulation key (FIPS 203, algorithm 16).
struct MlKem {
    algorithm: &'static kem::Algorithm,
    arc: u8,
    public: std::ops::Range<usize>,
}

fn ml_kem(spec: KeySpec) -> Option<MlKem> {
    Some(match spec {
        KeySpec::MlKem512 => MlKem {
            algorithm: &kem::ML_KEM_512,
            arc: 1,
            public: 768..1568,
        },
        KeySpec::MlKem768 => MlKem {
            algorithm: &kem::ML_KEM_768,
            arc: 2,
            public: 1152..2336,
        },
        KeySpec::MlKem1024 => MlKem {
            algorithm: &kem::ML_KEM_1024,
            arc: 3,
            public: 1536..3104,
        },
        _ => return None,
    })
}

/// The private key of a new pair.
pub(crate) fn generate(spec: KeySpec) -> ApiResult<Secret> {
    let rsa = match spec {
        KeySpec::Rsa2048 => Some(KeySize::Rsa2048),
        KeySpec::Rsa3072 => Some(KeySize::Rsa3072),
        KeySpec::Rsa4096 => Some(KeySize::Rsa4096),
        _ => None,
    };
    if let Some(size) = rsa {
        let pair = RsaKeyPair::generate(size).map_err(failed)?;
        return Ok(secret(pair.as_der().map_err(failed)?.as_ref()));
    }
    if let Some(algorithm) = ecdsa(spec) {
        let pair = EcdsaKeyPair::generate(algorithm).map_err(failed)?;
        return Ok(secret(pair.to_pkcs8v1().map_err(failed)?.as_ref()));
    }
    if let Some(algorithm) = ml_dsa(spec) {
        let pair = PqdsaKeyPair::generate(algorithm).map_err(failed)?;
        return Ok(secret(pair.to_pkcs8v1().map_err(failed)?.as_ref()));
    }
    if let Some(kem) = ml_kem(spec) {
        let key = kem::DecapsulationKey::generate(kem.algorithm).map_err(failed)?;
        return Ok(secret(key.key_bytes().map_err(failed)?.as_ref()));
    }
    match spec {
        KeySpec::Ed25519 => {
            let pair = Ed25519KeyPair::generate().map_err(failed)?;
            Ok(secret(pair.to_pkcs8v1().map_err(failed)?.as_ref()))
        }
        _ => Err(unsupported(spec.name())),
    }
}

/// A private key from outside, in PKCS #8, as [`generate`] makes them; none where it is no key of
/// this spec.
pub(crate) fn from_pkcs8(spec: KeySpec, bytes: &[u8]) -> Option<Secret> {
    if let Some(length) = spec.modulus_len() {
        let pair = RsaKeyPair::from_pkcs8(bytes).ok()?;
        let is_its = pair.public_modulus_len() == length;
        return is_its.then(|| Some(secret(pair.as_der().ok()?.as_ref())))?;
    }
    if let Some(algorithm) = ecdsa(spec) {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, bytes).ok()?;
        return Some(secret(pair.to_pkcs8v1().ok()?.as_ref()));
    }
    match spec {
        KeySpec::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(bytes).ok()?;
            Some(secret(pair.to_pkcs8v1().ok()?.as_ref()))
        }
        _ => None,
    }
}

/// The length of what an RSA key encrypts.
pub(crate) fn rsa_length(private: &[u8]) -> ApiResult<usize> {
    let pair = RsaKeyPair::from_pkcs8(private).map_err(failed)?;
    Ok(pair.public_modulus_len())
}

/// The private key as GenerateDataKeyPair hands it out: PKCS #8.
pub(crate) fn private_der(spec: KeySpec, private: &[u8]) -> Secret {
    match ml_kem(spec) {
        // RFC 9935: the expanded key, an OCTET STRING in an OCTET STRING.
        Some(kem) => {
            let version = der(0x02, &[0]);
            let algorithm = kem_algorithm(kem.arc);
            let key = Zeroizing::new(der(0x04, &Zeroizing::new(der(0x04, private))));
            let body = Zeroizing::new([version, algorithm, key.to_vec()].concat());
            Zeroizing::new(der(0x30, &body))
        }
        None => secret(private),
    }
}

/// One DER element.
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        len @ 0..=0x7F => out.push(len as u8),
        len @ 0x80..=0xFF => out.extend([0x81, len as u8]),
        len => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend_from_slice(content);
    out
}

fn kem_algorithm(arc: u8) -> Vec<u8> {
    let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, arc];
    der(0x30, &der(0x06, &oid))
}

/// The public key, as SubjectPublicKeyInfo.
pub(crate) fn public_der(spec: KeySpec, private: &[u8]) -> ApiResult<Vec<u8>> {
    let spki = |der: Result<PublicKeyX509Der<'_>, aws_lc_rs::error::Unspecified>| {
        der.map(|der| der.as_ref().to_vec()).map_err(failed)
    };
    if spec.modulus_len().is_some() {
        let pair = RsaKeyPair::from_pkcs8(private).map_err(failed)?;
        return spki(pair.public_key().as_der());
    }
    if let Some(algorithm) = ecdsa(spec) {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, private).map_err(failed)?;
        return spki(pair.public_key().as_der());
    }
    if let Some(algorithm) = ml_dsa(spec) {
        let pair = PqdsaKeyPair::from_pkcs8(algorithm, private).map_err(failed)?;
        return spki(pair.public_key().as_der());
    }
    if let Some(kem) = ml_kem(spec) {
        let public = private.get(kem.public).ok_or_else(ApiError::internal)?;
        let bits = der(0x03, &[&[0], public].concat());
        return Ok(der(0x30, &[kem_algorithm(kem.arc), bits].concat()));
    }
    match spec {
        KeySpec::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(private).map_err(failed)?;
            spki(pair.public_key().as_der())
        }
        _ => Err(unsupported(spec.name())),
    }
}

/// `MessageType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    Raw(&'a [u8]),
    Digest(&'a [u8]),
    ExternalMu,
}

fn hash_of(algorithm: &str) -> Option<&'static digest::Algorithm> {
    if algorithm.starts_with("ED25519") {
        return None;
    }
    Some(match algorithm.rsplit('_').next()? {
        "256" if !algorithm.contains("SHAKE") => &digest::SHA256,
        "384" => &digest::SHA384,
        "512" => &digest::SHA512,
        _ => return None,
    })
}

/// The digest of a DIGEST message; a wrong length is the caller's mistake.
fn import(algorithm: &str, bytes: &[u8]) -> ApiResult<Digest> {
    let wrong = || {
        ApiError::validation(format!(
            "Digest is invalid length for algorithm {algorithm}."
        ))
    };
    let hash = hash_of(algorithm)
        .ok_or_else(|| unsupported(&format!("{algorithm} with a message that is a digest")))?;
    Digest::import_less_safe(bytes, hash).map_err(|_| wrong())
}

fn rsa_encoding(algorithm: &str) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        "RSASSA_PKCS1_V1_5_SHA_256" => &signature::RSA_PKCS1_SHA256,
        "RSASSA_PKCS1_V1_5_SHA_384" => &signature::RSA_PKCS1_SHA384,
        "RSASSA_PKCS1_V1_5_SHA_512" => &signature::RSA_PKCS1_SHA512,
        "RSASSA_PSS_SHA_256" => &signature::RSA_PSS_SHA256,
        "RSASSA_PSS_SHA_384" => &signature::RSA_PSS_SHA384,
        "RSASSA_PSS_SHA_512" => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

fn verification(spec: KeySpec, algorithm: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (spec, algorithm) {
        (_, "RSASSA_PKCS1_V1_5_SHA_256") => &signature::RSA_PKCS1_2048_8192_SHA256,
        (_, "RSASSA_PKCS1_V1_5_SHA_384") => &signature::RSA_PKCS1_2048_8192_SHA384,
        (_, "RSASSA_PKCS1_V1_5_SHA_512") => &signature::RSA_PKCS1_2048_8192_SHA512,
        (_, "RSASSA_PSS_SHA_256") => &signature::RSA_PSS_2048_8192_SHA256,
        (_, "RSASSA_PSS_SHA_384") => &signature::RSA_PSS_2048_8192_SHA384,
        (_, "RSASSA_PSS_SHA_512") => &signature::RSA_PSS_2048_8192_SHA512,
        (KeySpec::P256, _) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeySpec::P384, _) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeySpec::P521, _) => &signature::ECDSA_P521_SHA512_ASN1,
        (KeySpec::Secp256k1, _) => &signature::ECDSA_P256K1_SHA256_ASN1,
        (KeySpec::Ed25519, "ED25519_SHA_512") => &signature::ED25519,
        (KeySpec::MlDsa44, _) => &signature::ML_DSA_44,
        (KeySpec::MlDsa65, _) => &signature::ML_DSA_65,
        (KeySpec::MlDsa87, _) => &signature::ML_DSA_87,
        _ => return None,
    })
}

/// What can be told of a Sign or Verify request without the private key, so
/// that a dry run tells it too.
pub(crate) fn check_message(algorithm: &str, message: Message<'_>) -> ApiResult<()> {
    match message {
        Message::Raw(_) if algorithm == "ED25519_PH_SHA_512" => Err(ApiError::validation(
            "MessageType RAW is not valid for ED25519_PH_SHA_512: use DIGEST.",
        )),
        Message::Raw(_) => Ok(()),
        Message::Digest(_) if algorithm == "ED25519_SHA_512" => Err(ApiError::validation(
            "MessageType DIGEST is not valid for ED25519_SHA_512: use RAW.",
        )),
        Message::Digest(bytes) => import(algorithm, bytes).map(drop),
        Message::ExternalMu => Err(unsupported("MessageType EXTERNAL_MU")),
    }
}

/// A signature: DER for ECDSA (ANSI X9.62), raw for the others.
pub(crate) fn sign(
    spec: KeySpec,
    private: &[u8],
    algorithm: &str,
    message: Message<'_>,
) -> ApiResult<Vec<u8>> {
    let rng = SystemRandom::new();
    if let Some(encoding) = rsa_encoding(algorithm) {
        let pair = RsaKeyPair::from_pkcs8(private).map_err(failed)?;
        let mut out = vec![0; pair.public_modulus_len()];
        match message {
            Message::Digest(bytes) => {
                let digest = import(algorithm, bytes)?;
                pair.sign_digest(encoding, &digest, &mut out)
            }
            Message::Raw(bytes) => pair.sign(encoding, &rng, bytes, &mut out),
            Message::ExternalMu => return Err(unsupported("MessageType EXTERNAL_MU")),
        }
        .map_err(failed)?;
        return Ok(out);
    }
    if let Some(scheme) = ecdsa(spec) {
        let pair = EcdsaKeyPair::from_pkcs8(scheme, private).map_err(failed)?;
        let out = match message {
            Message::Digest(bytes) => pair.sign_digest(&import(algorithm, bytes)?),
            Message::Raw(bytes) => pair.sign(&rng, bytes),
            Message::ExternalMu => return Err(unsupported("MessageType EXTERNAL_MU")),
        };
        return Ok(out.map_err(failed)?.as_ref().to_vec());
    }
    let Message::Raw(bytes) = message else {
        return Err(unsupported(&format!("{algorithm} of anything but RAW")));
    };
    if let Some(scheme) = ml_dsa(spec) {
        let pair = PqdsaKeyPair::from_pkcs8(scheme, private).map_err(failed)?;
        let mut out = vec![0; scheme.signature_len()];
        let len = pair.sign(bytes, &mut out).map_err(failed)?;
        out.truncate(len);
        return Ok(out);
    }
    match (spec, algorithm) {
        (KeySpec::Ed25519, "ED25519_SHA_512") => {
            let pair = Ed25519KeyPair::from_pkcs8(private).map_err(failed)?;
            Ok(pair.sign(bytes).as_ref().to_vec())
        }
        _ => Err(unsupported(algorithm)),
    }
}

/// Whether the signature is good.
pub(crate) fn verify(
    spec: KeySpec,
    private: &[u8],
    algorithm: &str,
    message: Message<'_>,
    signature: &[u8],
) -> ApiResult<bool> {
    let scheme = verification(spec, algorithm).ok_or_else(|| unsupported(algorithm))?;
    let public = UnparsedPublicKey::new(scheme, public_der(spec, private)?);
    Ok(match message {
        Message::Raw(bytes) => public.verify(bytes, signature),
        Message::Digest(bytes) => public.verify_digest(&import(algorithm, bytes)?, signature),
        Message::ExternalMu => return Err(unsupported("MessageType EXTERNAL_MU")),
    }
    .is_ok())
}

fn oaep(algorithm: &str) -> Option<(&'static OaepAlgorithm, usize)> {
    Some(match algorithm {
        "RSAES_OAEP_SHA_1" => (&OAEP_SHA1_MGF1SHA1, 20),
        "RSAES_OAEP_SHA_256" => (&OAEP_SHA256_MGF1SHA256, 32),
        _ => return None,
    })
}

/// The longest plaintext of RSAES-OAEP (RFC 8017, 7.1.1): k - 2 hLen - 2 bytes.
pub(crate) fn max_plaintext(spec: KeySpec, algorithm: &str) -> Option<usize> {
    Some(spec.modulus_len()? - 2 * oaep(algorithm)?.1 - 2)
}

pub(crate) fn rsa_encrypt(private: &[u8], algorithm: &str, plaintext: &[u8]) -> ApiResult<Vec<u8>> {
    let (scheme, _) = oaep(algorithm).ok_or_else(|| unsupported(algorithm))?;
    let pair = PrivateDecryptingKey::from_pkcs8(private).map_err(failed)?;
    let public = OaepPublicEncryptingKey::new(pair.public_key()).map_err(failed)?;
    let mut out = vec![0; public.ciphertext_size()];
    let len = public
        .encrypt(scheme, plaintext, &mut out, None)
        .map_err(failed)?
        .len();
    out.truncate(len);
    Ok(out)
}

pub(crate) fn rsa_decrypt(private: &[u8], algorithm: &str, ciphertext: &[u8]) -> ApiResult<Secret> {
    let invalid = |_| ApiError::bare("InvalidCiphertextException");
    let (scheme, _) = oaep(algorithm).ok_or_else(|| unsupported(algorithm))?;
    let pair = PrivateDecryptingKey::from_pkcs8(private).map_err(failed)?;
    let pair = OaepPrivateDecryptingKey::new(pair).map_err(failed)?;
    let mut out = Zeroizing::new(vec![0; pair.min_output_size()]);
    let len = pair
        .decrypt(scheme, ciphertext, &mut out, None)
        .map_err(invalid)?
        .len();
    out.truncate(len);
    Ok(out)
}

fn ecdh(spec: KeySpec) -> Option<&'static agreement::Algorithm> {
    Some(match spec {
        KeySpec::P256 => &agreement::ECDH_P256,
        KeySpec::P384 => &agreement::ECDH_P384,
        KeySpec::P521 => &agreement::ECDH_P521,
        _ => return None,
    })
}

/// The raw shared secret of ECDH (NIST SP 800-56A, section 5.7.1.2); `peer` is
/// the other side's SubjectPublicKeyInfo.
pub(crate) fn agree(spec: KeySpec, private: &[u8], peer: &[u8]) -> ApiResult<Secret> {
    let algorithm = ecdh(spec).ok_or_else(|| unsupported(spec.name()))?;
    let key = agreement::PrivateKey::from_private_key_der(algorithm, private).map_err(failed)?;
    let peer = agreement::UnparsedPublicKey::new(algorithm, peer);
    let bad = ApiError::validation("The public key is not valid for the key spec of the KMS key.");
    agreement::agree(&key, peer, bad, |shared| Ok(secret(shared)))
}

/// ML-KEM (FIPS 203): the ciphertext of a new shared secret, and the secret.
pub(crate) fn encapsulate(spec: KeySpec, private: &[u8]) -> ApiResult<(Vec<u8>, Secret)> {
    let kem = ml_kem(spec).ok_or_else(|| unsupported(spec.name()))?;
    let public = private.get(kem.public).ok_or_else(ApiError::internal)?;
    let key = kem::EncapsulationKey::new(kem.algorithm, public).map_err(failed)?;
    let (ciphertext, shared) = key.encapsulate().map_err(failed)?;
    Ok((ciphertext.as_ref().to_vec(), secret(shared.as_ref())))
}

/// The shared secret of a ciphertext. A forged ciphertext of the right length
/// gives another secret (implicit rejection), one of another length an error.
pub(crate) fn decapsulate(spec: KeySpec, private: &[u8], ciphertext: &[u8]) -> ApiResult<Secret> {
    let kem = ml_kem(spec).ok_or_else(|| unsupported(spec.name()))?;
    let key = kem::DecapsulationKey::new(kem.algorithm, private).map_err(failed)?;
    let shared = key
        .decapsulate(ciphertext.into())
        .map_err(|_| ApiError::bare("InvalidCiphertextException"))?;
    Ok(secret(shared.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signing_algorithm_signs_and_verifies() {
        for spec in [
            KeySpec::Rsa2048,
            KeySpec::P256,
            KeySpec::P384,
            KeySpec::P521,
            KeySpec::Secp256k1,
            KeySpec::Ed25519,
            KeySpec::MlDsa44,
            KeySpec::MlDsa65,
            KeySpec::MlDsa87,
        ] {
            let private = generate(spec).unwrap();
            for algorithm in spec.signing_algorithms() {
                if *algorithm == "ED25519_PH_SHA_512" {
                    let error = sign(spec, &private, algorithm, Message::Raw(b"m")).unwrap_err();
                    assert_eq!(error.name, "UnsupportedOperationException");
                    continue;
                }
                let signed = sign(spec, &private, algorithm, Message::Raw(b"m")).unwrap();
                let check = |message| verify(spec, &private, algorithm, message, &signed).unwrap();
                assert!(check(Message::Raw(b"m")), "{algorithm} {}", spec.name());
                assert!(!check(Message::Raw(b"n")), "{algorithm}");
                if let Some(hash) = hash_of(algorithm) {
                    let digest = digest::digest(hash, b"m");
                    assert!(check(Message::Digest(digest.as_ref())), "{algorithm}");
                    let signed =
                        sign(spec, &private, algorithm, Message::Digest(digest.as_ref())).unwrap();
                    let raw = Message::Raw(b"m");
                    assert!(verify(spec, &private, algorithm, raw, &signed).unwrap());
                    assert!(sign(spec, &private, algorithm, Message::Digest(b"short")).is_err());
                }
            }
        }
    }

    #[test]
    fn oaep_agreement_and_encapsulation_come_back() {
        let rsa = generate(KeySpec::Rsa2048).unwrap();
        for algorithm in ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] {
            let plaintext = vec![7; max_plaintext(KeySpec::Rsa2048, algorithm).unwrap()];
            let sealed = rsa_encrypt(&rsa, algorithm, &plaintext).unwrap();
            let opened = rsa_decrypt(&rsa, algorithm, &sealed).unwrap();
            assert_eq!(opened.as_slice(), plaintext);
            assert!(rsa_decrypt(&rsa, algorithm, &sealed[1..]).is_err());
        }
        // The lengths that the service states in its messages.
        assert_eq!(
            max_plaintext(KeySpec::Rsa2048, "RSAES_OAEP_SHA_1"),
            Some(214)
        );
        assert_eq!(
            max_plaintext(KeySpec::Rsa4096, "RSAES_OAEP_SHA_256"),
            Some(446)
        );
        for spec in [KeySpec::P256, KeySpec::P384, KeySpec::P521] {
            let (a, b) = (generate(spec).unwrap(), generate(spec).unwrap());
            let ab = agree(spec, &a, &public_der(spec, &b).unwrap()).unwrap();
            let ba = agree(spec, &b, &public_der(spec, &a).unwrap()).unwrap();
            assert_eq!(ab, ba);
            assert!(agree(spec, &a, b"not a key").is_err());
        }
        for spec in [KeySpec::MlKem512, KeySpec::MlKem768, KeySpec::MlKem1024] {
            let private = generate(spec).unwrap();
            let (ciphertext, shared) = encapsulate(spec, &private).unwrap();
            assert_eq!(decapsulate(spec, &private, &ciphertext).unwrap(), shared);
            assert!(decapsulate(spec, &private, b"short").is_err());
            assert!(public_der(spec, &private).unwrap().len() > 800);
        }
    }
}
