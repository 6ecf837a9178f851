//! Requests of the query protocol: forms, whose names say the structure (`Tags.member.1.Key`).

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::wire::{ApiError, ApiResult, Params};

/// No request of STS or IAM nests deeper.
const DEEPEST: usize = 6;

/// The `Action` of a form.
pub(crate) fn action(body: &[u8]) -> Option<String> {
    member(body, "Action")
}

/// A member of a form, before the whole of it is read.
pub(super) fn member(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(decode(value)?.into_owned())
}

/// The members of a request; numbers are such where the API has one.
pub(crate) fn read(body: &[u8]) -> ApiResult<Params> {
    let malformed = || ApiError::new("MalformedInput", "The form cannot be read.");
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let mut members = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(malformed)?;
        let value = decode(value).ok_or_else(malformed)?.into_owned();
        let is_list = [
            "Tags",
            "PolicyArns",
            "TransitiveTagKeys",
            "ProvidedContexts",
            "Filter",
        ];
        let value = match value.parse::<i64>() {
            // An empty list is written so.
            _ if value.is_empty() && is_list.contains(&&*name) => continue,
            Ok(number) if ["DurationSeconds", "MaxItems"].contains(&&*name) => number.into(),
            _ => value.into(),
        };
        let path: Vec<&str> = name.split('.').collect();
        if path.len() > DEEPEST || !put(&mut members, &path, value) {
            return Err(malformed());
        }
    }
    Ok(Params::of(lists(members)))
}

/// False where a name is one thing and another at once.
fn put(members: &mut Map<String, Value>, path: &[&str], value: Value) -> bool {
    match path {
        [] => false,
        [name] => members.insert((*name).to_owned(), value).is_none(),
        [name, rest @ ..] => {
            let inner = members
                .entry(*name)
                .or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => put(inner, rest, value),
                _ => false,
            }
        }
    }
}

/// Makes lists of the structures `member` with members `1`, `2` ...
fn lists(members: Map<String, Value>) -> Map<String, Value> {
    let members = members.into_iter().map(|(name, value)| {
        let Value::Object(mut inner) = value else {
            return (name, value);
        };
        let value = match inner.remove("member") {
            Some(Value::Object(items)) if inner.is_empty() => {
                let mut items: Vec<_> = lists(items).into_iter().collect();
                items.sort_by_key(|(number, _)| number.parse::<u32>().unwrap_or(u32::MAX));
                items.into_iter().map(|(_, item)| item).collect()
            }
            Some(other) => {
                inner.insert("member".to_owned(), other);
                Value::Object(lists(inner))
            }
            None => Value::Object(lists(inner)),
        };
        (name, value)
    });
    members.collect()
}

/// `+` is a space, `%41` a byte. None where that is no UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    Some(String::from_utf8(bytes).ok()?.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_and_structures_are_read_by_their_names() {
        let mut params = read(
            b"Action=AssumeRole&Tags.member.2.Key=b&Tags.member.1.Key=a+%C3%A9&Tags.member.1.Value=\
              &TransitiveTagKeys.member.1=a&DurationSeconds=900&PolicyArns=",
        )
        .unwrap();
        let mut tags = params.objects("Tags").unwrap();
        assert_eq!(tags[0].text("Key", 0..=9).unwrap(), "a é");
        assert_eq!(tags[0].text("Value", 0..=9).unwrap(), "");
        assert_eq!(tags[1].text("Key", 0..=9).unwrap(), "b");
        assert_eq!(
            params.texts("TransitiveTagKeys", 0..=9, 0..=9).unwrap(),
            ["a"]
        );
        assert_eq!(params.number("DurationSeconds", 1..=1000), Some(900));
        assert!(!params.has("PolicyArns"));
        assert!(params.check().is_ok());
        for bad in [
            "a=%",
            "a=%4",
            "a=%zz",
            "a=%ff",
            "a=1&a.b=2",
            "a.b=1&a=2",
            "a.b.c.d.e.f.g=1",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_form_is_read_or_refused(text in "[a-zA-Z.&=+%0-9]{0,80}|\\PC{0,40}") {
            let _ = read(text.as_bytes());
            let _ = action(text.as_bytes());
        }
    }
}
