//! What is wrong, or likely wrong, with a key policy, line by line: what KMS refuses without being
//! asked, and what it takes though it hardly means what was wanted.
//!
//! Source: KMS API reference, "PutKeyPolicy"; IAM user guide, "AWS JSON policy elements: Principal"
//! and "IAM identifiers".

use serde_json::Value;
use serde_json::value::RawValue;

use crate::access::Access;
use crate::account::Account;
use crate::condition::Condition;
use crate::document::account_of;
use crate::document::{Place, PolicyDocument, PolicyError, Reader, Resources, is_account};
use crate::key_facts::KeyFacts;
use crate::lint_condition::{is_refused, of_condition, restricts};
use crate::who::Who;

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
    rule: &'static str,
    what: String,
}

/// What is known beside the policy's text.
#[derive(Debug, Clone, Copy, Default)]
pub struct LintFacts<'a> {
    /// The key's ARN.
    pub key_arn: Option<&'a str>,
    /// Accounts whose users and roles are known.
    pub accounts: &'a [Account],
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

    /// The rule that it breaks, by a name that stays: `anyone-allowed`.
    pub fn rule(&self) -> &'static str {
        self.rule
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
    lint_key_policy_of(text, LintFacts::default())
}

/// As [`lint_key_policy`], with what else is known: principals that are gone, other accounts that
/// may do everything, nobody who could put another policy.
pub fn lint_key_policy_of(text: &str, facts: LintFacts<'_>) -> Vec<Lint> {
    let mut linter = Linter {
        reader: Reader::new(text, Resources::Needed),
        facts,
        variables: false,
        lints: Vec::new(),
    };
    linter.text(text);
    match PolicyDocument::parse_key_policy(text) {
        // It is one: nothing that the walk reads can be of another kind.
        Ok(document) => {
            linter.variables = document.variables;
            linter.document().unwrap_or_default();
            linter.keepers(text);
        }
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
        rule: "not-a-policy",
        what: what.strip_suffix(&place).unwrap_or(&what).to_owned(),
    }
}

