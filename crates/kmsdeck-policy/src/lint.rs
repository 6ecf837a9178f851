//! What is wrong, or likely wrong, with a key policy, line by line: what KMS refuses without being
//! asked, and what it takes though it hardly means what was wanted.
//!
//! Source: KMS API reference, "PutKeyPolicy"; IAM user guide, "AWS JSON policy elements: Principal"
//! and "IAM identifiers".

use serde_json::Value;
use serde_json::value::RawValue;

use crate::document::{Place, PolicyDocument, PolicyError, Reader, Resources, is_account};

/// The most bytes that a key policy has.
pub const MOST_BYTES: usize = 32_768;

/// How much something weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// KMS refuses the policy.
    Refused,
    /// KMS takes it, and it may mean something else than was wanted.
    Doubtful,
}

/// Something that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    place: Place,
    severity: Severity,
    what: String,
}

impl Lint {
    /// The line where that is, from 1.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The column in that line, in bytes from 1.
    pub fn column(&self) -> usize {
        self.place.column
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.severity
    }
}

impl std::fmt::Display for Lint {
    /// What it is, without its place.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// All that is wrong with the text of a key policy, by its lines. Of a text that is no policy
/// document, the first thing that keeps it from being one.
pub fn lint_key_policy(text: &str) -> Vec<Lint> {
    let mut linter = Linter {
        reader: Reader::new(text, Resources::Needed),
        lints: Vec::new(),
    };
    linter.text(text);
    match PolicyDocument::parse_key_policy(text) {
        // It is one: nothing that the walk reads can be of another kind.
        Ok(_) => linter.document().unwrap_or_default(),
        Err(error) => linter.lints.push(of_error(&error)),
    }
    linter.lints.sort_by_key(|lint| lint.place);
    linter.lints
}

fn of_error(error: &PolicyError) -> Lint {
    let (line, column) = (error.line(), error.column());
    let what = error.to_string();
    // The place is told beside it.
    let place = format!(" at line {line} column {column}");
    Lint {
        place: Place { line, column },
        severity: Severity::Refused,
        what: what.strip_suffix(&place).unwrap_or(&what).to_owned(),
    }
}

struct Linter<'a> {
    reader: Reader<'a>,
    lints: Vec<Lint>,
}

impl<'a> Linter<'a> {
    /// What the text as such breaks.
    fn text(&mut self, text: &str) {
        if text.len() > MOST_BYTES {
            let place = self.reader.place_of(MOST_BYTES);
            let what = format!(
                "a key policy has at most {MOST_BYTES} bytes, and this one {}: it is too long from here on",
                text.len()
            );
            self.push(place, Severity::Refused, what);
        }
        let is_taken = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
        if let Some((at, bad)) = text.char_indices().find(|(_, c)| !is_taken(*c)) {
            let what = format!(
                "KMS takes no character {} in a key policy",
                bad.escape_unicode()
            );
            self.push(self.reader.place_of(at), Severity::Refused, what);
        }
    }

    fn document(&mut self) -> Result<(), PolicyError> {
        let whole = self.reader.whole()?;
        for (name, raw) in self.reader.members(whole, "")? {
            if name == "Statement" {
                for statement in self.reader.items(raw)? {
                    self.statement(statement)?;
                }
            }
        }
        Ok(())
    }

