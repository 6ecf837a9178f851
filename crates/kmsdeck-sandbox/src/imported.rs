//! Key material that is imported: how it is wrapped, and what of each kind of key is taken.
//!
//! Source: KMS developer guide, "Requirements for imported key material" (importing-keys-conceptual)
//! and "Select a wrapping algorithm" (importing-keys-get-public-key-and-token); errors and words as
//! recorded answers of AWS have them.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};

use crate::account::{Key, State};
use crate::found::Found;
use crate::keypair;
use crate::secret::Secret;
use crate::spec::{KeySpec, Origin};
use crate::wire::{ApiError, ApiResult};

pub(crate) const WRAPPING_ALGORITHMS: &[&str] = &[
    "RSAES_PKCS1_V1_5",
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
    "SM2PKE",
];

pub(crate) const WRAPPING_KEY_SPECS: &[&str] = &["RSA_2048", "RSA_3072", "RSA_4096", "SM2"];

/// An HMAC key's material may be longer than its MAC, up to 1,024 bits.
const LONGEST_HMAC_KEY: usize = 128;

/// The key is one for imported material.
pub(crate) fn check_external(found: &Found) -> ApiResult<()> {
    let origin = found.key.origin;
    if origin == Origin::External {
        return Ok(());
    }
    Err(ApiError::new(
        "UnsupportedOperationException",
        format!(
            "{} origin is {} which is not valid for this operation.",
            found.arn,
            origin.name()
        ),
    ))
}

/// Material of post-quantum keys is not imported.
pub(crate) fn can_be_imported(spec: KeySpec) -> bool {
    can_wrap(spec, "RSAES_OAEP_SHA_256", KeySpec::Rsa4096)
        || can_wrap(spec, "RSA_AES_KEY_WRAP_SHA_256", KeySpec::Rsa4096)
}

