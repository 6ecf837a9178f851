//! The service itself: its principals, its state, and the file that keeps it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use crate::changes::{Changing, Tracked};
use crate::error::SandboxError;
use crate::identity::{Identity, Principal};
use crate::mfa::UsedCodes;
use crate::options::SandboxOptions;
use crate::secret::Secret;
use crate::seed::{self, Accounts};
use crate::sessions::Sessions;
use crate::state_file::StateFile;
use crate::trail::Trail;
use crate::wire::{ApiError, Millis};

/// The names of the seeded principals, without a sandbox.
pub fn principal_names() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let accounts = seed::accounts().ok();
        let identities = accounts
            .into_iter()
            .flat_map(|accounts| accounts.identities);
        let names = identities.map(|identity| identity.principal.name.clone());
        names.collect()
    });
    &NAMES
}

/// The whole service. Share it as `Arc<Sandbox>`.
pub struct Sandbox {
    pub(crate) options: SandboxOptions,
    pub(crate) principals: Vec<Principal>,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: RwLock<Sessions>,
    pub(crate) mfa: Mutex<UsedCodes>,
    /// None where no trail is kept.
    pub(crate) trail: Option<Trail>,
    pub(crate) regions: Vec<String>,
    pub(crate) state: RwLock<Tracked>,
    pub(crate) requests: AtomicU64,
    pub(crate) draws: AtomicU64,
    pub(crate) made: AtomicU64,
    /// None where the state is not kept. Locked before the state where both are.
    pub(crate) state_file: Option<Mutex<StateFile>>,
    pub(crate) started: Millis,
    /// Import tokens are sealed with it.
    pub(crate) import_secret: OnceLock<Secret>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("regions", &self.regions)
            .field("principals", &self.principals)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Reads the state file, if there is one, else the embedded seed. The file is this sandbox's
    /// alone until it is dropped.
    ///
    /// # Errors
    /// A state file that cannot be read or written, is damaged or of
    /// another version, or that another process has; a state file together with generated keys; a
    /// trail file that cannot be written.
    pub fn new(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        let now = Millis::of((options.now)());
        let accounts = seed::accounts()?;
        let trail = options.trail_file.as_deref().map(Trail::open).transpose()?;
        if options.state_file.is_some() && options.extra_keys > 0 {
            return Err(SandboxError::GeneratedKeysInStateFile);
        }
        let (state_file, mut state, made) = match &options.state_file {
            Some(path) => {
                let (file, state, made) = StateFile::open(path, || seed::state(now))?;
                (Some(file), state, made)
            }
            None => (None, seed::state(now)?, 0),
        };
        if let Some(first) = accounts.identities.first() {
            let account = &first.principal.account_id;
            seed::add_extra_keys(&mut state, account, options.extra_keys, now);
        }
        let mut regions: Vec<String> = state
            .homes()
            .filter(|(_, store)| !store.keys.is_empty())
            .map(|(home, _)| home.region.to_string())
            .collect();
        // us-east-1 has the most of the seed and comes first.
        regions.sort_by_key(|region| (region != "us-east-1", region.clone()));
        regions.dedup();
        Ok(Sandbox {
            principals: accounts
                .identities
                .iter()
                .map(|identity| identity.principal.clone())
                .collect(),
            accounts,
            sessions: RwLock::default(),
            mfa: Mutex::default(),
            trail,
            regions,
            state: RwLock::new(Tracked::new(state, state_file.is_some())),
            requests: AtomicU64::new(0),
            draws: AtomicU64::new(0),
            made: AtomicU64::new(made),
            state_file: state_file.map(Mutex::new),
            started: now,
            import_secret: OnceLock::new(),
            options,
        })
    }

    /// The seeded principals; the first is the default ("admin").
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// Who has that access key, for a long time or for a session.
    pub(crate) fn identity(&self, access_key_id: &str) -> Option<Arc<Identity>> {
        let is_its = |identity: &&Arc<Identity>| identity.principal.access_key_id == access_key_id;
        let user = self.accounts.identities.iter().find(is_its);
        user.cloned().or_else(|| {
            let sessions = self.sessions.read();
            let sessions = sessions.unwrap_or_else(PoisonError::into_inner);
            sessions.get(access_key_id).cloned()
        })
    }

    /// The Regions that the seed has keys in, the main one first.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, Tracked> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_mut(&self) -> Changing<'_> {
        Changing(self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether keys and grants outlive it, in a state file.
    pub fn is_kept(&self) -> bool {
        self.state_file.is_some()
    }

    /// Has the state file have all that has changed, whoever changed it: what a call has seen of
    /// another's changes stays, too. One that comes while another writes waits, and finds its own
    /// changes written with those of all who waited.
    pub(crate) fn save(&self) -> Result<(), ApiError> {
        let Some(file) = &self.state_file else {
            return Ok(());
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.state().has_changes() {
            return Ok(());
        }
        let (changes, unwritten) = {
            let mut state = self.state_mut();
            let changes = state.take_changes();
            let made = self.made.load(Ordering::Relaxed);
            let unwritten = file.prepare(&state, made, &changes);
            (changes, unwritten)
        };
        file.write(&unwritten).map_err(|error| {
            self.state_mut().put_back(changes);
            ApiError::new(
                "KMSInternalException",
                format!("The sandbox cannot write its state file: {error}"),
            )
        })
    }

    /// Counts what is made at run time, for its identifiers.
    pub(crate) fn next_made(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another call may have drawn the secret and not be done: whoever tells of it has it kept.
    #[test]
    fn a_secret_that_another_call_drew_is_kept_before_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let at = |path: &std::path::Path| {
            Sandbox::new(SandboxOptions {
                state_file: Some(path.to_owned()),
                ..SandboxOptions::default()
            })
        };
        let public = |sandbox: &Sandbox| {
            let body = br#"{"KeyId":"alias/signing"}"#;
            let answer = sandbox.respond_unsigned(0, "us-east-1", "GetPublicKey", body);
            assert_eq!(answer.status(), 200);
            answer.into_body()
        };
        let sandbox = at(&path).unwrap();
        let keys: Vec<_> = {
            let state = sandbox.state();
            let stores = state.homes().map(|(_, store)| store);
            stores
                .flat_map(|store| store.keys.values().cloned())
                .collect()
        };
        for key in keys.iter().filter(|key| key.spec.name() == "ECC_NIST_P256") {
            key.current().unwrap().secret(key.spec).unwrap();
        }
        let told = public(&sandbox);
        let copy = folder.path().join("copy.json");
        std::fs::copy(&path, &copy).unwrap();
        assert_eq!(public(&at(&copy).unwrap()), told);
    }

    #[test]
    #[ignore = "a measurement: run it alone, with --nocapture"]
    fn cost_of_100_000_keys() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))
                .map(str::trim)
                .map(str::to_owned)
        };
        let before = resident();
        let started = std::time::Instant::now();
        let sandbox = Sandbox::new(SandboxOptions {
            extra_keys: 100_000,
            ..SandboxOptions::default()
        });
        println!(
            "{:?}, RSS {before:?} to {:?}",
            started.elapsed(),
            resident()
        );
        drop(sandbox);
    }
}
