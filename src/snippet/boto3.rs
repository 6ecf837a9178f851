//! A Python program with boto3.

use super::destination::Destination;
use super::members::{Member, members, snake};
use crate::kms::encoding::base64;
use crate::kms::text::is_unsafe;
use crate::kms::{Blob, Request, Value};
use crate::ops;

/// Columns that a line is filled up to.
const COLUMNS: usize = 78;

pub(super) fn write(request: &Request, to: &Destination) -> String {
    let dry_run = request.dry_run();
    let indent = if dry_run { 4 } else { 0 };
    let call = call(request, indent);
    let mut text = String::new();
    if call.contains("base64.b64decode(") {
        text.push_str("import base64\n\n");
    }
    text.push_str("import boto3\n\n");
    if let Some(note) = &to.note {
        text.push_str(&format!("# {note}\n"));
    }
    text.push_str(&client(to));
    if dry_run {
        text.push_str("try:\n");
        text.push_str(&call);
        text.push_str(
            "except kms.exceptions.DryRunOperationException:\n    \
             print(\"Would succeed\")\n\
             else:\n    \
             print(\"This endpoint does not know DryRun: it was carried out\")",
        );
    } else {
        text.push_str(&call);
        text.push_str(match ops::spec(request.op).answers_secrets() {
            // What a program prints ends up in logs.
            true => "print(\"The answer holds a secret, and:\", *response)",
            false => "print(response)",
        });
    }
    text
}

fn client(to: &Destination) -> String {
    let given = |arguments: [(&str, &Option<String>); 2]| {
        let arguments: Vec<String> = arguments
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", string(value.as_ref()?))))
            .collect();
        arguments.join(", ")
    };
    let session = given([("profile_name", &to.profile), ("region_name", &to.region)]);
    let endpoint = given([("endpoint_url", &to.endpoint), ("", &None)]);
    let comma = if endpoint.is_empty() { "" } else { ", " };
    format!("session = boto3.Session({session})\nkms = session.client(\"kms\"{comma}{endpoint})\n")
}

fn call(request: &Request, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = format!("{pad}response = kms.{}(\n", snake(request.op.0));
    for member in members(request) {
        let (name, value) = match &member {
            Member::Value(field, value) => {
                let name = field.name;
                (name, literal(value, indent + 4, name.len() + 2))
            }
            Member::Structure(name, values) => {
                let items = values
                    .iter()
                    .map(|(field, value)| {
                        let column = field.name.len() + 5;
                        (string(field.name), literal(value, indent + 8, column))
                    })
                    .collect();
                (*name, dict(items, indent + 4, name.len() + 2))
            }
        };
        text.push_str(&format!("{pad}    {name}={value},\n"));
    }
    text.push_str(&format!("{pad})\n"));
    text
}

/// A value as a literal in a line that is indented by `indent`, after `used` columns of it.
fn literal(value: &Value, indent: usize, used: usize) -> String {
    match value {
        Value::Text(text) => string(text),
        Value::Number(number) => number.to_string(),
        Value::Time(at) => string(&at.to_string()),
        Value::Flag(on) => if *on { "True" } else { "False" }.to_owned(),
        Value::Blob(blob) => bytes(blob, indent),
        Value::List(list) => {
            let items = list.iter().map(|item| string(item)).collect();
            broken('[', items, ']', indent, used)
        }
        Value::Tags(given) => {
            let tag = |(key, value): &(String, String)| {
                let (key, value) = (string(key), string(value));
                format!("{{\"TagKey\": {key}, \"TagValue\": {value}}}")
            };
            broken('[', given.iter().map(tag).collect(), ']', indent, used)
        }
        Value::Pairs(pairs) => {
            let items = pairs
                .iter()
                .map(|(key, value)| (string(key), string(value)))
                .collect();
            dict(items, indent, used)
        }
    }
}

fn dict(items: Vec<(String, String)>, indent: usize, used: usize) -> String {
    let items = items
        .into_iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    broken('{', items, '}', indent, used)
}

/// Items on one line, or on one each where they do not fit.
fn broken(open: char, items: Vec<String>, close: char, indent: usize, used: usize) -> String {
    let line = format!("{open}{}{close}", items.join(", "));
    if !line.contains('\n') && indent + used + line.chars().count() <= COLUMNS {
        return line;
    }
    let pad = " ".repeat(indent);
    let items: String = items
        .iter()
        .map(|item| format!("{pad}    {item},\n"))
        .collect();
    format!("{open}\n{items}{pad}{close}")
}

/// Bytes: those of a file by its name, text as it is, others as base64.
fn bytes(blob: &Blob, indent: usize) -> String {
    if let Some(path) = blob.file.as_ref().and_then(|file| file.to_str()) {
        return format!("open({}, \"rb\").read()", string(path));
    }
    let bytes = blob.bytes.reveal();
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(is_text) => format!("b{}", string(text)),
        _ => {
            let pad = " ".repeat(indent);
            let text = base64(bytes);
            if text.len() <= 48 {
                return format!("base64.b64decode(\"{text}\")");
            }
            // All of it is ASCII, and strings side by side are one.
            let lines: String = text
                .as_bytes()
                .chunks(64)
                .map(|part| format!("{pad}    \"{}\"\n", String::from_utf8_lossy(part)))
                .collect();
            format!("base64.b64decode(\n{lines}{pad})")
        }
    }
}

/// A string literal (Python language reference, 2.4.1).
fn string(text: &str) -> String {
    let mut literal = String::from('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if !is_unsafe(c) => literal.push(c),
            c if (c as u32) < 0x100 => literal.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x1_0000 => literal.push_str(&format!("\\u{:04x}", c as u32)),
            c => literal.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    literal.push('"');
    literal
}
