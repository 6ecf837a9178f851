//! What is known of what a request hits.

use crate::kms::key::{CallerIdentity, Grant, KeyMetadata, LastUsage};
use crate::kms::key_store::{KeyStore, StoreKeys};

/// See the [module](self). What may not be read stays unknown, and is not named.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The key's aliases.
    pub aliases: Vec<String>,
    pub metadata: Option<KeyMetadata>,
    /// The key that the request's alias names now.
    pub alias_target: Option<KeyMetadata>,
    /// Who names the alias that is moved or deleted, as far as is known: a sentence each.
    pub alias_used: Vec<String>,
    pub last_usage: Option<LastUsage>,
    /// The grant that the request names.
    pub grant: Option<Grant>,
    /// Whether the key's grants were read, and that one is not among them.
    pub grant_is_not_there: bool,
    /// The custom key store that the request names.
    pub key_store: Option<KeyStore>,
    /// The keys in it.
    pub store_keys: Option<StoreKeys>,
    /// Who makes the call, by GetCallerIdentity.
    pub caller: Option<CallerIdentity>,
}
