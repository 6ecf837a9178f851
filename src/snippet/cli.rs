//! A call of the AWS CLI, for a POSIX shell.
//!
//! Bytes that were typed are given as base64 with `--cli-binary-format base64`: version 2 reads
//! them so whatever its configuration says, and version 1, which would encrypt the base64 itself,
//! does not know the option and sends nothing. Bytes of a file are `fileb://`, which both know.
//!
//! The AWS CLI reads a value that begins with `file://` as the name of a file (version 1 also
//! fetches `http://`), and has no way to escape one: such values go through `--cli-input-json`, as
//! do those with characters that a line of shell should not hold.

use super::destination::Destination;
use super::json;
use super::members::{Member, members};
use crate::kms::encoding::base64;
use crate::kms::field::kebab;
use crate::kms::text::is_unsafe;
use crate::kms::{Blob, Field, Request, Value};

/// Columns that a line is filled up to.
const COLUMNS: usize = 78;

pub(super) fn write(request: &Request, to: &Destination) -> String {
    let mut words = Vec::new();
    let mut as_json = Vec::new();
    let mut has_base64 = false;
    for member in members(request) {
        match member {
            Member::Value(field, value) => match argument(field, value) {
                Some(word) => {
                    has_base64 |= matches!(value, Value::Blob(blob) if path(blob).is_none());
                    words.push(word);
                }
                None => as_json.push((field, value)),
            },
            Member::Structure(name, values) => {
                words.push(format!(
                    "--{} {}",
                    kebab(name),
                    quoted(&json::object_line(&values))
                ));
            }
        }
    }
    if !as_json.is_empty() {
        words.push(format!(
            "--cli-input-json {}",
            quoted(&json::object_line(&as_json))
        ));
    }
    if has_base64 {
        words.push("--cli-binary-format base64".to_owned());
    }
    for (option, value) in [
        ("profile", &to.profile),
        ("region", &to.region),
        ("endpoint-url", &to.endpoint),
    ] {
        if let Some(value) = value {
            words.push(option_with(option, value));
        }
    }
    filled(format!("aws kms {}", kebab(request.op.0)), &words)
}

/// The option of a member; None where only JSON can say it.
fn argument(field: &Field, value: &Value) -> Option<String> {
    let option = field.flag();
    Some(match value {
        Value::Text(text) if !is_plain(text) => return None,
        Value::Text(text) => option_with(&option, text),
        Value::Number(number) => format!("--{option} {number}"),
        Value::Time(at) => format!("--{option} {at}"),
        Value::Flag(true) => format!("--{option}"),
        Value::Flag(false) => format!("--no-{option}"),
        Value::Blob(blob) => match path(blob) {
            Some(path) => format!("--{option} {}", quoted(&format!("fileb://{path}"))),
            None => format!("--{option} {}", quoted(&base64(blob.bytes.reveal()))),
        },
        Value::Pairs(pairs)
            if !pairs.is_empty()
                && pairs
                    .iter()
                    .all(|(key, value)| is_word(key) && is_word(value)) =>
        {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("--{option} {}", pairs.join(","))
        }
        Value::List(list) if !list.is_empty() && list.iter().all(|item| is_word(item)) => {
            format!("--{option} {}", list.join(" "))
        }
        Value::Tags(given)
            if given
                .iter()
                .all(|(key, value)| is_word(key) && (value.is_empty() || is_word(value))) =>
        {
            let tags: Vec<String> = given
                .iter()
                .map(|(key, value)| format!("TagKey={key},TagValue={value}"))
                .collect();
            format!("--{option} {}", tags.join(" "))
        }
        Value::Pairs(_) | Value::Tags(_) | Value::List(_) => {
            format!("--{option} {}", quoted(&json::line(value)))
        }
    })
}

/// Whether the AWS CLI takes a text as it stands.
fn is_plain(text: &str) -> bool {
    let is_read = ["file://", "fileb://", "http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    !is_read && !text.chars().any(is_unsafe)
}

/// Whether a text means itself in the AWS CLI's shorthand and in a shell.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

/// The file of bytes, as `fileb://` takes it; None where the bytes must be given themselves.
fn path(blob: &Blob) -> Option<String> {
    let path = blob.file.as_ref()?.to_str()?;
    // The AWS CLI puts in variables, whatever the shell's quotes say.
    if path.contains('$') || path.chars().any(is_unsafe) {
        return None;
    }
    Some(match path.starts_with('~') {
        true => format!("./{path}"),
        false => path.to_owned(),
    })
}

/// An option and its value; a value that looks like an option is tied to it.
fn option_with(option: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{option}{between}{}", quoted(value))
}

/// A word as a POSIX shell reads it back (XCU 2.2.2): between single quotes nothing is special.
fn quoted(word: &str) -> String {
    // zsh takes a leading `=` for the path of a command.
    let is_bare = !word.is_empty()
        && !word.starts_with('=')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c));
    match is_bare {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The words on as few lines as they fit on; the lines are one command.
fn filled(start: String, words: &[String]) -> String {
    let mut text = String::new();
    let mut line = start;
    for word in words {
        // The `\` at the end needs its room, too.
        if line.chars().count() + 1 + word.chars().count() + 2 > COLUMNS {
            text.push_str(&line);
            text.push_str(" \\\n");
            line = " ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line
}
