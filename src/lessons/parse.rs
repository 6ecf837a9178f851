//! Reads a lesson's file. A mistake is told with its line, its rule and the fix; a lesson with one
//! is refused whole, since a step left out would make nonsense of the others.

use super::{
    Ask, BoxSpec, Call, Does, Ending, FlipAt, Given, Lesson, Open, Place, Question, Seal, Step,
};
use crate::kms::encryption_context::Pair;
use crate::kms::{Field, FieldKind};
use crate::matrix::operations;
use crate::ops::OPS;
use crate::platform::toml_doc::{Problem, TomlDocument, TomlEntry, TomlValue};

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

struct Reader {
    document: TomlDocument,
    places: Vec<Place>,
    boxes: Vec<BoxSpec>,
}

/// A table of the file, with the line where it begins.
struct Table<'a> {
    what: &'static str,
    line: usize,
    entries: &'a [TomlEntry],
}

impl<'a> Table<'a> {
    fn get(&self, name: &str) -> Option<&'a TomlEntry> {
        self.entries.iter().find(|entry| entry.name == name)
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
/// What a step does, and what goes with it.
const DOES: [(&str, &[&str]); 9] = [
    ("call", &["as", "with", "put"]),
    ("set", &["value"]),
    ("copy", &["put"]),
    ("forget", &[]),
    ("seal", &["under", "key", "context", "put"]),
    ("open", &["under", "as", "put"]),
    ("unpack", &["put"]),
    ("flip", &["bit", "part"]),
    ("ask", &["operations", "contexts", "tokens"]),
];

impl Reader {
    fn problem(&mut self, line: usize, text: impl Into<String>) {
        self.document.problem(line, text.into());
    }

