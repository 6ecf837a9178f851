//! `call`: a call to KMS.

use super::kind_spec::KindSpec;
use crate::kms::encryption_context::{self, Pair};
use crate::kms::tags;
use crate::kms::{Blob, Field, FieldKind, Outcome, Request, ResponseValue, SecretBytes, Value};
use crate::lessons::parts::{BoxSpec, Held, StepEnd};
use crate::lessons::reader::{LessonTable, Reader, line_of};
use crate::lessons::work::{Work, held};
use crate::lessons::world::World;
use crate::ops::{OPS, OpSpec};
use crate::platform::toml_doc::{TomlEntry, TomlValue};

/// A call to KMS: an operation and what its fields are made of.
#[derive(Clone)]
pub struct CallStep {
    spec: &'static OpSpec,
    principal: Option<String>,
    /// Fields, with `$box` still in them.
    with: Vec<(&'static Field, Given)>,
    /// Fields of the response, and the box that each goes into.
    put: Vec<(String, usize)>,
}

/// What a field is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    Text(String),
    /// The bytes, or the text, of a box.
    Box(usize),
    /// The KeyId of the lesson.
    Key,
    Number(u32),
    Flag(bool),
    Pairs(Vec<Pair>),
    List(Vec<Given>),
}

pub(super) const KIND: KindSpec<CallStep> = KindSpec {
    name: "call",
    with: &["as", "with", "put"],
    read: |reader, table| read(reader, table),
};

fn read(reader: &mut Reader, table: &LessonTable) -> CallStep {
    let name = reader.text(table, "call");
    let line = line_of(table, "call");
    let spec = OPS.iter().copied().find(|spec| spec.id.0 == name);
    if spec.is_none() {
        let names: Vec<&str> = OPS.iter().map(|spec| spec.id.0).collect();
        let text = format!(
            "there is no operation {name:?}: choose {}",
            names.join(", ")
        );
        reader.problem(line, text);
    }
    let spec = spec.unwrap_or(OPS[0]);
    let mut with = Vec::new();
    for entry in reader.inner(table, "with") {
        match spec.field(&entry.name) {
            Some(field) => {
                let given = given(reader, field, entry);
                with.push((field, given));
            }
            None => {
                let names: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
                reader.unknown(&format!("{} has no field", spec.id), entry, &names);
            }
        }
    }
    for field in spec.fields {
        if field.required && !with.iter().any(|(given, _)| given.name == field.name) {
            let text = format!("{} needs {}: add it to with", spec.id, field.name);
            reader.problem(line, text);
        }
    }
    let mut put = Vec::new();
    for entry in reader.inner(table, "put") {
        let place = match &entry.value {
            TomlValue::Text(name) => reader.box_named(name, entry.line),
            other => {
                let text = format!(
                    "put holds names of boxes, not {}: write {{ CiphertextBlob = \"box\" }}",
                    other.kind()
                );
                reader.problem(entry.line, text);
                0
            }
        };
        put.push((entry.name.clone(), place));
    }
    CallStep {
        spec,
        principal: reader.principal(table, "as"),
        with,
        put,
    }
}

fn given(reader: &mut Reader, field: &'static Field, entry: &TomlEntry) -> Given {
    let given = plain_given(reader, &entry.value, entry.line);
    let fits = match (&given, field.kind) {
        // What a box holds is known when the step is done.
        (Some(Given::Box(_) | Given::Key), _) => true,
        (Some(Given::Number(_)), kind) => matches!(kind, FieldKind::Integer { .. }),
        (Some(Given::Flag(_)), kind) => kind == FieldKind::Flag,
        (Some(Given::Pairs(_)), kind) => {
            matches!(kind, FieldKind::EncryptionContext | FieldKind::Tags)
        }
        (Some(Given::List(_)), kind) => {
            matches!(
                kind,
                FieldKind::GrantTokens | FieldKind::Names(_) | FieldKind::TagKeys
            )
        }
        (Some(Given::Text(_)), kind) => !matches!(
            kind,
            FieldKind::Integer { .. }
                | FieldKind::Flag
                | FieldKind::EncryptionContext
                | FieldKind::Tags
        ),
        (None, _) => false,
    };
    if let (Some(Given::Text(text)), Some(names)) = (&given, field.kind.choices())
        && !names.contains(&text.as_str())
    {
        let text = format!(
            "{} is one of {}, not {text:?}",
            field.name,
            names.join(", ")
        );
        reader.problem(entry.line, text);
    } else if !fits {
        let text = format!(
            "{} does not hold {}: see the operation's form for what it takes",
            field.name,
            entry.value.kind()
        );
        reader.problem(entry.line, text);
    }
    given.unwrap_or(Given::Text(String::new()))
}

