//! The tags of a key (KMS API reference, `Tag`): pairs of TagKey and TagValue.

use std::collections::HashSet;

use super::encryption_context::Pair;
use super::field_error::FieldError;

/// The most tags that a key has.
pub const MAX_TAGS: usize = 50;
/// The longest TagKey, in characters.
pub const MAX_KEY_CHARS: usize = 128;
/// The longest TagValue, in characters; it may be empty.
pub const MAX_VALUE_CHARS: usize = 256;

/// How tags are written where they are typed on one line.
const HOW: &str = r#"write TagKey=KEY,TagValue=VALUE or [{"TagKey": "...", "TagValue": "..."}]"#;

/// Reads tags of several words as the AWS CLI takes them: `TagKey=a,TagValue=b` each, or one JSON
/// list of objects.
///
/// Errors: a word that is neither, or tags that break KMS's rules.
pub fn parse(field: &str, words: &[String]) -> Result<Vec<Pair>, FieldError> {
    let tags = match words {
        [json] if json.trim_start().starts_with('[') => from_json(field, json)?,
        words => words
            .iter()
            .map(|word| from_shorthand(field, word))
            .collect::<Result<_, _>>()?,
    };
    check(field, &tags).map_err(|(_, error)| error)?;
    Ok(tags)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

fn from_json(field: &str, text: &str) -> Result<Vec<Pair>, FieldError> {
    let tags: Vec<Tag> = serde_json::from_str(text).map_err(|error| {
        FieldError::new(
            field,
            &format!("as JSON is a list of TagKey and TagValue ({error})"),
            HOW,
        )
    })?;
    let pairs = tags.into_iter();
    Ok(pairs.map(|tag| (tag.tag_key, tag.tag_value)).collect())
}

fn from_shorthand(field: &str, word: &str) -> Result<Pair, FieldError> {
    let tag = word.trim_start().strip_prefix("TagKey=").map(|rest| {
        let (key, value) = rest.split_once(",TagValue=").unwrap_or((rest, ""));
        (unquoted(key), unquoted(value))
    });
    tag.ok_or_else(|| {
        FieldError::new(
            field,
            &format!("is TagKey=KEY,TagValue=VALUE for each tag, and {word:?} is not"),
            HOW,
        )
    })
}

fn unquoted(text: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(text).to_owned()
}

/// The characters that KMS takes in tags: letters, digits and spaces of any script, and
/// `_.:/=+-@`.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}

/// Checks the key of a tag.
///
/// Errors: none, too long, AWS's own, or with a character that tags do not take.
pub fn check_key(field: &str, key: &str) -> Result<(), FieldError> {
    let error = |rule: &str, fix: &str| Err(FieldError::new(field, rule, fix));
    if key.is_empty() {
        return error("needs a key in each tag", "type a key, or remove the tag");
    }
    if key.chars().count() > MAX_KEY_CHARS {
        return error("takes keys of at most 128 characters", "shorten the key");
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return error(
            &format!("takes no key that begins with aws:, as {key:?} does"),
            "those are AWS's own: choose another key",
        );
    }
    check_chars(field, key)
}

fn check_chars(field: &str, text: &str) -> Result<(), FieldError> {
    match text.chars().find(|c| !is_tag_char(*c)) {
        None => Ok(()),
        Some(bad) => Err(FieldError::new(
            field,
            &format!("takes letters, digits, spaces and _ . : / = + - @, and has {bad:?}"),
            "leave it out",
        )),
    }
}

/// Checks tags against KMS's rules. An error comes with the place of the tag that breaks it.
pub fn check(field: &str, tags: &[Pair]) -> Result<(), (usize, FieldError)> {
    let mut keys = HashSet::new();
    for (at, (key, value)) in tags.iter().enumerate() {
        let here = |error| (at, error);
        check_key(field, key).map_err(here)?;
        if !keys.insert(key) {
            let rule = format!("takes each key once, and {key:?} comes twice");
            let error = FieldError::new(field, &rule, "rename or remove one of the two");
            return Err((at, error));
        }
        if value.chars().count() > MAX_VALUE_CHARS {
            let rule =
                format!("takes values of at most 256 characters, and that of {key:?} has more");
            return Err((at, FieldError::new(field, &rule, "shorten it")));
        }
        check_chars(field, value).map_err(here)?;
        if at == MAX_TAGS {
            let error = FieldError::new(field, "takes at most 50 tags", "remove some");
            return Err((at, error));
        }
    }
    Ok(())
}

/// Tags on one line: `team = payments, tier = 1`.
pub fn shown(tags: &[Pair]) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    tags.join(", ")
}

/// Tags as the API's JSON has them.
pub fn to_json(tags: &[Pair]) -> serde_json::Value {
    tags.iter()
        .map(|(key, value)| serde_json::json!({ "TagKey": key, "TagValue": value }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn tags_are_read_as_the_aws_cli_takes_them() {
        let tags = [
            ("a".to_owned(), "b c".to_owned()),
            ("d".to_owned(), String::new()),
        ];
        for given in [
            words(&["TagKey=a,TagValue=b c", "TagKey=d"]),
            words(&["TagKey=a,TagValue='b c'", "TagKey=d,TagValue="]),
            words(&[r#"[{"TagKey": "a", "TagValue": "b c"}, {"TagKey": "d"}]"#]),
        ] {
            assert_eq!(parse("Tags", &given).as_deref(), Ok(&tags[..]));
        }
        let error = parse("Tags", &words(&["a=b"])).unwrap_err();
        assert_eq!(error.field, "Tags");
        assert!(error.rule.contains("\"a=b\" is not"), "{error}");
    }

    #[test]
    fn what_kms_would_refuse_is_named_with_its_place() {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for (bad, why) in [
            (tag("", "x"), "needs a key"),
            (tag("AWS:x", ""), "begins with aws:"),
            (tag("a", ""), "comes twice"),
            (tag("b\n", ""), "has '\\n'"),
            (tag("b", "x*"), "has '*'"),
            (tag(&"k".repeat(129), ""), "128"),
            (tag("b", &"v".repeat(257)), "256"),
        ] {
            let (at, error) = check("Tags", &[tag("a", "1"), bad]).unwrap_err();
            assert_eq!(at, 1);
            assert!(error.rule.contains(why), "{error}");
        }
        let many: Vec<_> = (0..51).map(|n| tag(&format!("k{n}"), "")).collect();
        assert_eq!(check("Tags", &many).unwrap_err().0, 50);
    }
}
