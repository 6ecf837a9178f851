//! A change that is begun on a screen itself, without a form: its question, and what came of it.

use crate::kms::key::Grant;
use crate::kms::{KeyRef, OutcomeKind, Request};
use crate::ops::spec;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::Submit;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::route::Route;

/// See the [module](self).
#[derive(Default)]
pub(in crate::tui) struct Changing {
    job: Option<JobId>,
}

impl Changing {
    pub(in crate::tui) fn is_under_way(&self) -> bool {
        self.job.is_some()
    }

    pub(in crate::tui) fn is(&self, job: JobId) -> bool {
        self.job == Some(job)
    }

    /// Takes in that the request is under way.
    pub(in crate::tui) fn sent(&mut self, job: JobId) {
        self.job = Some(job);
    }

    /// Begins a request: by its question, where it changes the account.
    pub(in crate::tui) fn begin(
        &mut self,
        request: Request,
        key: &KeyRef,
        core: &mut Core,
    ) -> Flow {
        self.begin_knowing(request, key, None, core)
    }

    /// The same with the grant that the request names.
    pub(in crate::tui) fn begin_knowing(
        &mut self,
        request: Request,
        key: &KeyRef,
        grant: Option<&Grant>,
        core: &mut Core,
    ) -> Flow {
        match core.submit_knowing(request, key, grant) {
            Submit::Ask(question) => return Flow::Open(Route::Question(question)),
            Submit::Refused(why) => core.say(Tone::Warn, why),
            Submit::Sent(job) => self.sent(job),
        }
        Flow::Stay
    }

    /// Says what came of it: in a line where it went well, else on a screen of its own.
    pub(in crate::tui) fn answer(
        &mut self,
        event: JobEvent,
        key: &KeyRef,
        core: &mut Core,
    ) -> Flow {
        self.job = None;
        match event {
            JobEvent::Ran(outcome) if outcome.kind() == OutcomeKind::Success => {
                let done = spec(outcome.request.op).done;
                core.say(Tone::Good, format!("{done}."));
                Flow::Stay
            }
            JobEvent::Ran(outcome) => Flow::Open(Route::Outcome(outcome, key.clone())),
            _ => Flow::Stay,
        }
    }
}
