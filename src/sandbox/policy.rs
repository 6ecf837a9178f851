//! Who may do what: key policies, identity policies and grants, as AWS
//! decides.
//!
//! Sources: IAM user guide, "Policy evaluation logic" and "IAM JSON policy
//! elements: Condition operators"; KMS developer guide, "Troubleshooting key
//! access" and "Condition keys for AWS KMS".

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

use super::account::Key;
use super::crypto::EncryptionContext;
use super::grants::Grant;
use super::spec::GrantOperation;
use super::wire::{ApiError, ApiResult};

/// A key policy: the text as it was put, and what it says.
#[derive(Debug)]
pub struct KeyPolicy {
    pub text: String,
    pub document: Policy,
}

impl KeyPolicy {
    pub fn parse(text: String) -> Result<KeyPolicy, PolicyError> {
        let document = Policy::parse(&text)?;
        if document
            .statements
            .iter()
            .any(|statement| statement.principals.is_none())
        {
            return Err(PolicyError(
                "a key policy's statement needs a Principal".into(),
            ));
        }
        Ok(KeyPolicy { text, document })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(String);

/// A policy document in the IAM JSON policy language.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Policy variables exist from version 2012-10-17 on.
    variables: bool,
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    allow: bool,
    principals: Option<Principals>,
    actions: Patterns,
    resources: Patterns,
    conditions: Vec<Condition>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
struct Principals {
    not: bool,
    /// `"*"` or `{"AWS": "*"}`.
    any: bool,
    /// ARNs; an account ID is kept as its root's ARN.
    aws: Vec<String>,
}

/// `Action`/`NotAction`, `Resource`/`NotResource`.
#[derive(Debug, Clone)]
struct Patterns {
    not: bool,
    patterns: Vec<String>,
}

#[derive(Debug, Clone)]
struct Condition {
    operator: Operator,
    quantifier: Quantifier,
    if_exists: bool,
    /// Lower case: condition keys do not tell case apart.
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    String { negate: bool, test: StringTest },
    Numeric { negate: bool, test: Order },
    Date { negate: bool, test: Order },
    Bool,
    Binary,
    Ip { negate: bool },
    Arn { negate: bool },
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StringTest {
    Equals,
    EqualsIgnoreCase,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Order::Equal => left == right,
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

impl Operator {
    fn parse(name: &str) -> Option<Operator> {
        let string = |negate, test| Operator::String { negate, test };
        let numeric = |negate, test| Operator::Numeric { negate, test };
        let date = |negate, test| Operator::Date { negate, test };
        Some(match name {
            "StringEquals" => string(false, StringTest::Equals),
            "StringNotEquals" => string(true, StringTest::Equals),
            "StringEqualsIgnoreCase" => string(false, StringTest::EqualsIgnoreCase),
            "StringNotEqualsIgnoreCase" => string(true, StringTest::EqualsIgnoreCase),
            "StringLike" => string(false, StringTest::Like),
            "StringNotLike" => string(true, StringTest::Like),
            "NumericEquals" => numeric(false, Order::Equal),
            "NumericNotEquals" => numeric(true, Order::Equal),
            "NumericLessThan" => numeric(false, Order::Less),
            "NumericLessThanEquals" => numeric(false, Order::LessOrEqual),
            "NumericGreaterThan" => numeric(false, Order::Greater),
            "NumericGreaterThanEquals" => numeric(false, Order::GreaterOrEqual),
            "DateEquals" => date(false, Order::Equal),
            "DateNotEquals" => date(true, Order::Equal),
            "DateLessThan" => date(false, Order::Less),
            "DateLessThanEquals" => date(false, Order::LessOrEqual),
            "DateGreaterThan" => date(false, Order::Greater),
            "DateGreaterThanEquals" => date(false, Order::GreaterOrEqual),
            "Bool" => Operator::Bool,
            "BinaryEquals" => Operator::Binary,
            "IpAddress" => Operator::Ip { negate: false },
            "NotIpAddress" => Operator::Ip { negate: true },
            "ArnEquals" | "ArnLike" => Operator::Arn { negate: false },
            "ArnNotEquals" | "ArnNotLike" => Operator::Arn { negate: true },
            "Null" => Operator::Null,
            _ => return None,
        })
    }

    fn negates(self) -> bool {
        matches!(
            self,
            Operator::String { negate: true, .. }
                | Operator::Numeric { negate: true, .. }
                | Operator::Date { negate: true, .. }
                | Operator::Ip { negate: true }
                | Operator::Arn { negate: true }
        )
    }

    /// Whether one value of the request equals, resembles, is below ... one
    /// value of the policy; negation is applied by the caller.
    fn matches(self, actual: &str, wanted: &Wanted<'_>) -> bool {
        match self {
            Operator::String { test, .. } => match test {
                StringTest::Equals => actual == wanted.literal(),
                StringTest::EqualsIgnoreCase => {
                    actual.to_lowercase() == wanted.literal().to_lowercase()
                }
                StringTest::Like => wanted.glob().matches(actual),
            },
            Operator::Numeric { test, .. } => {
                match (actual.parse::<f64>(), wanted.literal().parse::<f64>()) {
                    (Ok(left), Ok(right)) => test.holds(left, right),
                    _ => false,
                }
            }
            Operator::Date { test, .. } => match (instant(actual), instant(&wanted.literal())) {
                (Some(left), Some(right)) => test.holds(left, right),
                _ => false,
            },
            Operator::Bool => actual.eq_ignore_ascii_case(&wanted.literal()),
            Operator::Binary => actual == wanted.literal(),
            Operator::Ip { .. } => in_network(actual, &wanted.literal()),
            Operator::Arn { .. } => arn_matches(wanted, actual),
            Operator::Null => false,
        }
    }
}

/// Seconds since 1970, or ISO 8601, as milliseconds since 1970.
fn instant(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1000.0) as i64);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    // "2024-01-01" is midnight UTC.
    let date: jiff::civil::Date = text.parse().ok()?;
    let at = jiff::tz::TimeZone::UTC
        .to_timestamp(date.at(0, 0, 0, 0))
        .ok()?;
    Some(at.as_millisecond())
}

fn in_network(actual: &str, network: &str) -> bool {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()),
        None => (network, Some(u32::MAX)),
    };
    let (Ok(actual), Ok(base), Some(bits)) =
        (actual.parse::<IpAddr>(), base.parse::<IpAddr>(), bits)
    else {
        return false;
    };
    match (actual, base) {
        (IpAddr::V4(actual), IpAddr::V4(base)) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            u32::from(actual) & mask == u32::from(base) & mask
        }
        (IpAddr::V6(actual), IpAddr::V6(base)) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            u128::from(actual) & mask == u128::from(base) & mask
        }
        _ => false,
    }
}

