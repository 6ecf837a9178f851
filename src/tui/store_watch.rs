//! The custom key stores of a Region as they were read last: read again while a connection is on
//! its way, and after kmsdeck has changed one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::kms::key_store::KeyStore;
use crate::kms::{KeyRef, KmsError, Request, Value};
use crate::ops::fields::KEY_STORE_ID;
use crate::ops::{Changes, OpSpec};
use crate::reads::{DESCRIBE_CUSTOM_KEY_STORES, ReadAnswer};
use crate::tui::changing::Changing;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};

/// How often a connection on its way is looked at.
const POLL: SignedDuration = SignedDuration::from_secs(3);
/// Keys that are described unasked, so that those in the key stores are known.
const UNASKED: usize = 500;

/// See the [module](self).
pub(in crate::tui) struct StoreWatch {
    region: String,
    job: Option<JobId>,
    /// By name; those of before while they are read again.
    stores: Vec<KeyStore>,
    failure: Option<Box<KmsError>>,
    read_at: Option<Timestamp>,
    changes_seen: usize,
}

impl StoreWatch {
    pub(in crate::tui) fn new(region: String, core: &Core) -> Self {
        StoreWatch {
            region,
            job: None,
            stores: Vec::new(),
            failure: None,
            read_at: None,
            changes_seen: core.changes_so_far(),
        }
    }

    /// Of one key store, as it is known.
    pub(in crate::tui) fn of(region: String, store: KeyStore, core: &Core) -> Self {
        StoreWatch {
            stores: vec![store],
            ..StoreWatch::new(region, core)
        }
    }

    pub(in crate::tui) fn region(&self) -> &str {
        &self.region
    }

    pub(in crate::tui) fn stores(&self) -> &[KeyStore] {
        &self.stores
    }

    pub(in crate::tui) fn failure(&self) -> Option<&KmsError> {
        self.failure.as_deref()
    }

    /// Whether there was an answer so far, also an error.
    pub(in crate::tui) fn is_read(&self) -> bool {
        self.read_at.is_some()
    }

    /// Whether the first answer is waited for.
    pub(in crate::tui) fn is_first_read(&self) -> bool {
        self.job.is_some() && !self.is_read()
    }

    pub(in crate::tui) fn waits_for(&self, job: JobId) -> bool {
        self.job == Some(job)
    }

    /// Reads them anew.
    pub(in crate::tui) fn ask(&mut self, core: &mut Core) {
        self.leave(core);
        self.changes_seen = core.changes_so_far();
        let Some(session) = core.session_in(&self.region).cloned() else {
            // Nothing is waited for where nobody can be asked.
            self.read_at = None;
            return;
        };
        let job = Job::Read(session, &DESCRIBE_CUSTOM_KEY_STORES, String::new());
        self.job = Some(core.start(job));
    }

    /// Reads them again where that is due.
    pub(in crate::tui) fn settle(&mut self, core: &mut Core) {
        let mut seen = self.changes_seen;
        let was_changed = core
            .changed_since(&mut seen)
            .iter()
            .any(|change| change.what == Changes::KeyStores && change.key.region == self.region);
        self.changes_seen = seen;
        let is_due = self.due(core.now).is_some_and(|left| !left.is_positive());
        if was_changed || is_due {
            self.ask(core);
        }
    }

    /// How long it is until they are read again by themselves.
    fn due(&self, now: Timestamp) -> Option<SignedDuration> {
        let is_polled = self.job.is_none() && self.stores.iter().any(KeyStore::is_changing);
        let read_at = self.read_at.filter(|_| is_polled)?;
        Some(POLL - now.duration_since(read_at))
    }

    pub(in crate::tui) fn wakes_in(&self, now: Timestamp) -> Option<Duration> {
        let left = self.due(now)?;
        Some(left.max(SignedDuration::ZERO).unsigned_abs())
    }

    pub(in crate::tui) fn answer(&mut self, event: JobEvent, core: &mut Core) {
        self.job = None;
        self.read_at = Some(core.now);
        match event {
            JobEvent::Read(Ok(ReadAnswer::KeyStores(stores))) => {
                let is_other = stores.iter().any(|store| {
                    let mut before = self.stores.iter();
                    let before = before.find(|before| before.id == store.id);
                    before.is_some_and(|before| before.connection_state != store.connection_state)
                });
                if is_other {
                    core.forget_keys_in_stores(&self.region);
                }
                self.failure = None;
                self.stores = stores;
            }
            JobEvent::Read(Err(error)) => {
                self.stores.clear();
                self.failure = Some(Box::new(error));
            }
            _ => {}
        }
    }

    /// Gives up what is under way.
    pub(in crate::tui) fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.job.take() {
            core.cancel(job);
        }
    }
}

/// The places in the inventory of what is to be described, so that the keys in key stores are known.
pub(in crate::tui) fn wanted_places(core: &Core) -> Vec<u32> {
    let len = core.listing.keys.len();
    match len <= UNASKED {
        true => (0..len as u32).collect(),
        false => Vec::new(),
    }
}

/// Begins to connect or disconnect a key store, by its question.
pub(in crate::tui) fn change(
    spec: &OpSpec,
    region: &str,
    store: &KeyStore,
    changing: &mut Changing,
    core: &mut Core,
) -> Flow {
    let id = Value::Text(store.id.clone());
    let request = Request::new(spec.id).with(&KEY_STORE_ID, id);
    changing.begin(request, &KeyRef::none(region), core)
}
