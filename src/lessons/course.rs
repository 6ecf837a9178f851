//! A learner's way through a lesson: where they are, what they predicted, what came of each step.

use std::sync::Arc;

use super::lesson::{Lesson, Step};
use super::parts::{Came, Held};
use super::perform::perform;
use super::steps::StepKind;
use super::world::World;
use crate::kms::Request;

/// See the [module](self).
#[derive(Clone)]
pub struct Course {
    pub lesson: Arc<Lesson>,
    pub world: World,
    /// The step that is looked at.
    at: usize,
    /// By step; None where it was not done.
    came: Vec<Option<Came>>,
    /// By step: the answer that was chosen to its question.
    predicted: Vec<Option<usize>>,
    /// By step: whether it was left out.
    skipped: Vec<bool>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    NotDone,
    Skipped,
    /// It ended as the lesson says: also with the error that it is about.
    AsMeant,
    Otherwise,
}

impl Course {
    /// At the first step, with nothing done.
    pub fn new(lesson: Arc<Lesson>, world: World) -> Course {
        let steps = lesson.steps.len();
        Course {
            lesson,
            world,
            at: 0,
            came: vec![None; steps],
            predicted: vec![None; steps],
            skipped: vec![false; steps],
        }
    }

    /// The number of the step that is looked at, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn step(&self) -> &Step {
        &self.lesson.steps[self.at]
    }

    /// What came of a step.
    pub fn came(&self, at: usize) -> Option<&Came> {
        self.came.get(at)?.as_ref()
    }

    /// What came of the step that is looked at.
    pub fn came_here(&self) -> Option<&Came> {
        self.came(self.at)
    }

    /// Whether there is nothing more to do at this step.
    pub fn is_done_here(&self) -> bool {
        self.came_here().is_some() || matches!(self.step().kind, StepKind::Read)
    }

    pub fn is_last(&self) -> bool {
        self.at + 1 == self.lesson.steps.len()
    }

    pub fn standing(&self, at: usize) -> Standing {
        match self.came(at) {
            Some(came) if came.is_as_meant(&self.lesson.steps[at].ends) => Standing::AsMeant,
            Some(_) => Standing::Otherwise,
            None if self.skipped[at] => Standing::Skipped,
            None => Standing::NotDone,
        }
    }

    /// To the next step. One that was not done counts as skipped, unless it is only to be read.
    pub fn next(&mut self) {
        if self.came_here().is_none() {
            match self.step().kind {
                StepKind::Read => self.came[self.at] = Some(self.nothing_came()),
                _ => self.skipped[self.at] = true,
            }
        }
        if !self.is_last() {
            self.at += 1;
        }
        // Nothing follows the last one: where it is only to be read, to be there is to have done it.
        if self.is_last() && self.came_here().is_none() && self.is_done_here() {
            self.came[self.at] = Some(self.nothing_came());
        }
    }

    pub fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    fn nothing_came(&self) -> Came {
        Came {
            ended: super::StepEnd::Well,
            outcome: None,
            caller: None,
            asked: Vec::new(),
            verdicts: Vec::new(),
            note: String::new(),
            boxes: self.before().to_vec(),
        }
    }

    /// What the boxes held before this step: what the last step left that was done.
    pub fn before(&self) -> &[Option<Held>] {
        let earlier = self.came[..self.at].iter().rev().flatten().next();
        earlier.map_or(&[], |came| &came.boxes)
    }

    /// What the boxes hold at this step: after it where it was done, else before it.
    pub fn boxes(&self) -> &[Option<Held>] {
        match self.came_here() {
            Some(came) => &came.boxes,
            None => self.before(),
        }
    }

    /// The boxes that a step filled, by their places; none where it was not done.
    pub fn filled(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let boxes = self.came(at).map_or(&[][..], |came| &came.boxes);
        let by_it = move |held: &Option<Held>| held.as_ref().is_some_and(|held| held.by == at);
        (0..boxes.len()).filter(move |place| by_it(&boxes[*place]))
    }

    /// Takes in what came of this step. Later ones were done with what was before: they are to be
    /// done again. How many that are.
    pub fn take(&mut self, came: Came) -> usize {
        let later = &mut self.came[self.at + 1..];
        let undone = later.iter().filter(|came| came.is_some()).count();
        later.fill(None);
        self.came[self.at] = Some(came);
        self.skipped[self.at] = false;
        undone
    }

    /// Does this step; [`take`](Self::take) takes in what comes of it. `bit` is the one that the
    /// learner chose to flip, where that is what the step does.
    pub async fn perform(&self, bit: Option<usize>) -> Came {
        perform(&self.lesson, self.at, self.before(), &self.world, bit).await
    }

    /// Does this step and all that follow.
    pub async fn perform_all(&mut self) {
        loop {
            let came = self.perform(None).await;
            self.take(came);
            if self.is_last() {
                return;
            }
            self.at += 1;
        }
    }

    /// Whether this step flips a bit of something that is there.
    pub fn is_flip(&self) -> bool {
        self.flips().is_some()
    }

    /// The request of this step's call, as it would be sent now; None for a step that makes none,
    /// or whose boxes are empty.
    pub fn request(&self) -> Option<Request> {
        match self.came_here().and_then(|came| came.outcome.as_ref()) {
            Some(outcome) => Some(outcome.request.clone()),
            None => match &self.step().kind {
                StepKind::Call(call) => {
                    let made = call.request(&self.lesson.boxes, self.before(), &self.world);
                    made.ok()
                }
                _ => None,
            },
        }
    }

    /// The bytes that this step flips a bit of, as they are before it, and the bit that it would
    /// flip; None where it is no such step, or nothing is there yet.
    pub fn flips(&self) -> Option<(&[u8], usize)> {
        match &self.step().kind {
            StepKind::Flip(flip) => flip.aim(self.before()),
            _ => None,
        }
    }

    /// Whether there is anything that a reset would undo.
    pub fn is_begun(&self) -> bool {
        self.at > 0 || self.came.iter().any(Option::is_some)
    }

    /// Steps that were done.
    pub fn done(&self) -> usize {
        self.came.iter().flatten().count()
    }

    /// Keeps the answer to this step's question. After the step is done it counts no more.
    pub fn predict(&mut self, answer: usize) -> bool {
        let fits = self
            .step()
            .question
            .as_ref()
            .is_some_and(|question| answer < question.answers.len());
        let counts = fits && self.came_here().is_none();
        if counts {
            self.predicted[self.at] = Some(answer);
        }
        counts
    }

    /// The answer that was chosen at a step.
    pub fn predicted(&self, at: usize) -> Option<usize> {
        self.predicted.get(at).copied().flatten()
    }

    /// Right predictions, and predictions, of the steps that ended as the lesson says: of others
    /// it knows no right answer.
    pub fn score(&self) -> (usize, usize) {
        let mut score = (0, 0);
        for (at, step) in self.lesson.steps.iter().enumerate() {
            if let (Some(question), Some(answer), Standing::AsMeant) =
                (&step.question, self.predicted(at), self.standing(at))
            {
                score.1 += 1;
                score.0 += usize::from(answer == question.right);
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::CallSink;
    use crate::lessons::{self, StepEnd};

    #[tokio::test]
    async fn a_step_done_again_undoes_those_that_built_on_it() {
        let (all, problems) = lessons::built_in();
        assert_eq!(problems, []);
        let lesson = Arc::new(all.into_iter().next().unwrap());
        let world = lesson.world(CallSink::default()).unwrap();
        let mut course = Course::new(lesson, world);
        for _ in 0..3 {
            let came = course.perform(None).await;
            course.take(came);
            course.next();
        }
        course.back();
        course.back();
        assert_eq!(course.at(), 1);
        assert!(!course.predict(1), "a prediction after the fact");
        let before = course.boxes()[1].clone();
        let came = course.perform(None).await;
        course.take(came);
        assert_ne!(course.boxes()[1], before, "a new data key");
        assert_eq!(course.standing(2), Standing::NotDone);
        course.next();
        course.next();
        assert_eq!(course.standing(2), Standing::Skipped);
        assert!(!course.predict(0));
        let came = course.perform(None).await;
        course.take(came);
        assert_eq!(course.score(), (0, 0), "no question here");
        course.next();
        assert!(course.predict(1));
        let came = course.perform(None).await;
        assert!(matches!(came.ended, StepEnd::Caught(_)));
        course.take(came);
        assert_eq!(course.score(), (1, 1));

        // A step that ended otherwise proves no prediction.
        let (all, _) = lessons::built_in();
        let states = all.into_iter().find(|lesson| lesson.id == "key-states");
        let lesson = Arc::new(states.unwrap());
        let world = lesson.world(CallSink::default()).unwrap();
        let mut course = Course::new(lesson, world);
        let came = course.perform(None).await;
        course.take(came);
        course.next();
        course.next();
        assert!(course.predict(1));
        let came = course.perform(None).await;
        course.take(came);
        assert_eq!(
            course.standing(2),
            Standing::Otherwise,
            "it was not disabled"
        );
        assert_eq!(course.score(), (0, 0));
    }

    #[tokio::test]
    async fn every_lesson_ends_as_its_text_says() {
        for lesson in lessons::built_in().0 {
            let lesson = Arc::new(lesson);
            let world = lesson.world(CallSink::default()).unwrap();
            let mut course = Course::new(lesson.clone(), world);
            course.perform_all().await;
            for (at, step) in lesson.steps.iter().enumerate() {
                assert_eq!(
                    course.standing(at),
                    Standing::AsMeant,
                    "{}, {:?}: {}",
                    lesson.id,
                    step.title,
                    course.came(at).unwrap().headline()
                );
            }
        }
    }
}