/// A policy's value with its variables resolved: characters that came from a
/// variable are never wildcards.
struct Wanted<'a> {
    parts: Vec<(std::borrow::Cow<'a, str>, bool)>,
}

impl Wanted<'_> {
    fn plain(text: &str) -> Wanted<'_> {
        Wanted {
            parts: vec![(text.into(), true)],
        }
    }

    fn literal(&self) -> String {
        self.parts.iter().map(|(text, _)| text.as_ref()).collect()
    }

    fn glob(&self) -> Glob {
        let mut glob = Vec::new();
        for (text, wild) in &self.parts {
            for c in text.chars() {
                glob.push(match c {
                    '*' if *wild => Piece::Many,
                    '?' if *wild => Piece::One,
                    c => Piece::Char(c),
                });
            }
        }
        Glob(glob)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Many,
    One,
    Char(char),
}

struct Glob(Vec<Piece>);

impl Glob {
    fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        glob_matches(&self.0, &text)
    }
}

/// Linear in practice: on a mismatch only the last `*` takes one more.
fn glob_matches(glob: &[Piece], text: &[char]) -> bool {
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match glob.get(g) {
            Some(Piece::Many) => {
                star = Some((g, t));
                g += 1;
            }
            Some(Piece::One) => (g, t) = (g + 1, t + 1),
            Some(Piece::Char(c)) if *c == text[t] => (g, t) = (g + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (g, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|piece| *piece == Piece::Many)
}

/// ARNs match segment by segment: a wildcard does not reach past a colon of
/// the first five. An ARN with fewer segments is filled up with `*`.
fn arn_matches(pattern: &Wanted<'_>, actual: &str) -> bool {
    let glob = pattern.glob().0;
    if glob == [Piece::Many] {
        return true;
    }
    let actual: Vec<&str> = actual.splitn(6, ':').collect();
    let wanted: Vec<&[Piece]> = glob.splitn(6, |piece| *piece == Piece::Char(':')).collect();
    if wanted.len() == 1 && actual.len() > 1 {
        return false;
    }
    if actual.len() != 6 {
        return actual.len() == wanted.len()
            && wanted
                .iter()
                .zip(&actual)
                .all(|(glob, text)| glob_matches(glob, &text.chars().collect::<Vec<_>>()));
    }
    actual.iter().enumerate().all(|(index, text)| {
        wanted
            .get(index)
            .is_none_or(|glob| glob_matches(glob, &text.chars().collect::<Vec<_>>()))
    })
}

impl Policy {
    /// Reads a policy document; unknown elements and operators are refused,
    /// so that no statement is silently half understood.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| PolicyError(error.to_string()))?;
        Policy::from_json(&value)
    }

    pub fn from_json(value: &Value) -> Result<Policy, PolicyError> {
        let object = value
            .as_object()
            .ok_or_else(|| PolicyError("a policy is a JSON object".into()))?;
        let mut policy = Policy::default();
        for (name, value) in object {
            match name.as_str() {
                "Version" => match value.as_str() {
                    Some("2012-10-17") => policy.variables = true,
                    Some("2008-10-17") => policy.variables = false,
                    _ => return Err(PolicyError(format!("unknown Version {value}"))),
                },
                "Id" => {}
                "Statement" => {
                    let one = std::slice::from_ref(value);
                    let statements = value.as_array().map_or(one, Vec::as_slice);
                    for statement in statements {
                        policy.statements.push(Statement::from_json(statement)?);
                    }
                }
                other => return Err(PolicyError(format!("unknown element {other}"))),
            }
        }
        if policy.statements.is_empty() {
            return Err(PolicyError("a policy needs a Statement".into()));
        }
        Ok(policy)
    }
}

fn strings(value: &Value, element: &str) -> Result<Vec<String>, PolicyError> {
    let one = std::slice::from_ref(value);
    value
        .as_array()
        .map_or(one, Vec::as_slice)
        .iter()
        .map(|item| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(PolicyError(format!("{element} takes strings"))),
        })
        .collect()
}