struct Linter<'a> {
    reader: Reader<'a>,
    facts: LintFacts<'a>,
    /// Whether there are policy variables.
    variables: bool,
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
            self.push(place, Severity::Refused, "too-long", what);
        }
        let is_taken = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}');
        if let Some((at, bad)) = text.char_indices().find(|(_, c)| !is_taken(*c)) {
            let what = format!(
                "KMS takes no character {} in a key policy",
                bad.escape_unicode()
            );
            let place = self.reader.place_of(at);
            self.push(place, Severity::Refused, "character", what);
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
        let conditions = match member("Condition") {
            Some((_, raw)) => self.conditions(raw, allows)?,
            None => Vec::new(),
        };
        for (element, not_element) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if member(element).is_none() && member(not_element).is_none() {
                let what = format!("a statement without {element} is for nothing");
                self.push(
                    self.reader.place(whole),
                    Severity::Doubtful,
                    "for-nothing",
                    what,
                );
            }
        }
        if let Some((_, raw)) = member("Principal") {
            let anyone = self.principals(raw)?;
            let is_restricted = conditions.iter().any(restricts);
            if let Some(place) = anyone.filter(|_| allows && !is_restricted) {
                let what = match conditions.is_empty() {
                    true => "anybody in any AWS account is allowed, with no Condition",
                    false => {
                        "anybody in any AWS account is allowed: no Condition says who, of which account or from where"
                    }
                };
                self.push(place, Severity::Doubtful, "anyone-allowed", what.to_owned());
            }
            if allows && let Some((_, actions)) = member("Action") {
                self.everything_for_others(raw, actions)?;
            }
        }
        if let Some((_, raw)) = member("NotPrincipal") {
            self.principals(raw)?;
            if allows {
                let what = "everybody in any AWS account is allowed but these";
                let place = self.reader.place(raw);
                self.push(place, Severity::Doubtful, "all-but-these", what.to_owned());
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
                match found {
                    Some((severity, what)) => self.push(place, severity, "principal", what),
                    None if kind == "AWS" && self.is_gone(&name) => {
                        let what = format!(
                            "{name} is not among the users and roles of its account: KMS refuses a principal that is not there"
                        );
                        self.push(place, Severity::Refused, "principal-gone", what);
                    }
                    None => {}
                }
            }
        }
        Ok(anyone)
    }

    fn is_gone(&self, name: &str) -> bool {
        !self.facts.accounts.is_empty() && Who::find(name, self.facts.accounts).is_gone
    }

    /// Another account that may do everything, the policy and the deletion among it.
    fn everything_for_others(
        &mut self,
        principals: &'a RawValue,
        actions: &'a RawValue,
    ) -> Result<(), PolicyError> {
        let Some(own) = self.facts.key_arn.and_then(account_of) else {
            return Ok(());
        };
        let mut actions = self.reader.items(actions)?.into_iter();
        let is_everything = actions.any(|action| {
            let text = self.reader.value(action).unwrap_or_default();
            text.as_str()
                .is_some_and(|text| matches!(text.to_lowercase().as_str(), "kms:*" | "*"))
        });
        if !is_everything || !principals.get().starts_with('{') {
            return Ok(());
        }
        for (_, raw) in self.reader.members(principals, "")? {
            for item in self.reader.items(raw)? {
                let value = self.reader.value(item)?;
                let name = value.as_str().unwrap_or_default();
                let account = if is_account(name) {
                    Some(name)
                } else {
                    account_of(name)
                };
                if let Some(account) = account.filter(|account| *account != own) {
                    let what = format!(
                        "account {account}, which is not the key's, may do everything, PutKeyPolicy and ScheduleKeyDeletion among it as far as KMS lets another account"
                    );
                    let place = self.reader.place(item);
                    self.push(place, Severity::Doubtful, "everything-for-others", what);
                }
            }
        }
        Ok(())
    }

    /// Looks at each condition, and gives all of them.
    fn conditions(
        &mut self,
        raw: &'a RawValue,
        allows: bool,
    ) -> Result<Vec<Condition>, PolicyError> {
        let mut conditions = Vec::new();
        for (operator, raw) in self.reader.members(raw, "")? {
            for (key, raw) in self.reader.members(raw, "")? {
                let values = self.reader.strings(raw, &operator)?;
                let Some(condition) = Condition::new(&operator, &key, values) else {
                    continue;
                };
                if is_refused(&key) {
                    let what = format!("KMS takes no condition on {key} in a key policy");
                    let place = self.reader.place(raw);
                    self.push(place, Severity::Refused, "condition-key-refused", what);
                }
                for (rule, what) in of_condition(&condition, allows, self.variables) {
                    self.push(self.reader.place(raw), Severity::Doubtful, rule, what);
                }
                conditions.push(condition);
            }
        }
        Ok(conditions)
    }

    /// Whether somebody could put another policy afterwards.
    fn keepers(&mut self, text: &str) {
        let Some(arn) = self.facts.key_arn.filter(|arn| account_of(arn).is_some()) else {
            return;
        };
        let Ok(key) = KeyFacts::new(arn, text) else {
            return;
        };
        // Who is known decides nothing here: whoever the account's own policies let is let.
        let access = Access::new(Vec::new(), Vec::new());
        let keepers = access.diff(&key, &key).keepers;
        if !keepers.iter().any(|(who, _)| !self.is_gone(&who.name)) {
            let what = "nobody could put another policy afterwards: KMS refuses such a policy, unless BypassPolicyLockoutSafetyCheck is on";
            let place = self.reader.place_of(0);
            self.push(place, Severity::Refused, "nobody-left", what.to_owned());
        }
    }

    fn actions(&mut self, raw: &'a RawValue) -> Result<(), PolicyError> {
        for item in self.reader.items(raw)? {
            let Value::String(action) = self.reader.value(item)? else {
                continue;
            };
            let service = action.split(':').next().unwrap_or_default().to_lowercase();
            if service != "kms" && !service.contains(['*', '?']) {
                let what = format!("{action} is no action of KMS: it never applies to a key");
                let place = self.reader.place(item);
                self.push(place, Severity::Doubtful, "other-service", what);
            }
        }
        Ok(())
    }

    fn push(&mut self, place: Place, severity: Severity, rule: &'static str, what: String) {
        self.lints.push(Lint {
            place,
            severity,
            rule,
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

    /// Rule, place and words of each, with what is known.
    fn told_of(statements: &str, accounts: &[Account]) -> Vec<String> {
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{statements}\n]}}");
        let facts = LintFacts {
            key_arn: Some("arn:aws:kms:us-east-1:111122223333:key/1"),
            accounts,
        };
        let lints = lint_key_policy_of(&text, facts);
        let told =
            |lint: &Lint| format!("{}:{} {} {lint}", lint.line(), lint.column(), lint.rule());
        lints.iter().map(told).collect()
    }

    const ROOT: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}"#;

    #[test]
    fn conditions_that_do_not_do_what_they_say_are_told() {
        for (effect, condition, words) in [
            (
                "Allow",
                r#"{"Bool": {"aws:SecureTransport": "yes"}}"#,
                "condition-never-or-always Bool aws:SecureTransport never holds: yes is neither true nor false",
            ),
            (
                "Allow",
                r#"{"StringNotEquals": {"aws:username": []}}"#,
                "StringNotEquals aws:username holds always: no value is wanted",
            ),
            (
                "Allow",
                r#"{"Null": {"kms:ViaService": ["true", "false"]}}"#,
                "Null kms:ViaService holds always",
            ),
            (
                "Allow",
                r#"{"DateLessThan": {"aws:CurrentTime": "soon"}}"#,
                "never holds: soon is no time",
            ),
            (
                "Deny",
                r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/64x"}}"#,
                "never holds: 10.0.0.0/64x is no range",
            ),
            (
                "Allow",
                r#"{"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "ten"}}"#,
                "ten is no number",
            ),
            (
                "Allow",
                r#"{"StringEquals": {"kms:ViaService": "s3.*.amazonaws.com"}}"#,
                "wildcard-in-equals StringEquals takes * and ? for themselves",
            ),
            (
                "Allow",
                r#"{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "tenant"}}"#,
                "for-all-values-allow ForAllValues:StringEquals holds of a request without kms:EncryptionContextKeys",
            ),
            (
                "Deny",
                r#"{"ForAnyValue:StringEquals": {"kms:ViaService": "a"}}"#,
                "set-operator-on-one-value kms:ViaService has one value",
            ),
            (
                "Allow",
                r#"{"StringEquals": {"kms:EncryptionContextKeys": "tenant"}}"#,
                "no-set-operator kms:EncryptionContextKeys may have several values",
            ),
            (
                "Allow",
                r#"{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a"}}"#,
                "condition-key-refused KMS takes no condition on kms:ResourceAliases in a key policy",
            ),
        ] {
            let statement = format!(
                r#"{{"Effect": "{effect}", "Principal": {{"AWS": "111122223333"}}, "Action": "kms:*", "Resource": "*", "Condition": {condition}}}"#
            );
            let told = told_of(&format!("{ROOT},\n{statement}"), &[]);
            assert!(
                told.len() == 1 && told[0].starts_with("3:") && told[0].contains(words),
                "{told:?}"
            );
        }
        let text = r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "${aws:userid}"}}}}"#;
        assert_eq!(lint_key_policy(text)[0].rule(), "variable-without-version");
    }

    #[test]
    fn whoever_is_too_many_or_nobody_is_told() {
        let anyone = |condition: &str| {
            format!(
                r#"{ROOT},
{{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {condition}}}"#
            )
        };
        let via = r#"{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}"#;
        let told = told_of(&anyone(via), &[]);
        assert!(
            told[0].starts_with(
                "3:34 anyone-allowed anybody in any AWS account is allowed: no Condition says who"
            ),
            "{told:?}"
        );
        for restricting in [
            r#"{"StringEquals": {"kms:CallerAccount": "111122223333"}}"#,
            r#"{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:PrincipalOrgID": "o-1"}}"#,
        ] {
            assert_eq!(told_of(&anyone(restricting), &[]), [""; 0]);
        }
        let loose = anyone(r#"{"StringNotEquals": {"kms:CallerAccount": "111122223333"}}"#);
        assert_eq!(told_of(&loose, &[]).len(), 1);
        let other = ROOT.replace("111122223333", "444455556666");
        let told = told_of(&format!("{ROOT},\n{other}"), &[]);
        assert!(
            told.len() == 1
                && told[0].starts_with("3:42 everything-for-others account 444455556666"),
            "{told:?}"
        );
        let told = told_of(&ROOT.replace("kms:*", "kms:Decrypt"), &[]);
        assert!(
            told.len() == 1 && told[0].starts_with("1:1 nobody-left nobody could put"),
            "{told:?}"
        );
        let nothing = r#"{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt"}"#;
        let told = told_of(&format!("{ROOT},\n{nothing}"), &[]);
        assert_eq!(
            told,
            ["3:1 for-nothing a statement without Resource is for nothing"]
        );
    }

    #[test]
    fn a_principal_that_is_not_there_is_told() {
        let account = Account {
            id: "111122223333".to_owned(),
            ..Account::default()
        };
        let gone = ROOT.replace("111122223333", "arn:aws:iam::111122223333:role/left");
        let accounts = std::slice::from_ref(&account);
        let told = told_of(&format!("{ROOT},\n{gone}"), accounts);
        assert!(
            told.len() == 1
                && told[0].starts_with("3:42 principal-gone arn:aws:iam::111122223333:role/left"),
            "{told:?}"
        );
        // Nor does it keep the key.
        assert!(
            told_of(&gone, accounts)
                .iter()
                .any(|lint| lint.contains("nobody-left"))
        );
        assert_eq!(told_of(&gone, &[]), [""; 0]);
    }
}
