//! Carries out a step: one call, or work on bytes here.

use kmsdeck_envelope::{
    self as envelope, DataKey, EncryptedDataKey, EnvelopeError, Plan, read_header,
};

use super::world::World;
use super::{Ask, Call, Came, Does, Ended, FlipAt, Given, Held, Lesson, Open, Seal};
use crate::gateway::reads;
use crate::kms::text::counted;
use crate::kms::{
    Blob, FieldKind, KmsError, Outcome, Request, ResponseValue, SecretBytes, Value,
    encryption_context,
};
use crate::matrix::runner::{self, Limits};
use crate::matrix::{Matrix, Row, Variant};
use crate::ops::{self, Cleared, data_keys};

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
        lesson,
        at,
        world,
        came: Came {
            ended: Ended::Well,
            outcome: None,
            caller: None,
            asked: Vec::new(),
            note: String::new(),
            boxes: boxes.to_vec(),
        },
    };
    work.came.boxes.resize(lesson.boxes.len(), None);
    let done = match &lesson.steps[at].does {
        Does::Read => Ok(()),
        Does::Call(call) => work.call(call).await,
        Does::Set { text, put } => {
            work.put(*put, SecretBytes::new(text.as_bytes().to_vec()));
            work.note("Written.")
        }
        Does::Copy { from, put } => match work.bytes(*from) {
            Ok(bytes) => {
                work.put(*put, bytes);
                work.note("Copied.")
            }
            Err(ended) => Err(ended),
        },
        Does::Forget(places) => {
            for place in places {
                work.came.boxes[*place] = None;
            }
            work.note("Wiped.")
        }
        Does::Seal(seal) => work.seal(seal).await,
        Does::Open(open) => work.open(open).await,
        Does::Unpack { from, put } => work.unpack(*from, *put),
        Does::Flip { of, first } => work.flip(*of, first, bit),
        Does::Ask(ask) => work.ask(ask).await,
    };
    if let Err(ended) = done {
        work.came.ended = ended;
    }
    work.came
}

/// The request of a step's call, as it would be sent now; None for a step that makes none, or
/// whose boxes are empty.
pub fn request(
    lesson: &Lesson,
    at: usize,
    boxes: &[Option<Held>],
    world: &World,
) -> Option<Request> {
    let Does::Call(call) = &lesson.steps[at].does else {
        return None;
    };
    let made = made(lesson, call, boxes, world);
    made.ok()
}

/// The number of the bit that a lesson has flipped, where it is not the learner's choice.
///
/// Errors: a sentence.
pub fn first_bit(bytes: &[u8], first: &FlipAt) -> Result<usize, String> {
    let part = match first {
        FlipAt::Bit(bit) => return Ok(bit % (bytes.len() * 8).max(1)),
        FlipAt::Part(part) => part,
    };
    let parts = envelope::parts(bytes).map_err(|error| format!("{error}."))?;
    match parts.iter().find(|known| known.name == *part) {
        Some(part) => {
            let range = part.range();
            Ok((range.start + range.len() / 2) * 8 + 7)
        }
        None => {
            let names: Vec<&str> = parts.iter().map(|known| known.name.as_str()).collect();
            Err(format!(
                "The envelope has no part {part:?}; it has {}.",
                names.join(", ")
            ))
        }
    }
}

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

struct Work<'a> {
    lesson: &'a Lesson,
    at: usize,
    world: &'a World,
    came: Came,
}