impl Statement {
    fn from_json(value: &Value) -> Result<Statement, PolicyError> {
        let object = value
            .as_object()
            .ok_or_else(|| PolicyError("a Statement is a JSON object".into()))?;
        let (mut allow, mut principals) = (None, None);
        let (mut actions, mut resources) = (None, None);
        let mut conditions = Vec::new();
        for (name, value) in object {
            match name.as_str() {
                "Sid" => {}
                "Effect" => match value.as_str() {
                    Some("Allow") => allow = Some(true),
                    Some("Deny") => allow = Some(false),
                    _ => return Err(PolicyError(format!("unknown Effect {value}"))),
                },
                "Principal" | "NotPrincipal" => {
                    principals = Some(Principals::from_json(value, name == "NotPrincipal")?);
                }
                "Action" | "NotAction" => {
                    actions = Some(Patterns {
                        not: name == "NotAction",
                        patterns: strings(value, name)?
                            .iter()
                            .map(|action| action.to_ascii_lowercase())
                            .collect(),
                    });
                }
                "Resource" | "NotResource" => {
                    resources = Some(Patterns {
                        not: name == "NotResource",
                        patterns: strings(value, name)?,
                    });
                }
                "Condition" => conditions = Condition::all_from_json(value)?,
                other => return Err(PolicyError(format!("unknown element {other}"))),
            }
        }
        let missing = |element: &str| PolicyError(format!("a Statement needs {element}"));
        Ok(Statement {
            allow: allow.ok_or_else(|| missing("Effect"))?,
            principals,
            actions: actions.ok_or_else(|| missing("Action"))?,
            resources: resources.ok_or_else(|| missing("Resource"))?,
            conditions,
        })
    }

    /// Action, resource and conditions; the principal is the caller's matter.
    fn applies(&self, policy: &Policy, action: &str, resource: &str, facts: &Facts) -> bool {
        let action = action.to_ascii_lowercase();
        let in_actions = self
            .actions
            .patterns
            .iter()
            .any(|pattern| Wanted::plain(pattern).glob().matches(&action));
        let in_resources = self.resources.patterns.iter().any(|pattern| {
            facts
                .resolve(pattern, policy.variables)
                .is_some_and(|pattern| arn_matches(&pattern, resource))
        });
        in_actions != self.actions.not
            && in_resources != self.resources.not
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(facts, policy.variables))
    }
}

