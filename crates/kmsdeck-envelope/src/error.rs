//! Why an envelope cannot be made or opened. Each error names the check that found it.

use std::io;

/// An error says what the check found, [`means`](EnvelopeError::means) and
/// [`todo`](EnvelopeError::todo) what that is and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The input does not begin as one does.
    #[error("Not an envelope: {why}")]
    NotAnEnvelope {
        /// What gives it away.
        why: String,
    },
    /// An envelope of a suite that is refused.
    #[error("The algorithm suite is 0x{id:04x} {name}, which has no key commitment")]
    NoCommitment {
        /// Of the suite.
        id: u16,
        /// The name that the SDKs give it.
        name: &'static str,
    },
    /// A field that breaks the format.
    #[error("Malformed at byte {offset}, {field}: {rule}")]
    Malformed {
        /// The field's name.
        field: String,
        /// In bytes from the envelope's start.
        offset: u64,
        /// What it breaks.
        rule: String,
    },
    /// The envelope breaks off.
    #[error("Truncated: it ends after {length} bytes, in {part}")]
    Truncated {
        /// What it breaks off in.
        part: String,
        /// Of the envelope, in bytes.
        length: u64,
    },
    /// The data key is another one.
    #[error("Key commitment: the data key is not the one that the header commits to")]
    Commitment,
    /// The header is not what it was when the envelope was made.
    #[error("Header authentication: the header's tag does not fit the header")]
    HeaderTag,
    /// A frame that is not at its place.
    #[error("Frame {expected}: the frame there says that it is number {found}")]
    FrameOrder {
        /// The number that belongs there.
        expected: u32,
        /// The number that the frame has.
        found: u32,
    },
    /// A frame's content is not what it was when the envelope was made.
    #[error("Frame {number}: its authentication tag does not fit its content")]
    FrameTag {
        /// Of the frame, from 1.
        number: u32,
    },
    /// The signature is not one of these bytes.
    #[error("Signature: the footer's signature does not fit header and body")]
    Signature,
    /// There is more after the end.
    #[error("Bytes were appended: the envelope ends after {length} bytes, the input does not")]
    Trailing {
        /// Of the envelope, in bytes.
        length: u64,
    },
    /// Not a key for AES-256.
    #[error("The data key has {length} bytes, and the algorithm suite takes 32")]
    DataKeyLength {
        /// In bytes.
        length: usize,
    },
    /// What to make does not fit the format.
    #[error("{rule}")]
    DoesNotFit {
        /// The rule that it breaks, as a sentence.
        rule: String,
    },
    /// Of the input.
    #[error("Reading failed: {0}")]
    Read(#[source] io::Error),
    /// Of the output.
    #[error("Writing failed: {0}")]
    Write(#[source] io::Error),
    /// Only with arguments that cannot be: aws-lc gives no reason.
    #[error("The cryptographic library refused to work")]
    Crypto,
}

impl EnvelopeError {
    /// Whether it is about what the envelope says, and not about this machine or the caller.
    pub fn is_of_content(&self) -> bool {
        use EnvelopeError::*;
        !matches!(
            self,
            DataKeyLength { .. } | DoesNotFit { .. } | Read(_) | Write(_) | Crypto
        )
    }

    /// What it means, in a sentence. Empty where the error itself says all.
    pub fn means(&self) -> &'static str {
        use EnvelopeError::*;
        match self {
            NoCommitment { .. } => {
                "Without key commitment a file can be made that opens to different texts under different keys."
            }
            Malformed { .. } | HeaderTag => {
                "The header was changed or damaged since the file was made."
            }
            Truncated { .. } => "The file was cut off, or has not been written to its end.",
            Commitment => {
                "The header, or the encrypted data key in it, was put together from different files or changed."
            }
            FrameOrder { .. } => "Frames were left out, repeated or put in another order.",
            FrameTag { .. } => "The frame was changed or damaged since the file was made.",
            Signature => {
                "Who made the file did not sign these bytes: the file, or its signature, was changed."
            }
            Trailing { .. } => "Something was added to the file since it was made.",
            _ => "",
        }
    }

    /// What to do, in a sentence.
    pub fn todo(&self) -> &'static str {
        use EnvelopeError::*;
        match self {
            NotAnEnvelope { .. } => {
                "Give a file that kmsdeck encrypt-file or an AWS Encryption SDK made."
            }
            NoCommitment { .. } => {
                "Encrypt it anew with a committing suite (AWS Encryption SDK 2.0 or later), or open it there under another commitment policy."
            }
            Read(_) => "Check the input, and start again.",
            Write(_) => "Check the room and the permissions there, and start again.",
            DataKeyLength { .. } => "Ask KMS for a data key with KeySpec AES_256.",
            DoesNotFit { .. } => "Correct that, and start again.",
            Crypto => "Start again.",
            _ => "Get an unchanged copy of the file.",
        }
    }
}
