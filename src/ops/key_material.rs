//! Key material that is imported: what a key takes, how it is made here, and how it is wrapped for
//! the way to KMS (developer guide, "Importing key material"). aws-lc does the cryptography.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    self, KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an AES-256 key.
const AES_KEY: usize = 32;
/// The longest key of an HMAC KMS key, in bytes.
const LONGEST_HMAC_KEY: usize = 128;
/// What wrapping adds at most (RFC 5649): a header, and what fills up the last block.
const KEY_WRAP_MORE: usize = 15;

/// Material, wiped when it is dropped.
pub(super) type Material = Zeroizing<Vec<u8>>;

/// The kinds of material.
enum Kind {
    /// Bytes, of at least and at most that many.
    Bytes(usize, usize),
    Rsa(KeySize),
    Ec(&'static EcdsaSigningAlgorithm),
    Ed25519,
}

fn kind(key_spec: &str) -> Result<Kind, String> {
    Ok(match key_spec {
        "SYMMETRIC_DEFAULT" => Kind::Bytes(AES_KEY, AES_KEY),
        "HMAC_224" => Kind::Bytes(28, LONGEST_HMAC_KEY),
        "HMAC_256" => Kind::Bytes(32, LONGEST_HMAC_KEY),
        "HMAC_384" => Kind::Bytes(48, LONGEST_HMAC_KEY),
        "HMAC_512" => Kind::Bytes(64, LONGEST_HMAC_KEY),
        "RSA_2048" => Kind::Rsa(KeySize::Rsa2048),
        "RSA_3072" => Kind::Rsa(KeySize::Rsa3072),
        "RSA_4096" => Kind::Rsa(KeySize::Rsa4096),
        "ECC_NIST_P256" => Kind::Ec(&ECDSA_P256_SHA256_ASN1_SIGNING),
        "ECC_NIST_P384" => Kind::Ec(&ECDSA_P384_SHA384_ASN1_SIGNING),
        "ECC_NIST_P521" => Kind::Ec(&ECDSA_P521_SHA512_ASN1_SIGNING),
        "ECC_SECG_P256K1" => Kind::Ec(&ECDSA_P256K1_SHA256_ASN1_SIGNING),
        "ECC_NIST_EDWARDS25519" => Kind::Ed25519,
        other => return Err(format!("kmsdeck knows no key material of {other} keys")),
    })
}

/// How material of such keys is wrapped where the user does not say it. AES key wrap is for key
/// pairs alone (API reference, GetParametersForImport).
pub(super) fn usual_algorithm(key_spec: &str) -> &'static str {
    match key_spec {
        "SYMMETRIC_DEFAULT" => "RSAES_OAEP_SHA_256",
        spec if spec.starts_with("HMAC_") => "RSAES_OAEP_SHA_256",
        _ => "RSA_AES_KEY_WRAP_SHA_256",
    }
}

/// What the user gave, as KMS takes it: bytes as they are, a private key in PKCS #8.
///
/// Errors: it is no material of such a key; why, in half a sentence.
pub(super) fn given(key_spec: &str, bytes: &[u8]) -> Result<Material, String> {
    match kind(key_spec)? {
        Kind::Bytes(least, most) => {
            let length = bytes.len();
            if (least..=most).contains(&length) {
                return Ok(Zeroizing::new(bytes.to_vec()));
            }
            let wanted = match least == most {
                true => format!("{least} bytes"),
                false => format!("{least} to {most} bytes"),
            };
            Err(format!(
                "the material of a {key_spec} key is {wanted}, and this has {length}"
            ))
        }
        Kind::Rsa(size) => {
            let pair = private_key(bytes, |der| {
                rsa::KeyPair::from_pkcs8(der).or_else(|_| rsa::KeyPair::from_der(der))
            });
            pair.filter(|pair| pair.public_modulus_len() == size.len())
                .and_then(|pair| rsa_material(&pair))
        }
        .ok_or_else(|| no_private_key(key_spec)),
        Kind::Ec(algorithm) => private_key(bytes, |der| {
            EcdsaKeyPair::from_private_key_der(algorithm, der)
        })
        .and_then(|pair| material(pair.to_pkcs8v1().ok()?.as_ref()))
        .ok_or_else(|| no_private_key(key_spec)),
        Kind::Ed25519 => private_key(bytes, Ed25519KeyPair::from_pkcs8_maybe_unchecked)
            .and_then(|pair| material(pair.to_pkcs8v1().ok()?.as_ref()))
            .ok_or_else(|| no_private_key(key_spec)),
    }
}

fn no_private_key(key_spec: &str) -> String {
    format!("this is no private key for a {key_spec} key, in PEM or DER and without a password")
}

