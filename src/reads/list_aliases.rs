//! ListAliases (KMS API reference).

use aws_sdk_kms::types::AliasListEntry;

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::Page;
use crate::kms::key::Alias;
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 100;

/// The first page: the list itself comes page by page.
pub static LIST_ALIASES: ReadSpec = ReadSpec {
    id: OpId("ListAliases"),
    iam: "kms:ListAliases",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move { list_aliases(session, None).await.map(ReadAnswer::Aliases) })
    },
};

/// Up to 100 aliases from `marker` on, of the whole account and Region.
pub async fn list_aliases(
    session: &Session,
    marker: Option<String>,
) -> Result<Page<Alias>, KmsError> {
    page(session, None, marker).await
}

/// The aliases of one key, by its ID or ARN: up to 100.
pub async fn aliases_of(session: &Session, key_id: &str) -> Result<Vec<Alias>, KmsError> {
    Ok(page(session, Some(key_id.to_owned()), None).await?.items)
}

async fn page(
    session: &Session,
    key_id: Option<String>,
    marker: Option<String>,
) -> Result<Page<Alias>, KmsError> {
    let answer = session
        .kms
        .list_aliases()
        .limit(LIMIT)
        .set_key_id(key_id)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let take = |alias: AliasListEntry| {
        Some(Alias {
            name: alias.alias_name.filter(|name| !name.is_empty())?,
            arn: alias.alias_arn,
            target_key_id: alias.target_key_id,
        })
    };
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(
        answer.aliases,
        "AliasName",
        take,
        truncated,
        marker,
    ))
}