    fn statement(&mut self, whole: &'a RawValue) -> Result<(), PolicyError> {
        let members = self.reader.members(whole, "")?;
        let member = |wanted: &str| members.iter().find(|(name, _)| name == wanted);
        let allows = match member("Effect") {
            Some((_, raw)) => self.reader.value(raw)? == "Allow",
            None => false,
        };
        let has_condition = match member("Condition") {
            Some((_, raw)) => !self.reader.members(raw, "")?.is_empty(),
            None => false,
        };
        if let Some((_, raw)) = member("Principal") {
            let anyone = self.principals(raw)?;
            if let Some(place) = anyone.filter(|_| allows && !has_condition) {
                let what = "anybody in any AWS account is allowed, with no Condition";
                self.push(place, Severity::Doubtful, what.to_owned());
            }
        }
        if let Some((_, raw)) = member("NotPrincipal") {
            self.principals(raw)?;
            if allows {
                let what = "everybody in any AWS account is allowed but these";
                self.push(self.reader.place(raw), Severity::Doubtful, what.to_owned());
            }
        }
        for (_, raw) in members
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "Action" | "NotAction"))
        {
            self.actions(raw)?;
        }
        Ok(())
    }

    /// Looks at each principal; where `*` stands, if it does.
    fn principals(&mut self, raw: &'a RawValue) -> Result<Option<Place>, PolicyError> {
        if self.reader.value(raw)? == "*" {
            return Ok(Some(self.reader.place(raw)));
        }
        let mut anyone = None;
        for (kind, raw) in self.reader.members(raw, "")? {
            for item in self.reader.items(raw)? {
                let place = self.reader.place(item);
                let Value::String(name) = self.reader.value(item)? else {
                    continue;
                };
                let found = match kind.as_str() {
                    "AWS" if name == "*" => {
                        anyone = Some(place);
                        None
                    }
                    "AWS" => aws_principal(&name),
                    "Service" => service_principal(&name),
                    _ => None,
                };
                if let Some((severity, what)) = found {
                    self.push(place, severity, what);
                }
            }
        }
        Ok(anyone)
    }

    fn actions(&mut self, raw: &'a RawValue) -> Result<(), PolicyError> {
        for item in self.reader.items(raw)? {
            let Value::String(action) = self.reader.value(item)? else {
                continue;
            };
            let service = action.split(':').next().unwrap_or_default().to_lowercase();
            if service != "kms" && !service.contains(['*', '?']) {
                let what = format!("{action} is no action of KMS: it never applies to a key");
                self.push(self.reader.place(item), Severity::Doubtful, what);
            }
        }
        Ok(())
    }

    fn push(&mut self, place: Place, severity: Severity, what: String) {
        self.lints.push(Lint {
            place,
            severity,
            what,
        });
    }
}

/// What is wrong with a principal of the kind `AWS`.
fn aws_principal(name: &str) -> Option<(Severity, String)> {
    let is_id = name.len() >= 16
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let kind = match name.get(..4) {
        Some("AROA") => Some("role"),
        Some("AIDA") => Some("user"),
        _ => None,
    };
    if let Some(kind) = kind.filter(|_| is_id) {
        let what = format!(
            "{name} is the ID of a {kind} that was deleted: it allows nobody anything, and KMS refuses to put it again"
        );
        return Some((Severity::Refused, what));
    }
    let has_wildcard = name.contains(['*', '?']);
    if has_wildcard && name.starts_with("arn:") {
        let what = format!(
            "{name} has a wildcard, which only the whole of a Principal can be: a Condition on aws:PrincipalArn can have one"
        );
        return Some((Severity::Refused, what));
    }
    let is_known = is_account(name) || is_principal_arn(name);
    (!is_known).then(|| {
        let what = format!(
            "{name} is no principal: it is an account ID, or the ARN of an account's root, a user, a role or a session"
        );
        (Severity::Refused, what)
    })
}

fn is_principal_arn(name: &str) -> bool {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts.as_slice() else {
        return false;
    };
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let is_kind = match *service {
        "iam" => *resource == "root" || (matches!(kind, "user" | "role") && !rest.is_empty()),
        "sts" => {
            (kind == "assumed-role" && rest.contains('/'))
                || (kind == "federated-user" && !rest.is_empty())
        }
        _ => false,
    };
    partition.starts_with("aws") && is_account(account) && is_kind
}

