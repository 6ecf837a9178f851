//! Key policies to begin with.

use crate::assets::POLICIES;
use crate::kms::principal::role_of_session;

/// Whom and what a template is filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateFacts {
    pub account: Option<String>,
    pub region: String,
    /// Who asks, as STS tells it.
    pub caller: Option<String>,
}

/// The names of the templates, in the order in which they are offered.
pub fn names() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().map(|(name, _)| *name)
}

/// A template filled in with what is known; the rest keeps its placeholder, which is no principal.
pub fn filled(name: &str, facts: &TemplateFacts) -> String {
    let text = POLICIES.iter().find(|(known, _)| *known == name);
    let mut text = text.map_or_else(String::new, |(_, text)| (*text).to_owned());
    let caller = facts.caller.as_deref();
    let partition = caller.and_then(|arn| arn.split(':').nth(1));
    text = text.replace("PARTITION", partition.unwrap_or("aws"));
    if let Some(caller) = caller {
        // Who it is also tomorrow.
        let lasting = role_of_session(caller);
        text = text.replace("CALLER", lasting.as_deref().unwrap_or(caller));
    }
    if let Some(account) = &facts.account {
        text = text.replace("ACCOUNT", account);
    }
    text.replace("REGION", &facts.region)
}

#[cfg(test)]
mod tests {
    use kmsdeck_policy::lint_key_policy;

    use super::*;

    #[test]
    fn every_template_is_a_policy_without_a_lint_once_it_is_filled_in() {
        let facts = TemplateFacts {
            account: Some("111122223333".into()),
            region: "eu-west-1".into(),
            caller: Some("arn:aws:sts::111122223333:assumed-role/Admin/jane".into()),
        };
        for name in names() {
            let text = filled(name, &facts);
            assert_eq!(lint_key_policy(&text), [], "{name}");
            assert!(text.contains("111122223333") && !text.contains("ACCOUNT"));
        }
        let named = filled("administrators", &facts);
        assert!(
            named.contains("\"arn:aws:iam::111122223333:role/Admin\""),
            "{named}"
        );
    }

    #[test]
    fn what_is_not_known_is_told_as_no_principal() {
        let facts = TemplateFacts::default();
        let lints = lint_key_policy(&filled("administrators", &facts));
        assert!(
            lints
                .iter()
                .any(|lint| lint.to_string().contains("CALLER is no principal"))
        );
    }
}
