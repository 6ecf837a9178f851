//! Who names an alias: policies whose conditions are about it, and the calls of this run.

use kmsdeck_policy::{Account, PolicyDocument};

/// The condition keys whose values are aliases (KMS developer guide, "AWS KMS condition keys").
const ALIAS_KEYS: [&str; 2] = ["kms:RequestAlias", "kms:ResourceAliases"];

/// The lines of the statements whose conditions name the alias.
fn lines(policy: &PolicyDocument, alias: &str) -> Vec<usize> {
    let names = |value: &String| match value.split_once('*') {
        Some((start, _)) => alias.starts_with(start),
        None => value == alias,
    };
    let statements = policy.statements().iter().filter(|statement| {
        statement.conditions().iter().any(|condition| {
            let is_of_alias = ALIAS_KEYS
                .iter()
                .any(|key| condition.key().eq_ignore_ascii_case(key));
            is_of_alias && condition.values().iter().any(names)
        })
    });
    statements.map(kmsdeck_policy::Statement::line).collect()
}

/// That a key's policy names the alias, in a sentence.
pub fn in_key_policy(policy: &str, alias: &str) -> Option<String> {
    let policy = PolicyDocument::parse_key_policy(policy).ok()?;
    let lines = lines(&policy, alias);
    let line = lines.first()?;
    Some(format!(
        "The key's policy names it, at line {line}: whom that lets, it lets by the alias."
    ))
}

/// Users and roles whose policies name the alias, in a sentence.
pub fn in_accounts(accounts: &[Account], alias: &str) -> Option<String> {
    let identities = accounts.iter().flat_map(|account| &account.identities);
    let naming = identities.filter(|identity| {
        let mut policies = identity.policies.iter();
        policies.any(|policy| !lines(&policy.document, alias).is_empty())
    });
    let naming: Vec<&str> = naming.map(|identity| identity.name.as_str()).collect();
    match naming.as_slice() {
        [] => None,
        [one] => Some(format!("A policy of {one} names it.")),
        [first, rest @ ..] => Some(format!(
            "Policies of {first} and {} more users or roles name it.",
            rest.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_whose_condition_is_about_the_alias_names_it() {
        let policy = |value: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[
{{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*",
"Condition":{{"StringLike":{{"kms:RequestAlias":"{value}"}}}}}}]}}"#
            )
        };
        let said = in_key_policy(&policy("alias/pay*"), "alias/payments").unwrap();
        assert!(said.contains("line 2"), "{said}");
        assert_eq!(
            in_key_policy(&policy("alias/other"), "alias/payments"),
            None
        );
        assert_eq!(in_key_policy("{", "alias/payments"), None);
    }
}
