//! The request as a Rust program with aws-config, aws-sdk-kms and tokio.

use super::{Destination, Part, parts, snake, snake_field};
use crate::kms::text::is_unsafe;
use crate::kms::{Request, Value};

pub fn render(request: &Request, place: &Destination) -> String {
    let given = parts(request);
    let mut text = String::new();
    if given
        .iter()
        .any(|part| matches!(part, Part::Field(_, Value::Blob(_))))
    {
        text.push_str("use aws_sdk_kms::primitives::Blob;\n");
    }
    if given.iter().any(|part| matches!(part, Part::Structure(..))) {
        text.push_str("use aws_sdk_kms::types::GrantConstraints;\n");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(
        "#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {\n    \
         let config = aws_config::defaults(aws_config::BehaviorVersion::latest())\n",
    );
    if let Some(profile) = &place.profile {
        text.push_str(&format!("        .profile_name({})\n", literal(profile)));
    }
    if let Some(region) = &place.region {
        text.push_str(&format!(
            "        .region(aws_config::Region::new({}))\n",
            literal(region)
        ));
    }
    if let Some(url) = &place.endpoint_url {
        text.push_str(&format!("        .endpoint_url({})\n", literal(url)));
    }
    text.push_str(&format!(
        "        .load()\n        .await;\n    let kms = aws_sdk_kms::Client::new(&config);\n    \
         let answer = kms\n        .{}()\n",
        snake(request)
    ));
    for part in &given {
        match part {
            Part::Field(name, value) => {
                for argument in arguments(name, value) {
                    text.push_str(&format!("        .{}({argument})\n", snake_field(name)));
                }
            }
            Part::Structure(name, members) => {
                text.push_str(&format!(
                    "        .{}(\n            GrantConstraints::builder()\n",
                    snake_field(name)
                ));
                for (name, value) in members {
                    for argument in arguments(name, value) {
                        let name = snake_field(name);
                        text.push_str(&format!("                .{name}({argument})\n"));
                    }
                }
                text.push_str("                .build(),\n        )\n");
            }
        }
    }
    text.push_str("        .send()\n        .await");
    if request.dry_run() {
        text.push_str(
            ";\n    match answer {\n        \
             Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {\n            \
             println!(\"would succeed\")\n        }\n        \
             Err(error) => return Err(error.into()),\n        \
             Ok(answer) => println!(\"not a dry run: this endpoint carried it out {answer:?}\"),\n    }\n    Ok(())\n}\n",
        );
    } else {
        text.push_str("?;\n    println!(\"{answer:?}\");\n    Ok(())\n}\n");
    }
    text
}

/// What goes between the parentheses; once a call of the builder.
fn arguments(name: &str, value: &Value) -> Vec<String> {
    match value {
        // Enumerations of the SDK are made from their names.
        Value::Text(text) if is_enumeration(name) => vec![format!("{}.into()", literal(text))],
        Value::Text(text) => vec![literal(text)],
        Value::Number(number) => vec![number.to_string()],
        Value::Flag(on) => vec![on.to_string()],
        Value::List(list) => list
            .iter()
            .map(|item| match is_enumeration(name) {
                true => format!("{}.into()", literal(item)),
                false => literal(item),
            })
            .collect(),
        Value::Pairs(pairs) => pairs
            .iter()
            .map(|(key, value)| format!("{}, {}", literal(key), literal(value)))
            .collect(),
        Value::Blob(blob) => vec![match blob.file.as_ref().and_then(|path| path.to_str()) {
            Some(path) => format!("Blob::new(std::fs::read({})?)", literal(path)),
            None => format!("Blob::new({})", bytes_literal(blob.bytes.reveal())),
        }],
    }
}

fn is_enumeration(name: &str) -> bool {
    name.ends_with("Spec")
        || name.ends_with("Algorithm")
        || matches!(name, "MessageType" | "Operations" | "DryRunModifiers")
}

/// A string literal (Rust reference, "Literal expressions").
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                literal.push('\\');
                literal.push(c);
            }
            '\n' => literal.push_str("\\n"),
            c if is_unsafe(c) => literal.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A byte string, whose bytes are characters where they can be.
fn bytes_literal(bytes: &[u8]) -> String {
    let mut literal = String::from("b\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                literal.push('\\');
                literal.push(*byte as char);
            }
            0x20..0x7f => literal.push(*byte as char),
            byte => literal.push_str(&format!("\\x{byte:02x}")),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text_and_any_bytes() {
        assert_eq!(literal("a\"b\\\u{1b}"), "\"a\\\"b\\\\\\u{1b}\"");
        assert_eq!(bytes_literal(b"a\"\x00\xff"), "b\"a\\\"\\x00\\xff\"");
    }
}
