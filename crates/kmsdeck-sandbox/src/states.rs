//! Which key states allow which operations.
//!
//! Source: developer guide, "Key states of AWS KMS keys" (key-state), the
//! table and its notes.

use crate::account::Key;
use crate::found::Found;
use crate::spec::{KeyState, Origin};
use crate::wire::{ApiError, ApiResult};

/// A row of the table, or several that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Cryptographic operations and GetPublicKey: notes 1, 3, 5, 11.
    Use,
    /// CreateGrant: as `Use`, but an unavailable key will do.
    Grant,
    /// EnableKey, DisableKey: notes 3, 5, 12.
    Switch,
    /// EnableKeyRotation, DisableKeyRotation, RotateKeyOnDemand: notes 1, 3, 6, 7.
    Rotation,
    /// CreateAlias, UpdateAlias, ScheduleKeyDeletion, TagResource,
    /// UntagResource, UpdateKeyDescription: note 3.
    Manage,
    /// ReplicateKey, and both keys of UpdatePrimaryRegion: only an enabled key.
    Replicate,
    /// CancelKeyDeletion: note 4.
    CancelDeletion,
}

fn invalid(arn: &str, what: &str) -> ApiResult<()> {
    Err(ApiError::new(
        "KMSInvalidStateException",
        format!("{arn} is {what}."),
    ))
}

/// The state's refusal, if any.
pub(crate) fn check(found: &Found, rule: Rule) -> ApiResult<()> {
    let (key, arn) = (&found.key, found.arn.as_str());
    if rule == Rule::Rotation {
        check_rotatable(key)?;
    }
    match (rule, key.state) {
        (Rule::CancelDeletion, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => {
            Ok(())
        }
        (Rule::CancelDeletion, _) => invalid(arn, "not pending deletion"),
        (_, KeyState::Enabled) | (Rule::Use, KeyState::Updating) => Ok(()),
        (_, KeyState::PendingDeletion) => invalid(arn, "pending deletion"),
        (_, KeyState::PendingReplicaDeletion) => invalid(arn, "pending replica deletion"),
        (_, KeyState::Creating) => invalid(arn, "creating"),
        (_, KeyState::Updating) => invalid(arn, "updating"),
        (Rule::Use | Rule::Grant | Rule::Rotation | Rule::Replicate, KeyState::Disabled) => Err(
            ApiError::new("DisabledException", format!("{arn} is disabled.")),
        ),
        (Rule::Use | Rule::Grant | Rule::Switch | Rule::Replicate, KeyState::PendingImport) => {
            invalid(arn, "pending import")
        }
        (Rule::Use | Rule::Replicate, KeyState::Unavailable) => invalid(arn, "unavailable"),
        (_, KeyState::Disabled | KeyState::PendingImport | KeyState::Unavailable) => Ok(()),
    }
}

/// Note 7: asymmetric keys, HMAC keys and keys in custom key stores do not
/// rotate; note 6: nor does a key whose material is yet to be imported.
pub(crate) fn check_rotatable(key: &Key) -> ApiResult<()> {
    let in_key_store = matches!(key.origin, Origin::CloudHsm | Origin::ExternalKeyStore);
    let what = if !key.spec.is_symmetric_encryption() {
        format!("key spec is {}", key.spec.name())
    } else if in_key_store || key.state == KeyState::PendingImport {
        format!("origin is {}", key.origin.name())
    } else {
        return Ok(());
    };
    Err(ApiError::new(
        "UnsupportedOperationException",
        format!(
            "{} {what} which is not valid for this operation.",
            key.arn()
        ),
    ))
}

/// Automatic rotation is not for imported material either.
pub(crate) fn check_self_rotating(key: &Key) -> ApiResult<()> {
    check_rotatable(key)?;
    if key.origin == Origin::External {
        return Err(ApiError::new(
            "UnsupportedOperationException",
            format!(
                "{} origin is EXTERNAL which is not valid for this operation.",
                key.arn()
            ),
        ));
    }
    Ok(())
}
