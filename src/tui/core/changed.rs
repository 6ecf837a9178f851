//! What kmsdeck has changed.

use crate::kms::KeyRef;
use crate::ops::Changes;

/// What of a key, or of the account, kmsdeck has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub key: KeyRef,
    pub what: Changes,
}
