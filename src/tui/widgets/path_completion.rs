//! Completes the path in a line of text, as a shell does: what all that fit begin with, then one
//! after the other. The folder is read by a job.

use crate::platform::path_completion::common_start;
use crate::tui::core::Core;
use crate::tui::jobs::{Job, JobId};

/// See the [module](self).
#[derive(Default)]
pub struct PathCompletion {
    reading: Option<JobId>,
    paths: Vec<String>,
    /// The one that is in the line.
    chosen: Option<usize>,
}

/// What comes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Completed {
    /// The line takes this text.
    To(String),
    /// There are several, and no more that all of them begin with.
    Several,
    /// It is whole as it stands.
    Whole,
    /// No path begins so.
    Nothing,
}

impl PathCompletion {
    /// The paths that fit, and which of them is in the line; none where there are not several.
    pub fn paths(&self) -> (&[String], Option<usize>) {
        (&self.paths, self.chosen)
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        self.reading == Some(id)
    }

    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Of several that fit the next; else the folder is read for what is typed.
    pub fn next(&mut self, typed: &str, core: &mut Core) -> Option<String> {
        if self.paths.is_empty() {
            self.stop(core);
            let job = Job::CompletePath(typed.to_owned());
            self.reading = Some(core.start(job));
            return None;
        }
        let at = self.chosen.map_or(0, |at| (at + 1) % self.paths.len());
        self.chosen = Some(at);
        self.paths.get(at).cloned()
    }

    /// Takes in what fits `typed`; nothing, where the line holds something else by now.
    pub fn answer(&mut self, typed: &str, paths: Vec<String>, now: &str) -> Option<Completed> {
        self.reading = None;
        if typed != now {
            return None;
        }
        Some(match paths.as_slice() {
            [] => Completed::Nothing,
            [only] if only == typed => Completed::Whole,
            [only] => Completed::To(only.clone()),
            several => {
                let start = common_start(several).to_owned();
                self.paths = paths;
                match start.len() > typed.len() {
                    true => Completed::To(start),
                    false => Completed::Several,
                }
            }
        })
    }

    /// Forgets the paths: the text is another.
    pub fn forget(&mut self) {
        (self.paths, self.chosen) = (Vec::new(), None);
    }

    /// Gives up the reading, too.
    pub fn stop(&mut self, core: &mut Core) {
        if let Some(job) = self.reading.take() {
            core.cancel(job);
        }
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_what_is_no_longer_typed_changes_nothing() {
        let of = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        let mut completion = PathCompletion::default();
        let late = completion.answer("a", of(&["ab", "ac"]), "abc");
        assert_eq!((late, completion.paths().0.len()), (None, 0));
        let only = completion.answer("a", of(&["ab"]), "a");
        assert_eq!(only, Some(Completed::To("ab".into())));
        let whole = completion.answer("ab", of(&["ab"]), "ab");
        assert_eq!(whole, Some(Completed::Whole));
        assert_eq!(
            completion.answer("x", vec![], "x"),
            Some(Completed::Nothing)
        );
        let start = completion.answer("a", of(&["abc", "abd"]), "a");
        assert_eq!(start, Some(Completed::To("ab".into())));
        let several = completion.answer("ab", of(&["abc", "abd"]), "ab");
        assert_eq!(several, Some(Completed::Several));
    }
}
