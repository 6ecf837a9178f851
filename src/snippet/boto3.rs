//! The request as a Python 3 script with boto3.

use super::{Destination, Part, parts, snake};
use crate::kms::encoding::base64;
use crate::kms::text::is_unsafe;
use crate::kms::{Request, Value};

pub fn render(request: &Request, place: &Destination) -> String {
    let given = parts(request);
    let mut text = String::new();
    if given.iter().any(needs_base64) {
        text.push_str("import base64\n\n");
    }
    text.push_str("import boto3\n\n");
    let session: Vec<String> = [
        ("profile_name", &place.profile),
        ("region_name", &place.region),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name}={}", literal(value.as_ref()?))))
    .collect();
    let endpoint = place.endpoint_url.as_ref().map_or(String::new(), |url| {
        format!(", endpoint_url={}", literal(url))
    });
    text.push_str(&format!(
        "kms = boto3.Session({}).client(\"kms\"{endpoint})\n",
        session.join(", ")
    ));
    let dry_run = request.dry_run();
    let indent = if dry_run { "    " } else { "" };
    if dry_run {
        text.push_str("try:\n");
    }
    text.push_str(&format!("{indent}answer = kms.{}(\n", snake(request)));
    for part in &given {
        let (name, value) = match part {
            Part::Field(name, value) => (*name, python(value)),
            Part::Structure(name, members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}: {}", literal(name), python(value)))
                    .collect();
                (*name, format!("{{{}}}", members.join(", ")))
            }
        };
        text.push_str(&format!("{indent}    {name}={value},\n"));
    }
    text.push_str(&format!("{indent})\n"));
    if dry_run {
        text.push_str(
            "    print(\"not a dry run: this endpoint carried it out\", answer)\n\
             except kms.exceptions.DryRunOperationException:\n    print(\"would succeed\")\n",
        );
    } else {
        text.push_str("print(answer)\n");
    }
    text
}

fn needs_base64(part: &Part) -> bool {
    matches!(part, Part::Field(_, Value::Blob(blob)) if blob.file.is_none())
}

fn python(value: &Value) -> String {
    match value {
        Value::Text(text) => literal(text),
        Value::Number(number) => number.to_string(),
        Value::Flag(on) => if *on { "True" } else { "False" }.to_owned(),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(|item| literal(item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Pairs(pairs) => {
            let items: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", literal(key), literal(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        Value::Blob(blob) => match blob.file.as_ref().and_then(|path| path.to_str()) {
            Some(path) => format!("open({}, \"rb\").read()", literal(path)),
            None => format!("base64.b64decode(\"{}\")", base64(blob.bytes.reveal())),
        },
    }
}

/// A string literal (Python language reference, "String and Bytes literals").
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                literal.push('\\');
                literal.push(c);
            }
            '\n' => literal.push_str("\\n"),
            c if is_unsafe(c) => literal.push_str(&format!("\\U{:08x}", c as u32)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_holds_any_text() {
        assert_eq!(literal("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(
            literal("\u{1b}\u{202e}é😀"),
            "\"\\U0000001b\\U0000202eé😀\""
        );
    }
}
