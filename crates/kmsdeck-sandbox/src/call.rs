//! One authenticated call, and the checks that the operations share, in the
//! service's order: the key exists, the caller may, the key's state and usage
//! allow it, and only then DryRun or the work.

use std::sync::Arc;

use kmsdeck_policy::{EncryptionContext, RequestContext};

use crate::account::{Home, Key, LastUse, State, is_key_id};
use crate::authorize::{self, Caller, Question, Target};
use crate::crypto::{Header, Material};
use crate::found::Found;
use crate::grants::{Grant, id_of_token};
use crate::identity::Identity;
use crate::key_stores::{Connection, KeyStore};
use crate::regions;
use crate::seed::{mix, uuid};
use crate::service::Sandbox;
use crate::spec::{KeyFault, KeySpec, KeyUsage};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, DAY, Millis, Reply};

pub(crate) struct Call<'a> {
    pub sandbox: &'a Sandbox,
    pub identity: &'a Identity,
    /// The caller's account, in the Region of the request.
    pub home: Arc<Home>,
    /// The operation's name, as in X-Amz-Target.
    pub operation: &'static str,
    pub now: Millis,
    pub request_id: &'a str,
}

/// Whether an operation takes alias names and alias ARNs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aliases {
    Taken,
    Refused,
}

/// What a caller wants to do with a key.
#[derive(Default)]
pub(crate) struct Intent<'a> {
    /// The IAM action, without `kms:`.
    pub action: &'static str,
    pub tokens: &'a [String],
    /// Of the operations on symmetric keys that take one.
    pub context: Option<&'a EncryptionContext>,
    /// Condition keys of this operation.
    pub request_context: RequestContext,
}

