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
    /// None: the sandbox draws the secret.
    pub import: Option<Import>,
}

/// What a material that is imported has beside its secret. It stays when the secret is deleted: the
/// same material may be imported again, and no other.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    /// `KeyMaterialId`.
    pub id: String,
    /// The secret is in this Region's key.
    pub is_here: bool,
    /// It waits for RotateKeyOnDemand.
    pub is_pending: bool,
    pub valid_to: Option<Millis>,
    pub description: Option<String>,
}

impl Import {
    /// Of a material that the sandbox draws and gives out for imported, as its seed does.
    pub(crate) fn of_drawn(id: String, valid_to: Option<Millis>) -> Import {
        Import {
            id,
            is_here: true,
            is_pending: false,
            valid_to,
            description: None,
        }
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material")
            .field("ordinal", &self.ordinal)
            .field("rotated", &self.rotated)
            .field("import", &self.import)
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
            import: None,
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
            import: None,
        }
    }

    /// An imported material, with its secret where that is here.
    pub(crate) fn imported(
        ordinal: u32,
        rotated: Option<(Millis, RotationType)>,
        import: Import,
        secret: Option<Secret>,
    ) -> Material {
        Material {
            ordinal,
            rotated,
            secret: secret.map_or_else(OnceLock::new, OnceLock::from),
            kept: AtomicBool::new(false),
            import: Some(import),
        }
    }

    /// The same material, without its secret: as it is after a deletion, and in a Region that it
    /// was not imported into.
    pub(crate) fn without_secret(&self) -> Material {
        let import = self.import.clone().map(|import| Import {
            is_here: false,
            valid_to: None,
            ..import
        });
        Material {
            ordinal: self.ordinal,
            rotated: self.rotated,
            secret: OnceLock::new(),
            kept: AtomicBool::new(false),
            import,
        }
    }

    /// The same material, with what is changed of it.
    fn changed(&self, change: impl FnOnce(&mut Import)) -> Material {
        let mut import = self.import.clone();
        if let Some(import) = &mut import {
            change(import);
        }
        Material {
            ordinal: self.ordinal,
            rotated: self.rotated,
            secret: self.secret.clone(),
            kept: AtomicBool::new(self.kept.load(Ordering::Acquire)),
            import,
        }
    }

    /// The same material, which a rotation has made current.
    pub(crate) fn rotated_to(&self, at: Millis) -> Material {
        Material {
            rotated: Some((at, RotationType::OnDemand)),
            ..self.changed(|import| import.is_pending = false)
        }
    }

    pub(crate) fn described(&self, description: Option<String>) -> Material {
        self.changed(|import| import.description = description)
    }

    /// `KeyMaterialId`: 64 lower-case hex digits. Of what the sandbox draws it is the same in every
    /// run, of what is imported it tells the material.
    pub(crate) fn id(&self, key_id: &str) -> String {
        match &self.import {
            Some(import) => import.id.clone(),
            None => drawn_id(key_id, self.ordinal),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.import.as_ref().is_some_and(|import| import.is_pending)
    }

    /// False after a deletion, and where it is yet to be imported.
    pub(crate) fn is_here(&self) -> bool {
        self.import.as_ref().is_none_or(|import| import.is_here)
    }

    pub(crate) fn valid_to(&self) -> Option<Millis> {
        self.import.as_ref()?.valid_to
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
        if self.secret.get().is_none() && self.is_here() {
            let secret = draw(spec)?;
            // Another thread may have been first: its secret stands.
            let _ = self.secret.set(secret);
        }
        self.drawn().ok_or_else(ApiError::internal)
    }
}

/// The KeyMaterialId of what the sandbox draws, which costs nothing until it is drawn.
pub(crate) fn drawn_id(key_id: &str, ordinal: u32) -> String {
    digest_id(&[
        b"kmsdeck sandbox key material\0",
        key_id.as_bytes(),
        &ordinal.to_be_bytes(),
    ])
}

/// The KeyMaterialId of what is imported: "based on the KMS key ID and the imported key material"
/// (API reference, ImportKeyMaterial).
pub(crate) fn imported_id(key_id: &str, secret: &[u8]) -> String {
    digest_id(&[
        b"kmsdeck sandbox imported key material\0",
        key_id.as_bytes(),
        b"\0",
        secret,
    ])
}

fn digest_id(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    HEXLOWER.encode(context.finish().as_ref())
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

    /// Whether it is of the material with this KeyMaterialId.
    pub(crate) fn is_of(&self, material_id: &str) -> bool {
        HEXLOWER.encode(self.material_id) == material_id
    }

    /// The plaintext; InvalidCiphertextException for a wrong context or any
    /// changed bit.
    pub(crate) fn open(&self, secret: &[u8], context: &EncryptionContext) -> ApiResult<Secret> {
        let mut aad = self.raw.to_vec();
        encode_context(context, &mut aad);
        let plaintext = decrypt(secret, &aad, self.sealed);
        plaintext.ok_or_else(|| ApiError::bare("InvalidCiphertextException"))
    }
}

/// Nonce, ciphertext and tag by AES-256-GCM.
pub(crate) fn encrypt(secret: &[u8], aad: &[u8], plaintext: &[u8]) -> ApiResult<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| ApiError::internal())?;
    let mut out = nonce.to_vec();
    let mut sealed = Zeroizing::new(plaintext.to_vec());
    let tag = aead(secret)
        .ok_or_else(ApiError::internal)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut sealed,
        )
        .map_err(|_| ApiError::internal())?;
    out.extend_from_slice(&sealed);
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

/// What [`encrypt`] has sealed; none where anything of it is another.
pub(crate) fn decrypt(secret: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Secret> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut plaintext = Zeroizing::new(sealed.to_vec());
    let opened = aead(secret)?.open_in_place(nonce, Aad::from(aad), &mut plaintext);
    let length = opened.ok()?.len();
    plaintext.truncate(length);
    Some(plaintext)
}

fn aead(secret: &[u8]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, secret).ok()?;
    Some(LessSafeKey::new(key))
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
    let id = HEXLOWER.decode(material.id(key_id).as_bytes());
    blob.extend_from_slice(&id.map_err(|_| ApiError::internal())?);
    let mut aad = blob.clone();
    encode_context(context, &mut aad);
    blob.extend_from_slice(&encrypt(secret, &aad, plaintext)?);
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
        assert!(header.is_of(&drawn_id(KEY, 0)) && !header.is_of(&drawn_id(KEY, 1)));
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
        let id = drawn_id(KEY, 0);
        assert_eq!(id.len(), 64);
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
        assert_eq!(id, drawn_id(KEY, 0));
        assert_ne!(id, drawn_id(KEY, 1));
        assert_ne!(id, imported_id(KEY, &0u32.to_be_bytes()));
    }

    #[test]
    fn debug_shows_no_secret() {
        let material = Material::with_secret(0, None, Zeroizing::new(vec![0xAB; 32]));
        let shown = format!("{material:?}");
        assert!(!shown.contains("171") && !shown.contains("ab"), "{shown}");
    }
}
