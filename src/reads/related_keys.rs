//! The primary and the replicas of a multi-Region key, each in its Region, as DescribeKey,
//! GetKeyPolicy, ListResourceTags and ListAliases tell of them.

use futures_util::future::join_all;

use super::spec::{ReadAnswer, ReadSpec};
use super::{aliases_of, describe_key, key_policy, tags};
use crate::gateway::Session;
use crate::kms::key::{Alias, RelatedKey};
use crate::kms::{KmsError, OpId};

pub static RELATED_KEYS: ReadSpec = ReadSpec {
    id: OpId("RelatedKeys"),
    iam: "kms:DescribeKey, kms:GetKeyPolicy, kms:ListResourceTags, kms:ListAliases",
    takes_alias: false,
    call: |session, key_id| {
        Box::pin(async move {
            related_keys(session, key_id)
                .await
                .map(ReadAnswer::RelatedKeys)
        })
    },
};

/// The primary, then the replicas. None of a key of a single Region.
pub async fn related_keys(session: &Session, key_id: &str) -> Result<Vec<RelatedKey>, KmsError> {
    let key = describe_key(session, key_id).await?;
    let Some(multi_region) = key.multi_region else {
        return Ok(Vec::new());
    };
    let primary = multi_region.primary_region.into_iter();
    let regions = primary.chain(multi_region.replica_regions);
    let bare = key.key_id;
    Ok(join_all(regions.map(|region| in_region(session, region, &bare))).await)
}

async fn in_region(session: &Session, region: String, key_id: &str) -> RelatedKey {
    let session = session.in_region(&region);
    let (metadata, policy, tags, aliases) = tokio::join!(
        describe_key(&session, key_id),
        key_policy(&session, key_id),
        tags(&session, key_id),
        aliases_of(&session, key_id),
    );
    let names = |aliases: Vec<Alias>| {
        let mut names: Vec<String> = aliases.into_iter().map(|alias| alias.name).collect();
        names.sort();
        names
    };
    RelatedKey {
        region,
        metadata,
        policy,
        tags: tags.map(|mut tags| {
            tags.sort_by(|a, b| a.key.cmp(&b.key));
            tags
        }),
        aliases: aliases.map(names),
    }
}
