//! Carries out a step: one call, or work on bytes here.

use super::lesson::Lesson;
use super::parts::{Came, Held, StepEnd};
use super::work::Work;
use super::world::World;

/// Carries out step `at` with what the boxes hold. `bit` is the one that the learner chose to flip,
/// where that is what the step does.
pub async fn perform(
    lesson: &Lesson,
    at: usize,
    boxes: &[Option<Held>],
    world: &World,
    bit: Option<usize>,
) -> Came {
    let mut work = Work {
        specs: &lesson.boxes,
        at,
        world,
        bit,
        came: Came {
            ended: StepEnd::Well,
            outcome: None,
            caller: None,
            asked: Vec::new(),
            verdicts: Vec::new(),
            note: String::new(),
            boxes: boxes.to_vec(),
        },
    };
    work.came.boxes.resize(lesson.boxes.len(), None);
    let done = lesson.steps[at].kind.perform(&mut work).await;
    if let Err(ended) = done {
        work.came.ended = ended;
    }
    work.came
}
