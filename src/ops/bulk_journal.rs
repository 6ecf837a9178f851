//! What a job on several keys has done so far, in a file of its own while it runs: whatever ends
//! kmsdeck meanwhile, the next start can tell. Each call is written down before it is sent, and
//! again when it is answered.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::table::{OPS, spec};
use crate::kms::text::{counted, grouped};
use crate::kms::{KeyRef, OpId, Outcome};
use crate::platform::{private, user_file};

/// What the files' names begin with.
const PREFIX: &str = "bulk-";

/// The journal of a job that runs. Its file is locked as long as it does.
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Begins the journal of a job in that folder: of its keys and what they are called, in the
    /// order in which it names them.
    ///
    /// Errors: it cannot be written.
    pub fn begin<'a>(
        folder: &Path,
        operation: OpId,
        principal: Option<&str>,
        keys: impl Iterator<Item = (&'a KeyRef, String)>,
    ) -> io::Result<Journal> {
        private::create_folder(folder)?;
        let now = Timestamp::now();
        let name = format!("{}{}.jsonl", own_prefix(), now.as_microsecond());
        let path = folder.join(name);
        let file = private::create_file(&path)?;
        // Only where the file system has no locks does it fail, and then nobody asks for them.
        let _ = file.try_lock();
        let mut journal = Journal { file, path };
        let keys =
            keys.map(|(key, name)| json!({"region": key.region, "id": key.id, "name": name}));
        journal.write(&json!({
            "operation": operation.0,
            "at": now.to_string(),
            "principal": principal,
            "keys": keys.collect::<Vec<_>>(),
        }))?;
        Ok(journal)
    }

    /// The call of the key at that place of the job is about to be sent.
    pub(super) fn begun(&mut self, at: usize) {
        // Where the disk is full, the calls go on all the same: the screen tells of them.
        let _ = self.write(&json!({ "begun": at }));
    }

    pub(super) fn answered(&mut self, at: usize, outcome: &Outcome) {
        let error = outcome.result.as_ref().err();
        let code = error.map(|error| error.code.as_str());
        let request = &outcome.request;
        let is_open = |error| spec(request.op).left_open(request, error).is_some();
        let is_known = !error.is_some_and(is_open);
        let _ = self.write(&json!({ "answered": at, "error": code, "known": is_known }));
    }

    /// The job has ended, and its screen told of it.
    pub(super) fn end(self) {
        let _ = std::fs::remove_file(&self.path);
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

/// What the names of this process's journals begin with.
fn own_prefix() -> String {
    format!("{PREFIX}{}-", std::process::id())
}

/// How far a key of a job that was cut off had come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftAt {
    NotSent,
    /// Sent, and nobody heard the answer; or KMS gave none that says it.
    NotKnown,
    Done,
    /// By an error of this code.
    Failed(String),
}

impl LeftAt {
    fn label(&self) -> &'static str {
        match self {
            LeftAt::NotSent => "not sent",
            LeftAt::NotKnown => "not known",
            LeftAt::Done => "done",
            LeftAt::Failed(_) => "failed",
        }
    }
}

/// A job that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    pub path: PathBuf,
    pub operation: String,
    pub at: String,
    pub principal: Option<String>,
    /// Each key by its name, ID and Region.
    pub keys: Vec<(String, String, String, LeftAt)>,
}

impl CutOff {
    fn count(&self, of: impl Fn(&LeftAt) -> bool) -> usize {
        self.keys.iter().filter(|(.., left)| of(left)).count()
    }

