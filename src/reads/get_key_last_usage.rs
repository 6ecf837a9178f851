//! GetKeyLastUsage (KMS API reference).

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::kms::key::LastUsage;
use crate::kms::{KmsError, OpId};

pub static GET_KEY_LAST_USAGE: ReadSpec = ReadSpec {
    id: OpId("GetKeyLastUsage"),
    iam: "kms:GetKeyLastUsage",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move { last_usage(session, key_id).await.map(ReadAnswer::LastUsage) })
    },
};

/// When the key was last used, and by which operation.
pub async fn last_usage(session: &Session, key_id: &str) -> Result<LastUsage, KmsError> {
    let answer = session
        .kms
        .get_key_last_usage()
        .key_id(key_id)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let last = answer.key_last_usage;
    Ok(LastUsage {
        operation: last
            .as_ref()
            .and_then(|last| last.operation.as_ref())
            .map(ToString::to_string),
        at: last.as_ref().and_then(|last| timestamp(last.timestamp)),
        request_id: last.and_then(|last| last.kms_request_id),
        tracking_start: timestamp(answer.tracking_start_date),
        key_created: timestamp(answer.key_creation_date),
    })
}
