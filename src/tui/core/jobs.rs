//! The jobs under way: who gets the answer of each, and whose giving up ends it.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::catalog::facts::Fact;
use crate::catalog::inventory::RegionIndex;
use crate::kms::KeyRef;
use crate::ops::Changes;
use crate::tui::effect::Effect;
use crate::tui::jobs::{Job, JobId};

/// Whose a job is: it lives as long as its owner wants it, and nobody else cancels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The connection: given up when another is made.
    Connection,
    /// The list of keys: given up when it is begun anew.
    Listing,
    /// What was copied: never given up for anything but the next copy.
    Clipboard,
    /// Files that are written or read for the console as a whole.
    Files,
    /// The screen or popup that keeps the ID, and gives it up when it is left.
    Screen,
}

/// Why a job was started: who gets its answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tui) enum Purpose {
    Connect,
    CallerIdentity,
    Keys(RegionIndex),
    /// Keys that other accounts share.
    SharedKeys(RegionIndex),
    Aliases(RegionIndex),
    /// A fact of the key at this place of the inventory.
    Fact(Fact, u32),
    /// The end of a pause that throttling made.
    Pause,
    Copy,
    ClearClipboard,
    Save,
    History,
    /// A matrix to compare with.
    Baseline,
    /// What kmsdeck has written, and needs no more.
    Remove,
    /// A request to KMS that a screen submitted: about which key, and what it may change.
    Request(KeyRef, Changes),
    /// An operation on several keys, which the screen that waits for it steers.
    Bulk,
    /// The screen or popup that waits for it knows the job's ID.
    Screen,
}

impl Purpose {
    pub(in crate::tui) fn owner(&self) -> Owner {
        match self {
            Purpose::Connect | Purpose::CallerIdentity => Owner::Connection,
            Purpose::Keys(_)
            | Purpose::SharedKeys(_)
            | Purpose::Aliases(_)
            | Purpose::Fact(..)
            | Purpose::Pause => Owner::Listing,
            Purpose::Copy | Purpose::ClearClipboard => Owner::Clipboard,
            Purpose::Save | Purpose::History | Purpose::Baseline | Purpose::Remove => Owner::Files,
            Purpose::Request(..) | Purpose::Bulk | Purpose::Screen => Owner::Screen,
        }
    }
}

/// See the [module](self).
#[derive(Default)]
pub struct JobBook {
    under_way: HashMap<JobId, Purpose>,
    next: u64,
    /// What is to be done, in order.
    effects: Vec<Effect>,
}

impl JobBook {
    pub(in crate::tui) fn start(&mut self, purpose: Purpose, job: Job) -> JobId {
        let id = JobId(self.next);
        self.next += 1;
        self.under_way.insert(id, purpose);
        self.effects.push(Effect::Start(id, job));
        id
    }

    /// Has a file edited in the user's own editor: like a job, and with the terminal.
    pub(in crate::tui) fn edit(&mut self, path: PathBuf) -> JobId {
        let id = JobId(self.next);
        self.next += 1;
        self.under_way.insert(id, Purpose::Screen);
        self.effects.push(Effect::Edit(id, path));
        id
    }

    /// Gives a job up; its answer, should there be one, is dropped.
    pub(in crate::tui) fn cancel(&mut self, id: JobId) -> Option<Purpose> {
        let given_up = self.under_way.remove(&id);
        if given_up.is_some() {
            self.effects.push(Effect::Cancel(id));
        }
        given_up
    }

    /// Gives up all that an owner has under way.
    pub(in crate::tui) fn cancel_of(&mut self, owner: Owner) {
        self.cancel_where(|purpose| purpose.owner() == owner);
    }

    pub(in crate::tui) fn cancel_where(&mut self, given_up: impl Fn(&Purpose) -> bool) {
        let mut ids: Vec<JobId> = self
            .under_way
            .iter()
            .filter(|(_, purpose)| given_up(purpose))
            .map(|(id, _)| *id)
            .collect();
        ids.sort_unstable();
        for id in ids {
            self.cancel(id);
        }
    }

    /// Who gets an answer; None where the question is no longer asked. After the last answer the
    /// job is over.
    pub(in crate::tui) fn answered(&mut self, id: JobId, is_last: bool) -> Option<Purpose> {
        match is_last {
            true => self.under_way.remove(&id),
            false => self.under_way.get(&id).cloned(),
        }
    }

    pub(in crate::tui) fn count(&self, of: impl Fn(&Purpose) -> bool) -> usize {
        self.under_way
            .values()
            .filter(|purpose| of(purpose))
            .count()
    }

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(in crate::tui) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_gives_up_its_own_jobs_and_no_others() {
        let mut jobs = JobBook::default();
        let clear = jobs.start(Purpose::ClearClipboard, Job::Profiles);
        let keys = jobs.start(Purpose::Keys(0), Job::Profiles);
        let form = jobs.start(Purpose::Screen, Job::Profiles);
        jobs.take_effects();
        jobs.cancel_of(Owner::Listing);
        jobs.cancel_of(Owner::Connection);
        let cancelled = jobs.take_effects();
        assert!(matches!(cancelled.as_slice(), [Effect::Cancel(id)] if *id == keys));
        assert_eq!(jobs.answered(clear, true), Some(Purpose::ClearClipboard));
        assert_eq!(jobs.answered(form, true), Some(Purpose::Screen));
        assert_eq!(jobs.answered(keys, true), None);
    }
}
