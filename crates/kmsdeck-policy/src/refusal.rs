//! What AWS writes where it refuses a request: who, what for, on which resource, and because of
//! which kind of policy, wherever that text stands in what another service or a tool made of it.
//!
//! Source: IAM user guide, "Troubleshoot access denied error messages"; KMS developer guide,
//! "Troubleshooting AWS KMS permissions"; the texts in `tests/data/refusals.json`, each with its
//! page.

use std::fmt;

use crate::policy_kind::PolicyKind;

/// A refusal, as far as its text says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who asked: mostly an ARN.
    pub who: Option<String>,
    /// `kms:Decrypt`.
    pub action: Option<String>,
    /// On what.
    pub resource: RefusedResource,
    /// Why.
    pub because: RefusedBecause,
    /// What somebody called, where that is said: `GetObject`.
    pub operation: Option<String>,
    /// The service that says so, where that is said: `AWSKMS`, `Lambda`.
    pub service: Option<String>,
    /// The request's ID.
    pub request_id: Option<String>,
}

/// What a refused request was on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedResource {
    /// What it says: mostly an ARN.
    Named(String),
    /// The key that a ciphertext is of, which is not given away.
    OfCiphertext,
    /// It is not said.
    NotSaid,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBecause {
    /// No policy of that kind allows it.
    NotAllowed(RefusedPolicy),
    /// A policy of that kind denies it; with its ARN, where that is said.
    Denied(Option<RefusedPolicy>, Option<String>),
    /// Another account is told no more than that the key is not there, that its policy does not
    /// allow it, or that it denies it.
    Foreign,
    /// The key is not there, is in another Region, or may not be used: an old text, which says no
    /// more.
    NoSuchKey,
    /// It is not said.
    NotSaid,
}

/// A kind of policy that a refusal names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedPolicy {
    /// One that is evaluated here.
    Evaluated(PolicyKind),
    /// A resource control policy of the key's organization.
    ResourceControl,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// Another.
    Other(String),
}

const KINDS: [PolicyKind; 5] = [
    PolicyKind::Identity,
    PolicyKind::Key,
    PolicyKind::Boundary,
    PolicyKind::Session,
    PolicyKind::ServiceControl,
];

impl RefusedPolicy {
    fn of(name: &str) -> RefusedPolicy {
        let is_it = |kind: &&PolicyKind| kind.name().eq_ignore_ascii_case(name);
        match (KINDS.iter().find(is_it), name.to_lowercase().as_str()) {
            (Some(kind), _) => RefusedPolicy::Evaluated(*kind),
            (None, "resource control policy") => RefusedPolicy::ResourceControl,
            (None, "vpc endpoint policy") => RefusedPolicy::Endpoint,
            // Some texts leave the word away, or have it twice.
            (None, "permissions boundary policy") => RefusedPolicy::Evaluated(PolicyKind::Boundary),
            (None, _) => RefusedPolicy::Other(name.to_owned()),
        }
    }
}

impl fmt::Display for RefusedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RefusedPolicy::Evaluated(kind) => kind.name(),
            RefusedPolicy::ResourceControl => "resource control policy",
            RefusedPolicy::Endpoint => "VPC endpoint policy",
            RefusedPolicy::Other(name) => name,
        })
    }
}

const PERFORM: &str = "not authorized to perform";
const NO_SUCH_KEY: &str = "refers to a customer master key that does not exist";

impl Refusal {
    /// Finds a refusal in a text. None where there is none.
    pub fn parse(text: &str) -> Option<Refusal> {
        // Tools break lines where they like, and draw bars beside them.
        let words = text
            .split_whitespace()
            .filter(|word| !matches!(*word, "|" | "│"));
        let text = words.collect::<Vec<_>>().join(" ");
        let mut refusal = match text.find(PERFORM) {
            Some(at) => Refusal::of_action(&text[..at], &text[at + PERFORM.len()..])?,
            None if text.contains(NO_SUCH_KEY) => Refusal {
                who: None,
                // Who has a ciphertext wants it decrypted.
                action: Some("kms:Decrypt".to_owned()),
                resource: RefusedResource::OfCiphertext,
                because: RefusedBecause::NoSuchKey,
                operation: None,
                service: None,
                request_id: None,
            },
            None => return None,
        };
        refusal.operation = between(&text, "when calling the ", " operation").map(str::to_owned);
        refusal.service = word_after(&text, "Service: ");
        let request_id = ["Request ID: ", "request id: ", "RequestID: ", "Request ID:"];
        refusal.request_id = request_id.iter().find_map(|name| word_after(&text, name));
        Some(refusal)
    }

