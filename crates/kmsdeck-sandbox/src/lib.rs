#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

mod account;
mod answer;
mod auth;
mod authorize;
mod call;
mod connector;
mod crypto;
mod faults;
mod grants;
mod handlers;
mod keypair;
mod seed;
mod serve;
mod spec;
mod state_file;
mod states;
mod sts;
mod wire;

pub use connector::http_client;
pub use faults::{Faults, FaultsError};
pub use serve::serve;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use kmsdeck_policy::PolicyDocument;

use account::State;
use wire::{ApiError, Millis};

/// What a [`Sandbox`] is made with.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Keys to generate beside the seeded ones, in the first account.
    pub extra_keys: usize,
    /// What goes wrong on purpose: nothing, if nothing is said.
    pub faults: Faults,
    /// The service's clock.
    pub now: fn() -> SystemTime,
    /// How long a new grant needs to take effect without its token.
    pub grant_delay: Duration,
    /// Where the state is kept between runs; it is made if it is not there.
    pub state_file: Option<PathBuf>,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            extra_keys: 0,
            faults: Faults::default(),
            now: SystemTime::now,
            grant_delay: Duration::from_secs(5),
            state_file: None,
        }
    }
}

/// Why a sandbox could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The embedded seed is damaged, which is a fault of this crate.
    #[error("the sandbox's {file} cannot be read: {what}")]
    Seed {
        /// Its name.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The file cannot be read or written, is damaged, or of another version.
    #[error(
        "the state file {} cannot be used: {what}. It is left as it is; move it away to start anew",
        path.display()
    )]
    StateFile {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Both were asked for.
    #[error("generated keys are not kept in a state file: leave out one of the two")]
    GeneratedKeysInStateFile,
}

/// A principal of the sandbox. Its credentials are made up, and good for
/// nothing but the sandbox.
#[derive(Clone)]
pub struct Principal {
    /// The name by which the user chooses it, unique in the sandbox.
    pub name: String,
    /// Of the IAM user that it is.
    pub arn: String,
    /// 12 digits.
    pub account_id: String,
    /// Half of its credentials.
    pub access_key_id: String,
    /// The other half.
    pub secret_access_key: String,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("name", &self.name)
            .field("arn", &self.arn)
            .field("account_id", &self.account_id)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"** redacted **")
            .finish()
    }
}

/// The names of the seeded principals, without a sandbox.
pub fn principal_names() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let identities = seed::identities().unwrap_or_default().into_iter();
        identities.map(|identity| identity.principal.name).collect()
    });
    &NAMES
}

/// A principal with what only the service knows of it.
#[derive(Debug)]
struct Identity {
    principal: Principal,
    user: String,
    policies: Vec<PolicyDocument>,
}

impl Identity {
    /// The unique ID of an IAM user: `AIDA` and more.
    fn user_id(&self) -> String {
        let tail: String = self
            .principal
            .access_key_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        format!("AIDA{tail}")
    }
}

/// The whole service. Share it as `Arc<Sandbox>`.
pub struct Sandbox {
    options: SandboxOptions,
    principals: Vec<Principal>,
    identities: Vec<Identity>,
    regions: Vec<String>,
    state: RwLock<State>,
    requests: AtomicU64,
    draws: AtomicU64,
    made: AtomicU64,
    /// There are changes that the state file does not have.
    changed: AtomicBool,
    saving: Mutex<()>,
    started: Millis,
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
    /// Reads the state file, if there is one, else the embedded seed.
    ///
    /// # Errors
    /// A state file that cannot be read or written, is damaged or of
    /// another version; a state file together with generated keys.
    pub fn new(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        let now = Millis::of((options.now)());
        let identities = seed::identities()?;
        if options.state_file.is_some() && options.extra_keys > 0 {
            return Err(SandboxError::GeneratedKeysInStateFile);
        }
        let refuse = |path: &Path, what: String| SandboxError::StateFile {
            path: path.to_owned(),
            what,
        };
        let kept = match &options.state_file {
            Some(path) => state_file::read(path).map_err(|what| refuse(path, what))?,
            None => None,
        };
        let is_kept = kept.is_some();
        let (mut state, made) = match kept {
            Some(kept) => kept,
            None => (seed::state(now)?, 0),
        };
        if let (Some(path), false) = (&options.state_file, is_kept) {
            // Found out now, not at the first change.
            state_file::write(path, &state, made)
                .map_err(|error| refuse(path, error.to_string()))?;
        }
        if let Some(first) = identities.first() {
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
            principals: identities
                .iter()
                .map(|identity| identity.principal.clone())
                .collect(),
            identities,
            regions,
            state: RwLock::new(state),
            requests: AtomicU64::new(0),
            draws: AtomicU64::new(0),
            made: AtomicU64::new(made),
            changed: AtomicBool::new(false),
            saving: Mutex::new(()),
            started: now,
            options,
        })
    }

    /// The seeded principals; the first is the default ("admin").
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// The Regions that the seed has keys in, the main one first.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.touch();
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether keys and grants outlive it, in a state file.
    pub fn is_kept(&self) -> bool {
        self.options.state_file.is_some()
    }

    /// Notes a change that the state file must have.
    fn touch(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Writes the state file, if there is one and something changed.
    fn save(&self) -> Result<(), ApiError> {
        let Some(path) = &self.options.state_file else {
            return Ok(());
        };
        // One writer at a time; the last one writes what all have changed.
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        // A copy shares the keys, so that the lock is not held while writing.
        let state = self.state().clone();
        let made = self.made.load(Ordering::Relaxed);
        state_file::write(path, &state, made).map_err(|error| {
            self.touch();
            ApiError::new(
                "KMSInternalException",
                format!("The sandbox cannot write its state file: {error}"),
            )
        })
    }

    /// Counts what is made at run time, for its identifiers.
    fn next_made(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
