//! The request as a command of the AWS CLI v2, for a POSIX shell.

use super::{Destination, Part, json, parts};
use crate::kms::encoding::base64;
use crate::kms::field::kebab;
use crate::kms::{Request, Value};
use crate::ops::spec;

pub fn render(request: &Request, place: &Destination) -> String {
    let mut words = vec![format!("aws kms {}", spec(request.op).command())];
    let given = parts(request);
    if given.iter().any(is_misread) {
        // The CLI would take a value for a file's name or an option; JSON it takes as it is.
        let body = json::body(request).to_string();
        words.push(format!("--cli-input-json {}", quoted(&body)));
    } else {
        words.extend(given.iter().map(argument));
    }
    for (flag, value) in [
        ("--profile", &place.profile),
        ("--region", &place.region),
        ("--endpoint-url", &place.endpoint_url),
    ] {
        words.extend(
            value
                .as_ref()
                .map(|value| format!("{flag} {}", quoted(value))),
        );
    }
    format!("{}\n", words.join(" \\\n  "))
}

/// Values that the CLI reads as something else: the content of a file, or an option.
fn is_misread(part: &Part) -> bool {
    let text = |text: &str| {
        text.starts_with("file://") || text.starts_with("fileb://") || text.starts_with('-')
    };
    match part {
        Part::Field(_, Value::Text(value)) => text(value),
        Part::Field(_, Value::List(list)) => list.iter().any(|value| text(value)),
        _ => false,
    }
}

fn argument(part: &Part) -> String {
    match part {
        Part::Field(name, value) => {
            let flag = format!("--{}", kebab(name));
            match value {
                Value::Flag(true) => flag,
                Value::Flag(false) => format!("--no-{}", kebab(name)),
                Value::Text(text) => format!("{flag} {}", quoted(text)),
                Value::Number(number) => format!("{flag} {number}"),
                Value::List(list) => {
                    let words: Vec<String> = list.iter().map(|word| quoted(word)).collect();
                    format!("{flag} {}", words.join(" "))
                }
                Value::Pairs(pairs) => format!("{flag} {}", quoted(&shorthand(pairs, value))),
                Value::Blob(blob) => match blob.file.as_ref().and_then(|path| path.to_str()) {
                    Some(path) => format!("{flag} {}", quoted(&format!("fileb://{path}"))),
                    None => format!("{flag} {}", quoted(&base64(blob.bytes.reveal()))),
                },
            }
        }
        Part::Structure(name, members) => {
            let members: serde_json::Map<_, _> = members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json::json(value)))
                .collect();
            let text = serde_json::Value::from(members).to_string();
            format!("--{} {}", kebab(name), quoted(&text))
        }
    }
}

/// `k=v,k=v` where nothing in it could be read as more than a character, else JSON.
fn shorthand(pairs: &[(String, String)], value: &Value) -> String {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_.:/@-".contains(c))
    };
    let all_plain = pairs.iter().all(|(key, value)| plain(key) && plain(value));
    // What begins so would be read from a file.
    let misread = pairs
        .first()
        .is_some_and(|(key, _)| key.starts_with("file") || key.starts_with('-'));
    if all_plain && !misread {
        let words: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        words.join(",")
    } else {
        json::json(value).to_string()
    }
}

/// A word for a POSIX shell (IEEE 1003.1, 2.2.2 single quotes).
fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.:/@=,+-".contains(c));
    match plain {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_the_shell() {
        assert_eq!(quoted("alias/payments"), "alias/payments");
        assert_eq!(quoted("it's $(x) `y`"), r"'it'\''s $(x) `y`'");
        assert_eq!(quoted(""), "''");
    }
}