    /// Of the text before and after "not authorized to perform".
    fn of_action(before: &str, after: &str) -> Option<Refusal> {
        let before = before
            .trim_end()
            .strip_suffix("is")
            .unwrap_or(before)
            .trim_end();
        let who = match (before.rfind("User: "), before.rfind("User ")) {
            (Some(at), _) => Some(&before[at + 6..]),
            (None, Some(at)) => Some(&before[at + 5..]),
            (None, None) => before.split(' ').next_back(),
        };
        let who = who.map(trimmed).filter(|who| !who.is_empty());
        let after = after.strip_prefix(':').unwrap_or(after).trim_start();
        let (action, rest) = after.split_once(' ').unwrap_or((after, ""));
        let action = trimmed(action);
        if !action.contains(':') {
            return None;
        }
        let ends = [" because ", " with an explicit deny"];
        let padded = format!(" {rest}");
        let end = ends.iter().filter_map(|end| padded.find(end)).min();
        let (on, why) = padded.split_at(end.unwrap_or(padded.len()));
        Some(Refusal {
            who: who.map(str::to_owned),
            action: Some(action.to_owned()),
            resource: resource(on.trim(), end.is_some()),
            because: because(why.trim()),
            operation: None,
            service: None,
            request_id: None,
        })
    }

    /// What to look at, in a sentence or two.
    pub fn advice(&self) -> String {
        let action = self.action.as_deref().unwrap_or("it");
        let who = self.who.as_deref().unwrap_or("the caller");
        match &self.because {
            RefusedBecause::NotAllowed(RefusedPolicy::Evaluated(kind)) => match kind {
                PolicyKind::Identity => format!(
                    "The key policy lets the identity policies of the caller's account decide, and none of {who} allows {action} on this key with this request. An identity policy, a grant, or a statement of the key policy that names {who} would."
                ),
                PolicyKind::Key => format!(
                    "Neither the key policy nor a grant allows {action} to {who}, and the key policy does not let the account's identity policies decide: one of them must, whatever the identity policies say."
                ),
                PolicyKind::Boundary => format!(
                    "The permissions boundary of {who} does not have {action}: it limits what identity policies, and statements and grants for its role, allow."
                ),
                PolicyKind::Session => format!(
                    "The session policy that {who} was made with does not have {action}: the session is to be made with another, or without one."
                ),
                PolicyKind::ServiceControl => format!(
                    "A service control policy of the caller's organization does not have {action}: whoever administers the organization can change that, no policy of the account or the key can."
                ),
            },
            RefusedBecause::NotAllowed(RefusedPolicy::ResourceControl) => format!(
                "A resource control policy of the key's organization does not let {action} through."
            ),
            RefusedBecause::NotAllowed(RefusedPolicy::Endpoint) => format!(
                "The policy of the VPC endpoint that the request came through does not have {action}."
            ),
            RefusedBecause::NotAllowed(RefusedPolicy::Other(name)) => {
                format!("No {name} allows {action}.")
            }
            RefusedBecause::Denied(Some(policy), arn) => {
                let arn = arn
                    .as_deref()
                    .map(|arn| format!(" ({arn})"))
                    .unwrap_or_default();
                format!(
                    "A Deny statement in a {policy}{arn} applies to {who}: no Allow overrules it. Its Condition says for which requests it does not apply."
                )
            }
            RefusedBecause::Denied(None, _) => format!(
                "A Deny statement applies to {who}: no Allow overrules it. It may be in any policy, those of the organization among them."
            ),
            RefusedBecause::Foreign => format!(
                "The key is of another account, or there is none with that ID in that Region: check Region and ARN. Its key policy must allow {action} to {who} or to its account, and an identity policy of that account, too; or a grant."
            ),
            RefusedBecause::NoSuchKey => format!(
                "KMS does not say which: the ciphertext is of a key in another Region or account, or {who} may not use it for {action}. Check the Region first, then the key policy, the identity policies and the grants."
            ),
            RefusedBecause::NotSaid => format!(
                "It is not said which policy refused {action}: the key policy, the identity policies, a boundary and the organization's policies are all to be looked at."
            ),
        }
    }
}

fn resource(on: &str, is_ended: bool) -> RefusedResource {
    if on.contains("associated with this ciphertext") {
        return RefusedResource::OfCiphertext;
    }
    let Some(named) = on.strip_prefix("on resource:") else {
        return RefusedResource::NotSaid;
    };
    let named = named.trim();
    // Without a reason after it, whatever the tool goes on with is no part of it.
    let named = match is_ended {
        true => named,
        false => named.split(' ').next().unwrap_or_default(),
    };
    match trimmed(named) {
        "" => RefusedResource::NotSaid,
        named => RefusedResource::Named(named.to_owned()),
    }
}

