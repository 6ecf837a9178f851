//! The data key, and what is derived from it (specification: framework/algorithm-suites.md,
//! "HKDF with key commitment").

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::constant_time;
use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Salt};
use zeroize::Zeroizing;

use crate::{COMMITMENT_LEN, EnvelopeError, MESSAGE_ID_LEN, NONCE_LEN, Suite, TAG_LEN};

const KEY_LEN: usize = 32;

/// A plaintext data key of 32 bytes. It is wiped when it is dropped, and its Debug output does not
/// show it.
pub struct DataKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(** redacted **)")
    }
}

impl DataKey {
    /// Keeps a copy of the bytes; to wipe the caller's own is the caller's matter.
    ///
    /// # Errors
    /// [`EnvelopeError::DataKeyLength`] where they are not 32.
    pub fn new(bytes: &[u8]) -> Result<DataKey, EnvelopeError> {
        match bytes.len() {
            KEY_LEN => Ok(DataKey(Zeroizing::new(bytes.to_vec()))),
            length => Err(EnvelopeError::DataKeyLength { length }),
        }
    }
}

/// The key of one message, which encrypts it.
pub(crate) struct MessageKey {
    key: LessSafeKey,
    /// What the header has of the data key, so that no other one opens it.
    commitment: [u8; COMMITMENT_LEN],
}

impl MessageKey {
    pub(crate) fn derive(
        data_key: &DataKey,
        suite: Suite,
        message_id: &[u8; MESSAGE_ID_LEN],
    ) -> Result<MessageKey, EnvelopeError> {
        let root = Salt::new(HKDF_SHA512, message_id).extract(&data_key.0);
        let expand = |info: &[&[u8]], out: &mut [u8]| {
            root.expand(info, Length(out.len()))
                .and_then(|okm| okm.fill(out))
                .map_err(|_| EnvelopeError::Crypto)
        };
        let mut key = Zeroizing::new([0; KEY_LEN]);
        expand(&[&suite.id().to_be_bytes(), b"DERIVEKEY"], &mut *key)?;
        let mut commitment = [0; COMMITMENT_LEN];
        expand(&[b"COMMITKEY"], &mut commitment)?;
        let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| EnvelopeError::Crypto)?;
        Ok(MessageKey {
            key: LessSafeKey::new(key),
            commitment,
        })
    }

    pub(crate) fn commitment(&self) -> &[u8; COMMITMENT_LEN] {
        &self.commitment
    }

    /// In constant time.
    pub(crate) fn commits_to(&self, commitment: &[u8; COMMITMENT_LEN]) -> bool {
        constant_time::verify_slices_are_equal(&self.commitment, commitment).is_ok()
    }

    /// Encrypts in place; the tag.
    pub(crate) fn seal(
        &self,
        iv: [u8; NONCE_LEN],
        aad: &[u8],
        content: &mut [u8],
    ) -> Result<[u8; TAG_LEN], EnvelopeError> {
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), content)
            .map_err(|_| EnvelopeError::Crypto)?;
        tag.as_ref().try_into().map_err(|_| EnvelopeError::Crypto)
    }

    /// Decrypts content and tag in place; the plaintext, or None where the tag does not fit.
    pub(crate) fn open<'a>(
        &self,
        iv: [u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        let nonce = Nonce::assume_unique_for_key(iv);
        self.key.open_in_place(nonce, Aad::from(aad), sealed).ok()
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
