//! A lesson: the steps, the diagram that they fill, and what each says.

mod diagram;
mod draw;
mod large;

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Screen;
use crate::gateway::SANDBOX_REGION;
use crate::kms::KeyRef;
use crate::kms::text::counted;
use crate::kms::text::printable;
use crate::lessons::course::Course;
use crate::lessons::{Lesson, StepKind, handout};
use crate::snippet::Destination;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::choices::choices;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::{scroll, snippet_pane};

pub struct LessonScreen {
    course: Course,
    /// The step under way.
    job: Option<JobId>,
    scroll: usize,
    /// The bit that the learner chose to flip.
    bit: Option<usize>,
    /// Whether it is asked if all that was done is to be forgotten.
    asks_reset: bool,
    /// Whether secrets are shown.
    reveals: bool,
    /// Whether the CloudTrail record is shown; None has the step decide.
    trail: Option<bool>,
}

impl LessonScreen {
    /// A lesson where it was left, else from its beginning, in a sandbox of its own.
    ///
    /// Errors: a sentence, where the sandbox cannot start.
    pub fn new(lesson: Arc<Lesson>, core: &mut Core) -> Result<Self, String> {
        let course = match core.kept.lessons.take(&lesson) {
            Some(course) => course,
            None => {
                let world = lesson.world(core.connection.target.calls.clone())?;
                Course::new(lesson, world)
            }
        };
        Ok(LessonScreen::of(course))
    }

    /// A lesson on a key of the user's, over their connection.
    ///
    /// Errors: there is none.
    pub fn on_real_key(lesson: Arc<Lesson>, key: KeyRef, core: &Core) -> Result<Self, String> {
        let session = core.session_in(&key.region).cloned();
        let session = session.ok_or("Not connected.")?;
        let world = lesson.world_on(session, key.id);
        Ok(LessonScreen::of(Course::new(lesson, world)))
    }

    fn of(course: Course) -> Self {
        LessonScreen {
            course,
            job: None,
            scroll: 0,
            bit: None,
            asks_reset: false,
            reveals: false,
            trail: None,
        }
    }

    /// Whether all was seen: the last step was done.
    fn is_over(&self) -> bool {
        self.course.is_last() && self.course.is_done_here()
    }

    fn has_secrets(&self) -> bool {
        let boxes = self.course.boxes().iter().enumerate();
        let mut secrets = boxes.filter(|(at, _)| self.course.lesson.boxes[*at].secret);
        secrets.any(|(_, held)| held.is_some())
    }

    /// Answers to the question of this step.
    fn answers(&self) -> usize {
        let question = self.course.step().question.as_ref();
        question.map_or(0, |question| question.answers.len())
    }

    /// Keeps a prediction, and says so: the question may be out of sight.
    fn predict(&mut self, answer: usize, core: &mut Core) {
        if self.course.predict(answer)
            && let Some(question) = &self.course.step().question
        {
            let text = format!("You predict: {}", printable(&question.answers[answer]));
            core.say(Tone::Plain, text);
        }
    }

    /// Says that all was seen.
    fn tell_end(&self, core: &mut Core) {
        if self.is_over() {
            let key = core.keymap.key_of(Context::Lesson, Action::Back);
            let how = key.map_or(String::new(), |key| format!(" {key} goes to the lessons."));
            core.say(Tone::Good, format!("This is the end of the lesson.{how}"));
        }
    }

    fn run(&mut self, core: &mut Core) {
        if core.is_read_only() && self.course.world.real_session().is_some() {
            core.say(
                Tone::Bad,
                "Read-only: on a real key a lesson makes data keys and decrypts them.",
            );
            return;
        }
        if self.job.is_none() {
            let course = Box::new(self.course.clone());
            self.job = Some(core.start(Job::LessonStep(course, self.bit)));
        }
    }

    /// Asks before what was done is forgotten.
    fn draw_question(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let columns = 56.min(area.width.saturating_sub(4));
        let done = counted(self.course.done(), "step");
        let text = format!("What came of {done} is forgotten, and your predictions with it.");
        let mut lines = view::wrapped(&text, columns, theme.text);
        lines.push(Line::default());
        let at = Context::Confirm;
        lines.push(choices(at, "begin anew", "go on with it", core, theme));
        let rows = lines.len();
        let inside = open_box(frame, area, "Begin anew?", columns.into(), rows, theme);
        scroll::text(frame, inside, &lines, 0, theme);
    }

    /// At another step.
    fn settled(&mut self) {
        self.scroll = 0;
        self.bit = None;
        self.trail = None;
        self.reveals = false;
    }

    fn reset(&mut self, core: &mut Core) {
        let lesson = self.course.lesson.clone();
        let old = &self.course.world;
        let (world, text) = match old.real_session() {
            Some(session) => (
                Ok(lesson.world_on(session.clone(), old.key().to_owned())),
                "From the beginning.",
            ),
            None => (
                lesson.world(core.connection.target.calls.clone()),
                "From the beginning, in a sandbox in which nothing was done.",
            ),
        };
        match world {
            Ok(world) => {
                self.course = Course::new(lesson, world);
                self.settled();
                core.say(Tone::Plain, text);
            }
            Err(why) => core.say(Tone::Bad, why),
        }
    }

    fn shows_trail(&self) -> bool {
        self.trail.unwrap_or(self.course.step().trail)
    }