    fn lesson(&mut self, id: &str, entries: &[TomlEntry]) -> Lesson {
        let top = Table {
            what: "a lesson",
            line: 1,
            entries,
        };
        self.known(&top, &LESSON);
        let places = self.tables(&top, "places", "a place");
        for place in &places {
            self.known(place, &PLACE);
            let (id, title) = (self.text(place, "id"), self.text(place, "title"));
            self.places.push(Place { id, title });
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
            .find(|step| real && !step.does.suits_a_real_key())
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

    fn step(&mut self, table: &Table) -> Step {
        let kinds: Vec<&(&str, &[&str])> = DOES
            .iter()
            .filter(|(kind, _)| table.get(kind).is_some())
            .collect();
        let mut known = STEP.to_vec();
        for (kind, with) in &kinds {
            known.push(kind);
            known.extend(with.iter());
        }
        if kinds.len() > 1 {
            let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
            let text = format!(
                "a step does one thing, and this one does {}: make two of it",
                names.join(" and ")
            );
            self.problem(table.line, text);
        }
        self.known(table, &known);
        let does = match kinds.first().map(|(kind, _)| *kind) {
            None => Does::Read,
            Some("call") => Does::Call(self.call(table)),
            Some("set") => Does::Set {
                text: self.text(table, "value"),
                put: self.box_named_by(table, "set"),
            },
            Some("copy") => Does::Copy {
                from: self.box_named_by(table, "copy"),
                put: self.box_named_by(table, "put"),
            },
            Some("forget") => {
                let entry = table.get("forget");
                Does::Forget(self.boxes_of(entry))
            }
            Some("seal") => Does::Seal(Seal {
                from: self.box_named_by(table, "seal"),
                under: self.box_named_by(table, "under"),
                key: self.box_named_by(table, "key"),
                context: self.pairs_of(table.get("context")),
                put: self.box_named_by(table, "put"),
            }),
            Some("open") => Does::Open(Open {
                from: self.box_named_by(table, "open"),
                under: table
                    .get("under")
                    .map(|_| self.box_named_by(table, "under")),
                principal: self.principal(table, "as"),
                put: self.box_named_by(table, "put"),
            }),
            Some("unpack") => Does::Unpack {
                from: self.box_named_by(table, "unpack"),
                put: self.box_named_by(table, "put"),
            },
            Some("flip") => Does::Flip {
                of: self.box_named_by(table, "flip"),
                first: match self.optional_text(table, "part") {
                    Some(part) => FlipAt::Part(part),
                    None => FlipAt::Bit(self.whole(table, "bit").unwrap_or(0)),
                },
            },
            Some(_) => Does::Ask(self.ask(table)),
        };
        Step {
            title: self.text(table, "title"),
            text: paragraphs(&self.text(table, "text")),
            after: paragraphs(&self.optional_text(table, "after").unwrap_or_default()),
            question: self.question(table),
            does,
            trail: self.flag(table, "trail"),
            line: table.line,
            ends: match self.optional_text(table, "fails") {
                None => Ending::Success,
                Some(any) if any == "any" => Ending::AnyError,
                Some(code) => Ending::Error(code),
            },
        }
    }

    /// The name of a principal of the sandbox.
    fn principal(&mut self, table: &Table, name: &str) -> Option<String> {
        let named = self.optional_text(table, name)?;
        self.known_principal(&named, line_of(table, name));
        Some(named)
    }

    fn known_principal(&mut self, named: &str, line: usize) {
        let known = kmsdeck_sandbox::principal_names();
        if !known.iter().any(|known| known == named) {
            let text = format!(
                "the sandbox has no principal {named:?}: choose {}",
                known.join(", ")
            );
            self.problem(line, text);
        }
    }

    fn question(&mut self, table: &Table) -> Option<Question> {
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
        Some(Question {
            text,
            answers,
            right: right.saturating_sub(1),
        })
    }

    fn call(&mut self, table: &Table) -> Call {
        let name = self.text(table, "call");
        let line = line_of(table, "call");
        let spec = OPS.iter().copied().find(|spec| spec.id.0 == name);
        if spec.is_none() {
            let names: Vec<&str> = OPS.iter().map(|spec| spec.id.0).collect();
            let text = format!(
                "there is no operation {name:?}: choose {}",
                names.join(", ")
            );
            self.problem(line, text);
        }
        let spec = spec.unwrap_or(OPS[0]);
        let mut with = Vec::new();
        for entry in self.inner(table, "with") {
            match spec.field(&entry.name) {
                Some(field) => {
                    let given = self.given(field, entry);
                    with.push((field, given));
                }
                None => {
                    let names: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
                    self.unknown(&format!("{} has no field", spec.id), entry, &names);
                }
            }
        }
        for field in spec.fields {
            if field.required && !with.iter().any(|(given, _)| given.name == field.name) {
                let text = format!("{} needs {}: add it to with", spec.id, field.name);
                self.problem(line, text);
            }
        }
        let mut put = Vec::new();
        for entry in self.inner(table, "put") {
            let place = match &entry.value {
                TomlValue::Text(name) => self.box_named(name, entry.line),
                other => {
                    let text = format!(
                        "put holds names of boxes, not {}: write {{ CiphertextBlob = \"box\" }}",
                        other.kind()
                    );
                    self.problem(entry.line, text);
                    0
                }
            };
            put.push((entry.name.clone(), place));
        }
        Call {
            spec,
            principal: self.principal(table, "as"),
            with,
            put,
        }
    }

    fn given(&mut self, field: &'static Field, entry: &TomlEntry) -> Given {
        let given = self.plain_given(&entry.value, entry.line);
        let fits = match (&given, field.kind) {
            // What a box holds is known when the step is done.
            (Some(Given::Box(_) | Given::Key), _) => true,
            (Some(Given::Number(_)), kind) => matches!(kind, FieldKind::Integer { .. }),
            (Some(Given::Flag(_)), kind) => kind == FieldKind::Flag,
            (Some(Given::Pairs(_)), kind) => kind == FieldKind::EncryptionContext,
            (Some(Given::List(_)), kind) => {
                matches!(kind, FieldKind::GrantTokens | FieldKind::Names(_))
            }
            (Some(Given::Text(_)), kind) => !matches!(
                kind,
                FieldKind::Integer { .. } | FieldKind::Flag | FieldKind::EncryptionContext
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
            self.problem(entry.line, text);
        } else if !fits {
            let text = format!(
                "{} does not hold {}: see the operation's form for what it takes",
                field.name,
                entry.value.kind()
            );
            self.problem(entry.line, text);
        }
        given.unwrap_or(Given::Text(String::new()))
    }

    fn plain_given(&mut self, value: &TomlValue, line: usize) -> Option<Given> {
        match value {
            TomlValue::Text(text) if text == "$key" => Some(Given::Key),
            TomlValue::Text(text) => Some(match text.strip_prefix('$') {
                Some(name) => Given::Box(self.box_named(name, line)),
                None => Given::Text(text.clone()),
            }),
            TomlValue::Whole(number) => u32::try_from(*number).ok().map(Given::Number),
            TomlValue::Flag(on) => Some(Given::Flag(*on)),
            TomlValue::Table(entries) => Some(Given::Pairs(self.pairs(entries))),
            TomlValue::List(items) => items
                .iter()
                .map(|item| self.plain_given(item, line))
                .collect::<Option<Vec<_>>>()
                .map(Given::List),
            TomlValue::Other(_) => None,
        }
    }

    fn ask(&mut self, table: &Table) -> Ask {
        let line = line_of(table, "ask");
        let wanted = self.texts(table, "operations");
        let known = operations();
        let mut chosen = Vec::new();
        for name in &wanted {
            match known.iter().find(|spec| spec.id.0 == name) {
                Some(spec) => chosen.push(*spec),
                None => {
                    let text = format!("{name:?} is no operation with DryRun");
                    self.problem(line_of(table, "operations"), text);
                }
            }
        }
        let principals = self.texts(table, "ask");
        for name in &principals {
            self.known_principal(name, line);
        }
        if principals.is_empty() {
            self.problem(line, "ask is a list of principals: write ask = [\"admin\"]");
        }
        if chosen.is_empty() {
            self.problem(
                line,
                "ask needs operations: write operations = [\"Decrypt\"]",
            );
        }
        let contexts = match table.get("contexts").map(|entry| &entry.value) {
            None => vec![Vec::new()],
            Some(TomlValue::List(items)) => items
                .iter()
                .map(|item| match item {
                    TomlValue::Table(entries) => self.pairs(entries),
                    other => {
                        let text = format!(
                            "contexts is a list of tables, not of {}: write contexts = [{{}}, {{ tenant = \"acme\" }}]",
                            other.kind()
                        );
                        self.problem(line_of(table, "contexts"), text);
                        Vec::new()
                    }
                })
                .collect(),
            Some(other) => {
                let text = format!("contexts is a list of tables, not {}", other.kind());
                self.problem(line_of(table, "contexts"), text);
                vec![Vec::new()]
            }
        };
        let tokens = table.get("tokens");
        Ask {
            principals,
            operations: chosen,
            contexts,
            tokens: self.boxes_of(tokens),
        }
    }

    /// The names that a table may have; any other is a mistake.
    fn known(&mut self, table: &Table, names: &[&str]) {
        for entry in table.entries {
            if !names.contains(&entry.name.as_str()) {
                self.unknown(&format!("{} has no", table.what), entry, names);
            }
        }
    }

    /// Says that a name is none of `names`.
    fn unknown(&mut self, what: &str, entry: &TomlEntry, names: &[&str]) {
        let text = format!("{what} {:?}: it has {}", entry.name, names.join(", "));
        self.problem(entry.line, text);
    }

    fn tables<'a>(
        &mut self,
        top: &Table<'a>,
        name: &'static str,
        what: &'static str,
    ) -> Vec<Table<'a>> {
        let Some(entry) = top.get(name) else {
            return Vec::new();
        };
        let TomlValue::List(items) = &entry.value else {
            let text = format!("{name} is a list of tables: write [[{name}]]");
            self.problem(entry.line, text);
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item {
                TomlValue::Table(entries) => Some(Table {
                    what,
                    line: entries.first().map_or(entry.line, |first| first.line),
                    entries,
                }),
                _ => None,
            })
            .collect()
    }

    fn inner<'a>(&mut self, table: &Table<'a>, name: &str) -> &'a [TomlEntry] {
        match table.get(name) {
            None => &[],
            Some(entry) => match &entry.value {
                TomlValue::Table(entries) => entries,
                other => {
                    let text = format!("{name} is a table, not {}", other.kind());
                    self.problem(entry.line, text);
                    &[]
                }
            },
        }
    }

