//! What was loaded of a key's tabs, and what is kept of it when the details are left.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::load::Load;
use super::tabs::TABS;
use crate::catalog::inventory::RegionIndex;
use crate::kms::KmsError;
use crate::reads::{ReadAnswer, ReadSpec};
use crate::tui::jobs::JobId;

/// Keys whose details are kept after they were left.
const KEYS_KEPT: usize = 50;

/// The reads of every tab, in the order of TABS.
pub struct Loads(Vec<Vec<Load>>);

impl Default for Loads {
    /// With nothing asked.
    fn default() -> Self {
        let of_tab = |reads: usize| (0..reads).map(|_| Load::NotAsked).collect();
        Loads(TABS.iter().map(|tab| of_tab(tab.reads.len())).collect())
    }
}

impl Loads {
    pub fn of_tab(&self, tab: usize) -> &[Load] {
        &self.0[tab]
    }

    /// What the first read of a tab answered.
    pub fn answer(&self, tab: usize) -> Option<&ReadAnswer> {
        match self.0[tab].first()? {
            Load::Ready(answer) => Some(answer),
            _ => None,
        }
    }

    /// Every load, with what it is of.
    pub fn with_reads(&mut self) -> impl Iterator<Item = (&mut Load, &'static ReadSpec)> {
        let reads = TABS.iter().flat_map(|tab| tab.reads.iter().copied());
        self.0.iter_mut().flatten().zip(reads)
    }

    pub fn under_way(&self) -> impl Iterator<Item = JobId> + '_ {
        self.0.iter().flatten().filter_map(|load| match load {
            Load::Loading(id) => Some(*id),
            _ => None,
        })
    }

    /// Takes in a job's answer; the read that it was of, where it is waited for.
    pub fn take(
        &mut self,
        id: JobId,
        answer: Result<ReadAnswer, KmsError>,
    ) -> Option<&'static ReadSpec> {
        let mut loads = self.with_reads();
        let waits = |load: &Load| matches!(load, Load::Loading(job) if *job == id);
        let (load, read) = loads.find(|(load, _)| waits(load))?;
        *load = match answer {
            Ok(answer) => Load::Ready(answer),
            Err(error) => Load::Failed(Box::new(error)),
        };
        Some(read)
    }

    /// The texts that the tabs offer to copy, with their labels.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        TABS.iter().enumerate().filter_map(|(tab, spec)| {
            let (label, text) = spec.text?;
            Some((label, text(self.answer(tab)?)?))
        })
    }

    /// What came. What failed may go better the next time.
    pub fn answered(mut self) -> Loads {
        for load in self.0.iter_mut().flatten() {
            if !matches!(load, Load::Ready(_)) {
                *load = Load::NotAsked;
            }
        }
        self
    }
}

/// What was loaded of keys whose details were left, the newest last: it is shown at once when they
/// are opened again, until the user refreshes. Nothing of it is secret.
#[derive(Default)]
pub struct DetailCache(VecDeque<Kept>);

pub struct Kept {
    pub key_id: String,
    pub region: RegionIndex,
    pub at: Timestamp,
    pub loads: Loads,
}

impl DetailCache {
    /// Forgets everything: for another caller, or after a change of the account.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn take(&mut self, key_id: &str, region: RegionIndex) -> Option<Kept> {
        let place = self
            .0
            .iter()
            .position(|kept| kept.key_id == key_id && kept.region == region)?;
        self.0.remove(place)
    }

    pub fn put(&mut self, kept: Kept) {
        if self.0.len() == KEYS_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(kept);
    }
}