impl Work<'_> {
    fn put(&mut self, place: usize, bytes: SecretBytes) {
        self.came.boxes[place] = Some(Held { bytes, by: self.at });
    }

    /// Says what was done.
    fn note(&mut self, text: impl Into<String>) -> Result<(), Ended> {
        self.came.note = text.into();
        Ok(())
    }

    fn bytes(&self, place: usize) -> Result<SecretBytes, Ended> {
        held(self.lesson, &self.came.boxes, place).cloned()
    }

    async fn call(&mut self, call: &Call) -> Result<(), Ended> {
        let request = made(self.lesson, call, &self.came.boxes, self.world)?;
        self.send(request, call.principal.as_deref()).await?;
        let outcome = self.came.outcome.as_ref();
        let Some(outcome) = outcome.filter(|made| made.result.is_ok()) else {
            // A dry run answers with no fields.
            return Ok(());
        };
        let mut answered = Vec::new();
        for (field, place) in &call.put {
            let bytes = response_bytes(outcome, field).ok_or_else(|| {
                Ended::Caught(format!("The response of {} has no {field}.", call.spec.id))
            })?;
            answered.push((*place, bytes));
        }
        for (place, bytes) in answered {
            self.put(place, bytes);
        }
        Ok(())
    }

    /// Makes a call, and keeps what came of it.
    async fn send(&mut self, request: Request, principal: Option<&str>) -> Result<(), Ended> {
        let errors = ops::spec(request.op).validate(&request);
        if let Some(error) = errors.first() {
            return Err(Ended::Caught(format!("Not sent: {error}.")));
        }
        let session = self.session(principal).await?;
        let cleared = Cleared::in_lesson(request, &session).map_err(|unanswered| {
            Ended::Caught(format!(
                "Not sent: {} changes a key, and this lesson runs on one of yours.",
                unanswered.request().op
            ))
        })?;
        let outcome = ops::run(&session, cleared).await;
        let ended = match &outcome.result {
            Ok(_) => Ok(()),
            // The good answer of a dry run.
            Err(error) if error.is_dry_run_success() => Ok(()),
            Err(error) => Err(Ended::Refused(Box::new(error.clone()))),
        };
        self.came.caller = Some(self.world.caller(principal, &session).await);
        self.came.outcome = Some(outcome);
        ended
    }

    async fn session(&self, principal: Option<&str>) -> Result<crate::gateway::Session, Ended> {
        self.world.session(principal).await.map_err(refused)
    }

    async fn seal(&mut self, seal: &Seal) -> Result<(), Ended> {
        let plaintext = self.bytes(seal.from)?;
        let data_key = self.bytes(seal.under)?;
        let encrypted = self.bytes(seal.key)?;
        let arn = self.world.key_arn().await.map_err(refused)?;
        let encrypted = EncryptedDataKey::by_kms(arn, encrypted.reveal().to_vec());
        let plan = Plan::new(seal.context.clone(), encrypted);
        let sealed = DataKey::new(data_key.reveal())
            .and_then(|data_key| envelope::encrypt_bytes(&data_key, &plan, plaintext.reveal()))
            .map_err(caught)?;
        let length = sealed.len();
        self.put(seal.put, SecretBytes::new(sealed));
        self.note(format!(
            "Encrypted here, with no call: {} became {}.",
            counted(plaintext.len(), "byte"),
            counted(length, "byte")
        ))
    }

    async fn open(&mut self, open: &Open) -> Result<(), Ended> {
        let sealed = self.bytes(open.from)?;
        let data_key = match open.under {
            Some(place) => self.bytes(place)?,
            None => self.unwrapped(&sealed, open).await?,
        };
        let (_, plaintext) = DataKey::new(data_key.reveal())
            .and_then(|data_key| envelope::decrypt_bytes(&data_key, sealed.reveal()))
            .map_err(caught)?;
        self.put(open.put, plaintext.into());
        self.note("Decrypted here, and every byte checked.")
    }

    /// The data key of an envelope, by Decrypt, with what its header says.
    async fn unwrapped(&mut self, sealed: &SecretBytes, open: &Open) -> Result<SecretBytes, Ended> {
        let header = read_header(sealed.reveal()).map_err(caught)?;
        let first = header.keys.first();
        let Some((key, arn)) = first.and_then(|key| Some((key, key.kms_key()?))) else {
            return Err(Ended::Caught(
                "Provider: the header names no KMS key for the data key".to_owned(),
            ));
        };
        let request = data_keys::decrypt_request(arn, &key.ciphertext, &header.context, &[]);
        self.send(request, open.principal.as_deref()).await?;
        let plaintext = self.came.outcome.as_ref().and_then(data_keys::plaintext);
        let missing = || Ended::Caught("The response of Decrypt has no Plaintext.".into());
        plaintext.cloned().ok_or_else(missing)
    }

    fn unpack(&mut self, from: usize, put: usize) -> Result<(), Ended> {
        let sealed = self.bytes(from)?;
        let header = read_header(sealed.reveal()).map_err(caught)?;
        if let Some(key) = header.keys.first() {
            self.put(put, SecretBytes::new(key.ciphertext.clone()));
        }
        self.note("Read from the header, which is not encrypted.")
    }

    fn flip(&mut self, of: usize, first: &FlipAt, chosen: Option<usize>) -> Result<(), Ended> {
        let mut bytes = self.bytes(of)?.reveal().to_vec();
        let bit = match chosen {
            Some(bit) => bit,
            None => first_bit(&bytes, first).map_err(Ended::Caught)?,
        };
        let place = place_of(&bytes, bit);
        if let Some(byte) = bytes.get_mut(bit / 8) {
            let was = *byte;
            *byte ^= 0x80 >> (bit % 8);
            self.came.note = format!("{place}: {was:02x} became {byte:02x}.");
        }
        self.put(of, SecretBytes::new(bytes));
        Ok(())
    }

    async fn ask(&mut self, ask: &Ask) -> Result<(), Ended> {
        let mut tokens = Vec::new();
        for place in &ask.tokens {
            tokens.push(String::from_utf8_lossy(self.bytes(*place)?.reveal()).into_owned());
        }
        let key = reads::describe_key(&self.session(None).await?, self.world.key())
            .await
            .map_err(refused)?;
        let row = Row {
            key_id: key.arn.clone().unwrap_or_else(|| key.key_id.clone()),
            arn: key.arn.clone(),
            name: self.world.key().to_owned(),
            aliases: Vec::new(),
            region: 0,
            metadata: Some(Box::new(key)),
        };
        let variants = ask.contexts.iter().cloned().map(Variant::new).collect();
        let matrix = Matrix::new(vec![row], ask.operations.clone(), variants, tokens, true);
        for name in &ask.principals {
            let session = self.session(Some(name)).await?;
            let caller = self.world.caller(Some(name), &session).await;
            let limits = Limits::for_session(&session);
            let answered = std::sync::Mutex::new(matrix.clone());
            runner::run(
                matrix.clone(),
                matrix.to_ask(),
                vec![session],
                caller.arn,
                limits,
                true,
                |step| {
                    if let (runner::Step::Answered(id, cell), Ok(mut matrix)) =
                        (step, answered.lock())
                    {
                        matrix.set(id, cell);
                    }
                },
            )
            .await;
            let matrix = answered
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            self.came.asked.push((name.clone(), matrix));
        }
        let counts = self.came.asked.iter().map(|(_, matrix)| matrix.counts());
        let (would, all) = counts.fold((0, 0), |(would, all), counts| {
            (would + counts.would_succeed, all + counts.answered())
        });
        let all = counted(all, "dry run");
        self.note(format!("{all}: {would} would succeed."))
    }
}

