//! A lesson, and its steps.

use std::path::PathBuf;

use super::parts::{BoxSpec, LessonPlace, MeantEnd, Prediction};
use super::steps::StepKind;
use super::world::World;
use crate::gateway::{CallSink, Session};

/// A lesson, as its file says.
#[derive(Clone)]
pub struct Lesson {
    /// The file's name without its end: `envelope-encryption`.
    pub id: String,
    /// Of one that is built in, the name alone.
    pub file: PathBuf,
    /// The file's text.
    pub source: String,
    pub title: String,
    /// One or two sentences for the list.
    pub about: String,
    /// The KeyId that `$key` stands for.
    pub key: String,
    /// The principal of steps that name none.
    pub principal: String,
    /// Whether it may run on a real key: none of its steps changes one, or needs a principal of
    /// the sandbox.
    pub real: bool,
    /// Columns of the diagram, from left to right.
    pub places: Vec<LessonPlace>,
    pub boxes: Vec<BoxSpec>,
    /// At least one.
    pub steps: Vec<Step>,
}

/// A step of a lesson.
#[derive(Clone)]
pub struct Step {
    pub title: String,
    /// What will happen and why; lines broken where the file has an empty line.
    pub text: String,
    /// What to see in what came of it.
    pub after: String,
    pub question: Option<Prediction>,
    pub kind: StepKind,
    /// Whether what CloudTrail would record of the call is a part of it.
    pub trail: bool,
    /// How it is meant to end.
    pub ends: MeantEnd,
    /// Of the file, where it begins.
    pub line: usize,
}

impl Lesson {
    /// A sandbox of its own, with nothing done in it yet. Calls go on record in `calls`.
    ///
    /// Errors: half a sentence, where the sandbox cannot start.
    pub fn world(&self, calls: CallSink) -> Result<World, String> {
        World::sandbox(&self.principal, &self.key, calls)
    }

    /// A key of the user's own, as the caller of the session.
    pub fn world_on(&self, session: Session, key: String) -> World {
        World::real(&self.principal, session, key)
    }

    /// How many of its steps have a question.
    pub fn questions(&self) -> usize {
        let questions = self.steps.iter().filter_map(|step| step.question.as_ref());
        questions.count()
    }
}
