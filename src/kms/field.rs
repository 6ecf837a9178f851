//! The fields of a request: their names, kinds and limits, as the API states them. The form, the
//! command line and validation are all built from these.

use super::blob::{Blob, BlobForm};
use super::encryption_context;
use super::field_error::FieldError;
use super::key_id;
use super::tags;
use super::text::grouped;
use super::times;
use super::value::Value;

/// A field of an operation's request. It is known by its name: operations may tell of the same
/// field in different words.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The API's name, `KeyId`.
    pub name: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// The structure of the request that it is a member of, `Constraints`; None at the top.
    pub within: Option<&'static str>,
    pub sensitivity: Sensitivity,
    /// One or two sentences for someone who meets the field for the first time.
    pub help: &'static str,
}

impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        self.name == other.name
    }
}

/// Who may see what a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Names, algorithms, ciphertexts: whoever sees the request.
    Public,
    /// The user's own words, which KMS writes to CloudTrail in plain text: no place for a secret.
    InCloudTrail,
    /// A grant token: it opens nothing alone, and says nothing to a reader. It is counted, not
    /// shown, and stays out of what is kept.
    Token,
    /// The user's own data: it stays out of what is kept, and what holds it is cleared from the
    /// clipboard.
    Secret,
}

/// What a field holds, and its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// One of the four notations of [`key_id`].
    KeyId,
    /// One of a few names.
    Choice(&'static [&'static str]),
    /// One of the algorithms of the key: of those that KeyMetadata has in `list`
    /// (`SigningAlgorithms`) where that is known, else of all.
    Algorithm {
        list: &'static str,
        names: &'static [&'static str],
    },
    /// Any of several names.
    Names(&'static [&'static str]),
    /// Text of 1 to `max` characters.
    Text { max: usize, rule: TextRule },
    /// The name of an alias, `alias/` included.
    AliasName,
    /// Text of 0 to `max` characters; where it is required, no text is a value of its own.
    FreeText { max: usize },
    /// Text of several lines, of 1 to `max` characters.
    MultiLine { max: usize },
    /// A JSON document of at most `max` bytes.
    Document { max: usize },
    /// Bytes; see [`Blob`]. The limits are bytes.
    Blob { min: usize, max: usize },
    /// A whole number.
    Integer { min: u32, max: u32 },
    /// Pairs of text; see [`encryption_context`].
    EncryptionContext,
    /// Tags; see [`tags`].
    Tags,
    /// The keys of tags, 1 to 50.
    TagKeys,
    /// 0 to 10 tokens of 1 to 8,192 characters.
    GrantTokens,
    /// Yes or no.
    Flag,
    /// A time, to the second.
    Time,
    /// The path of a file that is to be written.
    Path,
}

/// The characters that a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextRule {
    /// Whatever is not a control character.
    Any,
    /// The same, and tabs and line ends.
    Lines,
    /// `[a-zA-Z0-9:/_-]`: the Name of a grant.
    Name,
    /// `[\w+=,.@:/-]`: an ARN of a principal, or the name of an AWS service.
    Principal,
    /// `[a-zA-Z0-9:/_\s.-]`: the KeyMaterialDescription of imported material.
    Note,
    /// `[a-f0-9]`: a KeyMaterialId.
    Hex,
}

impl TextRule {
    fn takes(self, c: char) -> bool {
        let own = match self {
            TextRule::Any => return !c.is_control(),
            TextRule::Lines => return !c.is_control() || matches!(c, '\n' | '\r' | '\t'),
            TextRule::Name => ":/_-",
            TextRule::Principal => "_+=,.@:/-",
            TextRule::Note => ":/_-. ",
            TextRule::Hex => return matches!(c, '0'..='9' | 'a'..='f'),
        };
        c.is_ascii_alphanumeric() || own.contains(c)
    }

    fn text(self) -> &'static str {
        match self {
            TextRule::Any => "no control characters",
            TextRule::Lines => "no control characters but tabs and line ends",
            TextRule::Name => "letters, digits and : / _ -",
            TextRule::Principal => "letters, digits and _ + = , . @ : / -",
            TextRule::Note => "letters, digits, spaces and : / _ . -",
            TextRule::Hex => "0-9 and a-f",
        }
    }
}

