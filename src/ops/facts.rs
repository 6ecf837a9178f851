//! What is known of what a request hits.

use crate::kms::key::{CallerIdentity, Grant, KeyMetadata, LastUsage};

/// See the [module](self). What may not be read stays unknown, and is not named.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The key's aliases.
    pub aliases: Vec<String>,
    pub metadata: Option<KeyMetadata>,
    /// The key that the request's alias names now.
    pub alias_target: Option<KeyMetadata>,
    pub last_usage: Option<LastUsage>,
    /// The grant that the request names.
    pub grant: Option<Grant>,
    /// Whether the key's grants were read, and that one is not among them.
    pub grant_is_not_there: bool,
    /// Who makes the call, by GetCallerIdentity.
    pub caller: Option<CallerIdentity>,
}