    fn text(&mut self, table: &Table, name: &str) -> String {
        match self.optional_text(table, name) {
            Some(text) => text,
            None => {
                if table.get(name).is_none() {
                    let text = format!("{} needs {name}: add {name} = \"...\"", table.what);
                    self.problem(table.line, text);
                }
                String::new()
            }
        }
    }

    fn optional_text(&mut self, table: &Table, name: &str) -> Option<String> {
        let entry = table.get(name)?;
        match &entry.value {
            TomlValue::Text(text) => Some(text.trim().to_owned()),
            other => {
                let text = format!("{name} is a string, not {}", other.kind());
                self.problem(entry.line, text);
                None
            }
        }
    }

    fn texts(&mut self, table: &Table, name: &str) -> Vec<String> {
        let Some(entry) = table.get(name) else {
            return Vec::new();
        };
        let TomlValue::List(items) = &entry.value else {
            self.problem(entry.line, format!("{name} is a list of strings"));
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item {
                TomlValue::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    }

    fn flag(&mut self, table: &Table, name: &str) -> bool {
        match table.get(name).map(|entry| (&entry.value, entry.line)) {
            None => false,
            Some((TomlValue::Flag(on), _)) => *on,
            Some((other, line)) => {
                let text = format!("{name} is true or false, not {}", other.kind());
                self.problem(line, text);
                false
            }
        }
    }

    fn whole(&mut self, table: &Table, name: &str) -> Option<usize> {
        let entry = table.get(name)?;
        match entry.value {
            TomlValue::Whole(number) if number >= 0 => Some(number as usize),
            _ => {
                self.problem(entry.line, format!("{name} is a whole number from 0 on"));
                None
            }
        }
    }

    fn pairs_of(&mut self, entry: Option<&TomlEntry>) -> Vec<Pair> {
        match entry.map(|entry| (&entry.value, entry.line)) {
            None => Vec::new(),
            Some((TomlValue::Table(entries), _)) => self.pairs(entries),
            Some((other, line)) => {
                let text = format!("a context is a table of strings, not {}", other.kind());
                self.problem(line, text);
                Vec::new()
            }
        }
    }

    fn pairs(&mut self, entries: &[TomlEntry]) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for entry in entries {
            match &entry.value {
                TomlValue::Text(text) => pairs.push((entry.name.clone(), text.clone())),
                other => {
                    let text = format!("{} is a string, not {}", entry.name, other.kind());
                    self.problem(entry.line, text);
                }
            }
        }
        pairs
    }

    fn boxes_of(&mut self, entry: Option<&TomlEntry>) -> Vec<usize> {
        let Some(entry) = entry else {
            return Vec::new();
        };
        let TomlValue::List(items) = &entry.value else {
            let text = format!("{} is a list of boxes: write [\"box\"]", entry.name);
            self.problem(entry.line, text);
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item {
                TomlValue::Text(name) => Some(self.box_named(name, entry.line)),
                _ => None,
            })
            .collect()
    }

    fn box_named_by(&mut self, table: &Table, name: &str) -> usize {
        let line = line_of(table, name);
        let named = self.text(table, name);
        if named.is_empty() {
            return 0;
        }
        self.box_named(&named, line)
    }

    fn box_named(&mut self, name: &str, line: usize) -> usize {
        match self.boxes.iter().position(|known| known.id == name) {
            Some(place) => place,
            None => {
                let names: Vec<&str> = self.boxes.iter().map(|b| b.id.as_str()).collect();
                let text = match names.is_empty() {
                    true => format!("there is no box {name:?}: add [[boxes]]"),
                    false => format!("there is no box {name:?}: choose {}", names.join(", ")),
                };
                self.problem(line, text);
                0
            }
        }
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

fn line_of(table: &Table, name: &str) -> usize {
    table.get(name).map_or(table.line, |entry| entry.line)
}
