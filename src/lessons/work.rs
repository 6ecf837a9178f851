//! A step under way, and what the kinds of steps do with it.

use super::parts::{BoxSpec, Came, Held, StepEnd};
use super::world::World;
use crate::gateway::Session;
use crate::kms::{KmsError, Request, SecretBytes};
use crate::ops::{self, Cleared};
use kmsdeck_envelope::{self as envelope, EnvelopeError};

/// Where a bit is, for people: `Byte 71, bit 0, in Data key: encrypted`. Bit 7 is the highest of a
/// byte.
pub fn place_of(bytes: &[u8], bit: usize) -> String {
    let (byte, bit) = (bit / 8, 7 - bit % 8);
    let parts = envelope::parts(bytes).unwrap_or_default();
    match parts.iter().find(|part| part.range().contains(&byte)) {
        Some(part) => format!("Byte {byte}, bit {bit}, in {}", part.name),
        None => format!("Byte {byte}, bit {bit}"),
    }
}

/// A step under way: what it works with, and what has come of it so far.
pub(super) struct Work<'a> {
    /// The boxes of the lesson.
    pub specs: &'a [BoxSpec],
    pub at: usize,
    pub world: &'a World,
    /// The bit that the learner chose to flip.
    pub bit: Option<usize>,
    pub came: Came,
}

impl Work<'_> {
    pub(super) fn put(&mut self, place: usize, bytes: SecretBytes) {
        self.came.boxes[place] = Some(Held { bytes, by: self.at });
    }

    /// Says what was done.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.came.note = text.into();
    }

    pub(super) fn bytes(&self, place: usize) -> Result<SecretBytes, StepEnd> {
        held(self.specs, &self.came.boxes, place).cloned()
    }

    /// Makes a call, and keeps what came of it.
    pub(super) async fn send(
        &mut self,
        request: Request,
        principal: Option<&str>,
    ) -> Result<(), StepEnd> {
        let errors = ops::spec(request.op).validate(&request);
        if let Some(error) = errors.first() {
            return Err(StepEnd::Caught(format!("Not sent: {error}.")));
        }
        let session = self.session(principal).await?;
        let cleared = Cleared::in_lesson(request, &session).map_err(|unanswered| {
            StepEnd::Caught(format!(
                "Not sent: {} changes a key, and this lesson runs on one of yours.",
                unanswered.request().op
            ))
        })?;
        let outcome = ops::run(&session, cleared).await;
        let ended = match &outcome.result {
            Ok(_) => Ok(()),
            // The good answer of a dry run.
            Err(error) if error.is_dry_run_success() => Ok(()),
            Err(error) => Err(StepEnd::Refused(Box::new(error.clone()))),
        };
        self.came.caller = Some(self.world.caller(principal, &session).await);
        self.came.outcome = Some(outcome);
        ended
    }

    pub(super) async fn session(&self, principal: Option<&str>) -> Result<Session, StepEnd> {
        self.world.session(principal).await.map_err(refused)
    }
}

pub(super) fn caught(error: EnvelopeError) -> StepEnd {
    StepEnd::Caught(format!("{error}."))
}

pub(super) fn refused(error: KmsError) -> StepEnd {
    StepEnd::Refused(Box::new(error))
}

pub(super) fn held<'a>(
    specs: &[BoxSpec],
    boxes: &'a [Option<Held>],
    place: usize,
) -> Result<&'a SecretBytes, StepEnd> {
    match boxes.get(place) {
        Some(Some(held)) => Ok(&held.bytes),
        _ => Err(StepEnd::Caught(format!(
            "There is nothing in the box {:?}: do the step that fills it first.",
            specs[place].title
        ))),
    }
}
