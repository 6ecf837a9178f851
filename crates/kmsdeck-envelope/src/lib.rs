#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

mod body;
mod decrypt;
mod encrypt;
mod error;
mod header;
mod keys;
mod source;
mod suite;

pub use body::parts;
pub use decrypt::{decrypt, decrypt_bytes};
pub use encrypt::{DEFAULT_FRAME_LENGTH, Plan, encrypt, encrypt_bytes};
pub use error::EnvelopeError;
pub use header::{Content, EncryptedDataKey, Header, Part, read_header};
pub use keys::DataKey;
pub use suite::Suite;

/// The provider of a data key that a KMS key encrypted; its provider information is the key ARN.
pub const KMS_PROVIDER: &str = "aws-kms";

/// A pair of the encryption context: key and value.
pub type Pair = (String, String);

/// What the AWS Encryption SDK keeps for itself among the keys of the encryption context.
pub const RESERVED_PREFIX: &str = "aws-crypto-";

/// The key of the context pair that holds the public key of a signed envelope: the compressed
/// P-384 point in base64.
pub const PUBLIC_KEY_PAIR: &str = "aws-crypto-public-key";

/// The most content of one frame, in bytes, that is read into memory.
pub const MAX_FRAME_LENGTH: u32 = 256 << 20;

const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
const MESSAGE_ID_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;

/// What went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Bytes of the data.
    pub plaintext: u64,
    /// Bytes of the whole envelope: header, frames and footer.
    pub envelope: u64,
    /// Frames of the body, the final one included; 1 for a body without framing.
    pub frames: u32,
}

#[cfg(test)]
mod tests;
