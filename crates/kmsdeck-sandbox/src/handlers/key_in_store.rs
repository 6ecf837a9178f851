//! What CreateKey has of custom key stores.

use std::sync::Arc;

use crate::account::Key;
use crate::call::Call;
use crate::key_stores::{Backing, Connection, KeyStore};
use crate::spec::{KeySpec, Origin};
use crate::wire::{ApiError, ApiResult, Params};

/// What the name of a key store may ask CreateKey to fail with.
const EXCEPTIONS: &[&str] = &["CloudHsmClusterInvalidConfigurationException"];

/// Where the key is to be: `CustomKeyStoreId` and `XksKeyId`.
pub(super) struct Place {
    key_store: Option<String>,
    xks_key: Option<String>,
}

impl Place {
    pub(super) fn read(params: &mut Params) -> Place {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        Place {
            key_store: params.text("CustomKeyStoreId", 1..=64),
            xks_key: params.pattern("XksKeyId", 1..=128, "^[a-zA-Z0-9-_.]+$", is_allowed),
        }
    }

    /// The key store of a key that is to be in one.
    pub(super) fn check(
        &self,
        call: &Call<'_>,
        origin: Origin,
        spec: KeySpec,
        multi_region: bool,
    ) -> ApiResult<Option<Arc<KeyStore>>> {
        let invalid = |what: &str| Err(ApiError::validation(what));
        let is_external = origin == Origin::ExternalKeyStore;
        let is_in_store = is_external || origin == Origin::CloudHsm;
        if self.xks_key.is_some() != is_external {
            return invalid(match is_external {
                true => "XksKeyId is required with the Origin EXTERNAL_KEY_STORE.",
                false => "XksKeyId is valid only with the Origin EXTERNAL_KEY_STORE.",
            });
        }
        let id = match (&self.key_store, is_in_store) {
            (None, false) => return Ok(None),
            (Some(id), true) => id,
            (None, true) => {
                return invalid(
                    "CustomKeyStoreId is required with the Origins AWS_CLOUDHSM and EXTERNAL_KEY_STORE.",
                );
            }
            (Some(_), false) => {
                return invalid(
                    "CustomKeyStoreId is valid only with the Origins AWS_CLOUDHSM and EXTERNAL_KEY_STORE.",
                );
            }
        };
        if !spec.is_symmetric_encryption() || multi_region {
            return Err(ApiError::new(
                "UnsupportedOperationException",
                "Custom key stores have symmetric encryption keys of one Region only.",
            ));
        }
        let key_store = call.key_store(&call.sandbox.state(), id)?;
        if key_store.origin() != origin {
            return invalid("The Origin is not that of the keys of the custom key store.");
        }
        if key_store.connection != Connection::Connected {
            return Err(key_store.invalid_state());
        }
        key_store.check(EXCEPTIONS)?;
        if let Some(xks_key) = &self.xks_key {
            check_xks_key(call, &key_store, xks_key)?;
        }
        Ok(Some(key_store))
    }

    /// Puts the key there.
    pub(super) fn put(self, key: &mut Key, key_store: &KeyStore) {
        let extra = key.extra_mut();
        extra.key_store = Some(key_store.id.clone());
        extra.xks_key = self.xks_key;
        if let Backing::CloudHsm { cluster, .. } = &key_store.backing {
            extra.cluster = Some(cluster.clone());
        }
    }
}

/// The simulated key manager has every key, but for those that are named `missing-...` and
/// `disabled-...`; each is one KMS key's alone.
fn check_xks_key(call: &Call<'_>, key_store: &KeyStore, xks_key: &str) -> ApiResult<()> {
    let state = call.sandbox.state();
    let mut keys = state
        .store(&call.home)
        .into_iter()
        .flat_map(|s| s.keys.values());
    let is_in_use = keys.any(|key| {
        let extra = key.extra();
        extra.key_store.as_ref() == Some(&key_store.id) && extra.xks_key.as_deref() == Some(xks_key)
    });
    let (name, what) = if is_in_use {
        ("XksKeyAlreadyInUseException", "is another KMS key's")
    } else if xks_key.starts_with("missing-") {
        ("XksKeyNotFoundException", "is not there")
    } else if xks_key.starts_with("disabled-") {
        ("XksKeyInvalidConfigurationException", "is disabled")
    } else {
        return Ok(());
    };
    Err(ApiError::new(
        name,
        format!("The external key {xks_key} {what}."),
    ))
}
