//! The keys in a custom key store: DescribeKey alone tells where a key is.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{ResourceOwner, describe_key, list_aliases, list_keys};
use crate::gateway::Session;
use crate::gateway::pages::all_items;
use crate::kms::KmsError;
use crate::kms::key_store::StoreKeys;

/// Calls for single keys under way at once.
const CALLS_AT_ONCE: usize = 12;
/// Keys that are described for it, at most.
const MOST_DESCRIBED: usize = 2000;

/// The keys of the account in the session's Region that are in the key store.
///
/// Errors: the keys could not be listed.
pub async fn keys_in_store(session: &Session, store_id: &str) -> Result<StoreKeys, KmsError> {
    let (keys, aliases) = tokio::join!(
        all_items(
            |marker| list_keys(session, ResourceOwner::Own, marker),
            |_, _| {}
        ),
        all_items(|marker| list_aliases(session, marker), |_, _| {})
    );
    let keys = keys?;
    let mut alias_of = HashMap::new();
    for alias in aliases.unwrap_or_default() {
        if let Some(key_id) = alias.target_key_id {
            alias_of.entry(key_id).or_insert(alias.name);
        }
    }
    let mut told = StoreKeys {
        names: Vec::new(),
        not_described: keys.len().saturating_sub(MOST_DESCRIBED),
    };
    let at_once = Arc::new(Semaphore::new(CALLS_AT_ONCE));
    let mut calls = JoinSet::new();
    for key in keys.into_iter().take(MOST_DESCRIBED) {
        let (session, at_once) = (session.clone(), at_once.clone());
        calls.spawn(async move {
            let _one = at_once.acquire_owned().await;
            describe_key(&session, &key.key_id).await
        });
    }
    while let Some(described) = calls.join_next().await {
        match described {
            Ok(Ok(key)) if key.custom_key_store_id.as_deref() == Some(store_id) => {
                told.names
                    .push(alias_of.remove(&key.key_id).unwrap_or(key.key_id));
            }
            Ok(Ok(_)) => {}
            _ => told.not_described += 1,
        }
    }
    told.names.sort();
    Ok(told)
}
