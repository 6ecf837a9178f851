//! ListResourceTags (KMS API reference).

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::{Page, all_items};
use crate::kms::key::Tag;
use crate::kms::{KmsError, OpId};

/// The largest page, and the most tags that a key has.
const LIMIT: i32 = 50;

pub static LIST_RESOURCE_TAGS: ReadSpec = ReadSpec {
    id: OpId("ListResourceTags"),
    iam: "kms:ListResourceTags",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move { tags(session, key_id).await.map(ReadAnswer::Tags) })
    },
};

/// Every tag of the key.
pub async fn tags(session: &Session, key_id: &str) -> Result<Vec<Tag>, KmsError> {
    all_items(|marker| page(session, key_id, marker), |_, _| {}).await
}

async fn page(
    session: &Session,
    key_id: &str,
    marker: Option<String>,
) -> Result<Page<Tag>, KmsError> {
    let answer = session
        .kms
        .list_resource_tags()
        .key_id(key_id)
        .limit(LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let take = |tag: aws_sdk_kms::types::Tag| {
        Some(Tag {
            key: tag.tag_key,
            value: tag.tag_value,
        })
    };
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(answer.tags, "TagKey", take, truncated, marker))
}