fn caught(error: EnvelopeError) -> Ended {
    Ended::Caught(format!("{error}."))
}

fn refused(error: KmsError) -> Ended {
    Ended::Refused(Box::new(error))
}

fn held<'a>(
    lesson: &Lesson,
    boxes: &'a [Option<Held>],
    place: usize,
) -> Result<&'a SecretBytes, Ended> {
    match boxes.get(place) {
        Some(Some(held)) => Ok(&held.bytes),
        _ => Err(Ended::Caught(format!(
            "There is nothing in the box {:?}: do the step that fills it first.",
            lesson.boxes[place].title
        ))),
    }
}

fn made(
    lesson: &Lesson,
    call: &Call,
    boxes: &[Option<Held>],
    world: &World,
) -> Result<Request, Ended> {
    let mut request = Request::new(call.spec.id);
    for (field, given) in &call.with {
        let value = value_of(lesson, field.kind, given, boxes, world)?;
        request.set(field.name, value);
    }
    Ok(request)
}

fn value_of(
    lesson: &Lesson,
    kind: FieldKind,
    given: &Given,
    boxes: &[Option<Held>],
    world: &World,
) -> Result<Value, Ended> {
    let text_of = |given: &Given| -> Result<String, Ended> {
        match given {
            Given::Text(text) => Ok(text.clone()),
            Given::Key => Ok(world.key().to_owned()),
            Given::Box(place) => {
                let bytes = held(lesson, boxes, *place)?;
                String::from_utf8(bytes.reveal().to_vec()).map_err(|_| {
                    Ended::Caught(format!(
                        "{:?} is no text any more, and the field takes text.",
                        lesson.boxes[*place].title
                    ))
                })
            }
            _ => Ok(String::new()),
        }
    };
    Ok(match (kind, given) {
        (FieldKind::Blob { .. }, Given::Box(place)) => {
            Value::Blob(Blob::new(held(lesson, boxes, *place)?.reveal().to_vec()))
        }
        (FieldKind::Blob { .. }, Given::Text(text)) => {
            Value::Blob(Blob::new(text.as_bytes().to_vec()))
        }
        (FieldKind::EncryptionContext, Given::Box(_)) => {
            let text = text_of(given)?;
            let pairs = encryption_context::parse("EncryptionContext", &text)
                .map_err(|error| Ended::Caught(format!("Not sent: {error}.")))?;
            Value::Pairs(pairs)
        }
        (_, Given::Pairs(pairs)) => Value::Pairs(pairs.clone()),
        (_, Given::Number(number)) => Value::Number(*number),
        (_, Given::Flag(on)) => Value::Flag(*on),
        (_, Given::List(items)) => {
            Value::List(items.iter().map(text_of).collect::<Result<_, _>>()?)
        }
        (FieldKind::GrantTokens | FieldKind::Names(_), given) => Value::List(vec![text_of(given)?]),
        (_, given) => Value::Text(text_of(given)?),
    })
}

/// A field of the response as the bytes that a box holds.
fn response_bytes(outcome: &Outcome, field: &str) -> Option<SecretBytes> {
    let bytes = match &outcome.field(field)?.value {
        ResponseValue::Secret(bytes) => return Some(bytes.clone()),
        ResponseValue::Text(text) => text.as_bytes().to_vec(),
        ResponseValue::Blob(bytes) => bytes.clone(),
        ResponseValue::Flag(on) => on.to_string().into_bytes(),
        ResponseValue::List(names) => names.join(", ").into_bytes(),
        ResponseValue::Absent => return None,
    };
    Some(SecretBytes::new(bytes))
}
