//! Where the grants of the list come from, and how far that is.

use crate::catalog::facts::Fact;
use crate::catalog::grant_row::{GrantRow, grants_of};
use crate::kms::KmsError;
use crate::kms::key::KeyGrant;
use crate::ops::Changes;
use crate::reads::LIST_RETIRABLE_GRANTS;
use crate::tui::core::Core;
use crate::tui::core::listing::ListState;
use crate::tui::jobs::{Job, JobId};

pub(super) enum Source {
    /// The keys of the list, of which ListGrants is asked.
    Keys,
    /// ListRetirableGrants for the caller, of each Region of the list.
    Retirable {
        reads: Vec<RegionRead>,
        /// Changes of the account that they take in.
        changes_seen: usize,
        /// Goes up with each answer.
        answers: usize,
        /// As whom they were asked, as soon as that is known.
        principal: Option<String>,
    },
}

/// What a Region is asked, and has told.
pub(super) struct RegionRead {
    pub region: String,
    /// While it is asked.
    job: Option<JobId>,
    told: Result<Vec<KeyGrant>, Box<KmsError>>,
}

/// How far a source has come: it has other rows where this is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stage {
    epoch: u64,
    /// How much of the inventory's logs there was.
    named: usize,
    described: usize,
    answers: usize,
}

impl Source {
    /// Begins to ask.
    pub(super) fn retirable(core: &mut Core) -> Self {
        let mut source = Source::Retirable {
            reads: Vec::new(),
            changes_seen: core.changes_so_far(),
            answers: 0,
            principal: None,
        };
        source.read_again(core);
        source
    }

    pub(super) fn is_of_keys(&self) -> bool {
        matches!(self, Source::Keys)
    }

    /// Asks everything anew.
    pub(super) fn read_again(&mut self, core: &mut Core) {
        self.give_up(core);
        let Source::Retirable {
            reads, principal, ..
        } = self
        else {
            return match core.listing.keys_list() {
                // Without its keys there is nothing to ask of.
                ListState::Failed(_) => core.refresh(),
                _ => core.forget_all(Fact::Grants),
            };
        };
        let lists = core.listing.lists.iter();
        let mut sessions: Vec<_> = lists.map(|list| list.session.clone()).collect();
        if sessions.is_empty() {
            sessions.extend(core.session().cloned());
        }
        let begun = sessions.into_iter().map(|session| RegionRead {
            region: session.region.clone(),
            job: Some(core.start(Job::Read(session, &LIST_RETIRABLE_GRANTS, String::new()))),
            told: Ok(Vec::new()),
        });
        *reads = begun.collect();
        *principal = core.connection.principal().map(str::to_owned);
    }

    /// Reads again what was changed meanwhile, or is another principal's by now; and for the first
    /// time, as soon as there is a connection.
    pub(super) fn settle(&mut self, core: &mut Core) {
        let Source::Retirable {
            changes_seen,
            principal,
            reads,
            ..
        } = self
        else {
            return;
        };
        let acting = core.connection.principal().map(str::to_owned);
        let is_another = principal.is_some() && acting.is_some() && *principal != acting;
        *principal = principal.take().or(acting);
        let is_unread = reads.is_empty() && core.session().is_some();
        let mut changes = core.changed_since(changes_seen).iter();
        if changes.any(|change| change.what == Changes::Grants) || is_another || is_unread {
            self.read_again(core);
        }
    }

    pub(super) fn stage(&self, core: &Core) -> Stage {
        let keys = &core.listing.keys;
        Stage {
            epoch: keys.epoch(),
            named: keys.named().len(),
            described: match self {
                Source::Keys => keys.described().len(),
                Source::Retirable { .. } => 0,
            },
            answers: match self {
                Source::Keys => 0,
                Source::Retirable { answers, .. } => *answers,
            },
        }
    }

    pub(super) fn rows(&self, core: &Core) -> Vec<GrantRow> {
        let keys = &core.listing.keys;
        let Source::Retirable { reads, .. } = self else {
            return grants_of(keys);
        };
        let told = reads.iter().filter_map(|read| {
            let grants = read.told.as_ref().ok()?;
            Some(grants.iter().map(|grant| (grant, &read.region)))
        });
        told.flatten()
            .map(|(grant, region)| GrantRow::of_key_grant(grant.clone(), region, keys))
            .collect()
    }

    /// Keys whose grants are not known yet.
    pub(super) fn missing(&self, core: &Core) -> usize {
        match self {
            Source::Keys => core.listing.missing(Fact::Grants),
            Source::Retirable { .. } => 0,
        }
    }

    fn reads(&self) -> &[RegionRead] {
        match self {
            Source::Keys => &[],
            Source::Retirable { reads, .. } => reads,
        }
    }

    /// Whether nothing was asked: there is no connection.
    pub(super) fn is_unasked(&self) -> bool {
        !self.is_of_keys() && self.reads().is_empty()
    }

    /// Whether a Region has not answered yet.
    pub(super) fn is_read(&self) -> bool {
        self.reads().iter().any(|read| read.job.is_some())
    }

    /// Regions that told nothing, and why.
    pub(super) fn failed(&self) -> impl Iterator<Item = (&str, &KmsError)> {
        let reads = self.reads().iter();
        reads.filter_map(|read| Some((read.region.as_str(), &**read.told.as_ref().err()?)))
    }

    pub(super) fn waits_for(&self, job: JobId) -> bool {
        self.reads().iter().any(|read| read.job == Some(job))
    }

    pub(super) fn answer(&mut self, job: JobId, told: Result<Vec<KeyGrant>, KmsError>) {
        let Source::Retirable { reads, answers, .. } = self else {
            return;
        };
        if let Some(read) = reads.iter_mut().find(|read| read.job == Some(job)) {
            *answers += 1;
            read.job = None;
            read.told = told.map_err(Box::new);
        }
    }

    pub(super) fn give_up(&mut self, core: &mut Core) {
        if let Source::Retirable { reads, .. } = self {
            for job in reads.iter_mut().filter_map(|read| read.job.take()) {
                core.cancel(job);
            }
        }
    }
}
