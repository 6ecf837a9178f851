//! Reads a lesson's file. A mistake is told with its line, its rule and the fix; a lesson with one
//! is refused whole, since a step left out would make nonsense of the others.

use super::lesson::{Lesson, Step};
use super::parts::{BoxSpec, LessonPlace, MeantEnd, Prediction};
use super::reader::{LessonTable, Reader, line_of};
use super::steps::StepKind;
use super::steps::{KINDS, KindRow};
use crate::platform::toml_doc::{Problem, TomlDocument, TomlEntry};

/// Reads the text of a lesson. `file` is what problems name.
///
/// Errors: everything that is wrong, in the order of the file.
pub fn parse(id: &str, file: &str, text: &str) -> Result<Lesson, Vec<Problem>> {
    let mut document = TomlDocument::parse(file, text);
    let entries = std::mem::take(&mut document.entries);
    let mut reader = Reader {
        document,
        places: Vec::new(),
        boxes: Vec::new(),
    };
    let lesson = reader.lesson(id, &entries);
    let mut problems = reader.document.problems;
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() {
        Ok(Lesson {
            source: text.to_owned(),
            ..lesson
        })
    } else {
        Err(problems)
    }
}

const LESSON: [&str; 8] = [
    "title",
    "about",
    "key",
    "principal",
    "real",
    "places",
    "boxes",
    "steps",
];
const PLACE: [&str; 2] = ["id", "title"];
const BOX: [&str; 4] = ["id", "title", "place", "secret"];
/// What every step may have.
const STEP: [&str; 8] = [
    "title", "text", "after", "predict", "answers", "right", "fails", "trail",
];
impl Reader {
    fn lesson(&mut self, id: &str, entries: &[TomlEntry]) -> Lesson {
        let top = LessonTable {
            what: "a lesson",
            line: 1,
            entries,
        };
        self.known(&top, &LESSON);
        let places = self.tables(&top, "places", "a place");
        for place in &places {
            self.known(place, &PLACE);
            let (id, title) = (self.text(place, "id"), self.text(place, "title"));
            self.places.push(LessonPlace { id, title });
        }
        let boxes = self.tables(&top, "boxes", "a box");
        for spec in &boxes {
            self.known(spec, &BOX);
            let place = self.text(spec, "place");
            let found = self.places.iter().position(|known| known.id == place);
            if found.is_none() && spec.get("place").is_some() {
                let names: Vec<&str> = self.places.iter().map(|p| p.id.as_str()).collect();
                let text = format!("there is no place {place:?}: choose {}", names.join(", "));
                self.problem(line_of(spec, "place"), text);
            }
            let id = self.text(spec, "id");
            if self.boxes.iter().any(|known| known.id == id) {
                self.problem(
                    line_of(spec, "id"),
                    format!("box {id:?} is there twice: rename one"),
                );
            }
            let title = self.text(spec, "title");
            let secret = self.flag(spec, "secret");
            self.boxes.push(BoxSpec {
                id,
                title,
                place: found.unwrap_or(0),
                secret,
            });
        }
        let tables = self.tables(&top, "steps", "a step");
        if tables.is_empty() {
            self.problem(1, "a lesson has at least one [[steps]]: add it");
        }
        let steps: Vec<Step> = tables.iter().map(|table| self.step(table)).collect();
        let real = self.flag(&top, "real");
        if let Some(step) = steps
            .iter()
            .find(|step| real && !step.kind.suits_a_real_key())
        {
            self.problem(
                step.line,
                "real = true is for lessons whose steps name no principal and change no key: \
                 leave real out, or this step",
            );
        }
        Lesson {
            id: id.to_owned(),
            file: self.document.file.clone().into(),
            source: String::new(),
            title: self.text(&top, "title"),
            about: self.text(&top, "about"),
            key: self.optional_text(&top, "key").unwrap_or_default(),
            principal: self
                .principal(&top, "principal")
                .unwrap_or_else(|| "admin".to_owned()),
            real,
            places: std::mem::take(&mut self.places),
            boxes: std::mem::take(&mut self.boxes),
            steps,
        }
    }

    fn step(&mut self, table: &LessonTable) -> Step {
        let kinds: Vec<&KindRow> = KINDS
            .iter()
            .filter(|kind| table.get(kind.name).is_some())
            .collect();
        let mut known = STEP.to_vec();
        for kind in &kinds {
            known.push(kind.name);
            known.extend(kind.with);
        }
        if kinds.len() > 1 {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
            let text = format!(
                "a step does one thing, and this one does {}: make two of it",
                names.join(" and ")
            );
            self.problem(table.line, text);
        }
        let kind = match kinds.first() {
            Some(kind) => {
                self.known(table, &known);
                (kind.read)(self, table)
            }
            None => {
                self.no_stray_kind(table);
                StepKind::Read
            }
        };
        Step {
            title: self.text(table, "title"),
            text: paragraphs(&self.text(table, "text")),
            after: paragraphs(&self.optional_text(table, "after").unwrap_or_default()),
            question: self.question(table),
            kind,
            trail: self.flag(table, "trail"),
            line: table.line,
            ends: match self.optional_text(table, "fails") {
                None => MeantEnd::Success,
                Some(any) if any == "any" => MeantEnd::AnyError,
                Some(code) => MeantEnd::Error(code),
            },
        }
    }

    /// A step that is only read has no more than what every step may have: anything else was to be
    /// what it does.
    fn no_stray_kind(&mut self, table: &LessonTable) {
        let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        for entry in table.entries {
            if !STEP.contains(&entry.name.as_str()) {
                let text = format!(
                    "a step has no {:?}: it has {}, and does one of {}",
                    entry.name,
                    STEP.join(", "),
                    kinds.join(", ")
                );
                self.problem(entry.line, text);
            }
        }
    }

    fn question(&mut self, table: &LessonTable) -> Option<Prediction> {
        let text = self.optional_text(table, "predict")?;
        let answers = self.texts(table, "answers");
        if !(2..=4).contains(&answers.len()) {
            self.problem(
                line_of(table, "answers"),
                "predict has answers, a list of 2 to 4 strings: write answers = [\"yes\", \"no\"]",
            );
        }
        let right = self.whole(table, "right").unwrap_or(0);
        if !(1..=answers.len()).contains(&right) {
            let text = format!(
                "right is the number of the right answer, 1 to {}",
                answers.len().max(2)
            );
            self.problem(line_of(table, "right"), text);
        }
        Some(Prediction {
            text,
            answers,
            right: right.saturating_sub(1),
        })
    }
}

/// Lines that follow each other are one paragraph; an empty line ends it.
fn paragraphs(text: &str) -> String {
    let mut made = String::new();
    for line in text.lines().map(str::trim) {
        match line {
            "" => made.push('\n'),
            line => {
                if !made.is_empty() && !made.ends_with('\n') {
                    made.push(' ');
                }
                made.push_str(line);
            }
        }
    }
    made
}
