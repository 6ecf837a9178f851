//! The algorithm suites ("AWS Encryption SDK algorithms reference").

use crate::EnvelopeError;

/// A suite that is opened here: AES-256-GCM, HKDF-SHA512, key commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// 0x0478.
    Committing,
    /// 0x0578: with an ECDSA P-384 signature over header and body. The SDKs' default.
    CommittingSigned,
}

/// The suites without key commitment. They are named in the refusal only.
const WITHOUT_COMMITMENT: &[(u16, &str)] = &[
    (0x0014, "AES_128_GCM_IV12_TAG16"),
    (0x0046, "AES_192_GCM_IV12_TAG16"),
    (0x0078, "AES_256_GCM_IV12_TAG16"),
    (0x0114, "AES_128_GCM_IV12_TAG16_HKDF_SHA256"),
    (0x0146, "AES_192_GCM_IV12_TAG16_HKDF_SHA256"),
    (0x0178, "AES_256_GCM_IV12_TAG16_HKDF_SHA256"),
    (0x0214, "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256"),
    (0x0346, "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384"),
    (0x0378, "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384"),
];

impl Suite {
    /// The ID that stands in the header.
    pub fn id(self) -> u16 {
        match self {
            Suite::Committing => 0x0478,
            Suite::CommittingSigned => 0x0578,
        }
    }

    /// The name that the SDKs give it.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Committing => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
            Suite::CommittingSigned => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
        }
    }

    /// Whether a signature stands at the end.
    pub fn is_signed(self) -> bool {
        self == Suite::CommittingSigned
    }

    /// # Errors
    /// [`EnvelopeError::NoCommitment`], or [`EnvelopeError::NotAnEnvelope`] where no suite
    /// has that ID.
    pub(crate) fn of_id(id: u16) -> Result<Suite, EnvelopeError> {
        let known = [Suite::Committing, Suite::CommittingSigned];
        if let Some(suite) = known.into_iter().find(|suite| suite.id() == id) {
            return Ok(suite);
        }
        Err(
            match WITHOUT_COMMITMENT.iter().find(|(known, _)| *known == id) {
                Some((id, name)) => EnvelopeError::NoCommitment { id: *id, name },
                None => EnvelopeError::NotAnEnvelope {
                    why: format!("it names the algorithm suite 0x{id:04x}, which does not exist"),
                },
            },
        )
    }
}
