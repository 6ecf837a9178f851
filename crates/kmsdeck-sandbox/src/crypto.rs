//! Key material and what is done with it, by aws-lc.
//!
//! A symmetric CiphertextBlob of the sandbox is a header (version, account,
//! key ID, KeyMaterialId), a 12-byte nonce, and AES-256-GCM output. Header and
//! encryption context are the additional authenticated data.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use kmsdeck_policy::EncryptionContext;
use zeroize::Zeroizing;

use crate::secret::{Secret, random};
use crate::spec::{KeySpec, RotationType};
use crate::wire::{ApiError, ApiResult, Millis};

/// One key material of a KMS key. The secret is drawn from the system's RNG
/// when it is first needed, so a seeded key costs nothing until it is used.
pub(crate) struct Material {
    /// 0 for the first; each rotation adds one.
    pub ordinal: u32,
    /// When and how this material became current; none for the first.
    pub rotated: Option<(Millis, RotationType)>,
    secret: OnceLock<Secret>,
    /// The state file has the secret.
    kept: AtomicBool,
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material")
            .field("ordinal", &self.ordinal)
            .field("rotated", &self.rotated)
            .finish_non_exhaustive()
    }
}

impl Material {
    pub(crate) fn new(ordinal: u32, rotated: Option<(Millis, RotationType)>) -> Material {
        Material {
            ordinal,
            rotated,
            secret: OnceLock::new(),
            kept: AtomicBool::new(false),
        }
    }

    /// A material whose secret is known already (from a state file).
    pub(crate) fn with_secret(
        ordinal: u32,
        rotated: Option<(Millis, RotationType)>,
        secret: Secret,
    ) -> Material {
        Material {
            ordinal,
            rotated,
            secret: OnceLock::from(secret),
            kept: AtomicBool::new(true),
        }
    }

    /// The secret, if it has been drawn: raw bytes for symmetric and HMAC
    /// keys, PKCS #8 (RFC 5958) or raw decapsulation key for key pairs.
    pub(crate) fn drawn(&self) -> Option<&[u8]> {
        self.secret.get().map(|secret| secret.as_slice())
    }

    /// Whether a secret was drawn that no state file has.
    pub(crate) fn is_unkept(&self) -> bool {
        self.drawn().is_some() && !self.kept.load(Ordering::Acquire)
    }

    /// The state file has the secret that was drawn.
    pub(crate) fn set_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// The secret, drawn now if this is its first use.
    pub(crate) fn secret(&self, spec: KeySpec) -> ApiResult<&[u8]> {
        if self.secret.get().is_none() {
            let secret = draw(spec)?;
            // Another thread may have been first: its secret stands.
            let _ = self.secret.set(secret);
        }
        self.drawn().ok_or_else(ApiError::internal)
    }
}

/// `KeyMaterialId`: 64 lower-case hex digits, from the key ID and the
/// material's ordinal, so that it is the same in every run.
pub(crate) fn material_id(key_id: &str, ordinal: u32) -> String {
    HEXLOWER.encode(&material_digest(key_id, ordinal))
}

