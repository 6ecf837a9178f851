//! Lessons: envelope encryption by doing it. A lesson is a file of text and steps; each step makes
//! a real call, or works on bytes here, and fills boxes with what came of it. It knows no screen.

pub mod course;
pub mod handout;
pub mod parse;
pub mod perform;
mod reader;
mod steps;
pub mod trail;
mod work;
pub mod world;

use std::path::{Path, PathBuf};

pub use steps::StepKind;
pub use work::place_of;

use crate::assets;
use crate::kms::{KmsError, Outcome, SecretBytes};
use crate::matrix::Matrix;
use crate::platform::dirs;
use crate::platform::toml_doc::Problem;

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

/// Somewhere that knows things: a column of the diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonPlace {
    pub id: String,
    pub title: String,
}

/// A box of the diagram: a name for bytes that steps put in and take out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxSpec {
    pub id: String,
    pub title: String,
    /// The place's index.
    pub place: usize,
    /// Whether its bytes are shown only when asked for.
    pub secret: bool,
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

/// What to think about first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    pub text: String,
    /// Two to four.
    pub answers: Vec<String>,
    /// The index of the right one.
    pub right: usize,
}

/// How a step is meant to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeantEnd {
    Success,
    /// With this error's code.
    Error(String),
    /// With any error.
    AnyError,
}

/// What a box holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub bytes: SecretBytes,
    /// The step that put it there.
    pub by: usize,
}

/// What came of a step.
#[derive(Clone)]
pub struct Came {
    pub ended: StepEnd,
    /// The call, where there was one.
    pub outcome: Option<Outcome>,
    /// Who made it.
    pub caller: Option<StepCaller>,
    /// A matrix for each principal that was asked about.
    pub asked: Vec<(String, Matrix)>,
    /// What was done here, in a sentence: which bit was flipped.
    pub note: String,
    /// What the boxes hold after it.
    pub boxes: Vec<Option<Held>>,
}

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCaller {
    /// The principal's name in the lesson; None with a key of the user's own.
    pub name: Option<String>,
    /// By GetCallerIdentity.
    pub arn: String,
    pub region: String,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepEnd {
    Well,
    /// KMS refused.
    Refused(Box<KmsError>),
    /// A check on this side refused: which, and what it means.
    Caught(String),
}

impl MeantEnd {
    /// What the step is to do: half a sentence.
    pub fn in_words(&self) -> String {
        match self {
            MeantEnd::Success => "succeed".to_owned(),
            MeantEnd::Error(code) => format!("fail with {code}"),
            MeantEnd::AnyError => "fail".to_owned(),
        }
    }
}

impl Came {
    /// What happened, in a line: the answer of KMS, or the check that refused.
    pub fn headline(&self) -> String {
        match (&self.ended, &self.outcome) {
            (StepEnd::Refused(error), _) => error.code.clone(),
            (StepEnd::Caught(why), _) => why.clone(),
            (StepEnd::Well, Some(outcome)) => match &outcome.result {
                Err(error) => format!("{}: it would succeed", error.code),
                Ok(_) => format!("{}: done", outcome.request.op),
            },
            (StepEnd::Well, None) if self.note.is_empty() => "Done".to_owned(),
            (StepEnd::Well, None) => self.note.clone(),
        }
    }

    /// Whether it ended as the lesson says.
    pub fn is_as_meant(&self, step: &Step) -> bool {
        match (&step.ends, &self.ended) {
            (MeantEnd::Success, StepEnd::Well) => true,
            (MeantEnd::AnyError, ended) => *ended != StepEnd::Well,
            (MeantEnd::Error(code), StepEnd::Refused(error)) => *code == error.code,
            _ => false,
        }
    }
}

impl Lesson {
    /// How many of its steps have a question.
    pub fn questions(&self) -> usize {
        let questions = self.steps.iter().filter_map(|step| step.question.as_ref());
        questions.count()
    }
}

/// The lessons that are there: those built in, then the user's own in `lessons/` of the
/// configuration folder. And what is wrong with these; a lesson with a mistake is left out.
pub fn all() -> (Vec<Lesson>, Vec<Problem>) {
    let (mut lessons, mut problems) = built_in();
    if let Some(folder) = dirs::config_folder().map(|folder| folder.join("lessons"))
        && folder.is_dir()
    {
        let (own, found) = of_folder(&folder);
        lessons.extend(own);
        problems.extend(found);
    }
    (lessons, problems)
}

/// The lessons that are built in. They have no problems: a test sees to that.
pub fn built_in() -> (Vec<Lesson>, Vec<Problem>) {
    let mut lessons = Vec::new();
    let mut problems = Vec::new();
    for (id, text) in assets::LESSONS {
        match parse::parse(id, &format!("{id}.toml"), text) {
            Ok(lesson) => lessons.push(lesson),
            Err(found) => problems.extend(found),
        }
    }
    (lessons, problems)
}

/// The lessons in the `.toml` files of a folder, by name, or in that one file; and what is wrong.
pub fn of_folder(folder: &Path) -> (Vec<Lesson>, Vec<Problem>) {
    let whole = |text: String| Problem {
        file: dirs::shown(folder),
        line: None,
        text,
    };
    let mut files = Vec::new();
    if folder.is_dir() {
        match std::fs::read_dir(folder) {
            Ok(entries) => files.extend(
                entries
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(|path| path.extension().is_some_and(|end| end == "toml")),
            ),
            Err(error) => return (Vec::new(), vec![whole(format!("cannot be read: {error}"))]),
        }
        files.sort();
        if files.is_empty() {
            return (
                Vec::new(),
                vec![whole("holds no lesson: a lesson is a .toml file".into())],
            );
        }
    } else {
        files.push(folder.to_owned());
    }
    let mut lessons = Vec::new();
    let mut problems = Vec::new();
    for path in files {
        let shown = dirs::shown(&path);
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        match std::fs::read_to_string(&path) {
            Ok(text) => match parse::parse(&id, &shown, &text) {
                Ok(lesson) => lessons.push(Lesson {
                    file: path,
                    ..lesson
                }),
                Err(found) => problems.extend(found),
            },
            Err(error) => problems.push(Problem {
                file: shown,
                line: None,
                text: format!("cannot be read: {error}"),
            }),
        }
    }
    (lessons, problems)
}
