//! TOML with the line of each thing, so that what is wrong in a user's file can be pointed at.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// What is wrong with a user's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as people write it.
    pub file: String,
    /// None where it is the file as a whole.
    pub line: Option<usize>,
    /// The rule, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

/// What a name stands for in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TomlValue {
    Text(String),
    Whole(i64),
    Flag(bool),
    List(Vec<TomlValue>),
    Table(Vec<TomlEntry>),
    /// Something that no file of ours has a use for; what it is.
    Other(&'static str),
}

impl TomlValue {
    /// `a string`: for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            TomlValue::Text(_) => "a string",
            TomlValue::Whole(_) => "a number",
            TomlValue::Flag(_) => "true or false",
            TomlValue::List(_) => "a list",
            TomlValue::Table(_) => "a table",
            TomlValue::Other(kind) => kind,
        }
    }
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlEntry {
    pub name: String,
    pub line: usize,
    pub value: TomlValue,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct TomlDocument {
    /// The file, as people write it.
    pub file: String,
    /// In the order of the file.
    pub entries: Vec<TomlEntry>,
    /// What is not TOML. The entries on those lines are left out.
    pub problems: Vec<Problem>,
}

impl TomlDocument {
    /// Reads TOML; goes on after what is none.
    pub fn parse(file: &str, text: &str) -> TomlDocument {
        let mut document = TomlDocument {
            file: file.to_owned(),
            ..TomlDocument::default()
        };
        document.read(text);
        if !document.problems.is_empty() {
            // What the parser makes of the text behind an error is not what was meant.
            let bad = document.bad_lines(text);
            let rest: Vec<&str> = text
                .lines()
                .enumerate()
                .map(|(at, line)| if bad.contains(&(at + 1)) { "" } else { line })
                .collect();
            document.read(&rest.join("\n"));
            let bad = document.bad_lines(text);
            leave_out(&mut document.entries, &bad);
        }
        document.problems.sort_by_key(|problem| problem.line);
        document
    }

    fn read(&mut self, text: &str) {
        let line_at = |at: usize| {
            let before = &text.as_bytes()[..at.min(text.len())];
            1 + before.iter().filter(|byte| **byte == b'\n').count()
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = line_at(error.span().map_or(0, |span| span.start));
            // The first error of a line tends to bring others about.
            if self.problems.iter().all(|known| known.line != Some(line)) {
                self.problem(line, format!("this is not TOML: {}", error.message()));
            }
        }
        self.entries = entries(table.get_ref(), &line_at);
    }

    /// The lines with problems. The head of a table takes the table with it, whose entries would
    /// else count as another table's.
    fn bad_lines(&self, text: &str) -> Vec<usize> {
        let mut bad = Vec::new();
        let mut in_bad_table = false;
        for (at, line) in text.lines().enumerate() {
            let is_bad = self.problems.iter().any(|known| known.line == Some(at + 1));
            if line.trim_start().starts_with('[') {
                in_bad_table = is_bad;
            }
            if is_bad || in_bad_table {
                bad.push(at + 1);
            }
        }
        bad
    }

    /// Adds what is wrong on a line.
    pub fn problem(&mut self, line: usize, text: String) {
        self.problems.push(Problem {
            file: self.file.clone(),
            line: Some(line),
            text,
        });
    }
}

fn entries(table: &DeTable, line_at: &dyn Fn(usize) -> usize) -> Vec<TomlEntry> {
    let mut in_order: Vec<_> = table.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    in_order
        .into_iter()
        .map(|(name, value)| TomlEntry {
            name: name.get_ref().to_string(),
            line: line_at(name.span().start),
            value: to_value(value.get_ref(), line_at),
        })
        .collect()
}

fn to_value(value: &DeValue, line_at: &dyn Fn(usize) -> usize) -> TomlValue {
    match value {
        DeValue::String(text) => TomlValue::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(TomlValue::Other("a number out of range"), TomlValue::Whole),
        DeValue::Boolean(flag) => TomlValue::Flag(*flag),
        DeValue::Array(items) => TomlValue::List(
            items
                .iter()
                .map(|item| to_value(item.get_ref(), line_at))
                .collect(),
        ),
        DeValue::Table(table) => TomlValue::Table(entries(table, line_at)),
        DeValue::Float(_) => TomlValue::Other("a fraction"),
        DeValue::Datetime(_) => TomlValue::Other("a date"),
    }
}

fn leave_out(entries: &mut Vec<TomlEntry>, lines: &[usize]) {
    entries.retain_mut(|entry| {
        if let TomlValue::Table(inner) = &mut entry.value {
            leave_out(inner, lines);
        }
        !lines.contains(&entry.line)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &[TomlEntry]) -> Vec<(&str, usize)> {
        entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.line))
            .collect()
    }

    #[test]
    fn everything_has_its_line() {
        let text = "b = 1\n\na = [\"x\",\n \"y\"]\n[t.u]\nc = true\r\n[t]\nd = 0x10\n";
        let document = TomlDocument::parse("f", text);
        assert!(document.problems.is_empty());
        assert_eq!(names(&document.entries), [("b", 1), ("a", 3), ("t", 7)]);
        let TomlValue::Table(table) = &document.entries[2].value else {
            panic!("{document:?}");
        };
        assert_eq!(names(table), [("u", 5), ("d", 8)]);
        assert_eq!(table[1].value, TomlValue::Whole(16));
    }

    #[test]
    fn what_is_not_toml_is_pointed_at_and_the_rest_counts() {
        let text = "a = 1\nb = \nc = yes\nd = 4\nd = 5\n[e\nf = 1\ng = 2\n[h]\ni j = 6\nk = 7\n";
        let document = TomlDocument::parse("f", text);
        let lines: Vec<_> = document.problems.iter().map(|p| p.line).collect();
        assert_eq!(lines, [2, 3, 5, 6, 10].map(Some), "{document:#?}");
        assert_eq!(names(&document.entries), [("a", 1), ("d", 4), ("h", 9)]);
        let TomlValue::Table(table) = &document.entries[2].value else {
            panic!("{document:?}");
        };
        assert_eq!(names(table), [("k", 11)]);
        assert!(
            document.problems[0]
                .to_string()
                .starts_with("f:2: this is not TOML: ")
        );
    }
}
