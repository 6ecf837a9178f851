//! The service itself: its principals, its state, and the file that keeps it.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::account::State;
use crate::error::SandboxError;
use crate::identity::{Identity, Principal};
use crate::options::SandboxOptions;
use crate::wire::{ApiError, Millis};
use crate::{seed, state_file};

/// The names of the seeded principals, without a sandbox.
pub fn principal_names() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let identities = seed::identities().unwrap_or_default().into_iter();
        identities.map(|identity| identity.principal.name).collect()
    });
    &NAMES
}

/// The whole service. Share it as `Arc<Sandbox>`.
pub struct Sandbox {
    pub(crate) options: SandboxOptions,
    pub(crate) principals: Vec<Principal>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) regions: Vec<String>,
    pub(crate) state: RwLock<State>,
    pub(crate) requests: AtomicU64,
    pub(crate) draws: AtomicU64,
    pub(crate) made: AtomicU64,
    /// There are changes that the state file does not have.
    pub(crate) changed: AtomicBool,
    pub(crate) saving: Mutex<()>,
    pub(crate) started: Millis,
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

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.touch();
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether keys and grants outlive it, in a state file.
    pub fn is_kept(&self) -> bool {
        self.options.state_file.is_some()
    }

    /// Notes a change that the state file must have.
    pub(crate) fn touch(&self) {
        self.changed.store(true, Ordering::Release);
    }

    /// Writes the state file, if there is one and something changed.
    pub(crate) fn save(&self) -> Result<(), ApiError> {
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
    pub(crate) fn next_made(&self) -> u64 {
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