fn because(why: &str) -> RefusedBecause {
    if why.starts_with("because the resource does not exist in this Region") {
        return RefusedBecause::Foreign;
    }
    if let Some(name) = between(why, "because no ", " allows ") {
        return RefusedBecause::NotAllowed(RefusedPolicy::of(name));
    }
    let Some(rest) = why.strip_prefix("with an explicit deny") else {
        return RefusedBecause::NotSaid;
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("in an ").or(rest.strip_prefix("in a "));
    let Some(rest) = rest.or(why.strip_prefix("with an explicit deny in the ")) else {
        return RefusedBecause::Denied(None, None);
    };
    let end = ["policy", "boundary"]
        .iter()
        .filter_map(|end| Some(rest.find(end)? + end.len()))
        .min();
    let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
    let arn = after
        .strip_prefix(": ")
        .and_then(|after| after.split(' ').next());
    let arn = arn.map(trimmed).filter(|arn| arn.starts_with("arn:"));
    RefusedBecause::Denied(
        Some(RefusedPolicy::of(trimmed(name))),
        arn.map(str::to_owned),
    )
}

/// Without what a sentence or a notation puts around a word.
fn trimmed(text: &str) -> &str {
    let is_around = |c: char| {
        matches!(
            c,
            '"' | '\'' | '\\' | ',' | ';' | '.' | '(' | ')' | '`' | '}'
        )
    };
    text.trim_matches(is_around).trim()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let from = text.find(start)? + start.len();
    let to = text[from..].find(end)?;
    Some(&text[from..from + to])
}

fn word_after(text: &str, name: &str) -> Option<String> {
    let from = text.find(name)? + name.len();
    let word = text[from..]
        .trim_start()
        .split([' ', ',', ';', ')'])
        .next()?;
    Some(trimmed(word).to_owned()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// In short: who, action, resource, why.
    fn told(text: &str) -> Option<String> {
        let refusal = Refusal::parse(text)?;
        let resource = match &refusal.resource {
            RefusedResource::Named(name) => name.as_str(),
            RefusedResource::OfCiphertext => "ciphertext",
            RefusedResource::NotSaid => "-",
        };
        let because = match &refusal.because {
            RefusedBecause::NotAllowed(policy) => format!("no {policy}"),
            RefusedBecause::Denied(policy, arn) => {
                let policy = policy.as_ref().map(ToString::to_string);
                let policy = policy.unwrap_or_else(|| "something".to_owned());
                let arn = arn.as_deref().map(|arn| format!(" {arn}"));
                format!("denied by {policy}{}", arn.unwrap_or_default())
            }
            RefusedBecause::Foreign => "foreign".to_owned(),
            RefusedBecause::NoSuchKey => "no such key".to_owned(),
            RefusedBecause::NotSaid => "-".to_owned(),
        };
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let parts = [
            or_none(&refusal.who),
            or_none(&refusal.action),
            resource.to_owned(),
            because,
            or_none(&refusal.operation),
            or_none(&refusal.service),
            or_none(&refusal.request_id),
        ];
        Some(parts.join(" | "))
    }

    #[test]
    fn texts_from_public_threads_are_read() {
        let file = include_str!("../tests/data/refusals.json");
        let file: Value = serde_json::from_str(file).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert!(cases.len() >= 12);
        for case in cases {
            let text = case["text"].as_str().unwrap();
            let wanted = case["told"].as_str().unwrap();
            assert_eq!(told(text).as_deref(), Some(wanted), "{}", case["page"]);
            let advice = Refusal::parse(text).unwrap().advice();
            let words = case["advice"].as_str().unwrap();
            assert!(advice.contains(words), "{}: {advice}", case["page"]);
        }
    }

    /// IAM user guide, "Troubleshoot access denied error messages".
    #[test]
    fn each_kind_of_policy_is_known() {
        let head = "User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:Encrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1";
        let tail = " | - | - | -";
        let wanted = "arn:aws:iam::111122223333:user/a | kms:Encrypt | arn:aws:kms:us-east-1:111122223333:key/1 | ";
        for (why, told_why) in [
            (
                "because no identity-based policy allows the kms:Encrypt action",
                "no identity-based policy",
            ),
            (
                "because no resource-based policy allows the kms:Encrypt action",
                "no resource-based policy",
            ),
            (
                "because no permissions boundary allows the kms:Encrypt action",
                "no permissions boundary",
            ),
            (
                "because no session policy allows the kms:Encrypt action",
                "no session policy",
            ),
            (
                "because no service control policy allows the kms:Encrypt action",
                "no service control policy",
            ),
            (
                "because no resource control policy allows the kms:Encrypt action",
                "no resource control policy",
            ),
            (
                "because no VPC endpoint policy allows the kms:Encrypt action",
                "no VPC endpoint policy",
            ),
            (
                "with an explicit deny in an identity-based policy",
                "denied by identity-based policy",
            ),
            (
                "with an explicit deny in a resource-based policy.",
                "denied by resource-based policy",
            ),
            (
                "with an explicit deny in a permissions boundary",
                "denied by permissions boundary",
            ),
            (
                "with an explicit deny in a session policy",
                "denied by session policy",
            ),
            (
                "with an explicit deny in a resource control policy",
                "denied by resource control policy",
            ),
            (
                "with an explicit deny in a VPC endpoint policy",
                "denied by VPC endpoint policy",
            ),
            (
                "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
                "denied by service control policy arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
            ),
            ("with an explicit deny", "denied by something"),
            ("", "-"),
        ] {
            let text = format!("{head} {why}");
            assert_eq!(
                told(&text),
                Some(format!("{wanted}{told_why}{tail}")),
                "{why}"
            );
        }
        assert_eq!(told("The key is disabled"), None);
        assert_eq!(told("not authorized to perform"), None);
    }
}
