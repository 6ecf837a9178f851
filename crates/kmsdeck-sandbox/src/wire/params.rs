//! The members of a request, and what is wrong with them. Constraint messages follow the wording
//! that the service uses ("1 validation error detected: Value ...").

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use data_encoding::BASE64;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{ApiError, ApiResult};

/// The members of one request, taken by name, with the violations found so far.
///
/// Every accessor takes the member out and notes what is wrong with it;
/// [`Params::check`] turns the notes into one ValidationException.
#[derive(Default)]
pub(crate) struct Params {
    fields: Map<String, Value>,
    path: String,
    violations: Vec<String>,
    malformed: Option<ApiError>,
}

impl Params {
    /// Reads a request body. An empty body is an empty request.
    pub(crate) fn parse(body: &[u8]) -> ApiResult<Params> {
        if body.is_empty() {
            return Ok(Params::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Params::of(fields)),
            _ => Err(ApiError::bare("SerializationException")),
        }
    }

    pub(crate) fn of(fields: Map<String, Value>) -> Params {
        Params {
            fields,
            ..Params::default()
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn place(&self, name: &str) -> String {
        let mut chars = name.chars();
        let first = chars.next().map(|c| c.to_ascii_lowercase());
        let camel: String = first.into_iter().chain(chars).collect();
        format!("{}{camel}", self.path)
    }

    fn violate(&mut self, name: &str, value: Option<&str>, constraint: &str) {
        let place = self.place(name);
        let value = value.map_or(String::new(), |value| format!(" '{value}'"));
        self.violations.push(format!(
            "Value{value} at '{place}' failed to satisfy constraint: {constraint}"
        ));
    }

    fn missing(&mut self, name: &str) {
        let place = self.place(name);
        self.violations.push(format!(
            "Value null at '{place}' failed to satisfy constraint: Member must not be null"
        ));
    }

    fn mistyped(&mut self, found: &Value, wanted: &str) {
        let found = match found {
            Value::Null => "NULL_VALUE",
            Value::Bool(true) => "TRUE_VALUE",
            Value::Bool(false) => "FALSE_VALUE",
            Value::Number(_) => "NUMBER_VALUE",
            Value::String(_) => "STRING_VALUE",
            Value::Array(_) => "START_ARRAY",
            Value::Object(_) => "START_OBJECT",
        };
        self.malformed.get_or_insert_with(|| {
            ApiError::new(
                "SerializationException",
                format!("{found} can not be converted to {wanted}"),
            )
        });
    }

    fn measure(
        &mut self,
        name: &str,
        shown: Option<&str>,
        length: usize,
        lengths: &RangeInclusive<usize>,
    ) {
        if length < *lengths.start() {
            let rule = format!(
                "Member must have length greater than or equal to {}",
                lengths.start()
            );
            self.violate(name, shown, &rule);
        } else if length > *lengths.end() {
            let rule = format!(
                "Member must have length less than or equal to {}",
                lengths.end()
            );
            self.violate(name, shown, &rule);
        }
    }

    /// A string; its length, in characters, must be within `lengths`.
    pub(crate) fn text(&mut self, name: &str, lengths: RangeInclusive<usize>) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => {
                self.measure(name, Some(&text), text.chars().count(), &lengths);
                Some(text)
            }
            other => {
                self.mistyped(&other, "a String");
                None
            }
        }
    }

    /// As [`Params::text`]; where it is missing that is noted and "" given.
    pub(crate) fn required_text(&mut self, name: &str, lengths: RangeInclusive<usize>) -> String {
        if !self.has(name) {
            self.missing(name);
            return String::new();
        }
        self.text(name, lengths).unwrap_or_default()
    }

    /// A string all of whose characters must be `allowed`; `pattern` is the
    /// rule as the API model writes it.
    pub(crate) fn pattern(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
        pattern: &str,
        allowed: fn(char) -> bool,
    ) -> Option<String> {
        let text = self.text(name, lengths)?;
        if !text.is_empty() && !text.chars().all(allowed) {
            let rule = format!("Member must satisfy regular expression pattern: {pattern}");
            self.violate(name, Some(&text), &rule);
        }
        Some(text)
    }

    /// As [`Params::pattern`], for a rule that is not one of characters alone.
    pub(crate) fn matching(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
        pattern: &str,
        matches: fn(&str) -> bool,
    ) -> Option<String> {
        let text = self.text(name, lengths)?;
        if !matches(&text) {
            let rule = format!("Member must satisfy regular expression pattern: {pattern}");
            self.violate(name, Some(&text), &rule);
        }
        Some(text)
    }

