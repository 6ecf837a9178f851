//! Lists that come in pages.

use crate::kms::KmsError;
use crate::kms::key::{Alias, KeySummary};

use super::error::from_sdk;
use super::session::Session;

/// A page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// NextMarker, where Truncated is true.
    pub next: Option<String>,
}

/// The largest page of ListKeys.
const KEYS_LIMIT: i32 = 1000;
/// The largest page of ListAliases.
const ALIASES_LIMIT: i32 = 100;

/// ListKeys: up to 1,000 keys from `marker` on.
pub async fn list_keys(
    session: &Session,
    marker: Option<String>,
) -> Result<Page<KeySummary>, KmsError> {
    let answer = session
        .kms
        .list_keys()
        .limit(KEYS_LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let next = next_marker(answer.truncated, answer.next_marker);
    let items = answer
        .keys
        .unwrap_or_default()
        .into_iter()
        .filter_map(|key| {
            Some(KeySummary {
                key_id: key.key_id?,
                key_arn: key.key_arn.unwrap_or_default(),
            })
        })
        .collect();
    Ok(Page { items, next })
}

/// ListAliases: up to 100 aliases from `marker` on, of the whole account and Region.
pub async fn list_aliases(
    session: &Session,
    marker: Option<String>,
) -> Result<Page<Alias>, KmsError> {
    let answer = session
        .kms
        .list_aliases()
        .limit(ALIASES_LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let next = next_marker(answer.truncated, answer.next_marker);
    let items = answer
        .aliases
        .unwrap_or_default()
        .into_iter()
        .filter_map(|alias| {
            Some(Alias {
                name: alias.alias_name?,
                arn: alias.alias_arn,
                target_key_id: alias.target_key_id,
            })
        })
        .collect();
    Ok(Page { items, next })
}

/// A page that is truncated and names no marker would be asked for for ever.
pub(super) fn next_marker(truncated: bool, marker: Option<String>) -> Option<String> {
    marker.filter(|marker| truncated && !marker.is_empty())
}