impl Principals {
    fn from_json(value: &Value, not: bool) -> Result<Principals, PolicyError> {
        let mut principals = Principals {
            not,
            any: false,
            aws: Vec::new(),
        };
        match value {
            Value::String(text) if text == "*" => principals.any = true,
            Value::Object(kinds) => {
                for (kind, value) in kinds {
                    for name in strings(value, "Principal")? {
                        match kind.as_str() {
                            "AWS" if name == "*" => principals.any = true,
                            "AWS" if is_account(&name) => {
                                principals.aws.push(root_arn(&name));
                            }
                            "AWS" => principals.aws.push(name),
                            // No caller of the sandbox is a service or federated.
                            "Service" | "Federated" | "CanonicalUser" => {}
                            other => {
                                return Err(PolicyError(format!("unknown Principal {other}")));
                            }
                        }
                    }
                }
            }
            _ => return Err(PolicyError("Principal takes \"*\" or an object".into())),
        }
        Ok(principals)
    }

    /// The caller itself is named.
    fn names(&self, caller: &Caller<'_>) -> bool {
        self.any || self.aws.iter().any(|arn| arn == caller.arn)
    }

    /// The caller's account is named.
    fn names_account(&self, caller: &Caller<'_>) -> bool {
        self.any || self.aws.contains(&root_arn(caller.account))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

pub fn root_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

impl Condition {
    fn all_from_json(value: &Value) -> Result<Vec<Condition>, PolicyError> {
        let operators = value
            .as_object()
            .ok_or_else(|| PolicyError("Condition is a JSON object".into()))?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let keys = keys
                .as_object()
                .ok_or_else(|| PolicyError(format!("{operator} takes a JSON object")))?;
            let (quantifier, name) = match operator.split_once(':') {
                Some(("ForAllValues", name)) => (Quantifier::ForAllValues, name),
                Some(("ForAnyValue", name)) => (Quantifier::ForAnyValue, name),
                _ => (Quantifier::None, operator.as_str()),
            };
            let (name, if_exists) = match name.strip_suffix("IfExists") {
                Some(name) => (name, true),
                None => (name, false),
            };
            let parsed = Operator::parse(name)
                .filter(|parsed| !(if_exists && *parsed == Operator::Null))
                .ok_or_else(|| PolicyError(format!("unknown condition operator {operator}")))?;
            for (key, values) in keys {
                conditions.push(Condition {
                    operator: parsed,
                    quantifier,
                    if_exists,
                    key: key.to_lowercase(),
                    values: strings(values, operator)?,
                });
            }
        }
        Ok(conditions)
    }

    fn holds(&self, facts: &Facts, variables: bool) -> bool {
        let actual = facts.get(&self.key);
        if self.operator == Operator::Null {
            return self
                .values
                .iter()
                .any(|value| value.eq_ignore_ascii_case("true") == actual.is_none());
        }
        let Some(actual) = actual else {
            // A missing key: a positive test fails, a negated one holds.
            return self.if_exists
                || match self.quantifier {
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                    Quantifier::None => self.operator.negates(),
                };
        };
        let wanted: Vec<Wanted<'_>> = self
            .values
            .iter()
            .filter_map(|value| facts.resolve(value, variables))
            .collect();
        // Values of the policy are alternatives; a negated operator holds for
        // a value of the request that equals none of them.
        let one = |actual: &String| {
            wanted
                .iter()
                .any(|wanted| self.operator.matches(actual, wanted))
                != self.operator.negates()
        };
        match self.quantifier {
            Quantifier::ForAllValues => actual.iter().all(one),
            Quantifier::ForAnyValue => actual.iter().any(one),
            Quantifier::None if self.operator.negates() => actual.iter().all(one),
            Quantifier::None => actual.iter().any(one),
        }
    }
}

/// The request's context: condition keys and their values.
#[derive(Debug, Clone, Default)]
pub struct Facts(BTreeMap<String, Vec<String>>);

impl Facts {
    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl ToString) {
        self.0.insert(key.to_lowercase(), vec![value.to_string()]);
    }

