//! What stays when a screen is left: drafts, details, the matrix, the lessons, the lines that were
//! typed. Only the screen knows what it left behind; it gets it back as it was.

use std::any::Any;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::Arc;

use super::history::History;
use super::snippets::SnippetChoice;
use crate::access::principals::Principals;
use crate::catalog::columns::{ColumnId, DEFAULT};
use crate::kms::{KeyRef, OpId};
use crate::lessons::Lesson;
use crate::lessons::course::Course;
use crate::matrix::report::Verdicts;
use crate::matrix::{Matrix, Variant};
use crate::ops::bulk_journal::CutOff;
use crate::platform::drafts::Drafts;
use crate::platform::toml_doc::Problem;

/// What screens left behind, by what it is of.
pub struct LeftBehind<K> {
    things: HashMap<K, (u64, Box<dyn Any>)>,
    /// Counts up with each thing, so that the oldest is known.
    clock: u64,
    /// None keeps all.
    most: Option<usize>,
}

impl<K: Eq + Hash + Clone> LeftBehind<K> {
    fn keeping(most: Option<usize>) -> Self {
        LeftBehind {
            things: HashMap::new(),
            clock: 0,
            most,
        }
    }

    pub fn put(&mut self, of: K, thing: impl Any) {
        self.clock += 1;
        self.things.insert(of, (self.clock, Box::new(thing)));
        if self.most.is_some_and(|most| self.things.len() > most) {
            let oldest = self.things.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(of, _)| of.clone()) {
                self.things.remove(&oldest);
            }
        }
    }

    /// What was left behind last, where it is a `T`.
    pub fn take<T: Any>(&mut self, of: &K) -> Option<T> {
        let (_, thing) = self.things.remove(of)?;
        thing.downcast().ok().map(|thing| *thing)
    }

    pub fn clear(&mut self) {
        self.things.clear();
    }
}

/// Keys whose details are kept after they were left.
const DETAILS_KEPT: usize = 50;

/// What a draft is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DraftOf {
    pub operation: OpId,
    /// The key that the form was opened for.
    pub key: KeyRef,
    /// Whose keys they are: the account, as far as it is known. An alias means another key
    /// elsewhere.
    pub account: Option<String>,
}

/// See the [module](self).
pub struct Kept {
    /// What was typed in forms that were left. None is ever thrown away unasked.
    pub drafts: LeftBehind<DraftOf>,
    /// What was read of keys whose details were left. Nothing of it is secret.
    pub details: LeftBehind<KeyRef>,
    pub matrix: MatrixSetup,
    /// The users and roles of an account, read once in a run.
    pub principals: Option<(String, Arc<Principals>)>,
    pub lessons: LessonShelf,
    pub history: History,
    /// Where policies that are being edited are kept; None where there is no folder for it.
    pub policy_drafts: Option<Drafts>,
    /// The policies that were replaced in this run, as they were before.
    pub policies_before: HashMap<KeyRef, String>,
    /// What the forms show the request in, for this run.
    pub snippets: SnippetChoice,
    /// The columns of the list of keys, for this run.
    pub columns: Vec<ColumnId>,
    /// The folder in which jobs on several keys write down what they do.
    pub journals: Option<PathBuf>,
    /// Such jobs of earlier runs that were cut off, and not looked at since.
    pub cut_off: Vec<CutOff>,
}

impl Kept {
    pub(in crate::tui) fn new(history: History, policy_drafts: Option<Drafts>) -> Self {
        Kept {
            drafts: LeftBehind::keeping(None),
            details: LeftBehind::keeping(Some(DETAILS_KEPT)),
            matrix: MatrixSetup::default(),
            principals: None,
            lessons: LessonShelf::default(),
            history,
            policy_drafts,
            policies_before: HashMap::new(),
            snippets: SnippetChoice::default(),
            columns: DEFAULT.to_vec(),
            journals: None,
            cut_off: Vec::new(),
        }
    }
}

/// What stays of the matrix from one to the next.
pub struct MatrixSetup {
    /// The contexts to ask with; at least one.
    pub variants: Vec<Variant>,
    pub grant_tokens: Vec<String>,
    /// A run to compare with.
    pub baseline: Option<Verdicts>,
    /// Whether it came since the screen last looked.
    pub baseline_is_new: bool,
    /// The matrix that was left, for the principal that is the caller still.
    pub last: Option<Matrix>,
}

impl Default for MatrixSetup {
    fn default() -> Self {
        MatrixSetup {
            variants: vec![Variant::new(Vec::new())],
            grant_tokens: Vec::new(),
            baseline: None,
            baseline_is_new: false,
            last: None,
        }
    }
}

/// What is kept of the lessons while kmsdeck runs.
#[derive(Default)]
pub struct LessonShelf {
    pub lessons: Vec<Arc<Lesson>>,
    pub problems: Vec<Problem>,
    /// Lessons that were left, by ID. Those on a real key are not kept.
    courses: HashMap<String, Course>,
    /// Whether they are shown in large type.
    pub large: bool,
}

impl LessonShelf {
    /// Keeps how far a lesson was done.
    pub fn keep(&mut self, course: Course) {
        if course.world.real_session().is_none() {
            self.courses.insert(course.lesson.id.clone(), course);
        }
    }

    /// How far a lesson was done.
    pub fn course(&self, id: &str) -> Option<&Course> {
        self.courses.get(id)
    }

    /// A lesson that was left, unless its file has changed since.
    pub fn take(&mut self, lesson: &Lesson) -> Option<Course> {
        let course = self.courses.remove(&lesson.id)?;
        (course.lesson.source == lesson.source).then_some(course)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_draft_is_thrown_away_for_another() {
        let mut kept = Kept::new(History::default(), None);
        let of = |at: usize| DraftOf {
            operation: OpId("Encrypt"),
            key: KeyRef::new("us-east-1", at.to_string()),
            account: None,
        };
        (0..1_000).for_each(|at| kept.drafts.put(of(at), at));
        assert!((0..1_000).all(|at| kept.drafts.take::<usize>(&of(at)) == Some(at)));
    }

    #[test]
    fn of_details_the_oldest_go() {
        let mut kept = Kept::new(History::default(), None);
        let of = |at: usize| KeyRef::new("us-east-1", at.to_string());
        (0..=DETAILS_KEPT).for_each(|at| kept.details.put(of(at), at));
        assert_eq!(kept.details.take::<usize>(&of(0)), None);
        assert_eq!(kept.details.take::<usize>(&of(1)), Some(1));
    }
}
