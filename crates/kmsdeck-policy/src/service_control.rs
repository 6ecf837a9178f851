//! Service control policies from files.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::document::Effect;
use crate::named_policy::NamedPolicy;

/// Service control policies, level by level: of the organization's root, of its units, of the
/// account. Of each level one must allow.
#[derive(Debug, Clone, Default)]
pub struct ServiceControl {
    /// The policies of each level.
    pub levels: Vec<Vec<NamedPolicy>>,
}

/// Why a text has no service control policies.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServiceControlError(String);

/// What every account has, unless it was taken away.
pub(crate) const FULL_ACCESS: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

impl ServiceControl {
    /// Reads a file: a policy document, what `aws organizations describe-policy` prints, or a list
    /// of these, which is one level. A list of lists is several levels, from the root on. Beside
    /// policies that allow nothing stands FullAWSAccess, as without it nobody could do anything.
    ///
    /// # Errors
    /// It is none of these, or a policy in it cannot be read.
    pub fn parse(name: &str, text: &str) -> Result<ServiceControl, ServiceControlError> {
        let whole: &RawValue = parse_json(name, text)?;
        let items = items(name, whole)?;
        let is_of_levels = items.iter().any(|item| item.get().starts_with('['));
        let levels = match is_of_levels {
            true => items.iter().map(|level| self::items(name, level)).collect(),
            false => Ok(vec![items]),
        };
        let levels = levels?.into_iter().map(|level| read_level(name, &level));
        Ok(ServiceControl {
            levels: levels.collect::<Result<_, _>>()?,
        })
    }

    /// Adds the levels of another file.
    pub fn extend(&mut self, other: ServiceControl) {
        self.levels.extend(other.levels);
    }
}

fn parse_json<'a, T: serde::Deserialize<'a>>(
    name: &str,
    text: &'a str,
) -> Result<T, ServiceControlError> {
    serde_json::from_str(text).map_err(|error| ServiceControlError(format!("{name}: {error}")))
}

/// The items of a list; what is none is one item.
fn items<'a>(name: &str, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, ServiceControlError> {
    match raw.get().starts_with('[') {
        true => parse_json(name, raw.get()),
        false => Ok(vec![raw]),
    }
}

fn read_level(name: &str, level: &[&RawValue]) -> Result<Vec<NamedPolicy>, ServiceControlError> {
    let policies = level.iter().map(|raw| read_policy(name, raw));
    let mut policies: Vec<NamedPolicy> = policies.collect::<Result<_, _>>()?;
    let allows = |policy: &NamedPolicy| {
        let mut statements = policy.document.statements().iter();
        statements.any(|statement| statement.effect() == Effect::Allow)
    };
    if !policies.iter().any(allows) {
        let full = NamedPolicy::parse("FullAWSAccess, which is supposed", FULL_ACCESS);
        policies.extend(full.ok());
    }
    Ok(policies)
}

fn read_policy(file: &str, raw: &RawValue) -> Result<NamedPolicy, ServiceControlError> {
    let value: Value = parse_json(file, raw.get())?;
    let policy = value.get("Policy").unwrap_or(&value);
    let (name, text) = match policy.get("Content").and_then(Value::as_str) {
        Some(content) => {
            let name = policy
                .pointer("/PolicySummary/Name")
                .and_then(Value::as_str);
            (name.unwrap_or(file), content)
        }
        None => (file, raw.get()),
    };
    NamedPolicy::parse(name, text)
        .map_err(|error| ServiceControlError(format!("{name} at line {}: {error}", error.line())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "No", "Effect": "Deny", "Action": "kms:*", "Resource": "*"}}"#;

    fn names(text: &str) -> Vec<Vec<String>> {
        let read = ServiceControl::parse("scp.json", text).unwrap();
        let level = |level: Vec<NamedPolicy>| {
            let names = level.into_iter().map(|policy| policy.name.to_string());
            names.collect()
        };
        read.levels.into_iter().map(level).collect()
    }

    #[test]
    fn files_of_each_kind_are_read() {
        let supposed = "FullAWSAccess, which is supposed";
        assert_eq!(names(DENY), [["scp.json", supposed]]);
        assert_eq!(
            names(&format!("[{DENY}, {FULL_ACCESS}]")),
            [["scp.json"; 2]]
        );
        assert_eq!(
            names(&format!("[[{FULL_ACCESS}], [{DENY}]]")),
            [vec!["scp.json"], vec!["scp.json", supposed]]
        );
        let described = serde_json::json!({ "Policy": {
            "PolicySummary": { "Name": "no-kms" }, "Content": DENY } });
        assert_eq!(names(&described.to_string()), [["no-kms", supposed]]);
        let error = ServiceControl::parse("scp.json", "{\n\"Statement\": 1}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "scp.json at line 2: a Statement is a JSON object"
        );
        assert!(ServiceControl::parse("scp.json", "no").is_err());
    }
}
