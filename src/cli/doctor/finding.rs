//! What was found, a line each.

use serde_json::{Value, json};

use crate::kms::KmsError;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// Nothing is wrong, but something is not there or not known.
    Note,
    Wrong,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Note => "note",
            State::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub name: &'static str,
    pub state: State,
    pub text: String,
    pub todo: Option<String>,
}

impl Finding {
    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Finding {
            name,
            state: State::Ok,
            text: text.into(),
            todo: None,
        }
    }

    pub(super) fn note(name: &'static str, text: impl Into<String>) -> Self {
        Finding {
            state: State::Note,
            ..Finding::ok(name, text)
        }
    }

    pub(super) fn wrong(
        name: &'static str,
        text: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Finding {
            state: State::Wrong,
            todo: Some(todo.into()),
            ..Finding::ok(name, text)
        }
    }

    /// The same, with what would better it.
    pub(super) fn better(self, todo: impl Into<String>) -> Self {
        Finding {
            todo: Some(todo.into()),
            ..self
        }
    }

    /// A call, or what was to be made of the settings, failed.
    pub(super) fn failed(name: &'static str, error: &KmsError) -> Self {
        let text = match error.request_id.as_deref() {
            Some(id) => format!("{}: {} (request {id})", error.code, error.message),
            None => format!("{}: {}", error.code, error.message),
        };
        Finding::wrong(name, text, error.advice().todo)
    }

    /// The same without what is nobody else's business: the digits of accounts but the last four,
    /// and the names of roles' sessions, which are often those of people.
    pub(super) fn for_others(self) -> Self {
        Finding {
            text: without_names(&self.text),
            todo: self.todo.as_deref().map(without_names),
            ..self
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "Name": self.name,
            "State": self.state.word(),
            "Text": self.text,
            "Todo": self.todo,
        })
    }
}

fn without_names(text: &str) -> String {
    without_sessions(&without_accounts(text))
}

/// Digits of an account.
const ACCOUNT: usize = 12;

fn without_accounts(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !c.is_ascii_digit());
        let (digits, after) = from.split_at(end.unwrap_or(from.len()));
        // The end of a key ID or of a request's has letters before it.
        let is_within = before.ends_with(|c: char| c.is_ascii_alphanumeric())
            || after.starts_with(|c: char| c.is_ascii_alphanumeric());
        shown.push_str(before);
        match digits.len() == ACCOUNT && !is_within {
            true => {
                shown.push_str("********");
                shown.push_str(&digits[ACCOUNT - 4..]);
            }
            false => shown.push_str(digits),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

fn without_sessions(text: &str) -> String {
    const ROLE: &str = "assumed-role/";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ROLE) {
        let (before, from) = rest.split_at(at + ROLE.len());
        let is_end = |c: char| c.is_whitespace() || "\"'`,;)".contains(c);
        let (name, after) = from.split_at(from.find(is_end).unwrap_or(from.len()));
        shown.push_str(before);
        match name.split_once('/') {
            Some((role, _)) => {
                shown.push_str(role);
                shown.push_str("/***");
            }
            None => shown.push_str(name),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_people_are_not_shown_to_others() {
        for (text, shown) in [
            (
                "arn:aws:sts::111122223333:assumed-role/Admin/jane@example.com",
                "arn:aws:sts::********3333:assumed-role/Admin/***",
            ),
            (
                "User: arn:aws:sts::111122223333:assumed-role/A/jane is not authorized to 444455556666",
                "User: arn:aws:sts::********3333:assumed-role/A/*** is not authorized to ********6666",
            ),
            (
                "arn:aws:iam::111122223333:user/app",
                "arn:aws:iam::********3333:user/app",
            ),
            // The end of a request's ID, a date, no session.
            (
                "12345678-1234-1234-1234-12345678901a",
                "12345678-1234-1234-1234-12345678901a",
            ),
            (
                "20261231 4599 assumed-role/x",
                "20261231 4599 assumed-role/x",
            ),
        ] {
            let finding = Finding::ok("x", text).for_others();
            assert_eq!(finding.text, shown);
        }
    }
}
