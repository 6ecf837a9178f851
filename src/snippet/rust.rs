//! A Rust program with the AWS SDK.

use super::destination::Destination;
use super::members::{Member, members, snake};
use crate::kms::text::is_unsafe;
use crate::kms::{Blob, Field, FieldKind, Request, Value};

/// Bytes of a literal on one line.
const BYTES_A_LINE: usize = 16;

/// The SDK's types of structures, by the member that holds one.
const STRUCTURES: &[(&str, &str)] = &[("Constraints", "GrantConstraints")];

pub(super) fn write(request: &Request, to: &Destination) -> String {
    let members = members(request);
    let mut text =
        String::from("// cargo add aws-config aws-sdk-kms && cargo add tokio --features full\n");
    if members
        .iter()
        .any(|member| matches!(member, Member::Value(_, Value::Blob(_))))
    {
        text.push_str("use aws_sdk_kms::primitives::Blob;\n");
    }
    if members
        .iter()
        .any(|member| matches!(member, Member::Value(_, Value::Time(_))))
    {
        text.push_str("use aws_sdk_kms::primitives::DateTime;\n");
    }
    if members
        .iter()
        .any(|member| matches!(member, Member::Value(_, Value::Tags(_))))
    {
        text.push_str("use aws_sdk_kms::types::Tag;\n");
    }
    for member in &members {
        if let Member::Structure(name, _) = member {
            text.push_str(&format!("use aws_sdk_kms::types::{};\n", structure(name)));
        }
    }
    text.push_str(
        "\n#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {\n",
    );
    if let Some(note) = &to.note {
        text.push_str(&format!("    // {note}\n"));
    }
    text.push_str(&client(to));
    let dry_run = request.dry_run();
    let name = if dry_run { "result" } else { "response" };
    text.push_str(&format!(
        "    let {name} = kms\n        .{}()\n",
        snake(request.op.0)
    ));
    for member in &members {
        match member {
            Member::Value(field, value) => setters(&mut text, field, value, 8),
            Member::Structure(name, values) => {
                text.push_str(&format!(
                    "        .{}(\n            {}::builder()\n",
                    snake(name),
                    structure(name)
                ));
                for (field, value) in values {
                    setters(&mut text, field, value, 16);
                }
                text.push_str("                .build(),\n        )\n");
            }
        }
    }
    text.push_str("        .send()\n        .await");
    text.push_str(match dry_run {
        false => "?;\n    // The SDK leaves secrets out of what it prints.\n    println!(\"{response:#?}\");\n",
        true => {
            ";
    match result {
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_dry_run_operation_exception()) =>
        {
            println!(\"Would succeed\");
        }
        Err(error) => return Err(error.into()),
        Ok(_) => println!(\"This endpoint does not know DryRun: it was carried out\"),
    }
"
        }
    });
    text.push_str("    Ok(())\n}");
    text
}

/// The type of the structure that a member holds.
fn structure(member: &'static str) -> &'static str {
    STRUCTURES
        .iter()
        .find(|(name, _)| *name == member)
        .map_or(member, |(_, type_name)| type_name)
}

fn client(to: &Destination) -> String {
    let mut text = String::from(
        "    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())\n",
    );
    if let Some(profile) = &to.profile {
        text.push_str(&format!("        .profile_name({})\n", string(profile)));
    }
    if let Some(region) = &to.region {
        text.push_str(&format!(
            "        .region(aws_config::Region::new({}))\n",
            string(region)
        ));
    }
    if let Some(endpoint) = &to.endpoint {
        text.push_str(&format!("        .endpoint_url({})\n", string(endpoint)));
    }
    text.push_str(
        "        .load()\n        .await;\n    let kms = aws_sdk_kms::Client::new(&config);\n",
    );
    text
}

/// The calls of the builder that give a member: one, or one an item.
fn setters(text: &mut String, field: &Field, value: &Value, indent: usize) {
    // The SDK has an enumeration for what is chosen among names.
    let is_named = matches!(
        field.kind,
        FieldKind::Choice(_) | FieldKind::Algorithm { .. } | FieldKind::Names(_)
    );
    let word = |item: &str| match is_named {
        true => format!("{}.into()", string(item)),
        false => string(item),
    };
    let pad = " ".repeat(indent);
    let arguments: Vec<String> = match value {
        Value::Text(text) => vec![word(text)],
        Value::List(list) => list.iter().map(|item| word(item)).collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Time(at) => vec![format!("DateTime::from_secs({})", at.as_second())],
        Value::Flag(on) => vec![on.to_string()],
        Value::Blob(blob) => vec![bytes(blob, indent)],
        Value::Tags(given) => given
            .iter()
            .map(|(key, value)| {
                let inner = format!("{pad}        ");
                format!(
                    "\n{pad}    Tag::builder()\n{inner}.tag_key({})\n{inner}.tag_value({})\n{inner}.build()?,\n{pad}",
                    string(key),
                    string(value)
                )
            })
            .collect(),
        Value::Pairs(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}, {}", string(key), string(value)))
            .collect(),
    };
    for argument in arguments {
        text.push_str(&format!("{pad}.{}({argument})\n", snake(field.name)));
    }
}

/// Bytes: those of a file by its name, others as a literal.
fn bytes(blob: &Blob, indent: usize) -> String {
    if let Some(path) = blob.file.as_ref().and_then(|file| file.to_str()) {
        return format!("Blob::new(std::fs::read({})?)", string(path));
    }
    let bytes = blob.bytes.reveal();
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if bytes.iter().all(is_text) {
        return format!("Blob::new(b{})", string(&String::from_utf8_lossy(bytes)));
    }
    let hex =
        |part: &[u8]| -> String { part.iter().map(|byte| format!("\\x{byte:02x}")).collect() };
    if bytes.len() <= BYTES_A_LINE {
        return format!("Blob::new(b\"{}\")", hex(bytes));
    }
    // A `\` at the end of a line takes the line end and the spaces after it out of a literal.
    let pad = " ".repeat(indent);
    let lines: Vec<String> = bytes
        .chunks(BYTES_A_LINE)
        .map(|part| format!("{pad}      {}", hex(part)))
        .collect();
    format!(
        "Blob::new(\n{pad}    b\"\\\n{}\",\n{pad})",
        lines.join("\\\n")
    )
}

/// A string literal (Rust reference, "Tokens").
fn string(text: &str) -> String {
    let mut literal = String::from('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if is_unsafe(c) => literal.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}
