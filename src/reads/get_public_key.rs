//! GetPublicKey (KMS API reference).

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::kms::{KmsError, OpId};

pub static GET_PUBLIC_KEY: ReadSpec = ReadSpec {
    id: OpId("GetPublicKey"),
    iam: "kms:GetPublicKey",
    takes_alias: true,
    call: |session, key_id| {
        Box::pin(async move { public_key(session, key_id).await.map(ReadAnswer::PublicKey) })
    },
};

/// GetPublicKey: the DER SubjectPublicKeyInfo of an asymmetric key.
pub async fn public_key(session: &Session, key_id: &str) -> Result<Vec<u8>, KmsError> {
    let answer = session
        .kms
        .get_public_key()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(answer
        .public_key
        .map(|blob| blob.into_inner())
        .unwrap_or_default())
}
