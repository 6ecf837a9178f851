//! What one principal may do with one key.

use std::sync::Arc;

use kmsdeck_policy::{Access, Answer, AnswerKind, PolicySource, Source, Told, Who, WhoKind};

use super::columns::Column;
use super::key::KeyRead;
use crate::kms::key::KeyMetadata;

/// What the glyphs mean.
pub const LEGEND: &str =
    "✓ allowed · ~ allowed if · ✗ denied · · not allowed · ? cannot be told · – not for this key";

/// A key that is asked about.
#[derive(Debug, Clone)]
pub struct AskedKey {
    pub read: KeyRead,
    /// For people: an alias, or the ID.
    pub name: String,
}

/// What one principal may do with one key: an answer for each column that fits the key.
#[derive(Debug, Clone)]
pub struct AccessRow {
    pub key: Arc<AskedKey>,
    pub who: Who,
    pub answers: Box<[Option<Answer>]>,
}

/// Principals ready for the operations of all columns: with an encryption context, and for keys
/// that take none.
pub struct Evaluation {
    pub columns: Vec<Column>,
    symmetric: Access,
    other: Access,
}

impl Evaluation {
    /// Of `accounts`, whose users and roles are known.
    pub fn new(accounts: &[kmsdeck_policy::Account], columns: Vec<Column>) -> Evaluation {
        let asymmetric = KeyMetadata {
            key_spec: Some("RSA_2048".to_owned()),
            ..KeyMetadata::default()
        };
        let access = |kind: Option<&KeyMetadata>| {
            let operations = columns.iter().map(|column| column.operation(kind));
            Access::new(accounts.to_vec(), operations.collect())
        };
        Evaluation {
            symmetric: access(None),
            other: access(Some(&asymmetric)),
            columns,
        }
    }

    /// The principals as they are evaluated for a key.
    pub fn access(&self, key: &AskedKey) -> &Access {
        let metadata = key.read.metadata.as_ref();
        match metadata.is_none_or(KeyMetadata::is_symmetric_encryption) {
            true => &self.symmetric,
            false => &self.other,
        }
    }

    /// What weakens every answer.
    pub fn missing(&self) -> Vec<String> {
        self.symmetric.missing()
    }

    /// A row for each who may come to the key.
    pub fn rows(&self, key: &Arc<AskedKey>) -> Vec<AccessRow> {
        let answers = self.access(key).key(&key.read.facts);
        let rows = answers.rows.into_iter();
        rows.map(|(who, answers)| self.row(key, who, answers))
            .collect()
    }

    /// The row of a principal: an ARN, a service, an account's ID, or `*`.
    pub fn row_of(&self, key: &Arc<AskedKey>, principal: &str) -> AccessRow {
        let access = self.access(key);
        let who = access.find(principal);
        let answers = access.of(&key.read.facts, &who);
        self.row(key, who, answers)
    }

    fn row(&self, key: &Arc<AskedKey>, who: Who, answers: Vec<Answer>) -> AccessRow {
        let metadata = key.read.metadata.as_ref();
        let cells = answers.into_iter().zip(&self.columns);
        AccessRow {
            key: key.clone(),
            who,
            answers: cells
                .map(|(answer, column)| column.fits(metadata).then_some(answer))
                .collect(),
        }
    }
}

impl AccessRow {
    /// Whether the principal is of another account than the key.
    pub fn is_external(&self) -> bool {
        self.who.is_external(self.key.read.facts.account())
    }

    /// The principal for people: `user/admin`, with its account where that is another.
    pub fn who_text(&self) -> String {
        who_text(&self.who, self.key.read.facts.account())
    }

    /// What says an answer, by name and line.
    pub fn told(&self, evaluation: &Evaluation, column: usize) -> Vec<Told> {
        let Some(answer) = &self.answers[column] else {
            return Vec::new();
        };
        let access = evaluation.access(&self.key);
        let sources = answer.because.iter();
        sources
            .filter_map(|source| access.tell(&self.key.read.facts, &self.who, *source))
            .collect()
    }
}

/// A principal for people, beside a key of that account.
pub fn who_text(who: &Who, account: &str) -> String {
    let name = &who.name;
    let short = match who.kind {
        WhoKind::Anyone => return "anyone in any account".to_owned(),
        WhoKind::Account => return format!("account {name}"),
        WhoKind::Service => return name.clone(),
        WhoKind::Root => "root user",
        _ => name.splitn(6, ':').nth(5).unwrap_or(name),
    };
    match who.is_external(account) {
        true => format!("{short} of {}", who.account),
        false => short.to_owned(),
    }
}

/// What a kind of principal is called.
pub fn kind_name(kind: WhoKind) -> &'static str {
    match kind {
        WhoKind::User => "user",
        WhoKind::Role => "role",
        WhoKind::Session => "session",
        WhoKind::Root => "root",
        WhoKind::Service => "service",
        WhoKind::Account => "account",
        WhoKind::Anyone => "anyone",
        _ => "other",
    }
}

/// The verdict in a word or two.
pub fn word(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Allowed => "allowed",
        AnswerKind::AllowedIf => "allowed if",
        AnswerKind::Denied => "denied",
        AnswerKind::NotAllowed => "not allowed",
        AnswerKind::CannotTell => "cannot tell",
    }
}

/// The verdict in one column; of an operation that does not fit the key, too.
pub fn glyph(answer: Option<&Answer>) -> &'static str {
    match answer.map(|answer| answer.kind) {
        Some(AnswerKind::Allowed) => "✓",
        Some(AnswerKind::AllowedIf) => "~",
        Some(AnswerKind::Denied) => "✗",
        Some(AnswerKind::NotAllowed) => "·",
        Some(AnswerKind::CannotTell) => "?",
        None => "–",
    }
}

/// The verdict in words, with its condition or what it lacks.
pub fn in_words(answer: &Answer) -> String {
    let when = answer.when.as_ref();
    let policy = answer.policy.map(|kind| kind.name());
    match (answer.kind, when, policy) {
        (AnswerKind::AllowedIf, Some(when), _) => format!("allowed {when}"),
        (AnswerKind::CannotTell, Some(when), _) => format!("cannot tell: allowed {when}"),
        (AnswerKind::Denied, _, Some(policy)) => format!("denied by a {policy}"),
        (AnswerKind::NotAllowed, _, Some(policy)) => format!("not allowed by any {policy}"),
        (kind, ..) => word(kind).to_owned(),
    }
}

/// The ways in which something is said.
pub fn ways(answer: &Answer) -> impl Iterator<Item = &'static str> {
    let sources = answer.because.iter();
    sources.map(|source| match source {
        Source::Grant(_) => "grant",
        Source::Statement(PolicySource::Key, _) => "key-policy",
        Source::Statement(PolicySource::Identity(_), _) => "identity-policy",
        Source::Statement(..) => "limit",
    })
}