/// The most grant tokens that a request takes.
pub const MAX_GRANT_TOKENS: usize = 10;
/// The longest path, in characters.
const MAX_PATH_CHARS: usize = 4096;
/// The longest grant token, in characters.
pub const MAX_GRANT_TOKEN_CHARS: usize = 8192;

impl FieldKind {
    /// The names that can be chosen, where it is a choice of one.
    pub fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => Some(names),
            _ => None,
        }
    }
}

impl Field {
    /// A field that must be given.
    pub const fn required(name: &'static str, kind: FieldKind, help: &'static str) -> Field {
        Field {
            required: true,
            ..Field::optional(name, kind, help)
        }
    }

    /// A field that may be left out.
    pub const fn optional(name: &'static str, kind: FieldKind, help: &'static str) -> Field {
        Field {
            name,
            kind,
            required: false,
            within: None,
            sensitivity: Sensitivity::Public,
            help,
        }
    }

    pub const fn with_sensitivity(self, sensitivity: Sensitivity) -> Field {
        Field {
            sensitivity,
            ..self
        }
    }

    /// What is wrong with the field, and how to mend it.
    pub fn error(&self, rule: &str, fix: &str) -> FieldError {
        FieldError::new(self.name, rule, fix)
    }

    /// The name as the AWS CLI spells it: `KeyId` is `key-id`.
    pub fn flag(&self) -> String {
        kebab(self.name)
    }

