//! What was copied, and that a secret goes again. Nothing but the next copy, or the end of its
//! time, ends that: no refresh and no other connection does.

use std::time::Duration;

use zeroize::Zeroizing;

use super::jobs::{JobBook, Purpose};
use crate::platform::clipboard::Copied;
use crate::tui::core::note::{Note, Tone};
use crate::tui::effect::Effect;
use crate::tui::jobs::{Job, JobId};

/// See the [module](self).
#[derive(Default)]
pub struct ClipboardCare {
    /// The job that takes a copied secret out of the clipboard.
    clears: Option<JobId>,
}

impl ClipboardCare {
    /// Copies a text; a note tells how it went, once it did.
    pub(in crate::tui) fn copy(&mut self, text: String, jobs: &mut JobBook) {
        let text = Zeroizing::new(text);
        jobs.start(
            Purpose::Copy,
            Job::Copy {
                text,
                secret: false,
            },
        );
    }

    /// Copies a secret, which is taken out of the clipboard again.
    pub(in crate::tui) fn copy_secret(&mut self, text: Zeroizing<String>, jobs: &mut JobBook) {
        jobs.start(Purpose::Copy, Job::Copy { text, secret: true });
    }

    /// Takes in how copying went: what is to be said of it. `clear_after` is the user's setting,
    /// `instead` what can be done where there is no clipboard.
    pub(in crate::tui) fn copied(
        &mut self,
        copied: Copied,
        secret: bool,
        clear_after: Option<Duration>,
        instead: &str,
        jobs: &mut JobBook,
    ) -> Note {
        match copied {
            Copied::Local => {
                let clear = self.clear_later(secret, clear_after, jobs);
                Note::new(Tone::Good, format!("Copied to the clipboard.{clear}"))
            }
            Copied::Osc52 { sequence, through } => {
                let clear = self.clear_later(secret, clear_after, jobs);
                jobs.effect(Effect::WriteTerminal(sequence));
                Note::new(
                    Tone::Good,
                    match clear.is_empty() {
                        true => format!("Copied by OSC 52 through {through}, if it allows that."),
                        // Both must fit 80 columns.
                        false => format!("Copied by OSC 52.{clear}"),
                    },
                )
            }
            Copied::Unavailable(why) => Note::new(
                Tone::Warn,
                format!("Nothing copied: no clipboard here, and {why}.{instead}"),
            ),
        }
    }

    /// Sees to it that a copied secret goes, and says when. What is copied over one is none.
    fn clear_later(&mut self, secret: bool, after: Option<Duration>, jobs: &mut JobBook) -> String {
        if let Some(id) = self.clears.take() {
            jobs.cancel(id);
        }
        match after {
            _ if !secret => String::new(),
            None => " It stays there: clipboard-clear is 0.".to_owned(),
            Some(after) => {
                self.clears = Some(jobs.start(Purpose::ClearClipboard, Job::ClearClipboard(after)));
                format!(
                    " It is cleared in {} s, or when kmsdeck ends.",
                    after.as_secs()
                )
            }
        }
    }

    /// Takes in that a secret was cleared.
    pub(in crate::tui) fn cleared(
        &mut self,
        sequence: Option<Zeroizing<String>>,
        jobs: &mut JobBook,
    ) -> Note {
        self.clears = None;
        if let Some(sequence) = sequence {
            jobs.effect(Effect::WriteTerminal(sequence));
        }
        Note::new(Tone::Plain, "The secret was taken out of the clipboard.")
    }
}
