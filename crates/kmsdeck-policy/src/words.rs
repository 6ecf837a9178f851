//! Formulas in words.

use std::fmt;

use crate::condition::{Condition, Operator, Order, StringTest};
use crate::context::EncryptionContext;
use crate::formula::{Atom, Formula, GrantBounds, Unread};

/// `when encryption context tenant = acme, and only through s3.us-east-1`. What comes from a policy
/// or a request is untrusted: make it printable first.
impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str("always");
        }
        if self.is_never() {
            return f.write_str("never");
        }
        let parts = match self {
            Formula::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut has_when = false;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(", and ")?;
            }
            let (phrase, is_manner) = phrase(part, false);
            match is_manner {
                true => write!(f, "only {phrase}")?,
                false if has_when => f.write_str(&phrase)?,
                false => {
                    has_when = true;
                    write!(f, "when {phrase}")?;
                }
            }
        }
        Ok(())
    }
}

/// In words, and whether these tell a manner: `through s3`, after which "only" makes sense. What is
/// `inner` stands within others.
fn phrase(formula: &Formula, inner: bool) -> (String, bool) {
    let joined = |parts: &[Formula], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| phrase(part, true).0).collect();
        let joined = parts.join(word);
        match inner {
            true => format!("({joined})"),
            false => joined,
        }
    };
    match formula {
        Formula::Atom(atom) => of_atom(atom, false),
        Formula::Not(part) => match &**part {
            Formula::Atom(atom) => of_atom(atom, true),
            other => (format!("not ({})", phrase(other, false).0), false),
        },
        Formula::All(parts) => (joined(parts, " and "), false),
        Formula::Any(parts) => (joined(parts, " or "), false),
    }
}

fn of_atom(atom: &Atom, negated: bool) -> (String, bool) {
    let not = if negated { "not " } else { "" };
    match atom {
        Atom::Condition { condition, .. } => of_condition(condition, negated),
        Atom::Resource { wanted } => {
            let names = wanted.patterns().join(" or ");
            (format!("the key is {not}{names}"), false)
        }
        Atom::EncryptionContext { is_all, pairs } => {
            let verb = match (is_all, negated) {
                (true, _) if pairs.is_empty() => {
                    return (format!("the encryption context is {not}empty"), false);
                }
                (true, false) => "is",
                (true, true) => "is not",
                (false, false) => "has",
                (false, true) => "does not have",
            };
            let all = if *is_all { " and no more" } else { "" };
            (
                format!("the encryption context {verb} {}{all}", of_pairs(pairs)),
                false,
            )
        }
        Atom::NewGrant(bounds) => of_bounds(bounds, negated),
        Atom::Unread(Unread::Policy { kind, name }) => {
            let verb = if negated { "does not allow" } else { "allows" };
            (format!("the {} {name} {verb} it", kind.name()), false)
        }
        Atom::Unread(Unread::Account(account)) if account == "*" => {
            let verb = if negated { "no" } else { "an" };
            (
                format!("{verb} identity-based policy of the caller's account allows it"),
                false,
            )
        }
        Atom::Unread(Unread::Account(account)) => {
            let verb = if negated { "no" } else { "an" };
            (
                format!("{verb} identity-based policy of account {account} allows it"),
                false,
            )
        }
    }
}

fn of_pairs(pairs: &EncryptionContext) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    pairs.join(" and ")
}

fn of_bounds(bounds: &GrantBounds, negated: bool) -> (String, bool) {
    let verb = if negated {
        "gives more than"
    } else {
        "gives no more than"
    };
    let mut text = format!("the new grant {verb} {}", bounds.operations.join(", "));
    if let Some((is_all, pairs)) = &bounds.constraints {
        let kind = match is_all {
            true => "EncryptionContextEquals",
            false => "EncryptionContextSubset",
        };
        text.push_str(&format!(" within {kind} {}", of_pairs(pairs)));
    }
    if let Some(source) = &bounds.source_arn {
        text.push_str(&format!(" with SourceArn {source}"));
    }
    (text, false)
}