    /// What the operation was for.
    fn noun(&self) -> &'static str {
        let spec = OPS.iter().find(|spec| spec.id.0 == self.operation);
        spec.map_or("key", |spec| spec.noun())
    }

    /// Whether this process ran it.
    pub fn is_of_this_process(&self) -> bool {
        let name = self.path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&own_prefix()))
    }

    /// What it did, in a sentence.
    pub fn text(&self) -> String {
        let failed = self.count(|left| matches!(left, LeftAt::Failed(_)));
        let unknown = self.count(|left| *left == LeftAt::NotKnown);
        let mut text = format!(
            "{} of {} was cut off: {} done",
            self.operation,
            counted(self.keys.len(), self.noun()),
            grouped(self.count(|left| *left == LeftAt::Done)),
        );
        if failed > 0 {
            text.push_str(&format!(", {} failed", grouped(failed)));
        }
        if unknown > 0 {
            // Sent, and nobody heard whether they were carried out.
            text.push_str(&format!(", {} not known", grouped(unknown)));
        }
        let not_sent = self.count(|left| *left == LeftAt::NotSent);
        text.push_str(&format!(", {} not sent.", grouped(not_sent)));
        text
    }

    /// The same key by key.
    pub fn rows(&self) -> Vec<(String, String)> {
        let who = self.principal.as_deref().unwrap_or("not known");
        let mut rows = vec![
            (String::new(), self.text()),
            ("Begun".to_owned(), self.at.clone()),
            ("As".to_owned(), who.to_owned()),
        ];
        // What needs a look first.
        for label in ["failed", "not known", "done", "not sent"] {
            let of_label = |left: &LeftAt| left.label() == label;
            for (name, id, region, left) in self.keys.iter().filter(|(.., left)| of_label(left)) {
                let mut key = match name == id {
                    true => format!("{id}, {region}"),
                    false => format!("{name}, {id}, {region}"),
                };
                if let LeftAt::Failed(code) = left {
                    key.push_str(&format!(": {code}"));
                }
                rows.push((label.to_owned(), key));
            }
        }
        rows
    }

    fn parse(path: &Path, text: &str) -> Option<CutOff> {
        let mut lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let head = lines.next()?;
        let text_of = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let keys = head["keys"].as_array()?.iter().map(|key| {
            Some((
                text_of(key, "name")?,
                text_of(key, "id")?,
                text_of(key, "region")?,
                LeftAt::NotSent,
            ))
        });
        let mut cut_off = CutOff {
            path: path.to_owned(),
            operation: text_of(&head, "operation")?,
            at: text_of(&head, "at")?,
            principal: text_of(&head, "principal"),
            keys: keys.collect::<Option<_>>()?,
        };
        for line in lines {
            let at = |name: &str| line[name].as_u64().map(|at| at as usize);
            let (at, left) = match (at("begun"), at("answered")) {
                (Some(at), _) => (at, LeftAt::NotKnown),
                (None, Some(at)) if line["known"] == false => (at, LeftAt::NotKnown),
                (None, Some(at)) => match line["error"].as_str() {
                    None => (at, LeftAt::Done),
                    Some(code) => (at, LeftAt::Failed(code.to_owned())),
                },
                (None, None) => continue,
            };
            if let Some((.., of_key)) = cut_off.keys.get_mut(at) {
                *of_key = left;
            }
        }
        Some(cut_off)
    }
}

/// The jobs in that folder that were cut off: those of this process, and those whose process is
/// gone.
pub fn cut_off(folder: &Path) -> Vec<CutOff> {
    const MOST: u64 = 16 << 20;
    let own = own_prefix();
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<CutOff> = files
        .filter_map(|file| {
            let file = file.ok()?;
            let name = file.file_name().into_string().ok()?;
            if !name.starts_with(PREFIX) || !name.ends_with(".jsonl") {
                return None;
            }
            let path = file.path();
            let is_running =
                !name.starts_with(&own) && user_file::open(&path).ok()?.try_lock().is_err();
            if is_running {
                return None;
            }
            let bytes = user_file::read(&path, MOST).ok()?;
            CutOff::parse(&path, &String::from_utf8_lossy(&bytes))
        })
        .collect();
    found.sort_by(|a, b| a.at.cmp(&b.at));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_says_what_was_done_even_where_its_last_line_is_half_there() {
        let text = r#"{"operation":"DisableKey","at":"2026-06-01T12:00:00Z","principal":"arn:x","keys":[{"region":"r","id":"a","name":"alias/a"},{"region":"r","id":"b","name":"b"},{"region":"r","id":"c","name":"c"},{"region":"r","id":"d","name":"d"}]}
{"begun":0}
{"begun":1}
{"answered":0,"error":null,"known":true}
{"answered":1,"error":"AccessDeniedException","known":true}
{"begun":2}
{"answ"#;
        let cut_off = CutOff::parse(Path::new("x"), text).unwrap();
        assert_eq!(
            cut_off.text(),
            "DisableKey of 4 keys was cut off: 1 done, 1 failed, 1 not known, 1 not sent."
        );
        let left: Vec<_> = cut_off.keys.iter().map(|(.., left)| left.clone()).collect();
        let denied = LeftAt::Failed("AccessDeniedException".into());
        assert_eq!(
            left,
            [LeftAt::Done, denied, LeftAt::NotKnown, LeftAt::NotSent]
        );
    }

    #[test]
    fn a_journal_that_is_none_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bulk-1-1.jsonl"), "no JSON").unwrap();
        std::fs::write(folder.path().join("history"), "x").unwrap();
        assert_eq!(cut_off(folder.path()), []);
        assert_eq!(cut_off(Path::new("/nowhere")), []);
    }
}
