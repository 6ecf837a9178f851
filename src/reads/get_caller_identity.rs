//! GetCallerIdentity of STS (STS API reference).

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sts;
use crate::kms::key::CallerIdentity;
use crate::kms::{KmsError, OpId};

pub static GET_CALLER_IDENTITY: ReadSpec = ReadSpec {
    id: OpId("GetCallerIdentity"),
    iam: "sts:GetCallerIdentity",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move { caller_identity(session).await.map(ReadAnswer::Caller) })
    },
};

/// Whose credentials sign the calls.
pub async fn caller_identity(session: &Session) -> Result<CallerIdentity, KmsError> {
    let answer = session
        .others
        .sts
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| from_sts(session, error))?;
    Ok(CallerIdentity {
        account: answer.account.unwrap_or_default(),
        arn: answer.arn.unwrap_or_default(),
    })
}
