//! The encryption context: pairs of non-secret text that a symmetric KMS key binds to the
//! ciphertext as additional authenticated data (KMS developer guide, "Encryption context").

use std::collections::HashSet;

use super::field_error::FieldError;
use super::text::grouped;

/// A pair of the encryption context, in the order in which it was typed.
pub type Pair = (String, String);

/// The most characters that all keys and values may have together.
pub const MAX_CHARS: usize = 8192;

/// Reads pairs from a JSON object of strings, or from `k=v` pairs between commas or line ends
/// (the AWS CLI's shorthand, where a value in single or double quotes may hold commas). `field` is
/// the name that errors give: a request may hold several contexts.
pub fn parse(field: &str, text: &str) -> Result<Vec<Pair>, FieldError> {
    let text = text.trim();
    let pairs = if text.starts_with('{') {
        parse_json(field, text)?
    } else {
        parse_shorthand(field, text)?
    };
    check(field, &pairs).map_err(|(_, error)| error)?;
    Ok(pairs)
}

/// A JSON object that keeps the order of its pairs, and tells of a key that comes twice, which
/// a map would drop in silence.
struct OrderedPairs(Vec<Pair>);

impl<'de> serde::Deserialize<'de> for OrderedPairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OrderedPairs;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a JSON object whose values are strings")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, String>()? {
                    pairs.push(pair);
                }
                Ok(OrderedPairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn parse_json(field: &str, text: &str) -> Result<Vec<Pair>, FieldError> {
    serde_json::from_str::<OrderedPairs>(text)
        .map(|pairs| pairs.0)
        .map_err(|error| {
            FieldError::new(
                field,
                &format!("as JSON is an object of strings ({error})"),
                r#"write {"key": "value"}"#,
            )
        })
}

fn parse_shorthand(field: &str, text: &str) -> Result<Vec<Pair>, FieldError> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', '\n', '\r', ' ', '\t']);
        if rest.is_empty() {
            return Ok(pairs);
        }
        let Some(equals) = rest
            .find(['=', ',', '\n'])
            .filter(|at| rest[*at..].starts_with('='))
        else {
            return Err(FieldError::new(
                field,
                &format!(
                    "is pairs of key=value, and {:?} has no =",
                    first_piece(rest)
                ),
                "write key=value,key=value or a JSON object",
            ));
        };
        let key = rest[..equals].trim().to_owned();
        let after = &rest[equals + 1..];
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => match after[1..].find(quote) {
                Some(end) => (after[1..1 + end].to_owned(), &after[end + 2..]),
                None => {
                    return Err(FieldError::new(
                        field,
                        &format!("has a value of {key:?} with no closing {quote}"),
                        "close the quotation mark",
                    ));
                }
            },
            _ => {
                let end = after.find([',', '\n', '\r']).unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        pairs.push((key, value));
        rest = left;
    }
}

fn first_piece(text: &str) -> &str {
    text.split([',', '\n']).next().unwrap_or(text)
}

/// Checks pairs against KMS's rules. An error comes with the place of the pair that breaks it.
pub fn check(field: &str, pairs: &[Pair]) -> Result<(), (usize, FieldError)> {
    let mut chars = 0;
    let mut keys = HashSet::new();
    for (i, (key, value)) in pairs.iter().enumerate() {
        if key.is_empty() {
            return Err((
                i,
                FieldError::new(
                    field,
                    &format!("needs a key in each pair, and pair {} has none", i + 1),
                    "type a key, or remove the pair",
                ),
            ));
        }
        if !keys.insert(key) {
            return Err((
                i,
                FieldError::new(
                    field,
                    &format!("takes each key once, and {key:?} comes twice"),
                    "rename or remove one of the two",
                ),
            ));
        }
        chars += key.chars().count() + value.chars().count();
        if chars > MAX_CHARS {
            return Err((
                i,
                FieldError::new(
                    field,
                    &format!("takes at most {} characters in all", grouped(MAX_CHARS)),
                    "shorten or remove pairs",
                ),
            ));
        }
    }
    Ok(())
}

/// What a user may want to know of pairs that are in order: a hint, not an error.
pub fn hint(pairs: &[Pair]) -> Option<String> {
    let (key, _) = pairs
        .iter()
        .find(|(key, _)| key.to_ascii_lowercase().starts_with("aws:"))?;
    Some(format!(
        "{key}: keys that start with aws: are reserved for AWS services"
    ))
}

/// `tenant=acme, purpose=backup`: pairs in a sentence.
pub fn shown(pairs: &[Pair]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<Pair> {
        list.iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect()
    }

    #[test]
    fn json_and_shorthand_give_the_same_pairs() {
        let expected = pairs(&[("tenant", "acme"), ("purpose", "backup, nightly")]);
        assert_eq!(
            parse(
                "EncryptionContext",
                r#"{"tenant": "acme", "purpose": "backup, nightly"}"#
            ),
            Ok(expected.clone())
        );
        assert_eq!(
            parse("EncryptionContext", "tenant=acme,purpose='backup, nightly'"),
            Ok(expected.clone())
        );
        assert_eq!(
            parse(
                "EncryptionContext",
                "tenant=acme\npurpose=\"backup, nightly\"\n"
            ),
            Ok(expected)
        );
        assert_eq!(
            parse("EncryptionContext", "path=/a=b"),
            Ok(pairs(&[("path", "/a=b")]))
        );
        assert_eq!(
            parse("EncryptionContext", "empty="),
            Ok(pairs(&[("empty", "")]))
        );
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| parse("EncryptionContext", text).unwrap_err().to_string();
        assert!(message("tenant").contains("\"tenant\" has no ="));
        assert!(message("a=1,b").contains("\"b\" has no ="));
        assert!(message("=x").contains("pair 1 has none"));
        assert!(message("a=1,a=2").contains("\"a\" comes twice"));
        assert!(message(r#"{"a":"1","a":"2"}"#).contains("\"a\" comes twice"));
        assert!(message(r#"{"a": 1}"#).contains("object of strings"));
        assert!(message("a='x").contains("no closing '"));
        assert!(message(&format!("a={}", "x".repeat(8192))).contains("8,192"));
    }

    #[test]
    fn keys_are_case_sensitive_and_reserved_ones_are_hinted_at() {
        assert!(check("EncryptionContext", &pairs(&[("a", "1"), ("A", "1")])).is_ok());
        assert!(
            hint(&pairs(&[("AWS:x", "1")]))
                .unwrap()
                .contains("reserved")
        );
    }
}
