//! Custom key stores: simulated ones, whose clusters and proxies are always there, and fail where
//! the name of the key store says so.
//!
//! Source: API reference, CustomKeyStoresListEntry and XksProxyConfigurationType.

use serde::{Deserialize, Serialize};

use crate::account::{Key, Later};
use crate::spec::{ConnectionError, Connectivity, KeyState, Origin};
use crate::wire::{ApiError, ApiResult, Millis};

/// What the name of a key store has before the failure that it asks for.
const FAILS_WITH: &str = "fails with ";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyStore {
    pub id: String,
    pub name: String,
    pub created: Millis,
    pub backing: Backing,
    pub connection: Connection,
}

/// What is behind it. No secret is kept: there is nobody to whom it would be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Backing {
    CloudHsm {
        cluster: String,
        trust_anchor: String,
    },
    External(XksProxy),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct XksProxy {
    pub connectivity: Connectivity,
    pub endpoint: String,
    pub path: String,
    pub access_key_id: String,
    pub vpc_service: Option<String>,
    pub vpc_service_owner: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Connection {
    Disconnected,
    Connecting { until: Millis },
    Connected,
    Failed(ConnectionError),
}

impl Connection {
    /// `ConnectionState`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Connection::Disconnected => "DISCONNECTED",
            Connection::Connecting { .. } => "CONNECTING",
            Connection::Connected => "CONNECTED",
            Connection::Failed(_) => "FAILED",
        }
    }
}

impl KeyStore {
    /// `CustomKeyStoreType`, which is the origin of its keys, too.
    pub(crate) fn origin(&self) -> Origin {
        match &self.backing {
            Backing::CloudHsm { .. } => Origin::CloudHsm,
            Backing::External(_) => Origin::ExternalKeyStore,
        }
    }

    pub(crate) fn connects_at(&self) -> Option<Millis> {
        match self.connection {
            Connection::Connecting { until } => Some(until),
            _ => None,
        }
    }

    /// The failure that its name asks for.
    fn failure(&self) -> Option<&str> {
        let (_, failure) = self.name.rsplit_once(FAILS_WITH)?;
        Some(failure.trim())
    }

    /// With what it fails to connect.
    pub(crate) fn connection_error(&self) -> Option<ConnectionError> {
        let error = self.failure().and_then(ConnectionError::from_name)?;
        let is_of_proxy = error.name().starts_with("XKS_");
        let is_of_cluster = !is_of_proxy && !error.is_of_both();
        match self.origin() {
            Origin::ExternalKeyStore if is_of_cluster => None,
            Origin::CloudHsm if is_of_proxy => None,
            _ => Some(error),
        }
    }

    /// The exception that its name asks for, if it is one of those that an operation on it has.
    pub(crate) fn check(&self, exceptions: &[&'static str]) -> ApiResult<()> {
        let is_its = |exception: &&&str| {
            let is_of_proxy = exception.starts_with("Xks");
            self.failure() == Some(**exception)
                && is_of_proxy == (self.origin() == Origin::ExternalKeyStore)
        };
        match exceptions.iter().find(is_its) {
            None => Ok(()),
            Some(exception) => Err(ApiError::new(
                exception,
                format!("The name of the key store asks for it: {}", self.name),
            )),
        }
    }

    /// The refusal of an operation that wants another connection state.
    pub(crate) fn invalid_state(&self) -> ApiError {
        ApiError::new(
            "CustomKeyStoreInvalidStateException",
            format!(
                "The custom key store {} is {}, which is not valid for this operation.",
                self.id,
                self.connection.name()
            ),
        )
    }
}

impl Key {
    /// Its key store is no longer there for it. One whose deletion is pending stays so (key-state,
    /// note 13).
    pub(crate) fn disconnect(&mut self) {
        if matches!(self.state, KeyState::Enabled | KeyState::Disabled) {
            let state = self.state;
            self.extra_mut().later = Some(Later { state, at: None });
            self.state = KeyState::Unavailable;
        }
    }

    /// Its key store is there again: it is as it was, or as it was meanwhile made.
    pub(crate) fn connect(&mut self) {
        if self.state == KeyState::Unavailable {
            let later = self.extra_mut().later.take();
            self.state = later.map_or(KeyState::Enabled, |later| later.state);
        }
    }

    /// Enabled, disabled or pending import, now or when what it is going through is over.
    pub(crate) fn come_to(&mut self, state: KeyState) {
        match self.state {
            KeyState::Creating | KeyState::Updating | KeyState::Unavailable => {
                let later = self.extra().later;
                let at = later.and_then(|later| later.at);
                self.extra_mut().later = Some(Later { state, at });
            }
            _ => self.state = state,
        }
    }
}
