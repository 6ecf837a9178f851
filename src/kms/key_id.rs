//! The four notations of a `KeyId` (KMS developer guide, "Key identifiers (KeyId)").

use super::field_error::FieldError;

/// Which of the four notations a `KeyId` is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    KeyId,
    KeyArn,
    AliasName,
    AliasArn,
}

impl Notation {
    pub fn name(self) -> &'static str {
        match self {
            Notation::KeyId => "key ID",
            Notation::KeyArn => "key ARN",
            Notation::AliasName => "alias name",
            Notation::AliasArn => "alias ARN",
        }
    }
}

/// A well-formed `KeyId`, taken apart. It says nothing of whether such a key exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId<'a> {
    pub notation: Notation,
    /// The Region of an ARN.
    pub region: Option<&'a str>,
    /// The account of an ARN, 12 digits.
    pub account: Option<&'a str>,
    /// The key ID or the alias name (`alias/...`), without the ARN around it.
    pub resource: &'a str,
}

/// The longest `KeyId` that KMS takes, in characters.
pub const MAX_CHARS: usize = 2048;
/// The longest alias name, `alias/` included, in characters.
pub const MAX_ALIAS_CHARS: usize = 256;

/// Takes a `KeyId` apart, or says which rule it breaks and how to mend it.
pub fn parse(text: &str) -> Result<KeyId<'_>, FieldError> {
    let error = |rule: &str, fix: &str| Err(FieldError::new("KeyId", rule, fix));
    if text.is_empty() {
        return error(
            "is required",
            "type a key ID, a key ARN, an alias name or an alias ARN",
        );
    }
    if text.chars().count() > MAX_CHARS {
        return error("takes at most 2,048 characters", "shorten it");
    }
    if text.trim() != text {
        return error("has a space at an end", "take the space away");
    }
    if let Some(rest) = text.strip_prefix("arn:") {
        return parse_arn(rest);
    }
    if text.starts_with("alias/") {
        check_alias(text)?;
        return Ok(KeyId {
            notation: Notation::AliasName,
            region: None,
            account: None,
            resource: text,
        });
    }
    if is_key_id(text) {
        return Ok(KeyId {
            notation: Notation::KeyId,
            region: None,
            account: None,
            resource: text,
        });
    }
    if text.starts_with("mrk-") {
        return error(
            "of a multi-Region key is mrk- and 32 hex digits",
            "check the length and the digits",
        );
    }
    if looks_hexadecimal(text) {
        return error(
            "as a key ID is 8-4-4-4-12 hex digits",
            "check the length, or write alias/NAME for an alias",
        );
    }
    error(
        "is none of the four notations",
        "write alias/NAME, a key ID, or an ARN (arn:aws:kms:...)",
    )
}

/// Whether what is typed so far can still become a `KeyId` by typing on.
pub fn can_go_on(text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(digits) = text.strip_prefix("mrk-") {
        return digits.len() <= 32 && is_hex(digits);
    }
    if text.starts_with("alias/") || text.starts_with("arn:") {
        return !text.contains(|c: char| c.is_whitespace() || !c.is_ascii());
    }
    let begins = |start: &&str| start.starts_with(text);
    ["alias/", "arn:", "mrk-"].iter().any(begins)
        || (text.len() <= 36 && text.split('-').all(is_hex))
}

fn parse_arn(rest: &str) -> Result<KeyId<'_>, FieldError> {
    let error = |rule: &str, fix: &str| Err(FieldError::new("KeyId", rule, fix));
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let &[_partition, service, region, account, resource] = parts.as_slice() else {
        return error(
            "as an ARN has six parts",
            "write arn:aws:kms:REGION:ACCOUNT:key/ID or ...:alias/NAME",
        );
    };
    if service != "kms" {
        return error(
            "is an ARN of another service",
            "use a kms ARN: arn:aws:kms:...",
        );
    }
    if region.is_empty() {
        return error(
            "as an ARN names a Region",
            "write arn:aws:kms:REGION:ACCOUNT:...",
        );
    }
    if !is_account(account) {
        return error(
            "as an ARN names an account of 12 digits",
            "check the account ID",
        );
    }
    let (notation, resource) = if let Some(id) = resource.strip_prefix("key/") {
        if !is_key_id(id) {
            return error(
                "as a key ARN ends in key/ and a key ID",
                "check the part after key/: 8-4-4-4-12 hex digits, or mrk- and 32",
            );
        }
        (Notation::KeyArn, id)
    } else if resource.starts_with("alias/") {
        check_alias(resource)?;
        (Notation::AliasArn, resource)
    } else {
        return error(
            "as an ARN ends in key/ID or alias/NAME",
            "add the key or the alias",
        );
    };
    Ok(KeyId {
        notation,
        region: Some(region),
        account: Some(account),
        resource,
    })
}

/// Checks the name that an alias is made, moved or deleted by (CreateAlias, `AliasName`).
///
/// Errors: no `alias/` before it, AWS's own `alias/aws/`, too long, or a character that aliases do
/// not take.
pub fn check_alias_name(text: &str) -> Result<(), FieldError> {
    let error = |rule: &str, fix: &str| Err(FieldError::new("AliasName", rule, fix));
    if !text.starts_with("alias/") {
        return error("begins with alias/", "write alias/ before the name");
    }
    if text.starts_with("alias/aws/") {
        return error(
            "does not begin with alias/aws/, which names AWS's own keys",
            "choose another name",
        );
    }
    check_alias(text)
}