/// Whether a key's material may be wrapped so. RSAES_PKCS1_V1_5 is no longer taken, and SM2PKE is
/// of the China Regions.
pub(crate) fn can_wrap(spec: KeySpec, algorithm: &str, wrapping_key: KeySpec) -> bool {
    if wrapping_key.modulus_len().is_none() {
        return false;
    }
    let is_of_pair = matches!(
        spec,
        KeySpec::Rsa2048
            | KeySpec::Rsa3072
            | KeySpec::Rsa4096
            | KeySpec::P256
            | KeySpec::P384
            | KeySpec::P521
            | KeySpec::Secp256k1
            | KeySpec::Ed25519
    );
    if !is_of_pair && spec.is_asymmetric() {
        return false;
    }
    match oaep_of(algorithm) {
        Some((_, Wrapping::Hybrid)) => is_of_pair,
        Some((_, Wrapping::Direct)) => {
            let is_too_long = matches!(spec, KeySpec::P521 | KeySpec::Ed25519)
                && wrapping_key == KeySpec::Rsa2048;
            spec.modulus_len().is_none() && !is_too_long
        }
        None => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    /// The material itself is encrypted by RSA.
    Direct,
    /// An AES key is, and the material is wrapped with that (RFC 5649).
    Hybrid,
}

/// How RSA encrypts by a wrapping algorithm, and what.
fn oaep_of(algorithm: &str) -> Option<(&'static str, Wrapping)> {
    Some(match algorithm {
        "RSAES_OAEP_SHA_1" => ("RSAES_OAEP_SHA_1", Wrapping::Direct),
        "RSAES_OAEP_SHA_256" => ("RSAES_OAEP_SHA_256", Wrapping::Direct),
        "RSA_AES_KEY_WRAP_SHA_1" => ("RSAES_OAEP_SHA_1", Wrapping::Hybrid),
        "RSA_AES_KEY_WRAP_SHA_256" => ("RSAES_OAEP_SHA_256", Wrapping::Hybrid),
        _ => return None,
    })
}

fn invalid() -> ApiError {
    ApiError::bare("InvalidCiphertextException")
}

/// The material, as it was wrapped with the public half of `private`.
pub(crate) fn unwrap(private: &[u8], algorithm: &str, wrapped: &[u8]) -> ApiResult<Secret> {
    let (oaep, wrapping) = oaep_of(algorithm).ok_or_else(invalid)?;
    if wrapping == Wrapping::Direct {
        return keypair::rsa_decrypt(private, oaep, wrapped);
    }
    let length = keypair::rsa_length(private)?;
    let (wrapped_key, wrapped) = wrapped.split_at_checked(length).ok_or_else(invalid)?;
    let key = keypair::rsa_decrypt(private, oaep, wrapped_key)?;
    let key = AesKek::new(&AES_256, &key).map_err(|_| invalid())?;
    let mut material = Secret::new(vec![0; wrapped.len()]);
    let length = key
        .unwrap_with_padding(wrapped, &mut material)
        .map_err(|_| invalid())?
        .len();
    material.truncate(length);
    Ok(material)
}

/// The material as the sandbox keeps it, if it is one for a key of this spec.
pub(crate) fn accept(spec: KeySpec, material: Secret) -> ApiResult<Secret> {
    let Some(length) = spec.secret_len() else {
        return keypair::from_pkcs8(spec, &material).ok_or_else(invalid);
    };
    let longest = match spec.is_symmetric_encryption() {
        true => length,
        false => LONGEST_HMAC_KEY,
    };
    match (length..=longest).contains(&material.len()) {
        true => Ok(material),
        false => Err(invalid()),
    }
}

/// Whether the material that is pending was imported into all related keys.
pub(crate) fn is_pending_everywhere(state: &State, key: &Key) -> bool {
    let Some(pending) = key.pending() else {
        return false;
    };
    state.related(key).iter().all(|other| {
        let mut materials = other.materials.iter();
        materials.any(|material| material.ordinal == pending.ordinal && material.is_here())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KMS API reference, GetParametersForImport, and the answers that were recorded.
    #[test]
    fn what_may_be_wrapped_how() {
        let direct = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
        let hybrid = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"];
        for (spec, may_direct, may_direct_2048, may_hybrid) in [
            (KeySpec::SymmetricDefault, true, true, false),
            (KeySpec::Hmac224, true, true, false),
            (KeySpec::Hmac512, true, true, false),
            (KeySpec::Rsa2048, false, false, true),
            (KeySpec::Rsa4096, false, false, true),
            (KeySpec::P256, true, true, true),
            (KeySpec::P384, true, true, true),
            (KeySpec::P521, true, false, true),
            (KeySpec::Secp256k1, true, true, true),
            (KeySpec::Ed25519, true, false, true),
            (KeySpec::MlDsa44, false, false, false),
            (KeySpec::MlKem512, false, false, false),
        ] {
            for wrapping_key in [KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096] {
                let of_direct = match wrapping_key {
                    KeySpec::Rsa2048 => may_direct_2048,
                    _ => may_direct,
                };
                for algorithm in direct {
                    assert_eq!(can_wrap(spec, algorithm, wrapping_key), of_direct);
                }
                for algorithm in hybrid {
                    assert_eq!(can_wrap(spec, algorithm, wrapping_key), may_hybrid);
                }
                assert!(!can_wrap(spec, "RSAES_PKCS1_V1_5", wrapping_key));
            }
            assert!(!can_wrap(spec, "SM2PKE", KeySpec::Sm2));
        }
    }

    #[test]
    fn junk_is_no_material() {
        for spec in [KeySpec::Rsa2048, KeySpec::P256, KeySpec::Ed25519] {
            assert!(accept(spec, Secret::new(vec![7; 32])).is_err());
        }
        let pair = keypair::generate(KeySpec::P256).unwrap();
        assert!(accept(KeySpec::P256, pair.clone()).is_ok());
        for spec in [KeySpec::P384, KeySpec::Secp256k1, KeySpec::Rsa2048] {
            assert!(accept(spec, pair.clone()).is_err(), "{}", spec.name());
        }
        for (spec, length, is_taken) in [
            (KeySpec::SymmetricDefault, 31, false),
            (KeySpec::SymmetricDefault, 32, true),
            (KeySpec::SymmetricDefault, 33, false),
            (KeySpec::Hmac256, 31, false),
            (KeySpec::Hmac256, 32, true),
            (KeySpec::Hmac256, 128, true),
            (KeySpec::Hmac256, 129, false),
        ] {
            let material = Secret::new(vec![7; length]);
            assert_eq!(accept(spec, material).is_ok(), is_taken, "{length}");
        }
    }
}
