//! The files that a user writes for kmsdeck, in TOML: where they are, and what they say with the
//! line of each thing, so that what is wrong can be pointed at.

use std::fmt;
use std::path::{Path, PathBuf};

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
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Whole(i64),
    Flag(bool),
    List(Vec<Value>),
    Table(Vec<Entry>),
    /// Something that no file of ours has a use for; what it is.
    Other(&'static str),
}

impl Value {
    /// `a string`: for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Whole(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub name: String,
    pub line: usize,
    pub value: Value,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct Document {
    /// The file, as people write it.
    pub file: String,
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// What is not TOML. The entries on those lines are left out.
    pub problems: Vec<Problem>,
}

impl Document {
    /// Reads TOML; goes on after what is none.
    pub fn parse(file: &str, text: &str) -> Document {
        let mut document = Document {
            file: file.to_owned(),
            ..Document::default()
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

fn entries(table: &DeTable, line_at: &dyn Fn(usize) -> usize) -> Vec<Entry> {
    let mut in_order: Vec<_> = table.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    in_order
        .into_iter()
        .map(|(name, value)| Entry {
            name: name.get_ref().to_string(),
            line: line_at(name.span().start),
            value: to_value(value.get_ref(), line_at),
        })
        .collect()
}

fn to_value(value: &DeValue, line_at: &dyn Fn(usize) -> usize) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number out of range"), Value::Whole),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| to_value(item.get_ref(), line_at))
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(entries(table, line_at)),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Datetime(_) => Value::Other("a date"),
    }
}

fn leave_out(entries: &mut Vec<Entry>, lines: &[usize]) {
    entries.retain_mut(|entry| {
        if let Value::Table(inner) = &mut entry.value {
            leave_out(inner, lines);
        }
        !lines.contains(&entry.line)
    });
}

/// The folder of the user's files: `$XDG_CONFIG_HOME/kmsdeck`, else `~/.config/kmsdeck`.
pub fn folder() -> Option<PathBuf> {
    own_folder("XDG_CONFIG_HOME", ".config")
}

/// The folder of what kmsdeck keeps between runs: `$XDG_STATE_HOME/kmsdeck`, else
/// `~/.local/state/kmsdeck`.
pub fn state_folder() -> Option<PathBuf> {
    own_folder("XDG_STATE_HOME", ".local/state")
}

/// kmsdeck's folder in the one that the variable names, else in `in_home` (XDG Base Directory
/// Specification).
fn own_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    // The specification has relative paths ignored.
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))?;
    Some(base.join("kmsdeck"))
}

/// Writes a file of the state folder.
pub fn write_state(name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = state_folder().ok_or(std::io::ErrorKind::NotFound)?;
    std::fs::create_dir_all(&folder)?;
    crate::unfinished_file::write_whole(&folder.join(name), bytes, true)
}

/// A file of the state folder; empty where there is none.
pub fn read_state(name: &str) -> String {
    let read = |folder: PathBuf| std::fs::read_to_string(folder.join(name)).ok();
    state_folder().and_then(read).unwrap_or_default()
}

/// A path as people write it, with `~` for the home folder.
pub fn shown(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// `~/` as the shell would have it.
pub fn with_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &[Entry]) -> Vec<(&str, usize)> {
        entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.line))
            .collect()
    }

    #[test]
    fn everything_has_its_line() {
        let text = "b = 1\n\na = [\"x\",\n \"y\"]\n[t.u]\nc = true\r\n[t]\nd = 0x10\n";
        let document = Document::parse("f", text);
        assert!(document.problems.is_empty());
        assert_eq!(names(&document.entries), [("b", 1), ("a", 3), ("t", 7)]);
        let Value::Table(table) = &document.entries[2].value else {
            panic!("{document:?}");
        };
        assert_eq!(names(table), [("u", 5), ("d", 8)]);
        assert_eq!(table[1].value, Value::Whole(16));
    }

    #[test]
    fn what_is_not_toml_is_pointed_at_and_the_rest_counts() {
        let text = "a = 1\nb = \nc = yes\nd = 4\nd = 5\n[e\nf = 1\ng = 2\n[h]\ni j = 6\nk = 7\n";
        let document = Document::parse("f", text);
        let lines: Vec<_> = document.problems.iter().map(|p| p.line).collect();
        assert_eq!(lines, [2, 3, 5, 6, 10].map(Some), "{document:#?}");
        assert_eq!(names(&document.entries), [("a", 1), ("d", 4), ("h", 9)]);
        let Value::Table(table) = &document.entries[2].value else {
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
