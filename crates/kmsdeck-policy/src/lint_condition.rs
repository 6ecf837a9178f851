//! Conditions that hold always, or never, or not as they read.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for
//! multivalued context keys"; KMS developer guide, "AWS KMS condition keys".

use crate::condition::{Condition, Operator, StringTest, in_network, instant};

/// The keys of KMS and of all services that have several values.
const MULTIVALUED: [&str; 7] = [
    "kms:encryptioncontextkeys",
    "kms:grantoperations",
    "kms:resourcealiases",
    "aws:tagkeys",
    "aws:principalorgpaths",
    "aws:calledvia",
    "aws:principalservicenameslist",
];

/// The keys that say who asks, or from where: one of these is needed where anybody is allowed.
const RESTRICTING: [&str; 13] = [
    "kms:calleraccount",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
];

/// A rule that is broken, and how.
pub(crate) type Broken = (&'static str, String);

/// Whether a key policy may not have a condition on that key.
pub(crate) fn is_refused(key: &str) -> bool {
    let key = key.to_lowercase();
    key == "kms:resourcealiases" || key.starts_with("aws:resourcetag/")
}

/// What is wrong with a condition of a key policy's statement.
pub(crate) fn of_condition(condition: &Condition, allows: bool, variables: bool) -> Vec<Broken> {
    let mut broken = Vec::new();
    broken.extend(of_values(condition));
    broken.extend(of_key(condition, allows));
    let has_variable = |value: &String| value.contains("${");
    if !variables && condition.values().iter().any(has_variable) {
        broken.push((
            "variable-without-version",
            "${...} is a policy variable in Version 2012-10-17 alone: here it stands for itself"
                .to_owned(),
        ));
    }
    broken
}

/// Whether it restricts who asks, or from where.
pub(crate) fn restricts(condition: &Condition) -> bool {
    let key = condition.key().to_lowercase();
    let is_positive = !condition.negates() && !condition.is_if_exists() && !condition.is_of_all();
    let is_anything = condition.values().iter().any(|value| value == "*");
    is_positive && !is_anything && RESTRICTING.contains(&key.as_str())
}

fn of_values(condition: &Condition) -> Option<Broken> {
    let (key, operator) = (condition.key(), condition.operator());
    let values = condition.values();
    let never = |why: String| {
        let outcome = match condition.negates() {
            true => "holds always",
            false => "never holds",
        };
        Some((
            "condition-never-or-always",
            format!("{operator} {key} {outcome}: {why}"),
        ))
    };
    if values.is_empty() {
        return never("no value is wanted".to_owned());
    }
    if values.iter().any(|value| value.contains("${")) {
        return None;
    }
    let all_bad = |is_good: &dyn Fn(&str) -> bool| !values.iter().any(|value| is_good(value));
    let first = &values[0];
    match condition.test() {
        Operator::Bool if all_bad(&|value| is_bool(value)) => {
            never(format!("{first} is neither true nor false"))
        }
        Operator::Null if values.iter().any(|value| !is_bool(value)) => Some((
            "condition-value",
            format!("Null {key} takes true or false, and not {first}"),
        )),
        Operator::Null if values.len() > 1 && values.iter().any(|value| value != first) => Some((
            "condition-never-or-always",
            format!("Null {key} holds always: with the key and without it"),
        )),
        Operator::Numeric { .. } if all_bad(&|value| value.parse::<f64>().is_ok()) => {
            never(format!("{first} is no number"))
        }
        Operator::Date { .. } if all_bad(&|value| instant(value).is_some()) => {
            never(format!("{first} is no time"))
        }
        Operator::Ip { .. } if all_bad(&|value| is_network(value)) => {
            never(format!("{first} is no range of addresses"))
        }
        Operator::String {
            test: StringTest::Equals | StringTest::EqualsIgnoreCase,
            ..
        } if values.iter().any(|value| value.contains(['*', '?'])) => Some((
            "wildcard-in-equals",
            format!("{operator} takes * and ? for themselves: StringLike has wildcards"),
        )),
        _ => None,
    }
}

fn of_key(condition: &Condition, allows: bool) -> Option<Broken> {
    let (key, operator) = (condition.key(), condition.operator());
    let lower = key.to_lowercase();
    let is_known = lower.starts_with("kms:") || lower.starts_with("aws:");
    let is_multivalued = MULTIVALUED.contains(&lower.as_str());
    if condition.is_of_all() && allows {
        return Some((
            "for-all-values-allow",
            format!(
                "{operator} holds of a request without {key}, too: it allows that, unless a Null condition wants the key"
            ),
        ));
    }
    if condition.is_of_any() && is_known && !is_multivalued {
        return Some((
            "set-operator-on-one-value",
            format!("{key} has one value: ForAnyValue is for keys with several"),
        ));
    }
    let is_set = condition.is_of_all() || condition.is_of_any();
    (is_multivalued && !is_set && condition.test() != Operator::Null).then(|| {
        (
            "no-set-operator",
            format!("{key} may have several values: ForAnyValue or ForAllValues says how many of them are to match"),
        )
    })
}

fn is_bool(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

/// Whether an address can be in it.
fn is_network(value: &str) -> bool {
    let base = value.split('/').next().unwrap_or_default();
    in_network(base, value)
}
