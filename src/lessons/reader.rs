//! Reads tables of a lesson's file: their texts, numbers and lists, and the boxes and principals
//! that they name. What it cannot read it notes as a problem, and goes on.

use super::parts::{BoxSpec, LessonPlace};
use crate::kms::encryption_context::Pair;
use crate::platform::toml_doc::{TomlDocument, TomlEntry, TomlValue};

pub(super) struct Reader {
    pub document: TomlDocument,
    pub places: Vec<LessonPlace>,
    pub boxes: Vec<BoxSpec>,
}

/// A table of the file, with the line where it begins.
pub(super) struct LessonTable<'a> {
    pub what: &'static str,
    pub line: usize,
    pub entries: &'a [TomlEntry],
}

impl<'a> LessonTable<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a TomlEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

impl Reader {
    pub(super) fn problem(&mut self, line: usize, text: impl Into<String>) {
        self.document.problem(line, text.into());
    }

    /// The name of a principal of the sandbox.
    pub(super) fn principal(&mut self, table: &LessonTable, name: &str) -> Option<String> {
        let named = self.optional_text(table, name)?;
        self.known_principal(&named, line_of(table, name));
        Some(named)
    }

    pub(super) fn known_principal(&mut self, named: &str, line: usize) {
        let known = kmsdeck_sandbox::principal_names();
        if !known.iter().any(|known| known == named) {
            let text = format!(
                "the sandbox has no principal {named:?}: choose {}",
                known.join(", ")
            );
            self.problem(line, text);
        }
    }

    /// The names that a table may have; any other is a mistake.
    pub(super) fn known(&mut self, table: &LessonTable, names: &[&str]) {
        for entry in table.entries {
            if !names.contains(&entry.name.as_str()) {
                self.unknown(&format!("{} has no", table.what), entry, names);
            }
        }
    }

    /// Says that a name is none of `names`.
    pub(super) fn unknown(&mut self, what: &str, entry: &TomlEntry, names: &[&str]) {
        let text = format!("{what} {:?}: it has {}", entry.name, names.join(", "));
        self.problem(entry.line, text);
    }

    pub(super) fn tables<'a>(
        &mut self,
        top: &LessonTable<'a>,
        name: &'static str,
        what: &'static str,
    ) -> Vec<LessonTable<'a>> {
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
                TomlValue::Table(entries) => Some(LessonTable {
                    what,
                    line: entries.first().map_or(entry.line, |first| first.line),
                    entries,
                }),
                _ => None,
            })
            .collect()
    }

    pub(super) fn inner<'a>(&mut self, table: &LessonTable<'a>, name: &str) -> &'a [TomlEntry] {
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

    pub(super) fn text(&mut self, table: &LessonTable, name: &str) -> String {
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

    pub(super) fn optional_text(&mut self, table: &LessonTable, name: &str) -> Option<String> {
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

    pub(super) fn texts(&mut self, table: &LessonTable, name: &str) -> Vec<String> {
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

    pub(super) fn flag(&mut self, table: &LessonTable, name: &str) -> bool {
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

    pub(super) fn whole(&mut self, table: &LessonTable, name: &str) -> Option<usize> {
        let entry = table.get(name)?;
        match entry.value {
            TomlValue::Whole(number) if number >= 0 => Some(number as usize),
            _ => {
                self.problem(entry.line, format!("{name} is a whole number from 0 on"));
                None
            }
        }
    }

    pub(super) fn pairs_of(&mut self, entry: Option<&TomlEntry>) -> Vec<Pair> {
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

    pub(super) fn pairs(&mut self, entries: &[TomlEntry]) -> Vec<Pair> {
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

    pub(super) fn boxes_of(&mut self, entry: Option<&TomlEntry>) -> Vec<usize> {
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

    pub(super) fn box_named_by(&mut self, table: &LessonTable, name: &str) -> usize {
        let line = line_of(table, name);
        let named = self.text(table, name);
        if named.is_empty() {
            return 0;
        }
        self.box_named(&named, line)
    }

    pub(super) fn box_named(&mut self, name: &str, line: usize) -> usize {
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

pub(super) fn line_of(table: &LessonTable, name: &str) -> usize {
    table.get(name).map_or(table.line, |entry| entry.line)
}
