//! ListRetirableGrants (KMS API reference).

use aws_sdk_kms::types::GrantListEntry;

use super::get_caller_identity::caller_identity;
use super::list_grants::grant;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::{Page, all_items};
use crate::kms::key::KeyGrant;
use crate::kms::principal::role_of_session;
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 100;

pub static LIST_RETIRABLE_GRANTS: ReadSpec = ReadSpec {
    id: OpId("ListRetirableGrants"),
    iam: "kms:ListRetirableGrants",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move {
            retirable_grants(session)
                .await
                .map(ReadAnswer::RetirableGrants)
        })
    },
};

/// The grants in the Region that name the caller as who may retire them; of a role's session also
/// those that name the role.
pub async fn retirable_grants(session: &Session) -> Result<Vec<KeyGrant>, KmsError> {
    let caller = caller_identity(session).await?;
    let mut grants = grants_for(session, &caller.arn).await?;
    if let Some(role) = role_of_session(&caller.arn) {
        match grants_for(session, &role).await {
            Ok(of_role) => grants.extend(of_role),
            // The session does not tell the role's path: there may be no role of that ARN.
            Err(error) if error.code == "InvalidArnException" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(grants)
}

async fn grants_for(session: &Session, principal: &str) -> Result<Vec<KeyGrant>, KmsError> {
    all_items(|marker| page(session, principal, marker), |_, _| {}).await
}

async fn page(
    session: &Session,
    principal: &str,
    marker: Option<String>,
) -> Result<Page<KeyGrant>, KmsError> {
    let answer = session
        .kms
        .list_retirable_grants()
        .retiring_principal(principal)
        .limit(LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let take = |entry: GrantListEntry| {
        Some(KeyGrant {
            key_id: entry.key_id.clone().filter(|id| !id.is_empty())?,
            grant: grant(entry)?,
        })
    };
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(answer.grants, "GrantId", take, truncated, marker))
}
