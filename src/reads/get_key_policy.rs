//! GetKeyPolicy (KMS API reference).

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::kms::{KmsError, OpId};

pub static GET_KEY_POLICY: ReadSpec = ReadSpec {
    id: OpId("GetKeyPolicy"),
    iam: "kms:GetKeyPolicy",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move { key_policy(session, key_id).await.map(ReadAnswer::Policy) })
    },
};

/// GetKeyPolicy: the `default` policy, as JSON text.
pub async fn key_policy(session: &Session, key_id: &str) -> Result<String, KmsError> {
    let answer = session
        .kms
        .get_key_policy()
        .key_id(key_id)
        // The default, but not with every server that is not AWS.
        .policy_name("default")
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(answer.policy.unwrap_or_default())
}
