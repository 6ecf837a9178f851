//! What is known of what a request hits.

use crate::kms::key::{Grant, KeyMetadata, LastUsage};

/// See the [module](self). What may not be read stays unknown, and is not named.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// An alias of the key.
    pub alias: Option<String>,
    pub metadata: Option<KeyMetadata>,
    pub last_usage: Option<LastUsage>,
    /// The grant that the request names.
    pub grant: Option<Grant>,
}
