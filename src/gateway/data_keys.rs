//! Data keys with their plaintext, for local encryption: GenerateDataKey and Decrypt (KMS API
//! reference). The plaintext is wiped when dropped; the SDK's own buffers, which the answer went
//! through, are not within reach.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use zeroize::Zeroizing;

use super::error::from_sdk;
use super::session::Session;
use crate::kms::encryption_context::Pair;
use crate::kms::{Cause, KmsError};

/// A data key as GenerateDataKey or Decrypt gives it. It has no Debug, on purpose.
pub struct PlainDataKey {
    pub plaintext: Zeroizing<Vec<u8>>,
    /// The key's ARN.
    pub key_id: String,
    pub key_material_id: Option<String>,
}

/// GenerateDataKey with KeySpec AES_256: the data key, and its CiphertextBlob.
pub async fn generate(
    session: &Session,
    key_id: &str,
    context: &[Pair],
    grant_tokens: &[String],
) -> Result<(PlainDataKey, Vec<u8>), KmsError> {
    let answer = session
        .kms
        .generate_data_key()
        .key_id(key_id)
        .key_spec(DataKeySpec::Aes256)
        .set_encryption_context(pairs(context))
        .set_grant_tokens(tokens(grant_tokens))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let data_key = data_key(
        session,
        answer.plaintext,
        answer.key_id,
        answer.key_material_id,
    )?;
    match answer.ciphertext_blob {
        Some(blob) => Ok((data_key, blob.into_inner())),
        None => Err(incomplete(session, "CiphertextBlob")),
    }
}

/// Decrypt of a CiphertextBlob that a symmetric encryption key made.
pub async fn decrypt(
    session: &Session,
    key_id: &str,
    ciphertext: &[u8],
    context: &[Pair],
    grant_tokens: &[String],
) -> Result<PlainDataKey, KmsError> {
    let answer = session
        .kms
        .decrypt()
        .key_id(key_id)
        .ciphertext_blob(Blob::new(ciphertext))
        .set_encryption_context(pairs(context))
        .set_grant_tokens(tokens(grant_tokens))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    data_key(
        session,
        answer.plaintext,
        answer.key_id,
        answer.key_material_id,
    )
}

fn pairs(context: &[Pair]) -> Option<std::collections::HashMap<String, String>> {
    (!context.is_empty()).then(|| context.iter().cloned().collect())
}

fn tokens(grant_tokens: &[String]) -> Option<Vec<String>> {
    (!grant_tokens.is_empty()).then(|| grant_tokens.to_vec())
}

fn data_key(
    session: &Session,
    plaintext: Option<Blob>,
    key_id: Option<String>,
    key_material_id: Option<String>,
) -> Result<PlainDataKey, KmsError> {
    let plaintext = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    if plaintext.is_empty() {
        return Err(incomplete(session, "Plaintext"));
    }
    Ok(PlainDataKey {
        plaintext,
        key_id: key_id.ok_or_else(|| incomplete(session, "KeyId"))?,
        key_material_id,
    })
}

fn incomplete(session: &Session, field: &str) -> KmsError {
    KmsError::local(
        Cause::Response,
        "IncompleteResponse",
        format!("The answer of {} has no {field}.", session.endpoint_text()),
        "Check that the endpoint is a KMS endpoint.",
    )
}