    /// As [`Params::matching`], of what is never quoted in messages.
    pub(crate) fn sensitive(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
        pattern: &str,
        matches: fn(&str) -> bool,
    ) -> Option<Zeroizing<String>> {
        match self.take(name)? {
            Value::String(text) => {
                let text = Zeroizing::new(text);
                self.measure(name, None, text.chars().count(), &lengths);
                if !matches(&text) {
                    let rule = format!("Member must satisfy regular expression pattern: {pattern}");
                    self.violate(name, None, &rule);
                }
                Some(text)
            }
            other => {
                self.mistyped(&other, "a String");
                None
            }
        }
    }

    /// The `KeyId` of most operations: required, 1 to 2,048 characters.
    pub(crate) fn key_id(&mut self) -> String {
        self.required_text("KeyId", 1..=2048)
    }

    /// One of an enumeration's values.
    pub(crate) fn choice(
        &mut self,
        name: &str,
        values: &'static [&'static str],
    ) -> Option<&'static str> {
        let text = self.text(name, 0..=usize::MAX)?;
        let found = values.iter().copied().find(|value| *value == text);
        if found.is_none() {
            let rule = format!(
                "Member must satisfy enum value set: [{}]",
                values.join(", ")
            );
            self.violate(name, Some(&text), &rule);
        }
        found
    }

    /// As [`Params::choice`]; where it is missing that is noted and "" given.
    pub(crate) fn required_choice(
        &mut self,
        name: &str,
        values: &'static [&'static str],
    ) -> &'static str {
        if !self.has(name) {
            self.missing(name);
            return "";
        }
        self.choice(name, values).unwrap_or("")
    }

    /// A list of an enumeration's values.
    pub(crate) fn choices(
        &mut self,
        name: &str,
        values: &'static [&'static str],
    ) -> Option<Vec<&'static str>> {
        let texts = self.texts(name, 0..=usize::MAX, 0..=usize::MAX)?;
        let mut found = Vec::new();
        for text in &texts {
            match values.iter().copied().find(|value| value == text) {
                Some(value) => found.push(value),
                None => {
                    let rule = format!(
                        "Member must satisfy constraint: [Member must satisfy enum value set: [{}]]",
                        values.join(", ")
                    );
                    let shown = format!("[{}]", texts.join(", "));
                    self.violate(name, Some(&shown), &rule);
                    break;
                }
            }
        }
        Some(found)
    }

    /// A whole number within `values`.
    pub(crate) fn number(&mut self, name: &str, values: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.take(name)? {
            Value::Number(number) => number,
            other => {
                self.mistyped(&other, "an Integer");
                return None;
            }
        };
        // A number that is no 64-bit integer is out of every range here.
        let value = number
            .as_i64()
            .or_else(|| number.as_f64().map(|value| value as i64))
            .unwrap_or(i64::MAX);
        let shown = value.to_string();
        if value < *values.start() {
            let rule = format!(
                "Member must have value greater than or equal to {}",
                values.start()
            );
            self.violate(name, Some(&shown), &rule);
        } else if value > *values.end() {
            let rule = format!(
                "Member must have value less than or equal to {}",
                values.end()
            );
            self.violate(name, Some(&shown), &rule);
        }
        Some(value)
    }

    /// A boolean; absent is false.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(value)) => value,
            Some(other) => {
                self.mistyped(&other, "Boolean");
                false
            }
        }
    }

    /// Base64 binary of `lengths` bytes. Its value is never quoted in messages.
    pub(crate) fn blob(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        match self.take(name)? {
            Value::String(text) => {
                let text = Zeroizing::new(text);
                match BASE64.decode(text.as_bytes()) {
                    Ok(bytes) => {
                        let bytes = Zeroizing::new(bytes);
                        self.measure(name, None, bytes.len(), &lengths);
                        Some(bytes)
                    }
                    Err(_) => {
                        self.malformed
                            .get_or_insert_with(|| ApiError::bare("SerializationException"));
                        None
                    }
                }
            }
            other => {
                self.mistyped(&other, "a Blob");
                None
            }
        }
    }

    /// As [`Params::blob`]; where it is missing that is noted and nothing given.
    pub(crate) fn required_blob(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
    ) -> Zeroizing<Vec<u8>> {
        if !self.has(name) {
            self.missing(name);
        }
        self.blob(name, lengths).unwrap_or_default()
    }

    /// A map of string to string; absent is empty.
    pub(crate) fn map(&mut self, name: &str) -> BTreeMap<String, String> {
        let fields = match self.take(name) {
            None => return BTreeMap::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                self.mistyped(&other, "a Map");
                return BTreeMap::new();
            }
        };
        let mut map = BTreeMap::new();
        for (key, value) in fields {
            match value {
                Value::String(value) => {
                    map.insert(key, value);
                }
                Value::Null => self.violate(name, None, "Map value must not be null"),
                other => self.mistyped(&other, "a String"),
            }
        }
        map
    }

    /// A list of strings: `counts` members of `lengths` characters.
    pub(crate) fn texts(
        &mut self,
        name: &str,
        counts: RangeInclusive<usize>,
        lengths: RangeInclusive<usize>,
    ) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Value::Array(items) => items,
            other => {
                self.mistyped(&other, "a List");
                return None;
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                Value::String(text) => texts.push(text),
                other => self.mistyped(&other, "a String"),
            }
        }
        let shown = format!("[{}]", texts.join(", "));
        self.measure(name, Some(&shown), texts.len(), &counts);
        if let Some(bad) = texts
            .iter()
            .map(|text| text.chars().count())
            .find(|length| !lengths.contains(length))
        {
            let rule = if bad < *lengths.start() {
                format!(
                    "Member must satisfy constraint: [Member must have length greater than or equal to {}]",
                    lengths.start()
                )
            } else {
                format!(
                    "Member must satisfy constraint: [Member must have length less than or equal to {}]",
                    lengths.end()
                )
            };
            self.violate(name, Some(&shown), &rule);
        }
        Some(texts)
    }

    /// `GrantTokens`: up to 10 of 1 to 8,192 characters.
    pub(crate) fn grant_tokens(&mut self) -> Vec<String> {
        self.texts("GrantTokens", 0..=10, 1..=8192)
            .unwrap_or_default()
    }

    /// A nested structure; give it back by [`Params::merge`] to count its violations.
    pub(crate) fn object(&mut self, name: &str) -> Option<Params> {
        match self.take(name)? {
            Value::Object(fields) => Some(Params {
                fields,
                path: format!("{}.", self.place(name)),
                ..Params::default()
            }),
            other => {
                self.mistyped(&other, "a Structure");
                None
            }
        }
    }

    /// A list of structures, as [`Params::object`].
    pub(crate) fn objects(&mut self, name: &str) -> Option<Vec<Params>> {
        let items = match self.take(name)? {
            Value::Array(items) => items,
            other => {
                self.mistyped(&other, "a List");
                return None;
            }
        };
        let place = self.place(name);
        let mut objects = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::Object(fields) => objects.push(Params {
                    fields,
                    path: format!("{place}.{}.member.", index + 1),
                    ..Params::default()
                }),
                other => self.mistyped(&other, "a Structure"),
            }
        }
        Some(objects)
    }

    pub(crate) fn merge(&mut self, inner: Params) {
        self.violations.extend(inner.violations);
        if self.malformed.is_none() {
            self.malformed = inner.malformed;
        }
    }

    /// Notes that a required member is missing.
    pub(crate) fn require(&mut self, name: &str) {
        if !self.has(name) {
            self.missing(name);
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// SerializationException or ValidationException for what was noted.
    pub(crate) fn check(&mut self) -> ApiResult<()> {
        if let Some(error) = self.malformed.take() {
            return Err(error);
        }
        match self.violations.len() {
            0 => Ok(()),
            1 => Err(ApiError::validation(format!(
                "1 validation error detected: {}",
                self.violations[0]
            ))),
            count => Err(ApiError::validation(format!(
                "{count} validation errors detected: {}",
                self.violations.join("; ")
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn violations_are_worded_as_the_service_words_them() {
        let mut p = params(r#"{"KeyId":"","NumberOfBytes":0,"KeySpec":"AES_1"}"#);
        p.key_id();
        p.number("NumberOfBytes", 1..=1024);
        p.choice("KeySpec", &["AES_256", "AES_128"]);
        let error = p.check().unwrap_err();
        assert_eq!(error.name, "ValidationException");
        assert_eq!(
            error.message.unwrap(),
            "3 validation errors detected: \
             Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1; \
             Value 'AES_1' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]"
        );
    }

    #[test]
    fn a_missing_member_is_null_and_a_blob_is_not_quoted() {
        let mut p = params(r#"{"Plaintext":""}"#);
        p.key_id();
        p.blob("Plaintext", 1..=4096);
        let message = p.check().unwrap_err().message.unwrap();
        assert!(message.contains(
            "Value null at 'keyId' failed to satisfy constraint: Member must not be null"
        ));
        assert!(message.contains("Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1"));
    }

    #[test]
    fn wrong_types_are_serialization_errors() {
        let mut p = params(r#"{"KeyId":7}"#);
        p.key_id();
        assert_eq!(p.check().unwrap_err().name, "SerializationException");
        assert!(Params::parse(b"[1]").is_err());
        assert!(Params::parse(b"{").is_err());
    }
}