impl Call<'_> {
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller::of(self.identity)
    }

    /// Finds the key that `text` names. A key of another account is found by
    /// ARN only, and if it is missing that is not told apart from a refusal.
    pub(crate) fn find(&self, text: &str, aliases: Aliases) -> ApiResult<Found> {
        let invalid = || ApiError::not_found(format!("Invalid keyId '{text}'"));
        let (home, name) = match text.strip_prefix("arn:") {
            Some(_) => self.split_arn(text)?,
            None => (self.home.clone(), text),
        };
        let foreign = home.account != self.home.account;
        let (id, alias) = if name.starts_with("alias/") {
            if aliases == Aliases::Refused {
                return Err(ApiError::new(
                    "InvalidArnException",
                    "Key Aliases are not supported for this operation.",
                ));
            }
            let state = self.sandbox.state();
            let target = state
                .store(&home)
                .and_then(|store| store.aliases.get(name))
                .and_then(|alias| alias.target.clone());
            match target {
                Some(id) => (id, Some(name.to_owned())),
                None if foreign => return Err(self.foreign_refusal()),
                None => {
                    let arn = home.alias_arn(name);
                    return Err(ApiError::not_found(format!("Alias {arn} is not found.")));
                }
            }
        } else {
            let id = match text.strip_prefix("arn:") {
                Some(_) => name.strip_prefix("key/").unwrap_or(name),
                None => name,
            };
            if !is_key_id(id) {
                return Err(invalid());
            }
            (Arc::from(id), None)
        };
        let arn = home.key_arn(&id);
        match self.sandbox.state().key(&home, &id) {
            Some(key) => Ok(Found {
                key: key.clone(),
                arn,
                alias,
                by_ciphertext: false,
            }),
            None if foreign => Err(self.foreign_refusal()),
            None => Err(ApiError::not_found(format!("Key '{arn}' does not exist"))),
        }
    }

    /// As [`Call::find`], for operations whose reference page says
    /// "Cross-account use: No".
    pub(crate) fn find_own(&self, text: &str) -> ApiResult<Found> {
        let found = self.find(text, Aliases::Refused)?;
        if found.key.home.account != self.home.account {
            return Err(self.foreign_refusal());
        }
        Ok(found)
    }

    fn foreign_refusal(&self) -> ApiError {
        authorize::foreign_refusal(&self.caller(), &format!("kms:{}", self.operation))
    }

    /// `arn:PARTITION:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`, of this Region.
    fn split_arn<'t>(&self, text: &'t str) -> ApiResult<(Arc<Home>, &'t str)> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, "kms", region, account, resource] = parts[..] else {
            return Err(ApiError::not_found(format!("Invalid arn {text}")));
        };
        let is_ours = partition == regions::partition(region);
        if !is_ours || !(resource.starts_with("key/") || resource.starts_with("alias/")) {
            return Err(ApiError::not_found(format!("Invalid arn {text}")));
        }
        if *region != *self.home.region {
            return Err(ApiError::not_found(format!("Invalid arn {region}")));
        }
        let home = Arc::new(Home {
            account: account.into(),
            region: region.into(),
        });
        Ok((home, resource))
    }

    /// The key and material that a symmetric ciphertext names, in this Region.
    pub(crate) fn find_by_header(&self, header: &Header<'_>) -> ApiResult<Found> {
        let home = Arc::new(Home {
            account: header.account.into(),
            region: self.home.region.clone(),
        });
        match self.sandbox.state().key(&home, header.key_id) {
            Some(key) => Ok(Found {
                key: key.clone(),
                arn: home.key_arn(header.key_id),
                alias: None,
                by_ciphertext: true,
            }),
            None => Err(ApiError::new(
                "AccessDeniedException",
                "The ciphertext refers to a customer master key that does not exist, \
                 does not exist in this region, or you are not allowed to access.",
            )),
        }
    }

    /// Condition keys that every request has.
    fn base_context(&self) -> RequestContext {
        let mut request_context = self.identity.request_context(&self.home.region, self.now);
        let account = &self.identity.principal.account_id;
        request_context.set("kms:CallerAccount", account);
        request_context
    }

    fn add_key(&self, found: &Found, request_context: &mut RequestContext) {
        let key = &found.key;
        request_context.set("aws:ResourceAccount", &key.home.account);
        request_context.set("kms:KeySpec", key.spec.name());
        request_context.set_opt("kms:CustomerMasterKeySpec", key.spec.old_name());
        request_context.set("kms:KeyUsage", key.usage.name());
        request_context.set("kms:CustomerMasterKeyUsage", key.usage.name());
        request_context.set("kms:KeyOrigin", key.origin.name());
        let multi_region = &key.extra().multi_region;
        request_context.set("kms:MultiRegion", multi_region.is_some());
        if let Some(multi_region) = multi_region {
            let primary = multi_region.primary == *key.home.region;
            request_context.set(
                "kms:MultiRegionKeyType",
                if primary { "PRIMARY" } else { "REPLICA" },
            );
        }
        request_context.set_opt("kms:RequestAlias", found.alias.as_deref());
        for tag in key.tags.iter() {
            request_context.set(&format!("aws:ResourceTag/{}", tag.key), &tag.value);
        }
        let state = self.sandbox.state();
        if let Some(store) = state.store(&key.home) {
            request_context.set_all("kms:ResourceAliases", store.aliases_of(&key.id));
        }
    }

    /// May the caller do this with the key?
    pub(crate) fn authorize(&self, found: &Found, intent: &Intent<'_>) -> ApiResult<()> {
        let mut request_context = self.base_context();
        self.add_key(found, &mut request_context);
        if let Some(context) = intent.context {
            request_context.set_encryption_context(context);
        }
        request_context.extend(&intent.request_context);
        let target = match found.by_ciphertext {
            false => Target::Key {
                arn: &found.arn,
                key: &found.key,
            },
            true => Target::Ciphertext {
                arn: &found.arn,
                key: &found.key,
            },
        };
        authorize::authorize(&Question {
            caller: self.caller(),
            action: &format!("kms:{}", intent.action),
            target,
            context: &request_context,
            grants: &self.usable_grants(&found.key, intent.tokens)?,
        })
    }

    /// As [`Call::authorize`], for an operation without a resource (ListKeys).
    pub(crate) fn authorize_account(&self, request_context: &RequestContext) -> ApiResult<()> {
        self.authorize_target(self.operation, Target::Account, request_context)
    }

    /// Another action that the operation needs beside its own.
    pub(crate) fn authorize_action(
        &self,
        action: &str,
        request_context: &RequestContext,
    ) -> ApiResult<()> {
        self.authorize_target(action, Target::Account, request_context)
    }

    pub(crate) fn authorize_alias(&self, alias: &str) -> ApiResult<()> {
        let arn = self.home.alias_arn(alias);
        let target = Target::Alias { arn: &arn };
        self.authorize_target(self.operation, target, &RequestContext::default())
    }

    fn authorize_target(
        &self,
        action: &str,
        target: Target<'_>,
        request_context: &RequestContext,
    ) -> ApiResult<()> {
        let mut all = self.base_context();
        all.extend(request_context);
        authorize::authorize(&Question {
            caller: self.caller(),
            action: &format!("kms:{action}"),
            target,
            context: &all,
            grants: &[],
        })
    }

    /// The key's grants that count for this call: those that are consistent,
    /// and those whose token it brings. An unknown token is refused.
    fn usable_grants(&self, key: &Key, tokens: &[String]) -> ApiResult<Vec<Arc<Grant>>> {
        let state = self.sandbox.state();
        let known = |id: &str| {
            let mut stores = state.homes().map(|(_, store)| store);
            stores.any(|store| store.grants.values().flatten().any(|grant| grant.id == id))
        };
        let ids: Option<Vec<String>> = tokens
            .iter()
            .map(|token| id_of_token(token).filter(|id| known(id)))
            .collect();
        let ids = ids.ok_or_else(|| {
            ApiError::new(
                "InvalidGrantTokenException",
                "The specified grant token is not valid.",
            )
        })?;
        let grants = state
            .store(&key.home)
            .map_or(&[][..], |store| store.grants_of(&key.id));
        Ok(grants
            .iter()
            .filter(|grant| {
                let consistent = self.now.0 - grant.created.0
                    >= self.sandbox.options.grant_delay.as_millis() as i64;
                consistent || ids.contains(&grant.id)
            })
            .cloned()
            .collect())
    }

    /// The key's state allows cryptographic operations.
    pub(crate) fn check_state(&self, found: &Found) -> ApiResult<()> {
        states::check(found, Rule::Use)
    }

    /// What is set on the primary of a multi-Region key only.
    pub(crate) fn check_primary(&self, found: &Found) -> ApiResult<()> {
        match &found.key.extra().multi_region {
            Some(regions) if regions.primary != *found.key.home.region => Err(ApiError::new(
                "UnsupportedOperationException",
                format!("{} is a replica key: use its primary key.", found.arn),
            )),
            _ => Ok(()),
        }
    }

    /// The ID of a key that is to be made.
    pub(crate) fn new_key_id(&self, multi_region: bool) -> Arc<str> {
        const SERIES: u64 = 0xC0FF_EE00_0000_0000;
        let number = self.sandbox.next_made();
        let id = uuid(mix(SERIES + 2 * number), mix(SERIES + 2 * number + 1));
        match multi_region {
            true => format!("mrk-{}", id.replace('-', "")).into(),
            false => id.into(),
        }
    }

    /// Changes the key as it is now.
    pub(crate) fn change(&self, found: &Found, change: impl FnOnce(&mut Key)) {
        let mut state = self.sandbox.state_mut();
        state.change_key(&found.key.home, &found.key.id, change);
    }

    /// Changes the key and all multi-Region keys related to it.
    pub(crate) fn change_related(&self, found: &Found, change: impl Fn(&mut Key)) {
        self.sandbox.state_mut().change_related(&found.key, change);
    }

    /// The key is made for this kind of operation.
    pub(crate) fn check_usage(&self, found: &Found, usage: KeyUsage) -> ApiResult<()> {
        if found.key.usage == usage {
            return Ok(());
        }
        Err(ApiError::new(
            "InvalidKeyUsageException",
            format!(
                "{} key usage is {} which is not valid for {}.",
                found.arn,
                found.key.usage.name(),
                self.operation
            ),
        ))
    }

    /// The key's spec has this algorithm.
    pub(crate) fn check_algorithm(
        &self,
        found: &Found,
        algorithm: &str,
        of: fn(KeySpec) -> &'static [&'static str],
    ) -> ApiResult<()> {
        if of(found.key.spec).contains(&algorithm) {
            return Ok(());
        }
        Err(ApiError::new(
            "InvalidKeyUsageException",
            format!(
                "Algorithm {algorithm} is incompatible with key spec {}.",
                found.key.spec.name()
            ),
        ))
    }

    /// The key store with this ID, in the state as it is.
    pub(crate) fn key_store(&self, state: &State, id: &str) -> ApiResult<Arc<KeyStore>> {
        let store = state.store(&self.home);
        let key_store = store.and_then(|store| store.key_stores.get(id)).cloned();
        key_store.ok_or_else(|| {
            ApiError::new(
                "CustomKeyStoreNotFoundException",
                format!("The custom key store {id} is not found."),
            )
        })
    }

    fn key_store_of(&self, key: &Key) -> Option<Arc<KeyStore>> {
        let id = key.extra().key_store.as_deref()?;
        let state = self.sandbox.state();
        state.store(&key.home)?.key_stores.get(id).cloned()
    }

    /// The key is in no key store, or in one that is connected.
    pub(crate) fn is_connected(&self, key: &Key) -> bool {
        let is_connected = |key_store: Arc<KeyStore>| key_store.connection == Connection::Connected;
        key.extra().key_store.is_none() || self.key_store_of(key).is_some_and(is_connected)
    }

    /// The failure that the seed lays on some keys, and the one that the name of a key store that
    /// is connected asks for.
    pub(crate) fn check_fault(&self, found: &Found) -> ApiResult<()> {
        let key_store = self.key_store_of(&found.key);
        if let Some(error) = key_store.and_then(|key_store| key_store.connection_error()) {
            return Err(ApiError::new(
                "KMSInvalidStateException",
                format!(
                    "{} cannot be used, because its key store fails with {}.",
                    found.arn,
                    error.name()
                ),
            ));
        }
        match found.key.extra().fault {
            None => Ok(()),
            Some(KeyFault::Internal) => Err(ApiError::internal()),
            Some(KeyFault::KeyUnavailable) => Err(ApiError::new(
                "KeyUnavailableException",
                format!("{} is not available. You can retry the request.", found.arn),
            )),
            Some(KeyFault::DependencyTimeout) => Err(ApiError::new(
                "DependencyTimeoutException",
                "The system timed out while trying to fulfill the request. You can retry the request.",
            )),
        }
    }

    /// State, usage and faults: all that stands between the right to use a
    /// key and its use.
    pub(crate) fn check_use(&self, found: &Found, usage: KeyUsage) -> ApiResult<()> {
        self.check_state(found)?;
        self.check_usage(found, usage)?;
        self.check_fault(found)
    }

    /// The end of a dry run: everything was checked, nothing is done.
    pub(crate) fn check_dry_run(&self, dry_run: bool) -> ApiResult<()> {
        if !dry_run {
            return Ok(());
        }
        Err(ApiError::new(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        ))
    }

    /// The material that encrypts.
    pub(crate) fn current_material(&self, found: &Found) -> ApiResult<Arc<Material>> {
        let material = found.key.current().cloned();
        material.ok_or_else(ApiError::internal)
    }

    /// Since when uses of the key are noted: since it was made, or since the sandbox was.
    pub(crate) fn tracking_start(&self, key: &Key) -> Millis {
        let last = self.last_use(key).map(|last| last.at);
        let started = self.sandbox.started;
        key.created
            .max(last.map_or(started, |last| last.min(started)))
    }

    /// The last successful cryptographic use of the key.
    pub(crate) fn last_use(&self, key: &Key) -> Option<LastUse> {
        let state = self.sandbox.state();
        state.store(&key.home)?.last_use.get(&key.id).cloned()
    }

    /// Days since the last use, or since uses are noted (`kms:TrailingDaysWithoutKeyUsage`).
    pub(crate) fn days_without_use(&self, key: &Key) -> i64 {
        let last = self.last_use(key).map(|last| last.at);
        let since = last.unwrap_or_else(|| self.tracking_start(key));
        (self.now.0 - since.0) / DAY
    }

    /// Remembers a successful cryptographic use (GetKeyLastUsage).
    pub(crate) fn note_use(&self, found: &Found) {
        let last_use = LastUse {
            operation: self.operation.to_owned(),
            at: self.now,
            request_id: self.request_id.to_owned(),
        };
        self.sandbox.state_mut().note_use(&found.key, last_use);
    }
}

/// `NextMarker` and `Truncated`, on every list.
pub(crate) fn paged(reply: Reply, scope: &str, next: Option<&str>) -> Reply {
    match next {
        Some(last) => reply
            .set("NextMarker", crate::wire::marker::write(scope, last))
            .set("Truncated", true),
        None => reply.set("Truncated", false),
    }
}