    fn move_bit(&mut self, by: isize) {
        if let Some((bytes, first)) = self.course.flips() {
            let at = self.bit.unwrap_or(first);
            let last = (bytes.len() * 8).saturating_sub(1);
            if let Some(to) = at.checked_add_signed(by).filter(|to| *to <= last) {
                self.bit = Some(to);
            }
        }
    }

    fn destination(&self, core: &Core) -> Destination {
        match self.course.world.real_session() {
            Some(session) => core.destination(&session.region),
            None => Destination::sandbox(SANDBOX_REGION),
        }
    }

    /// The lines of the snippet pane; None where there is to be none.
    fn snippet_lines(&self, core: &Core) -> Option<Vec<String>> {
        let request = self.course.request()?;
        snippet_pane::lines(
            std::slice::from_ref(&request),
            &self.destination(core),
            core,
        )
    }
}

impl Screen for LessonScreen {
    fn contexts(&self) -> Vec<Context> {
        if self.asks_reset {
            return vec![Context::Confirm];
        }
        let mut contexts = Vec::new();
        if self.course.is_flip() {
            contexts.push(Context::LessonFlip);
        }
        if !self.course.is_done_here() {
            contexts.push(Context::LessonToDo);
        }
        contexts.push(Context::Lesson);
        contexts
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        let came = self.course.came_here();
        let called = came.is_some_and(|came| came.outcome.is_some());
        match action {
            Action::RunStep => self.job.is_none(),
            Action::SkipStep => self.job.is_none() && !self.course.is_last(),
            Action::NextStep => self.job.is_none() && !self.is_over(),
            Action::PrevStep => self.job.is_none() && self.course.at() > 0,
            Action::RunAgain => {
                let does = !matches!(self.course.step().kind, StepKind::Read);
                self.job.is_none() && came.is_some() && does
            }
            Action::ResetLesson => self.job.is_none() && self.course.is_begun(),
            Action::Reveal => self.has_secrets(),
            Action::OpenDetails | Action::CloudTrail => called,
            Action::NextSnippet | Action::CopySnippet => self.course.request().is_some(),
            action => match number_of(action) {
                Some(answer) => self.answers() > answer && self.job.is_none(),
                None => true,
            },
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Yes => {
                self.asks_reset = false;
                self.reset(core);
            }
            Action::Back if self.asks_reset => self.asks_reset = false,
            Action::Back => match self.job.take() {
                Some(job) => {
                    core.cancel(job);
                    core.say(Tone::Warn, "Given up. Whether KMS did it is not known.");
                }
                None => return Flow::Back,
            },
            Action::RunStep | Action::RunAgain => self.run(core),
            Action::NextStep | Action::SkipStep => {
                self.course.next();
                self.settled();
                self.tell_end(core);
            }
            Action::PrevStep => {
                self.course.back();
                self.settled();
            }
            Action::ResetLesson => self.asks_reset = true,
            Action::Reveal => self.reveals = !self.reveals,
            Action::CloudTrail => self.trail = Some(!self.shows_trail()),
            Action::LargeType => core.kept.lessons.large = !core.kept.lessons.large,
            Action::OpenDetails => {
                let came = self.course.came_here();
                if let Some(outcome) = came.and_then(|came| came.outcome.clone()) {
                    return Flow::Open(Route::OutcomeToRead(Box::new(outcome)));
                }
            }
            Action::NextSnippet => {
                let was_seen = self.snippet_is_seen(core);
                core.kept.snippets.turn(was_seen);
            }
            Action::CopySnippet => {
                if let Some(request) = self.course.request() {
                    snippet_pane::copy(
                        std::slice::from_ref(&request),
                        &self.destination(core),
                        core,
                    );
                }
            }
            Action::Export => {
                let text = handout::markdown(&self.course);
                let name = format!("{}.md", self.course.lesson.id);
                return Flow::Open(Route::Prompt(Asks::Handout(name, text)));
            }
            Action::NextBit => self.move_bit(1),
            Action::PrevBit => self.move_bit(-1),
            Action::NextByteRow => self.move_bit(self.bits_in_row(core)),
            Action::PrevByteRow => self.move_bit(-self.bits_in_row(core)),
            action => match number_of(action) {
                Some(answer) => self.predict(answer, core),
                None => {
                    let (len, height) = self.text_size(core);
                    let furthest = scroll::furthest(len, height);
                    let page = height.saturating_sub(1);
                    scroll::step(&mut self.scroll, action, page, furthest + 1);
                }
            },
        }
        Flow::Stay
    }

    fn moves(&self) -> bool {
        self.job.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.job == Some(id)
    }

    fn answer(&mut self, _id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let JobEvent::LessonStep(came) = event else {
            return Flow::Stay;
        };
        self.job = None;
        let undone = self.course.take(*came);
        self.scroll = 0;
        self.tell_end(core);
        if undone > 0 {
            core.say(
                Tone::Plain,
                format!(
                    "{} after this one to be done again.",
                    counted(undone, "step")
                ),
            );
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.job.take() {
            core.cancel(job);
        }
        core.kept.lessons.keep(self.course.clone());
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        match core.kept.lessons.large {
            true => self.draw_large(core, theme, frame, area),
            false => self.draw_all(core, theme, frame, area),
        }
        if self.asks_reset {
            self.draw_question(core, theme, frame, area);
        }
    }
}

/// The answer that a key stands for.
fn number_of(action: Action) -> Option<usize> {
    match action {
        Action::AnswerOne => Some(0),
        Action::AnswerTwo => Some(1),
        Action::AnswerThree => Some(2),
        Action::AnswerFour => Some(3),
        _ => None,
    }
}
