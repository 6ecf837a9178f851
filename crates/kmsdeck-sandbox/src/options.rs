//! What a sandbox is made with.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::contents::Contents;
use crate::faults::Faults;

/// What a [`Sandbox`](crate::Sandbox) is made with.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// What it has at its beginning.
    pub contents: Contents,
    /// By which the IDs of new keys and grants are made. Without it they are the same in each run,
    /// but for [`Contents::Empty`], where they are fresh.
    pub id_seed: Option<u64>,
    /// Keys to generate beside the seeded ones, in the first account.
    pub extra_keys: usize,
    /// What goes wrong on purpose: nothing, if nothing is said.
    pub faults: Faults,
    /// The service's clock.
    pub now: fn() -> SystemTime,
    /// How long a new grant needs to take effect without its token.
    pub grant_delay: Duration,
    /// How long a state lasts that does not last: a replica's `Creating`, `Updating` after a change
    /// of the primary Region, a key store's `CONNECTING`.
    pub settling: Duration,
    /// Where the state is kept between runs; it is made if it is not there.
    pub state_file: Option<PathBuf>,
    /// Where each call that is answered is noted, with who signed it: a line of JSON, in the shape
    /// of a CloudTrail event.
    pub trail_file: Option<PathBuf>,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            contents: Contents::default(),
            id_seed: None,
            extra_keys: 0,
            faults: Faults::default(),
            now: SystemTime::now,
            grant_delay: Duration::from_secs(5),
            settling: Duration::from_secs(1),
            state_file: None,
            trail_file: None,
        }
    }
}
