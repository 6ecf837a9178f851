//! The terms of a filter of principals: `can:Decrypt external:yes via:grant conditional:yes`.

use kmsdeck_policy::{Answer, AnswerKind};

use super::columns::Column;
use super::row::{AccessRow, kind_name, ways};
use crate::catalog::terms::{self, Completion, TermSpec, Test, one_of, squash, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Can,
    Cannot,
    Principal,
    Type,
    Key,
    External,
    Via,
    Conditional,
    Unknown,
    Gone,
}

const YES_NO: &[&str] = &["yes", "no"];
const VIAS: &[&str] = &["grant", "key-policy", "identity-policy"];
const KINDS: &[&str] = &[
    "user", "role", "session", "root", "service", "account", "anyone", "other",
];

#[rustfmt::skip]
static TERMS: &[TermSpec<Kind>] = &[
    TermSpec { name: "can", kind: Kind::Can, about: "may do it, always or under a condition", fact: None, values: &[] },
    TermSpec { name: "cannot", kind: Kind::Cannot, about: "may not do it", fact: None, values: &[] },
    TermSpec { name: "principal", kind: Kind::Principal, about: "a part of the principal's ARN or name", fact: None, values: &[] },
    TermSpec { name: "type", kind: Kind::Type, about: "what the principal is", fact: None, values: KINDS },
    TermSpec { name: "key", kind: Kind::Key, about: "a part of an alias or a key ID", fact: None, values: &[] },
    TermSpec { name: "external", kind: Kind::External, about: "of another account than the key", fact: None, values: YES_NO },
    TermSpec { name: "via", kind: Kind::Via, about: "what allows it, of what can: names, or of anything", fact: None, values: VIAS },
    TermSpec { name: "conditional", kind: Kind::Conditional, about: "under a condition only, of what can: names, or of anything", fact: None, values: YES_NO },
    TermSpec { name: "unknown", kind: Kind::Unknown, about: "something cannot be told", fact: None, values: YES_NO },
    TermSpec { name: "gone", kind: Kind::Gone, about: "named, and not there any more", fact: None, values: YES_NO },
];

/// Every term, for a reference.
pub fn term_helps() -> Vec<terms::TermHelp> {
    terms::helps(TERMS)
}

/// A term as it was typed.
pub(super) type Term = terms::Term<Kind>;

/// A word of a filter.
pub(super) type Word<'a> = terms::Word<'a, Kind>;

/// Takes a word apart. The operations are those of `columns`.
pub(super) fn parse<'a>(text: &'a str, columns: &[Column]) -> Word<'a> {
    terms::parse(TERMS, text, |kind, value| test_of(kind, value, columns))
}

fn test_of(kind: Kind, value: &str, columns: &[Column]) -> Option<Test> {
    match kind {
        Kind::Can | Kind::Cannot => {
            let bare = value.strip_prefix("kms:").unwrap_or(value);
            let mut names = columns.iter().map(|column| column.name);
            names
                .any(|name| name.eq_ignore_ascii_case(bare))
                .then(|| word(bare))?
        }
        Kind::Type => one_of(value, KINDS),
        Kind::Via => one_of(value, VIAS),
        Kind::External | Kind::Conditional | Kind::Unknown | Kind::Gone => one_of(value, YES_NO),
        Kind::Principal | Kind::Key => Some(Test::Word(value.to_lowercase())),
    }
}

fn may(answer: &Answer) -> bool {
    matches!(answer.kind, AnswerKind::Allowed | AnswerKind::AllowedIf)
}

/// Whether a row fits all terms. What is asked for beside `can:` is asked of its operations.
pub(super) fn fits(terms: &[Term], row: &AccessRow, columns: &[Column]) -> bool {
    let named = |column: &Column| {
        let mut asked = terms
            .iter()
            .filter(|term| term.kind == Kind::Can)
            .peekable();
        asked.peek().is_none() || asked.any(|term| term.has_word(&squash(column.name)))
    };
    let cells = || {
        let cells = columns.iter().zip(&row.answers);
        cells.filter_map(|(column, answer)| Some((column, answer.as_ref()?)))
    };
    let of_named = |test: &dyn Fn(&Answer) -> bool| {
        cells().any(|(column, answer)| named(column) && test(answer))
    };
    let yes_no = |term: &Term, is: bool| {
        let wanted = if is { "yes" } else { "no" };
        Some(term.has_word(wanted))
    };
    let of_operations = |term: &Term, wanted: bool| {
        let mut asked = cells().filter(|(column, _)| term.has_word(&squash(column.name)));
        Some(asked.any(|(_, answer)| may(answer) == wanted))
    };
    terms.iter().all(|term| {
        term.fits_where(|| match term.kind {
            Kind::Can => of_operations(term, true),
            Kind::Cannot => of_operations(term, false),
            Kind::Principal => {
                let name = row.who.name.to_lowercase();
                term.any(&|word| name.contains(word))
            }
            Kind::Key => {
                let (name, arn) = (row.key.name.to_lowercase(), &row.key.read.facts.arn);
                term.any(&|word| name.contains(word) || arn.contains(word))
            }
            Kind::Type => Some(term.has_word(kind_name(row.who.kind))),
            Kind::External => yes_no(term, row.is_external()),
            Kind::Gone => yes_no(term, row.who.is_gone),
            Kind::Via => Some(of_named(&|answer| {
                may(answer) && ways(answer).any(|way| term.has_word(&squash(way)))
            })),
            Kind::Conditional => yes_no(
                term,
                of_named(&|answer| answer.kind == AnswerKind::AllowedIf),
            ),
            Kind::Unknown => yes_no(
                term,
                of_named(&|answer| answer.kind == AnswerKind::CannotTell),
            ),
        })
    })
}

/// What the last word of a filter can become.
pub(super) fn completions(filter: &str, columns: &[Column]) -> Vec<Completion> {
    terms::completions(
        TERMS,
        filter,
        |_| true,
        |kind, _| match kind {
            Kind::Can | Kind::Cannot => {
                let names = columns.iter().map(|column| column.name.to_owned());
                names.collect()
            }
            _ => Vec::new(),
        },
    )
}