fn of_condition(condition: &Condition, negated: bool) -> (String, bool) {
    let key = condition.key();
    let lower = key.to_lowercase();
    let values = condition.values();
    let joined = match values {
        [] => "nothing".to_owned(),
        values => values.join(" or "),
    };
    let is_plain = !condition.is_of_all() && !condition.is_if_exists();
    let not = if negated { "not " } else { "" };
    let manner = |words: String| (format!("{not}{words}"), true);
    match (lower.as_str(), condition.test()) {
        ("kms:viaservice", Operator::String { .. }) if is_plain => {
            let short: Vec<&str> = values
                .iter()
                .map(|value| value.strip_suffix(".amazonaws.com").unwrap_or(value))
                .collect();
            return manner(format!("through {}", short.join(" or ")));
        }
        ("aws:sourceip" | "aws:vpcsourceip", Operator::Ip { .. }) if is_plain => {
            return manner(format!("from {joined}"));
        }
        ("aws:sourcevpce", Operator::String { .. }) if is_plain => {
            return manner(format!("through VPC endpoint {joined}"));
        }
        ("aws:sourcevpc", Operator::String { .. }) if is_plain => {
            return manner(format!("from VPC {joined}"));
        }
        ("aws:currenttime" | "aws:epochtime", Operator::Date { test, .. }) if is_plain => {
            let word = match (test, negated) {
                (Order::Less, false) | (Order::GreaterOrEqual, true) => "before",
                (Order::LessOrEqual, false) | (Order::Greater, true) => "until",
                (Order::Greater, false) | (Order::LessOrEqual, true) => "after",
                (Order::GreaterOrEqual, false) | (Order::Less, true) => "from",
                (Order::Equal, false) => "at",
                (Order::Equal, true) => "not at",
            };
            return (format!("{word} {joined}"), true);
        }
        ("aws:multifactorauthpresent", Operator::Bool) if is_plain && values == ["true"] => {
            return (
                if negated { "without MFA" } else { "with MFA" }.to_owned(),
                true,
            );
        }
        // What a deny of who has none comes to.
        ("aws:multifactorauthpresent", Operator::Bool)
            if negated && condition.is_if_exists() && values == ["false"] =>
        {
            return ("with MFA".to_owned(), true);
        }
        ("aws:securetransport", Operator::Bool) if is_plain && values == ["true"] => {
            return manner("over TLS".to_owned());
        }
        ("kms:grantisforawsresource", Operator::Bool) if is_plain && values == ["true"] => {
            return manner("where an AWS service makes the grant for a resource".to_owned());
        }
        ("aws:sourcearn", Operator::String { .. } | Operator::Arn { .. }) if is_plain => {
            return manner(format!("on behalf of {joined}"));
        }
        ("aws:sourceaccount", Operator::String { .. }) if is_plain => {
            return manner(format!("on behalf of account {joined}"));
        }
        _ => {}
    }
    let subject = subject(key, &lower);
    if condition.test() == Operator::Null {
        let is_there = if negated {
            "there is a value of"
        } else {
            "there is no"
        };
        return (format!("{is_there} {subject}"), false);
    }
    if condition.is_of_all() {
        let verb = if negated {
            "has others than"
        } else {
            "has none but"
        };
        return (format!("{subject} {verb} {}", values.join(", ")), false);
    }
    let verb = match (condition.test(), negated) {
        (Operator::String { test, .. }, _) => match (test, negated) {
            (StringTest::Like, false) => "is like",
            (StringTest::Like, true) => "is not like",
            (_, false) => "=",
            (_, true) => "is not",
        },
        (Operator::Arn { .. }, false) => "is like",
        (Operator::Arn { .. }, true) => "is not like",
        (Operator::Ip { .. }, false) => "is in",
        (Operator::Ip { .. }, true) => "is not in",
        (Operator::Numeric { test, .. } | Operator::Date { test, .. }, _) => {
            match (test, negated) {
                (Order::Equal, false) => "=",
                (Order::Equal, true) => "is not",
                (Order::Less, false) => "<",
                (Order::LessOrEqual, false) => "<=",
                (Order::Greater, false) => ">",
                (Order::GreaterOrEqual, false) => ">=",
                (Order::Less, true) => "is not <",
                (Order::LessOrEqual, true) => "is not <=",
                (Order::Greater, true) => "is not >",
                (Order::GreaterOrEqual, true) => "is not >=",
            }
        }
        (_, false) => "=",
        (_, true) => "is not",
    };
    let or_none = match (condition.is_if_exists(), negated) {
        (false, _) => "",
        (true, false) => ", if there is one",
        (true, true) => ", and there is one",
    };
    (format!("{subject} {verb} {joined}{or_none}"), false)
}

/// A condition key in words, where they are plainer than its name.
fn subject(key: &str, lower: &str) -> String {
    let rest = |prefix: &str| {
        lower
            .starts_with(prefix)
            .then(|| key.get(prefix.len()..).unwrap_or_default())
    };
    if let Some(name) = rest("kms:encryptioncontext:") {
        return format!("encryption context {name}");
    }
    if let Some(name) = rest("aws:principaltag/") {
        return format!("the principal's tag {name}");
    }
    if let Some(name) = rest("aws:resourcetag/") {
        return format!("the key's tag {name}");
    }
    if let Some(name) = rest("aws:requesttag/") {
        return format!("the request's tag {name}");
    }
    key.to_owned()
}