/// Material that is made here, of that kind of key.
///
/// Errors: as of [`given`]; or it cannot be made.
pub(super) fn made(key_spec: &str) -> Result<Material, String> {
    let made = match kind(key_spec)? {
        Kind::Bytes(length, _) => {
            let mut bytes = Zeroizing::new(vec![0; length]);
            rand::fill(&mut bytes).ok().map(|()| bytes)
        }
        Kind::Rsa(size) => rsa::KeyPair::generate(size)
            .ok()
            .and_then(|pair| rsa_material(&pair)),
        Kind::Ec(algorithm) => EcdsaKeyPair::generate(algorithm)
            .ok()
            .and_then(|pair| material(pair.to_pkcs8v1().ok()?.as_ref())),
        Kind::Ed25519 => Ed25519KeyPair::generate()
            .ok()
            .and_then(|pair| material(pair.to_pkcs8v1().ok()?.as_ref())),
    };
    made.ok_or_else(|| format!("no {key_spec} key could be made here"))
}

fn rsa_material(pair: &rsa::KeyPair) -> Option<Material> {
    material(AsDer::as_der(pair).ok()?.as_ref())
}

fn material(bytes: &[u8]) -> Option<Material> {
    Some(Zeroizing::new(bytes.to_vec()))
}

/// A private key in PEM, or in DER.
fn private_key<T, E>(bytes: &[u8], read: impl Fn(&[u8]) -> Result<T, E>) -> Option<T> {
    match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(mut der) => {
            let pair = read(der.secret_der()).ok();
            der.zeroize();
            pair
        }
        Err(_) => read(bytes).ok(),
    }
}

/// The material, wrapped with a public key in DER (SubjectPublicKeyInfo), as ImportKeyMaterial
/// takes it.
///
/// Errors: why it cannot be wrapped so, in half a sentence.
pub(super) fn wrap(algorithm: &str, public_key: &[u8], material: &[u8]) -> Result<Vec<u8>, String> {
    let public_key = PublicEncryptingKey::from_der(public_key)
        .ok()
        .and_then(|key| OaepPublicEncryptingKey::new(key).ok())
        .ok_or("the answer holds no RSA public key")?;
    let by_rsa = |bytes: &[u8]| {
        let most = public_key.max_plaintext_size(&OAEP_SHA256_MGF1SHA256);
        if bytes.len() > most {
            return Err(format!(
                "{algorithm} with this WrappingKeySpec takes at most {most} bytes, and the material has {}: choose RSA_AES_KEY_WRAP_SHA_256, or a longer wrapping key",
                bytes.len()
            ));
        }
        let mut wrapped = vec![0; public_key.ciphertext_size()];
        let length = public_key
            .encrypt(&OAEP_SHA256_MGF1SHA256, bytes, &mut wrapped, None)
            .map_err(|_| "the material could not be wrapped".to_owned())?
            .len();
        wrapped.truncate(length);
        Ok(wrapped)
    };
    if algorithm == "RSAES_OAEP_SHA_256" {
        return by_rsa(material);
    }
    let failed = |_| "the material could not be wrapped".to_owned();
    let mut key = Zeroizing::new([0; AES_KEY]);
    rand::fill(&mut *key).map_err(failed)?;
    let mut wrapped = by_rsa(&*key)?;
    let from = wrapped.len();
    wrapped.resize(from + material.len() + KEY_WRAP_MORE, 0);
    let length = AesKek::new(&AES_256, &*key)
        .and_then(|key| {
            key.wrap_with_padding(material, &mut wrapped[from..])
                .map(|wrapped| wrapped.len())
        })
        .map_err(failed)?;
    wrapped.truncate(from + length);
    Ok(wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: [&str; 13] = [
        "SYMMETRIC_DEFAULT",
        "HMAC_224",
        "HMAC_256",
        "HMAC_384",
        "HMAC_512",
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "ECC_NIST_P256",
        "ECC_NIST_P384",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "ECC_NIST_EDWARDS25519",
    ];

    #[test]
    fn what_is_made_here_can_be_given_again() {
        for spec in SPECS {
            let made = made(spec).unwrap();
            assert_eq!(given(spec, &made).unwrap(), made, "{spec}");
        }
        assert!(super::made("ML_DSA_44").is_err());
    }

    #[test]
    fn what_is_no_material_of_the_key_is_told_apart() {
        let of_p256 = made("ECC_NIST_P256").unwrap();
        for spec in SPECS.into_iter().filter(|spec| *spec != "ECC_NIST_P256") {
            // An HMAC key may have any bytes of a fitting number.
            if !spec.starts_with("HMAC") {
                assert!(given(spec, &of_p256).is_err(), "{spec}");
            }
        }
        let with_line_end = [7; 33];
        assert_eq!(
            given("SYMMETRIC_DEFAULT", &with_line_end).unwrap_err(),
            "the material of a SYMMETRIC_DEFAULT key is 32 bytes, and this has 33"
        );
    }
}