fn plain_given(reader: &mut Reader, value: &TomlValue, line: usize) -> Option<Given> {
    match value {
        TomlValue::Text(text) if text == "$key" => Some(Given::Key),
        TomlValue::Text(text) => Some(match text.strip_prefix('$') {
            Some(name) => Given::Box(reader.box_named(name, line)),
            None => Given::Text(text.clone()),
        }),
        TomlValue::Whole(number) => u32::try_from(*number).ok().map(Given::Number),
        TomlValue::Flag(on) => Some(Given::Flag(*on)),
        TomlValue::Table(entries) => Some(Given::Pairs(reader.pairs(entries))),
        TomlValue::List(items) => items
            .iter()
            .map(|item| plain_given(reader, item, line))
            .collect::<Option<Vec<_>>>()
            .map(Given::List),
        TomlValue::Other(_) => None,
    }
}

impl CallStep {
    pub fn spec(&self) -> &'static OpSpec {
        self.spec
    }

    pub(super) fn suits_a_real_key(&self) -> bool {
        !self.spec.changes_account() && self.principal.is_none()
    }

    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        let request = self.request(work.specs, &work.came.boxes, work.world)?;
        work.send(request, self.principal.as_deref()).await?;
        let outcome = work.came.outcome.as_ref();
        let Some(outcome) = outcome.filter(|made| made.result.is_ok()) else {
            // A dry run answers with no fields.
            return Ok(());
        };
        let mut answered = Vec::new();
        for (field, place) in &self.put {
            let bytes = response_bytes(outcome, field).ok_or_else(|| {
                StepEnd::Caught(format!("The response of {} has no {field}.", self.spec.id))
            })?;
            answered.push((*place, bytes));
        }
        for (place, bytes) in answered {
            work.put(place, bytes);
        }
        Ok(())
    }

    /// The request, as it would be sent now.
    ///
    /// Errors: what ends the step, such as an empty box.
    pub(in crate::lessons) fn request(
        &self,
        specs: &[BoxSpec],
        boxes: &[Option<Held>],
        world: &World,
    ) -> Result<Request, StepEnd> {
        let mut request = Request::new(self.spec.id);
        for (field, given) in &self.with {
            let value = value_of(specs, field.kind, given, boxes, world)?;
            request.set(field, value);
        }
        Ok(request)
    }
}

fn value_of(
    specs: &[BoxSpec],
    kind: FieldKind,
    given: &Given,
    boxes: &[Option<Held>],
    world: &World,
) -> Result<Value, StepEnd> {
    let text_of = |given: &Given| -> Result<String, StepEnd> {
        match given {
            Given::Text(text) => Ok(text.clone()),
            Given::Key => Ok(world.key().to_owned()),
            Given::Box(place) => {
                let bytes = held(specs, boxes, *place)?;
                String::from_utf8(bytes.reveal().to_vec()).map_err(|_| {
                    StepEnd::Caught(format!(
                        "{:?} is no text any more, and the field takes text.",
                        specs[*place].title
                    ))
                })
            }
            _ => Ok(String::new()),
        }
    };
    Ok(match (kind, given) {
        (FieldKind::Blob { .. }, Given::Box(place)) => {
            Value::Blob(Blob::new(held(specs, boxes, *place)?.reveal().to_vec()))
        }
        (FieldKind::Blob { .. }, Given::Text(text)) => {
            Value::Blob(Blob::new(text.as_bytes().to_vec()))
        }
        (FieldKind::EncryptionContext, Given::Box(_)) => {
            let text = text_of(given)?;
            let pairs = encryption_context::parse("EncryptionContext", &text)
                .map_err(|error| StepEnd::Caught(format!("Not sent: {error}.")))?;
            Value::Pairs(pairs)
        }
        (FieldKind::Tags, Given::Pairs(pairs)) => Value::Tags(pairs.clone()),
        (_, Given::Pairs(pairs)) => Value::Pairs(pairs.clone()),
        (_, Given::Number(number)) => Value::Number(*number),
        (_, Given::Flag(on)) => Value::Flag(*on),
        (_, Given::List(items)) => {
            Value::List(items.iter().map(text_of).collect::<Result<_, _>>()?)
        }
        (FieldKind::GrantTokens | FieldKind::Names(_) | FieldKind::TagKeys, given) => {
            Value::List(vec![text_of(given)?])
        }
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
        ResponseValue::Tags(given) => tags::shown(given).into_bytes(),
        ResponseValue::Metadata(_) | ResponseValue::Absent => return None,
    };
    Some(SecretBytes::new(bytes))
}
