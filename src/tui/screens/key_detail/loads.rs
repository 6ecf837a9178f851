//! What was loaded of a key's tabs, and what is kept of it when the details are left.

use jiff::Timestamp;

use super::load::Load;
use super::tabs::TABS;
use crate::kms::KmsError;
use crate::reads::{ReadAnswer, ReadSpec};
use crate::tui::jobs::JobId;

/// What was loaded of a key whose details were left: shown at once when they are opened again,
/// until the user refreshes or something is changed. Nothing of it is secret.
pub(super) struct KeptDetails {
    pub at: Timestamp,
    pub loads: Loads,
}

/// What every tab reads, in the order of TABS.
pub(super) fn reads() -> impl Iterator<Item = &'static ReadSpec> {
    TABS.iter().flat_map(|tab| tab.reads.iter().copied())
}

/// The reads of every tab, in the order of TABS.
pub(super) struct Loads(Vec<Vec<Load>>);

impl Default for Loads {
    /// With nothing asked.
    fn default() -> Self {
        let of_tab = |reads: usize| (0..reads).map(|_| Load::NotAsked).collect();
        Loads(TABS.iter().map(|tab| of_tab(tab.reads.len())).collect())
    }
}

impl Loads {
    pub(super) fn of_tab(&self, tab: usize) -> &[Load] {
        &self.0[tab]
    }

    /// What the first read of a tab answered.
    pub(super) fn answer(&self, tab: usize) -> Option<&ReadAnswer> {
        match self.0[tab].first()? {
            Load::Ready(answer) => Some(answer),
            _ => None,
        }
    }

    /// All that was answered.
    pub(super) fn answers(&self) -> impl Iterator<Item = &ReadAnswer> {
        self.0.iter().flatten().filter_map(|load| match load {
            Load::Ready(answer) => Some(answer),
            _ => None,
        })
    }

    /// Every load, with what it is of.
    pub(super) fn with_reads(&mut self) -> impl Iterator<Item = (&mut Load, &'static ReadSpec)> {
        self.0.iter_mut().flatten().zip(reads())
    }

    pub(super) fn under_way(&self) -> impl Iterator<Item = JobId> + '_ {
        self.0.iter().flatten().filter_map(|load| match load {
            Load::Loading(id) => Some(*id),
            _ => None,
        })
    }

    /// Takes in a job's answer; the read that it was of, where it is waited for.
    pub(super) fn take(
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
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        TABS.iter().enumerate().filter_map(|(tab, spec)| {
            let (label, text) = spec.text?;
            Some((label, text(self.answer(tab)?)?))
        })
    }

    /// What came. What failed may go better the next time.
    pub(super) fn answered(mut self) -> Loads {
        for load in self.0.iter_mut().flatten() {
            if !matches!(load, Load::Ready(_)) {
                *load = Load::NotAsked;
            }
        }
        self
    }
}