fn service_principal(name: &str) -> Option<(Severity, String)> {
    let ends = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];
    let is_known = ends.iter().any(|end| name.ends_with(end)) || name.ends_with(".aws.internal");
    (!is_known).then(|| {
        let what = format!("{name} is no service: it is written like logs.us-east-1.amazonaws.com");
        (Severity::Refused, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Place, weight and words of each.
    fn told(text: &str) -> Vec<String> {
        lint_key_policy(text)
            .iter()
            .map(|lint| {
                let (line, column) = (lint.line(), lint.column());
                format!("{line}:{column} {:?} {lint}", lint.severity())
            })
            .collect()
    }

    fn policy(members: &str) -> String {
        format!(
            "{{\"Version\": \"2012-10-17\",\n \"Statement\": [{{\"Effect\": \"Allow\", \"Resource\": \"*\",\n{members}}}]}}"
        )
    }

    fn with_principal(principal: &str) -> String {
        policy(&format!(
            "  \"Action\": \"kms:*\",\n  \"Principal\": {principal}"
        ))
    }

    #[test]
    fn what_is_right_is_not_named() {
        for principal in [
            r#"{"AWS": "111122223333"}"#,
            r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:user/a/b"]}"#,
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/jane"}"#,
            r#"{"Service": ["logs.us-east-1.amazonaws.com"], "Federated": "accounts.google.com"}"#,
        ] {
            assert_eq!(told(&with_principal(principal)), [""; 0], "{principal}");
        }
        let conditional = policy(
            r#""Action": "*", "Principal": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "1"}}"#,
        );
        assert_eq!(told(&conditional), [""; 0]);
    }

    #[test]
    fn a_deleted_principal_is_told_at_its_own_line() {
        let text = with_principal(
            "{\"AWS\": [\n    \"111122223333\",\n    \"AROAJQABLZS4A3QDU576Q\", \"AIDAJQABLZS4A3QDU576Q\"]}",
        );
        let found = told(&text);
        assert!(
            found[0].starts_with("6:5 Refused AROAJQABLZS4A3QDU576Q is the ID of a role"),
            "{found:?}"
        );
        assert!(
            found[1].starts_with("6:30 Refused AIDAJQABLZS4A3QDU576Q is the ID of a user"),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_no_principal_is_told() {
        for (principal, words) in [
            (r#"{"AWS": "jane"}"#, "jane is no principal"),
            (
                r#"{"AWS": "arn:aws:iam::111122223333:group/a"}"#,
                "is no principal",
            ),
            (r#"{"AWS": "arn:aws:iam::1111:root"}"#, "is no principal"),
            (
                r#"{"AWS": "arn:aws:iam::111122223333:role/*"}"#,
                "has a wildcard",
            ),
            (r#"{"Service": "logs"}"#, "logs is no service"),
            (r#""*""#, "4:16 Doubtful anybody in any AWS account"),
            (
                r#"{"AWS": "*"}"#,
                "4:24 Doubtful anybody in any AWS account",
            ),
        ] {
            let found = told(&with_principal(principal));
            assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
        }
        let not = policy(r#""Action": "kms:*", "NotPrincipal": {"AWS": "111122223333"}"#);
        assert!(told(&not)[0].contains("everybody in any AWS account is allowed but these"));
    }

    #[test]
    fn an_action_of_another_service_is_doubtful() {
        let text = policy(
            "\"Principal\": {\"AWS\": \"111122223333\"},\n\"Action\": [\"kms:Decrypt\", \"s3:GetObject\", \"*\"]",
        );
        let found = told(&text);
        assert_eq!(
            found,
            ["4:27 Doubtful s3:GetObject is no action of KMS: it never applies to a key"]
        );
    }

    #[test]
    fn what_keeps_it_from_being_a_policy_has_its_line_and_column() {
        for (text, wanted) in [
            ("{\n \"a\" 1}", "2:6 Refused expected `:`"),
            (
                "{\n  \"Statemant\": []}",
                "2:16 Refused unknown element Statemant",
            ),
            (
                "{\"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}",
                "2:3 Refused a key policy's statement needs a Principal",
            ),
        ] {
            assert_eq!(told(text), [wanted]);
        }
    }

    #[test]
    fn what_is_too_long_is_told_where_the_limit_is_passed() {
        let mut text = with_principal(r#"{"AWS": "111122223333"}"#);
        let first_line_after = text.lines().count() + 1;
        text.push('\n');
        text.push_str(&" ".repeat(MOST_BYTES));
        let found = told(&text);
        assert!(
            found[0].starts_with(&format!("{first_line_after}:")) && found[0].contains("too long"),
            "{found:?}"
        );
        let found = told(&policy(
            "\"Sid\": \"\u{2026}\", \"Principal\": {\"AWS\": \"111122223333\"}, \"Action\": \"kms:*\"",
        ));
        assert_eq!(
            found,
            ["3:9 Refused KMS takes no character \\u{2026} in a key policy"]
        );
    }
}
