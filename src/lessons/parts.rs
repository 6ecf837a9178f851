//! What a lesson is made of beside its steps, and what comes of a step.

use crate::kms::{KmsError, Outcome, SecretBytes};
use crate::matrix::Matrix;

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
    /// What policies and grants say of who was asked about, a sentence each.
    pub verdicts: Vec<String>,
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
    pub fn is_as_meant(&self, meant: &MeantEnd) -> bool {
        match (meant, &self.ended) {
            (MeantEnd::Success, StepEnd::Well) => true,
            (MeantEnd::AnyError, ended) => *ended != StepEnd::Well,
            (MeantEnd::Error(code), StepEnd::Refused(error)) => *code == error.code,
            _ => false,
        }
    }
}
