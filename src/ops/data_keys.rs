//! Data keys with their plaintext, for local encryption: by GenerateDataKey, or by Decrypt of one
//! that was kept encrypted (KMS API reference).

use super::decrypt::DECRYPT;
use super::fields::{CIPHERTEXT_BLOB, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID, KEY_SPEC};
use super::gate::Cleared;
use super::generate_data_key::GENERATE_DATA_KEY;
use super::run::run;
use crate::gateway::Session;
use crate::kms::encryption_context::Pair;
use crate::kms::key_id::is_answer_to;
use crate::kms::{Blob, Cause, KmsError, Outcome, Request, ResponseValue, SecretBytes, Value};

/// A data key as GenerateDataKey or Decrypt answers it.
pub struct PlainDataKey {
    pub plaintext: SecretBytes,
    /// The KMS key's ARN.
    pub key_id: String,
    pub key_material_id: Option<String>,
}

/// GenerateDataKey with KeySpec AES_256: the data key, and its CiphertextBlob.
///
/// Errors: KMS's own; an answer that lacks one of its fields, or is of another key.
pub async fn generate(
    session: &Session,
    key_id: &str,
    context: &[Pair],
    grant_tokens: &[String],
) -> Result<(PlainDataKey, Vec<u8>), KmsError> {
    let request = Request::new(GENERATE_DATA_KEY.id)
        .with(&KEY_ID, Value::Text(key_id.to_owned()))
        .with(&KEY_SPEC, Value::Text("AES_256".to_owned()));
    let outcome = run(
        session,
        Cleared::using_a_key(bound(request, context, grant_tokens)),
    )
    .await;
    let data_key = data_key(session, &outcome)?;
    if !is_answer_to(key_id, &data_key.key_id, &session.region) {
        return Err(KmsError::local(
            Cause::Response,
            "IncorrectKey",
            format!(
                "{} was asked for {key_id}, and answered with {:?}, which is not the ARN of that key.",
                session.endpoint_text(),
                data_key.key_id
            ),
            "Do not use that data key. Check that the endpoint is a KMS endpoint.",
        ));
    }
    let encrypted = outcome.blob().filter(|(_, bytes)| !bytes.is_empty());
    let (_, encrypted) = encrypted.ok_or_else(|| incomplete(session, "CiphertextBlob"))?;
    Ok((data_key, encrypted.to_vec()))
}

/// Carries out [`decrypt_request`].
///
/// Errors: KMS's own; an answer that lacks one of its fields.
pub async fn decrypt(
    session: &Session,
    key_id: &str,
    encrypted: &[u8],
    context: &[Pair],
    grant_tokens: &[String],
) -> Result<PlainDataKey, KmsError> {
    let request = decrypt_request(key_id, encrypted, context, grant_tokens);
    data_key(session, &run(session, Cleared::using_a_key(request)).await)
}

/// Decrypt of an encrypted data key, with the context that it was made with.
pub fn decrypt_request(
    key_id: &str,
    encrypted: &[u8],
    context: &[Pair],
    grant_tokens: &[String],
) -> Request {
    let request = Request::new(DECRYPT.id)
        .with(&KEY_ID, Value::Text(key_id.to_owned()))
        .with(&CIPHERTEXT_BLOB, Value::Blob(Blob::new(encrypted.to_vec())));
    bound(request, context, grant_tokens)
}

/// The Plaintext of an outcome.
pub fn plaintext(outcome: &Outcome) -> Option<&SecretBytes> {
    let mut secrets = outcome.secrets();
    let found = secrets.find(|(name, _)| *name == "Plaintext");
    found.map(|(_, bytes)| bytes)
}

fn bound(mut request: Request, context: &[Pair], grant_tokens: &[String]) -> Request {
    if !context.is_empty() {
        request.set(&ENCRYPTION_CONTEXT, Value::Pairs(context.to_vec()));
    }
    if !grant_tokens.is_empty() {
        request.set(&GRANT_TOKENS, Value::List(grant_tokens.to_vec()));
    }
    request
}

fn data_key(session: &Session, outcome: &Outcome) -> Result<PlainDataKey, KmsError> {
    outcome.result.as_ref().map_err(KmsError::clone)?;
    let text = |name: &str| match outcome.field(name).map(|field| &field.value) {
        Some(ResponseValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let plaintext = plaintext(outcome).filter(|bytes| !bytes.is_empty());
    Ok(PlainDataKey {
        plaintext: plaintext
            .cloned()
            .ok_or_else(|| incomplete(session, "Plaintext"))?,
        key_id: text("KeyId").ok_or_else(|| incomplete(session, "KeyId"))?,
        key_material_id: text("KeyMaterialId"),
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