    pub fn set_opt(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Sets a multi-valued key; no values is no key.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl ToString>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.0.insert(key.to_lowercase(), values);
        }
    }

    /// `kms:EncryptionContext:KEY` and `kms:EncryptionContextKeys`.
    pub fn set_encryption_context(&mut self, context: &EncryptionContext) {
        for (key, value) in context {
            self.0
                .entry(format!("kms:EncryptionContext:{key}").to_lowercase())
                .or_default()
                .push(value.clone());
        }
        self.set_all("kms:EncryptionContextKeys", context.keys());
    }

    /// `aws:RequestTag/KEY` and `aws:TagKeys`.
    pub fn set_request_tags<'a>(&mut self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut keys = Vec::new();
        for (key, value) in tags {
            self.set(&format!("aws:RequestTag/{key}"), value);
            keys.push(key);
        }
        self.set_all("aws:TagKeys", keys);
    }

    fn get(&self, key: &str) -> Option<&Vec<String>> {
        self.0.get(key)
    }

    pub fn extend(&mut self, other: &Facts) {
        for (key, values) in &other.0 {
            self.0.insert(key.clone(), values.clone());
        }
    }

    /// Resolves policy variables (`${aws:username}`, `${key, 'default'}`,
    /// `${*}`). None where one has no value: such an element matches nothing.
    fn resolve<'a>(&self, text: &'a str, variables: bool) -> Option<Wanted<'a>> {
        if !variables || !text.contains("${") {
            return Some(Wanted::plain(text));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(len) = rest[start..].find('}') else {
                break;
            };
            parts.push((rest[..start].into(), true));
            let inner = &rest[start + 2..start + len];
            let value = match inner {
                "*" | "?" | "$" => inner.to_owned(),
                _ => {
                    let (key, default) = match inner.split_once(',') {
                        Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
                        None => (inner, None),
                    };
                    match self.get(&key.trim().to_lowercase()).map(Vec::as_slice) {
                        Some([value]) => value.clone(),
                        _ => default?.to_owned(),
                    }
                }
            };
            parts.push((value.into(), false));
            rest = &rest[start + len + 1..];
        }
        parts.push((rest.into(), true));
        Some(Wanted { parts })
    }
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub arn: &'a str,
    pub account: &'a str,
    pub policies: &'a [Policy],
}

/// What is asked for.
pub struct Question<'a> {
    pub caller: Caller<'a>,
    /// `kms:Decrypt`.
    pub action: &'a str,
    pub target: Target<'a>,
    pub facts: &'a Facts,
    /// The grants of the key that are consistent, or named by a token.
    pub grants: &'a [Arc<Grant>],
    /// The grant operation that this action is, if grants can allow it.
    pub grantable: Option<GrantOperation>,
    pub context: Option<&'a EncryptionContext>,
}

/// The resource of a request.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// No resource of its own (ListKeys): `*`.
    Account,
    Alias {
        arn: &'a str,
    },
    Key {
        arn: &'a str,
        key: &'a Key,
    },
    /// The key that a ciphertext names; its ARN is not given away.
    Ciphertext {
        arn: &'a str,
        key: &'a Key,
    },
}

enum Why {
    NoIdentityPolicy,
    NoResourcePolicy,
    DeniedByIdentity,
    DeniedByResource,
    Foreign,
}

/// Decides, and words the refusal as AWS words it.
///
/// An explicit deny in any policy wins. In the key's own account the key
/// policy, a grant, or (where the key policy allows the account's root
/// principal) an identity policy must allow. From another account the key
/// policy and an identity policy must both allow, or a grant.
pub fn authorize(question: &Question<'_>) -> ApiResult<()> {
    let Question {
        caller,
        action,
        target,
        facts,
        ..
    } = question;
    let refuse = |why| Err(refusal(caller, action, *target, why));
    let resource = match target {
        Target::Account => "*",
        Target::Alias { arn } | Target::Key { arn, .. } | Target::Ciphertext { arn, .. } => arn,
    };

    let (mut identity_allows, mut identity_denies) = (false, false);
    for policy in caller.policies {
        for statement in &policy.statements {
            if statement.applies(policy, action, resource, facts) {
                identity_allows |= statement.allow;
                identity_denies |= !statement.allow;
            }
        }
    }
    let key = match target {
        Target::Account | Target::Alias { .. } => {
            return match (identity_denies, identity_allows) {
                (true, _) => refuse(Why::DeniedByIdentity),
                (false, true) => Ok(()),
                (false, false) => refuse(Why::NoIdentityPolicy),
            };
        }
        Target::Key { key, .. } | Target::Ciphertext { key, .. } => key,
    };

    let foreign = *key.home.account != *caller.account;
    let mut resource_denies = false;
    // Allowed by name, and by the account.
    let (mut named, mut delegated) = (false, false);
    let document = &key.policy.document;
    for statement in &document.statements {
        let Some(principals) = &statement.principals else {
            continue;
        };
        let by_name = principals.names(caller) != principals.not;
        let by_account = principals.names_account(caller) && !principals.not;
        if !(by_name || by_account) || !statement.applies(document, action, resource, facts) {
            continue;
        }
        // A NotPrincipal deny must name both the principal and its account.
        let spared = principals.not && principals.names_account(caller);
        if statement.allow {
            named |= by_name;
            delegated |= by_account;
        } else if !spared {
            resource_denies = true;
        }
    }
    if identity_denies {
        return refuse(Why::DeniedByIdentity);
    }
    if resource_denies {
        return refuse(if foreign {
            Why::Foreign
        } else {
            Why::DeniedByResource
        });
    }
    let granted = question.grantable.is_some_and(|operation| {
        question
            .grants
            .iter()
            .any(|grant| grant.grantee == caller.arn && grant.allows(operation, question.context))
    });
    if granted {
        return Ok(());
    }
    match (foreign, named, delegated, identity_allows) {
        (false, true, _, _) => Ok(()),
        (false, false, true, true) => Ok(()),
        (false, false, true, false) => refuse(Why::NoIdentityPolicy),
        (false, false, false, _) => refuse(Why::NoResourcePolicy),
        (true, false, false, _) => refuse(Why::Foreign),
        (true, _, _, true) => Ok(()),
        (true, _, _, false) => refuse(Why::NoIdentityPolicy),
    }
}