fn material_digest(key_id: &str, ordinal: u32) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"kmsdeck sandbox key material\0");
    context.update(key_id.as_bytes());
    context.update(&ordinal.to_be_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

fn draw(spec: KeySpec) -> ApiResult<Secret> {
    match spec.secret_len() {
        Some(len) => random(len),
        None => crate::keypair::generate(spec),
    }
}

/// Length-prefixed, in key order: no two contexts have the same encoding.
fn encode_context(context: &EncryptionContext, out: &mut Vec<u8>) {
    out.extend_from_slice(&(context.len() as u32).to_be_bytes());
    for (key, value) in context {
        for part in [key, value] {
            out.extend_from_slice(&(part.len() as u32).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
    }
}

const VERSION: u8 = 1;
const ACCOUNT_LEN: usize = 12;
const MATERIAL_ID_LEN: usize = 32;

/// What a symmetric CiphertextBlob says of itself, before it is opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub account: &'a str,
    pub key_id: &'a str,
    material_id: &'a [u8],
    /// All bytes of the header; they are authenticated.
    raw: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Header<'a> {
    /// None if this cannot be a blob of the sandbox.
    pub(crate) fn parse(blob: &'a [u8]) -> Option<Header<'a>> {
        let rest = blob.strip_prefix(&[VERSION])?;
        let (account, rest) = rest.split_at_checked(ACCOUNT_LEN)?;
        let (&len, rest) = rest.split_first()?;
        let (key_id, rest) = rest.split_at_checked(usize::from(len))?;
        let (material_id, sealed) = rest.split_at_checked(MATERIAL_ID_LEN)?;
        Some(Header {
            account: std::str::from_utf8(account).ok()?,
            key_id: std::str::from_utf8(key_id).ok()?,
            material_id,
            raw: &blob[..blob.len() - sealed.len()],
            sealed,
        })
    }

    pub(crate) fn is_of(&self, key_id: &str, ordinal: u32) -> bool {
        self.material_id == material_digest(key_id, ordinal)
    }

    /// The plaintext; InvalidCiphertextException for a wrong context or any
    /// changed bit.
    pub(crate) fn open(&self, secret: &[u8], context: &EncryptionContext) -> ApiResult<Secret> {
        let invalid = || ApiError::bare("InvalidCiphertextException");
        let (nonce, sealed) = self
            .sealed
            .split_at_checked(NONCE_LEN)
            .ok_or_else(invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| invalid())?;
        let mut aad = self.raw.to_vec();
        encode_context(context, &mut aad);
        let mut plaintext = Zeroizing::new(sealed.to_vec());
        let len = aead(secret)?
            .open_in_place(nonce, Aad::from(&aad), &mut plaintext)
            .map_err(|_| invalid())?
            .len();
        plaintext.truncate(len);
        Ok(plaintext)
    }
}

fn aead(secret: &[u8]) -> ApiResult<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, secret)
        .map(LessSafeKey::new)
        .map_err(|_| ApiError::internal())
}

/// A symmetric CiphertextBlob of `plaintext` under one material.
pub(crate) fn seal(
    account: &str,
    key_id: &str,
    material: &Material,
    context: &EncryptionContext,
    plaintext: &[u8],
) -> ApiResult<Vec<u8>> {
    let secret = material.secret(KeySpec::SymmetricDefault)?;
    let mut blob = vec![VERSION];
    blob.extend_from_slice(account.as_bytes());
    blob.push(u8::try_from(key_id.len()).map_err(|_| ApiError::internal())?);
    blob.extend_from_slice(key_id.as_bytes());
    blob.extend_from_slice(&material_digest(key_id, material.ordinal));
    let mut aad = blob.clone();
    encode_context(context, &mut aad);

    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| ApiError::internal())?;
    blob.extend_from_slice(&nonce);
    let mut sealed = Zeroizing::new(plaintext.to_vec());
    let tag = aead(secret)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&aad),
            &mut sealed,
        )
        .map_err(|_| ApiError::internal())?;
    blob.extend_from_slice(&sealed);
    blob.extend_from_slice(tag.as_ref());
    Ok(blob)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";
    const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    #[test]
    fn a_blob_opens_with_its_context_only() {
        let material = Material::new(0, None);
        let right = context(&[("tenant", "acme"), ("purpose", "backup")]);
        let blob = seal(ACCOUNT, KEY, &material, &right, b"data key").unwrap();
        let header = Header::parse(&blob).unwrap();
        assert_eq!((header.account, header.key_id), (ACCOUNT, KEY));
        assert!(header.is_of(KEY, 0) && !header.is_of(KEY, 1));
        let secret = material.secret(KeySpec::SymmetricDefault).unwrap();
        assert_eq!(header.open(secret, &right).unwrap().as_slice(), b"data key");
        for wrong in [
            context(&[]),
            context(&[("tenant", "acme")]),
            context(&[("tenant", "ACME"), ("purpose", "backup")]),
            context(&[("Tenant", "acme"), ("purpose", "backup")]),
            context(&[("tenan", "tacme"), ("purpose", "backup")]),
        ] {
            assert_eq!(
                header.open(secret, &wrong).unwrap_err().name,
                "InvalidCiphertextException"
            );
        }
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        let material = Material::new(0, None);
        let context = context(&[("a", "b")]);
        let blob = seal(ACCOUNT, KEY, &material, &context, b"x").unwrap();
        let secret = material.secret(KeySpec::SymmetricDefault).unwrap();
        for at in 0..blob.len() {
            let mut bad = blob.clone();
            bad[at] ^= 1;
            if let Some(header) = Header::parse(&bad) {
                assert!(header.open(secret, &context).is_err(), "byte {at}");
            }
        }
        for end in 0..blob.len() {
            if let Some(header) = Header::parse(&blob[..end]) {
                assert!(header.open(secret, &context).is_err(), "cut at {end}");
            }
        }
    }

    #[test]
    fn material_ids_are_hex_stable_and_distinct() {
        let id = material_id(KEY, 0);
        assert_eq!(id.len(), 64);
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
        assert_eq!(id, material_id(KEY, 0));
        assert_ne!(id, material_id(KEY, 1));
    }

    #[test]
    fn debug_shows_no_secret() {
        let material = Material::with_secret(0, None, Zeroizing::new(vec![0xAB; 32]));
        let shown = format!("{material:?}");
        assert!(!shown.contains("171") && !shown.contains("ab"), "{shown}");
    }
}