fn check_alias(alias: &str) -> Result<(), FieldError> {
    let error = |rule: &str, fix: &str| Err(FieldError::new("KeyId", rule, fix));
    let name = &alias["alias/".len()..];
    if name.is_empty() {
        return error("as an alias needs a name", "write it after alias/");
    }
    if alias.chars().count() > MAX_ALIAS_CHARS {
        return error("as an alias takes at most 256 characters", "shorten it");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-');
    match name.chars().find(|c| !allowed(*c)) {
        None => Ok(()),
        Some(c) => error(
            &format!(
                "as an alias may not hold {}",
                super::text::printable(&format!("{c:?}"))
            ),
            "use letters, digits, / _ and -",
        ),
    }
}

/// A UUID, or `mrk-` and 32 hex digits.
pub fn is_key_id(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(digits) = text.strip_prefix("mrk-") {
        return digits.len() == 32 && hex(digits);
    }
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(part, length)| part.len() == length && hex(part))
}

/// Whether it has the form of an account's ID.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `answer` is the ARN of a key that KMS may use in `region` where `asked` was asked for:
/// that very key, or where an alias was, any that it can stand for.
pub fn is_answer_to(asked: &str, answer: &str, region: &str) -> bool {
    let [Ok(asked_id), Ok(answer_id)] = [asked, answer].map(parse) else {
        return false;
    };
    if answer_id.notation != Notation::KeyArn || answer_id.region != Some(region) {
        return false;
    }
    match asked_id.notation {
        Notation::KeyArn => asked == answer,
        Notation::KeyId => asked_id.resource == answer_id.resource,
        Notation::AliasArn => {
            (asked_id.region, asked_id.account) == (answer_id.region, answer_id.account)
        }
        Notation::AliasName => true,
    }
}

fn looks_hexadecimal(text: &str) -> bool {
    text.len() >= 6 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// The account of a key or alias ARN, where `arn` is one.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notation_is_told_apart() {
        let notation = |text| parse(text).map(|id| id.notation);
        assert_eq!(
            notation("1234abcd-12ab-34cd-56ef-1234567890ab"),
            Ok(Notation::KeyId)
        );
        assert_eq!(
            notation("mrk-1234abcd12ab34cd56ef1234567890ab"),
            Ok(Notation::KeyId)
        );
        assert_eq!(notation("alias/app/payments_1"), Ok(Notation::AliasName));
        let arn = "arn:aws:kms:us-east-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let id = parse(arn).unwrap();
        assert_eq!(id.notation, Notation::KeyArn);
        assert_eq!(
            (id.region, id.account),
            (Some("us-east-2"), Some("444455556666"))
        );
        assert_eq!(
            notation("arn:aws-cn:kms:cn-north-1:111122223333:alias/x"),
            Ok(Notation::AliasArn)
        );
    }

    #[test]
    fn a_bad_key_id_is_told_its_rule_and_its_fix() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            message(""),
            "KeyId is required: type a key ID, a key ARN, an alias name or an alias ARN"
        );
        assert_eq!(
            message("payments"),
            "KeyId is none of the four notations: write alias/NAME, a key ID, or an ARN (arn:aws:kms:...)"
        );
        assert!(message("alias/").contains("needs a name"));
        assert!(message("alias/a b").contains("may not hold ' '"));
        assert!(message("1234abcd-12ab").contains("8-4-4-4-12"));
        assert!(message("mrk-12").contains("32 hex digits"));
        assert!(message("arn:aws:s3:::bucket").contains("another service"));
        assert!(message("arn:aws:kms:us-east-1:1:alias/x").contains("12 digits"));
        assert!(message(&"a".repeat(2049)).contains("2,048"));
        assert!(message(&format!("alias/{}", "a".repeat(251))).contains("256"));
        assert!(message("alias/x ").contains("space"));
    }

    #[test]
    fn an_answer_is_held_against_what_was_asked_for() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let key = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
        let other = "arn:aws:kms:us-east-1:111122223333:key/d41a7f58-3e90-4b2c-8f65-a0b1c2d3e4f5";
        let mrk = "mrk-1234abcd12ab34cd56ef1234567890ab";
        let [here, there] = ["us-east-1", "eu-west-1"]
            .map(|region| format!("arn:aws:kms:{region}:111122223333:key/{mrk}"));
        let alias = "arn:aws:kms:us-east-1:444455556666:alias/shared";
        let shared = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        for (asked, answer, region, expected) in [
            (id, &*key, "us-east-1", true),
            (&key, &key, "us-east-1", true),
            ("alias/payments", &key, "us-east-1", true),
            (alias, shared, "us-east-1", true),
            (mrk, &there, "eu-west-1", true),
            (&here, &here, "us-east-1", true),
            (id, other, "us-east-1", false),
            (&key, other, "us-east-1", false),
            // In the name of another account, or from another Region.
            (&key, shared, "us-east-1", false),
            (alias, &key, "us-east-1", false),
            (&here, &there, "us-east-1", false),
            (mrk, &there, "us-east-1", false),
            // No key ARN.
            (id, id, "us-east-1", false),
            ("alias/payments", alias, "us-east-1", false),
            ("alias/payments", "", "us-east-1", false),
        ] {
            let is = is_answer_to(asked, answer, region);
            assert_eq!(is, expected, "{answer} to {asked} in {region}");
        }
    }

    #[test]
    fn a_beginning_is_told_from_what_cannot_become_right() {
        for good in [
            "",
            "a",
            "ali",
            "alias/x",
            "arn:aws",
            "m",
            "mrk-12",
            "1234abcd-12",
        ] {
            assert!(can_go_on(good), "{good}");
        }
        for bad in [
            "foobar",
            " alias/x",
            "alias/a b",
            "arn:é",
            "mrk-xyz",
            "alias x",
            "12 34",
        ] {
            assert!(!can_go_on(bad), "{bad}");
        }
    }
}