    /// Reads one line of text as this field's value. `Ok(None)` where it is empty and need not
    /// be filled.
    ///
    /// Pairs are read as JSON or `k=v,...`, tokens and names as words between spaces or commas,
    /// bytes as base64.
    pub fn parse(&self, text: &str) -> Result<Option<Value>, FieldError> {
        if text.is_empty() && !matches!(self.kind, FieldKind::FreeText { .. }) {
            return if self.required {
                Err(self.missing())
            } else {
                Ok(None)
            };
        }
        let value = match self.kind {
            FieldKind::KeyId
            | FieldKind::Choice(_)
            | FieldKind::Algorithm { .. }
            | FieldKind::Text { .. }
            | FieldKind::AliasName
            | FieldKind::FreeText { .. }
            | FieldKind::MultiLine { .. }
            | FieldKind::Document { .. }
            | FieldKind::Path => Value::Text(text.to_owned()),
            FieldKind::Time => Value::Time(times::parse(text).ok_or_else(|| {
                self.error(
                    "is no time",
                    "write it like 2027-12-31 or 2027-12-31T18:30Z (UTC)",
                )
            })?),
            FieldKind::Blob { .. } => {
                Value::Blob(Blob::new(BlobForm::Base64.read(self.name, text)?))
            }
            FieldKind::Integer { min, max } => Value::Number(
                text.trim()
                    .replace(['_', ','], "")
                    .parse()
                    .map_err(|_| self.out_of_range(min, max))?,
            ),
            FieldKind::EncryptionContext => {
                Value::Pairs(encryption_context::parse(self.name, text)?)
            }
            FieldKind::Tags => Value::Tags(tags::parse(self.name, &[text.to_owned()])?),
            FieldKind::TagKeys => Value::List(vec![text.to_owned()]),
            FieldKind::GrantTokens | FieldKind::Names(_) => Value::List(
                text.split([' ', ',', '\n', '\t'])
                    .filter(|token| !token.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            FieldKind::Flag => Value::Flag(text == "true"),
        };
        self.check(&value)?;
        Ok(Some(value))
    }

    /// Checks a value against the field's rules.
    pub fn check(&self, value: &Value) -> Result<(), FieldError> {
        match (self.kind, value) {
            (FieldKind::KeyId, Value::Text(text)) => {
                key_id::parse(text).map(drop).map_err(|error| FieldError {
                    field: self.name.to_owned(),
                    ..error
                })
            }
            (FieldKind::Choice(names) | FieldKind::Algorithm { names, .. }, Value::Text(text)) => {
                match text.as_str() {
                    "" => Err(self.error("is required", "choose one of its names")),
                    text if names.contains(&text) => Ok(()),
                    _ => Err(self.error(
                        &format!("is one of {}", names.join(", ")),
                        "choose one of them",
                    )),
                }
            }
            (FieldKind::Names(names), Value::List(chosen)) => {
                match chosen.iter().find(|name| !names.contains(&name.as_str())) {
                    None if chosen.is_empty() && self.required => Err(self.missing()),
                    None => Ok(()),
                    Some(bad) => Err(self.error(
                        &format!("takes {}, and not {bad:?}", names.join(", ")),
                        "choose from those",
                    )),
                }
            }
            (FieldKind::AliasName, Value::Text(text)) => {
                key_id::check_alias_name(text).map_err(|error| FieldError {
                    field: self.name.to_owned(),
                    ..error
                })
            }
            (FieldKind::FreeText { .. }, Value::Text(text)) if text.is_empty() => Ok(()),
            (FieldKind::FreeText { max }, Value::Text(text)) => {
                self.check_text(text, max, TextRule::Any)
            }
            (FieldKind::Tags, Value::Tags(given)) => {
                tags::check(self.name, given).map_err(|(_, error)| error)
            }
            (FieldKind::TagKeys, Value::List(keys)) => keys
                .iter()
                .try_for_each(|key| tags::check_key(self.name, key)),
            (FieldKind::Text { max, rule }, Value::Text(text)) => self.check_text(text, max, rule),
            (FieldKind::MultiLine { max }, Value::Text(text)) => {
                self.check_text(text, max, TextRule::Lines)
            }
            (FieldKind::Document { max }, Value::Text(text)) => self.check_document(text, max),
            (FieldKind::Blob { min, max }, Value::Blob(blob)) => {
                let len = blob.bytes.len();
                if (min..=max).contains(&len) {
                    Ok(())
                } else {
                    Err(self.error(
                        &format!(
                            "takes {} to {} bytes, and has {}",
                            grouped(min),
                            grouped(max),
                            grouped(len)
                        ),
                        if len < min {
                            "give its bytes"
                        } else {
                            "give fewer"
                        },
                    ))
                }
            }
            (FieldKind::Integer { min, max }, Value::Number(number)) => {
                if (min..=max).contains(number) {
                    Ok(())
                } else {
                    Err(self.out_of_range(min, max))
                }
            }
            (FieldKind::EncryptionContext, Value::Pairs(pairs)) => {
                encryption_context::check(self.name, pairs).map_err(|(_, error)| error)
            }
            (FieldKind::GrantTokens, Value::List(tokens)) => check_grant_tokens(tokens),
            (FieldKind::Path, Value::Text(text)) => {
                self.check_text(text, MAX_PATH_CHARS, TextRule::Any)
            }
            (FieldKind::Flag, Value::Flag(_)) | (FieldKind::Time, Value::Time(_)) => Ok(()),
            (kind, _) => Err(self.error(
                &format!("does not hold such a value ({kind:?})"),
                "leave it out",
            )),
        }
    }

    fn check_text(&self, text: &str, max: usize, rule: TextRule) -> Result<(), FieldError> {
        let length = text.chars().count();
        if length == 0 {
            return Err(self.missing());
        }
        if length > max {
            return Err(self.error(
                &format!(
                    "takes at most {} characters, and has {}",
                    grouped(max),
                    grouped(length)
                ),
                "shorten it",
            ));
        }
        match text.chars().find(|c| !rule.takes(*c)) {
            None => Ok(()),
            Some(bad) => Err(self.error(
                &format!("takes {}, and has {bad:?}", rule.text()),
                "leave it out",
            )),
        }
    }

    fn check_document(&self, text: &str, max: usize) -> Result<(), FieldError> {
        if text.is_empty() {
            return Err(self.missing());
        }
        if text.len() > max {
            return Err(self.error(
                &format!(
                    "takes at most {} bytes, and has {}",
                    grouped(max),
                    grouped(text.len())
                ),
                "shorten it: spaces and line ends count too",
            ));
        }
        let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else {
            return Ok(());
        };
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = error.to_string();
        Err(self.error(
            &format!(
                "is no JSON at line {}, column {} ({})",
                error.line(),
                error.column(),
                what.strip_suffix(&place).unwrap_or(&what)
            ),
            "mend it there",
        ))
    }

    /// What is said of a field that must be given and is not.
    pub fn missing(&self) -> FieldError {
        let fix = match self.kind {
            FieldKind::AliasName => "type alias/ and a name",
            FieldKind::KeyId => "type a key ID, key ARN, alias name or alias ARN",
            FieldKind::Blob { .. } => "give its bytes as base64, hex or text, or name a file",
            FieldKind::Names(_) => "choose at least one",
            FieldKind::Document { .. } => "paste a JSON document, or name a file",
            _ => "fill it in",
        };
        self.error("is required", fix)
    }

    fn out_of_range(&self, min: u32, max: u32) -> FieldError {
        self.error(
            &format!(
                "is a whole number from {} to {}",
                grouped(min),
                grouped(max)
            ),
            "type a number in that range",
        )
    }
}

/// Checks the number and the lengths of grant tokens (`GrantTokens` of the API).
pub fn check_grant_tokens(tokens: &[String]) -> Result<(), FieldError> {
    if tokens.len() > MAX_GRANT_TOKENS {
        return Err(FieldError::new(
            "GrantTokens",
            &format!("takes at most 10 tokens, and has {}", tokens.len()),
            "remove some",
        ));
    }
    for (i, token) in tokens.iter().enumerate() {
        let problem = if token.is_empty() {
            "is empty"
        } else if token.chars().count() > MAX_GRANT_TOKEN_CHARS {
            "has over 8,192 characters"
        } else if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            "has a space or a control character in it"
        } else {
            continue;
        };
        return Err(FieldError::new(
            "GrantTokens",
            &format!(
                "takes tokens of 1 to 8,192 characters, and number {} {problem}",
                i + 1
            ),
            "paste the token as CreateGrant returned it",
        ));
    }
    Ok(())
}

/// `GenerateDataKey` as `generate-data-key`.
pub fn kebab(name: &str) -> String {
    let mut text = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: Field = Field::optional(
        "NumberOfBytes",
        FieldKind::Integer { min: 1, max: 1024 },
        "",
    );

    #[test]
    fn a_number_is_held_to_its_range_and_the_message_says_it() {
        assert_eq!(BYTES.parse("1,024"), Ok(Some(Value::Number(1024))));
        for bad in ["0", "1025", "-1", "many", "99999999999999"] {
            assert_eq!(
                BYTES.parse(bad).unwrap_err().to_string(),
                "NumberOfBytes is a whole number from 1 to 1,024: type a number in that range"
            );
        }
    }

    #[test]
    fn lines_are_kept_and_a_document_is_json_of_a_size() {
        let note = Field::optional("Note", FieldKind::MultiLine { max: 8 }, "");
        assert_eq!(
            note.parse("a\n\tb\n"),
            Ok(Some(Value::Text("a\n\tb\n".into())))
        );
        assert!(note.parse("a\u{1b}").is_err());
        assert!(note.parse("a\nb\nc\nd\ne").is_err());
        let policy = Field::required("Policy", FieldKind::Document { max: 16 }, "");
        assert!(policy.parse("{\"a\": [1, 2]}\n").is_ok());
        assert_eq!(
            policy.parse("{\n \"a\" 1}").unwrap_err().to_string(),
            "Policy is no JSON at line 2, column 6 (expected `:`): mend it there"
        );
        let long = format!("\"{}\"", "x".repeat(15));
        assert!(
            policy
                .parse(&long)
                .unwrap_err()
                .rule
                .contains("16 bytes, and has 17")
        );
    }

    #[test]
    fn grant_tokens_are_counted_and_measured() {
        assert!(check_grant_tokens(&vec!["t".into(); 10]).is_ok());
        assert!(check_grant_tokens(&vec!["t".into(); 11]).is_err());
        let error = check_grant_tokens(&["ok".into(), "x".repeat(8193)]).unwrap_err();
        assert!(
            error.to_string().contains("number 2 has over 8,192"),
            "{error}"
        );
        assert!(check_grant_tokens(&["two words".into()]).is_err());
    }

    #[test]
    fn names_become_flags() {
        assert_eq!(BYTES.flag(), "number-of-bytes");
        assert_eq!(
            kebab("GenerateDataKeyWithoutPlaintext"),
            "generate-data-key-without-plaintext"
        );
    }
}