fn refusal(caller: &Caller<'_>, action: &str, target: Target<'_>, why: Why) -> ApiError {
    let resource = match (target, &why) {
        (_, Why::Foreign) => "on this resource".to_owned(),
        (Target::Ciphertext { .. }, _) => {
            "on the resource associated with this ciphertext".to_owned()
        }
        (Target::Account, _) => "on resource: *".to_owned(),
        (Target::Key { arn, .. } | Target::Alias { arn }, _) => format!("on resource: {arn}"),
    };
    let why = match why {
        Why::NoIdentityPolicy => {
            format!("because no identity-based policy allows the {action} action")
        }
        Why::NoResourcePolicy => {
            format!("because no resource-based policy allows the {action} action")
        }
        Why::DeniedByIdentity => "with an explicit deny in an identity-based policy".to_owned(),
        Why::DeniedByResource => "with an explicit deny in a resource-based policy".to_owned(),
        Why::Foreign => "because the resource does not exist in this Region, no resource-based \
             policies allow access, or a resource-based policy explicitly denies access"
            .to_owned(),
    };
    ApiError::new(
        "AccessDeniedException",
        format!(
            "User: {} is not authorized to perform: {action} {resource} {why}",
            caller.arn
        ),
    )
}

/// The refusal for another account's key that is not there: the same as for
/// one that is not shared.
pub fn foreign_refusal(caller: &Caller<'_>, action: &str) -> ApiError {
    refusal(caller, action, Target::Account, Why::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn identity_allows(statement: Value, action: &str, resource: &str, facts: &Facts) -> bool {
        let document = json!({ "Version": "2012-10-17", "Statement": statement });
        let policy = Policy::from_json(&document).unwrap();
        policy.statements[0].applies(&policy, action, resource, facts)
    }

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";

    #[test]
    fn actions_match_without_case_and_with_wildcards() {
        for (pattern, matches) in [
            ("kms:Decrypt", true),
            ("KMS:decrypt", true),
            ("kms:*", true),
            ("*", true),
            ("kms:Dec?ypt", true),
            ("kms:D*t", true),
            ("kms:Encrypt", false),
            ("kms:Decrypt?", false),
            ("s3:*", false),
        ] {
            let statement = json!({ "Effect": "Allow", "Action": pattern, "Resource": "*" });
            assert_eq!(
                identity_allows(statement, "kms:Decrypt", KEY, &Facts::default()),
                matches,
                "{pattern}"
            );
            let not = json!({ "Effect": "Allow", "NotAction": pattern, "Resource": "*" });
            assert_eq!(
                identity_allows(not, "kms:Decrypt", KEY, &Facts::default()),
                !matches,
                "{pattern}"
            );
        }
    }

    #[test]
    fn resources_match_segment_by_segment() {
        for (pattern, resource, matches) in [
            ("*", KEY, true),
            (KEY, KEY, true),
            ("arn:aws:kms:*:111122223333:key/*", KEY, true),
            ("arn:aws:kms:us-east-?:*:key/12*", KEY, true),
            ("arn:aws:kms:*", KEY, true),
            ("arn:aws:kms:*:444455556666:key/*", KEY, false),
            // A wildcard stays in its segment.
            ("arn:aws:*:key/1234", KEY, false),
            ("arn:aws:kms:us-east-1:111122223333:alias/*", KEY, false),
            // ListKeys and the like are on "*".
            ("*", "*", true),
            ("arn:aws:kms:*:*:key/*", "*", false),
        ] {
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": pattern });
            assert_eq!(
                identity_allows(statement, "kms:X", resource, &Facts::default()),
                matches,
                "{pattern} on {resource}"
            );
        }
    }

    #[test]
    fn globs_do_not_blow_up() {
        let pattern = "a*".repeat(40) + "b";
        let text = "a".repeat(4000);
        assert!(!Wanted::plain(&pattern).glob().matches(&text));
    }

    #[test]
    fn half_understood_policies_are_refused() {
        for bad in [
            json!({ "Statement": [] }),
            json!({ "Version": "2020-01-01", "Statement": [] }),
            json!({ "Statement": { "Effect": "allow", "Action": "*", "Resource": "*" } }),
            json!({ "Statement": { "Effect": "Allow", "Action": "*" } }),
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": { "StringSortOfEquals": { "a": "b" } } } }),
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Foo": 1 } }),
            json!([]),
        ] {
            assert!(Policy::from_json(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn case_of_context_keys_is_told_apart_by_encryption_context_keys_only() {
        let mut facts = Facts::default();
        let context = [("Tenant".to_owned(), "acme".to_owned())].into();
        facts.set_encryption_context(&context);
        let with = |condition: Value| {
            let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": condition });
            identity_allows(statement, "kms:X", KEY, &facts)
        };
        assert!(with(
            json!({ "StringEquals": { "kms:EncryptionContext:tenant": "acme" } })
        ));
        assert!(!with(
            json!({ "StringEquals": { "kms:EncryptionContext:tenant": "Acme" } })
        ));
        assert!(with(
            json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "Tenant" } })
        ));
        assert!(!with(
            json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "tenant" } })
        ));
    }

    /// `tests/data/policy_cases.json`: AWS's published rules, each with its page.
    #[test]
    fn the_published_rules() {
        let text = include_str!("../../tests/data/policy_cases.json");
        let file: Value = serde_json::from_str(text).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let document = json!({ "Version": "2012-10-17", "Statement": case["statements"] });
            let policy = Policy::from_json(&document).unwrap();
            let mut facts = Facts::default();
            for (key, value) in case["context"].as_object().into_iter().flatten() {
                facts.set_all(key, strings(value, "context").unwrap());
            }
            let action = case["action"].as_str().unwrap();
            let resource = case["resource"].as_str().unwrap_or(KEY);
            let (mut allow, mut deny) = (false, false);
            for statement in &policy.statements {
                if statement.applies(&policy, action, resource, &facts) {
                    allow |= statement.allow;
                    deny |= !statement.allow;
                }
            }
            let told = match (deny, allow) {
                (true, _) => "Deny",
                (false, true) => "Allow",
                (false, false) => "None",
            };
            assert_eq!(told, case["expect"], "{} {}", case["page"], case["why"]);
        }
    }

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const FOREIGN: &str = "arn:aws:iam::444455556666:user/bob";

    /// Asks for kms:Decrypt on a key of 111122223333; the end of the refusal,
    /// or "yes".
    fn asked(caller: &str, key_policy: Value, identity: Option<Value>, granted: bool) -> String {
        let key = {
            let state = super::super::seed::state(super::super::wire::Millis(0)).unwrap();
            let (_, store) = state
                .homes()
                .find(|(home, _)| &*home.account == "111122223333" && &*home.region == "us-east-1")
                .unwrap();
            let policy = json!({ "Version": "2012-10-17", "Statement": key_policy }).to_string();
            Key {
                policy: Arc::new(KeyPolicy::parse(policy).unwrap()),
                ..Key::clone(store.keys.values().next().unwrap())
            }
        };
        let policies: Vec<Policy> = identity
            .iter()
            .map(|statement| Policy::from_json(&json!({ "Statement": statement })).unwrap())
            .collect();
        let grant = Arc::new(Grant {
            id: "g".into(),
            name: None,
            grantee: caller.into(),
            retiring: None,
            issuing_account: root_arn("111122223333"),
            operations: vec![GrantOperation::Decrypt],
            constraints: None,
            created: super::super::wire::Millis(0),
        });
        let arn = key.arn();
        let decision = authorize(&Question {
            caller: Caller {
                arn: caller,
                account: caller.split(':').nth(4).unwrap(),
                policies: &policies,
            },
            action: "kms:Decrypt",
            target: Target::Key {
                arn: &arn,
                key: &key,
            },
            facts: &Facts::default(),
            grants: if granted {
                std::slice::from_ref(&grant)
            } else {
                &[]
            },
            grantable: Some(GrantOperation::Decrypt),
            context: None,
        });
        match decision {
            Ok(()) => "yes".into(),
            Err(error) => {
                let message = error.message.unwrap();
                let at = message.find(" because ").or(message.find(" with an "));
                message[at.unwrap()..].trim().to_owned()
            }
        }
    }

    /// KMS developer guide, "Troubleshooting key access" (policy-evaluation)
    /// and "Allowing users in other accounts to use a KMS key"
    /// (key-policy-modifying-external-accounts); IAM user guide, "Policy
    /// evaluation logic".
    #[test]
    fn key_policy_identity_policy_and_grant_decide_together() {
        let to = |principal: &str, effect: &str| json!({ "Effect": effect, "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" });
        let any = |effect: &str| json!({ "Effect": effect, "Principal": "*", "Action": "kms:*", "Resource": "*" });
        let root = || to("arn:aws:iam::111122223333:root", "Allow");
        let may = || Some(json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*" }));
        let may_not = || Some(json!({ "Effect": "Deny", "Action": "kms:*", "Resource": "*" }));
        let no_identity = "because no identity-based policy allows the kms:Decrypt action";
        let no_resource = "because no resource-based policy allows the kms:Decrypt action";
        let denied_identity = "with an explicit deny in an identity-based policy";
        let denied_resource = "with an explicit deny in a resource-based policy";
        let foreign = "because the resource does not exist in this Region, no resource-based \
                       policies allow access, or a resource-based policy explicitly denies access";
        let not_alice = json!({ "Effect": "Deny", "NotPrincipal": { "AWS": [ALICE, "111122223333"] },
            "Action": "kms:*", "Resource": "*" });
        for (why, caller, key_policy, identity, granted, expected) in [
            ("root delegates to IAM", ALICE, root(), may(), false, "yes"),
            (
                "root alone allows no user",
                ALICE,
                root(),
                None,
                false,
                no_identity,
            ),
            (
                "an account ID is its root",
                ALICE,
                to("111122223333", "Allow"),
                may(),
                false,
                "yes",
            ),
            (
                "without root IAM does not count",
                ALICE,
                to(FOREIGN, "Allow"),
                may(),
                false,
                no_resource,
            ),
            (
                "the key policy alone is enough",
                ALICE,
                to(ALICE, "Allow"),
                None,
                false,
                "yes",
            ),
            ("any principal", ALICE, any("Allow"), None, false, "yes"),
            (
                "a grant alone is enough",
                ALICE,
                to(FOREIGN, "Allow"),
                None,
                true,
                "yes",
            ),
            (
                "an identity deny beats the key policy",
                ALICE,
                to(ALICE, "Allow"),
                may_not(),
                false,
                denied_identity,
            ),
            (
                "an identity deny beats a grant",
                ALICE,
                root(),
                may_not(),
                true,
                denied_identity,
            ),
            (
                "a key policy deny beats IAM",
                ALICE,
                json!([root(), any("Deny")]),
                may(),
                false,
                denied_resource,
            ),
            (
                "a key policy deny beats a grant",
                ALICE,
                json!([root(), to(ALICE, "Deny")]),
                may(),
                true,
                denied_resource,
            ),
            (
                "a deny of the root is one of all its users",
                ALICE,
                json!([root(), to("111122223333", "Deny")]),
                may(),
                false,
                denied_resource,
            ),
            (
                "NotPrincipal spares whom it names",
                ALICE,
                json!([root(), not_alice.clone()]),
                may(),
                false,
                "yes",
            ),
            (
                "NotPrincipal meets the others",
                FOREIGN,
                json!([any("Allow"), not_alice]),
                may(),
                false,
                foreign,
            ),
            (
                "another account: both sides",
                FOREIGN,
                to("444455556666", "Allow"),
                may(),
                false,
                "yes",
            ),
            (
                "another account: named, and IAM",
                FOREIGN,
                to(FOREIGN, "Allow"),
                may(),
                false,
                "yes",
            ),
            (
                "another account: the key policy alone is not enough",
                FOREIGN,
                to(FOREIGN, "Allow"),
                None,
                false,
                no_identity,
            ),
            (
                "another account: IAM alone is not enough",
                FOREIGN,
                root(),
                may(),
                false,
                foreign,
            ),
            (
                "another account: a grant",
                FOREIGN,
                root(),
                None,
                true,
                "yes",
            ),
        ] {
            assert_eq!(
                asked(caller, key_policy, identity, granted),
                expected,
                "{why}"
            );
        }
    }
}
