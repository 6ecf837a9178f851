//! What a row of READS is.

use std::future::Future;
use std::pin::Pin;

use kmsdeck_policy::AccountDetails;

use crate::gateway::Session;
use crate::gateway::pages::Page;
use crate::kms::key::{
    Alias, CallerIdentity, Grant, KeyGrant, KeyMetadata, KeySummary, LastUsage, RelatedKey,
    Rotation, RotationStatus, Tag,
};
use crate::kms::key_store::KeyStore;
use crate::kms::{KmsError, OpId};

/// The SDK call of a read: the key that it is about in, a typed answer out.
pub type ReadCall =
    for<'a> fn(
        &'a Session,
        &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ReadAnswer, KmsError>> + Send + 'a>>;

/// A read.
pub struct ReadSpec {
    /// As the call log names it, from where it can be sent again.
    pub id: OpId,
    /// The permission that it needs.
    pub iam: &'static str,
    /// Whether it takes the name of an alias; else it wants a key ID or an ARN.
    pub takes_alias: bool,
    /// Of a key; one that is about no key takes none.
    pub call: ReadCall,
}

/// What a read tells.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadAnswer {
    Metadata(Box<KeyMetadata>),
    /// JSON.
    Policy(String),
    Grants(Vec<Grant>),
    /// Those that the caller may retire.
    RetirableGrants(Vec<KeyGrant>),
    Tags(Vec<Tag>),
    RotationStatus(RotationStatus),
    Rotations(Vec<Rotation>),
    LastUsage(LastUsage),
    /// DER.
    PublicKey(Vec<u8>),
    RelatedKeys(Vec<RelatedKey>),
    Keys(Page<KeySummary>),
    Aliases(Page<Alias>),
    KeyStores(Vec<KeyStore>),
    Caller(CallerIdentity),
    AccountDetails(Page<AccountDetails>),
}
