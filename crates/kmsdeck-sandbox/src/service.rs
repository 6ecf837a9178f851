//! The service itself: its principals, its state, and the file that keeps it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use crate::account::State;
use crate::accounts::Accounts;
use crate::changes::{Changing, Tracked};
use crate::contents::Contents;
use crate::error::SandboxError;
use crate::identity::{Identity, Principal};
use crate::mfa::UsedCodes;
use crate::options::SandboxOptions;
use crate::secret::{Secret, random};
use crate::seed;
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
    /// Where what is made begins to be counted.
    id_base: u64,
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
        let accounts = seed::accounts_of(&options.contents)?;
        let trail = options.trail_file.as_deref().map(Trail::open).transpose()?;
        if options.state_file.is_some() && options.extra_keys > 0 {
            return Err(SandboxError::GeneratedKeysInStateFile);
        }
        let id_base = id_base(&options)?;
        let (state_file, state, made) = match &options.state_file {
            Some(path) => {
                let fresh = || beginning(&options, &accounts, id_base, now);
                let (file, state, made) = StateFile::open(path, fresh)?;
                (Some(file), state, made)
            }
            None => (None, beginning(&options, &accounts, id_base, now)?, 0),
        };
        let mut regions: Vec<String> = state
            .homes()
            .filter(|(_, store)| !store.keys.is_empty())
            .map(|(home, _)| home.region.to_string())
            .collect();
        // us-east-1 has the most of the seed and comes first.
        regions.sort_by_key(|region| (region != "us-east-1", region.clone()));
        regions.dedup();
        if regions.is_empty() {
            regions.push("us-east-1".to_owned());
        }
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
            id_base,
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

    /// Puts all back as it was at the beginning: keys, grants and aliases, sessions and used codes,
    /// and what is counted, so that the same calls make the same IDs again.
    ///
    /// # Errors
    /// The contents cannot be read any more, or the state file cannot be written; then all is as
    /// it was.
    pub fn reset(&self) -> Result<(), SandboxError> {
        let now = Millis::of((self.options.now)());
        let state = beginning(&self.options, &self.accounts, self.id_base, now)?;
        let file = self.state_file.as_ref();
        let mut file = file.map(|file| file.lock().unwrap_or_else(PoisonError::into_inner));
        let mut tracked = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut file {
            file.replace(&state, 0)?;
        }
        *tracked = Tracked::new(state, file.is_some());
        self.made.store(0, Ordering::Relaxed);
        self.draws.store(0, Ordering::Relaxed);
        *self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Sessions::default();
        *self.mfa.lock().unwrap_or_else(PoisonError::into_inner) = UsedCodes::default();
        Ok(())
    }

    /// Counts what is made at run time, for its identifiers.
    pub(crate) fn next_made(&self) -> u64 {
        self.id_base + self.made.fetch_add(1, Ordering::Relaxed)
    }
}

/// The state that is there before the first call.
fn beginning(
    options: &SandboxOptions,
    accounts: &Accounts,
    id_base: u64,
    now: Millis,
) -> Result<State, SandboxError> {
    let mut state = seed::state_of(&options.contents, now)?;
    if let Some(first) = accounts.identities.first() {
        let account = &first.principal.account_id;
        seed::add_extra_keys(&mut state, account, options.extra_keys, id_base, now)?;
    }
    Ok(state)
}

/// Far from where another seed begins, and far from the end of what can be counted.
fn id_base(options: &SandboxOptions) -> Result<u64, SandboxError> {
    let seed = match (options.id_seed, &options.contents) {
        (Some(seed), _) => seed,
        (None, Contents::Empty) => {
            let bytes = random(8).map_err(|_| SandboxError::NoRandomNumbers)?;
            bytes
                .iter()
                .fold(0, |all, byte| all << 8 | u64::from(*byte))
        }
        (None, Contents::Teaching | Contents::File { .. }) => return Ok(0),
    };
    Ok(seed::mix(seed) >> 5)
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
