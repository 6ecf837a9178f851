//! The grants of all keys, as rows of a list: which there are, which a filter finds, and their order.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::grant_columns::{GrantColumnId, grant_column};
use super::grant_terms::{self, Term, Word};
use super::inventory::{Answer, Entry, Inventory};
use super::order::Rank;
use crate::kms::key::{Grant, KeyGrant};
use crate::kms::{KeyRef, key_id};

/// Which grant of which key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantRef {
    pub key: KeyRef,
    pub grant_id: String,
}

/// A grant, and what is known of its key.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// By its ARN, where that is known: RetireGrant takes nothing else.
    pub key: KeyRef,
    pub key_id: Box<str>,
    pub aliases: Vec<Box<str>>,
    /// The key's.
    pub account: Option<Box<str>>,
    pub grant: Arc<Grant>,
    pub is_marked: bool,
    /// What words are looked for in, in lower case.
    text: Box<str>,
}

impl GrantRow {
    /// Of a key of the list.
    fn of_entry(entry: &Entry, keys: &Inventory, grant: &Arc<Grant>) -> Self {
        let named = entry.arn.as_deref().unwrap_or(&entry.key_id);
        let key = KeyRef::new(keys.region_name(entry.region), named);
        GrantRow::new(key, &entry.key_id, entry.aliases.clone(), grant.clone())
    }

    /// Of a key that a grant was listed with; what the list knows of it is beside.
    pub fn of_key_grant(found: KeyGrant, region: &str, keys: &Inventory) -> Self {
        let key = KeyRef::new(region, found.key_id);
        let parsed = key_id::parse(&key.id);
        let key_id = parsed.map_or(&*key.id, |parsed| parsed.resource).to_owned();
        let entry = keys.find(&key);
        let aliases = entry.map_or_else(Vec::new, |entry| entry.aliases.clone());
        GrantRow::new(key, &key_id, aliases, Arc::new(found.grant))
    }

    fn new(key: KeyRef, key_id: &str, aliases: Vec<Box<str>>, grant: Arc<Grant>) -> Self {
        let texts = [
            grant.grantee(),
            grant.retiring(),
            grant.name.as_deref(),
            grant.source_arn.as_deref(),
            Some(&grant.grant_id),
            Some(key_id),
        ];
        let aliases_text = aliases.iter().map(|alias| &**alias);
        let texts = aliases_text.chain(texts.into_iter().flatten());
        let text = texts.collect::<Vec<_>>().join("\n").to_lowercase();
        GrantRow {
            account: key_id::account_of(&key.id).map(Into::into),
            key_id: key_id.into(),
            key,
            aliases,
            grant,
            is_marked: false,
            text: text.into(),
        }
    }

    pub fn grant_ref(&self) -> GrantRef {
        GrantRef {
            key: self.key.clone(),
            grant_id: self.grant.grant_id.clone(),
        }
    }

    /// What people call the key: its alias, else its ID.
    pub fn key_name(&self) -> &str {
        self.aliases.first().unwrap_or(&self.key_id)
    }

    /// Whether the grantee is of another account than the key; None where that is not known.
    pub fn is_foreign(&self) -> Option<bool> {
        let Some(grantee) = self.grant.grantee_principal.as_deref() else {
            return Some(false);
        };
        let account = grantee.starts_with("arn:").then_some(grantee);
        Some(key_id::account_of(account?)? != self.account.as_deref()?)
    }

    fn holds_words(&self, words: &[(bool, String)]) -> bool {
        words
            .iter()
            .all(|(negative, word)| self.text.contains(word) != *negative)
    }
}

/// The grants of the keys that are known, key by key.
pub fn grants_of(keys: &Inventory) -> Vec<GrantRow> {
    let known = keys
        .entries()
        .iter()
        .filter_map(|entry| match entry.grants() {
            Answer::Known(grants) => Some((entry, grants)),
            _ => None,
        });
    known
        .flat_map(|(entry, grants)| {
            let row = |grant| GrantRow::of_entry(entry, keys, grant);
            grants.iter().map(row)
        })
        .collect()
}

/// Keys whose grants were not told, by the code of the error, the most frequent first.
pub fn failures(keys: &Inventory) -> Vec<(String, usize)> {
    let mut codes: Vec<(String, usize)> = Vec::new();
    for entry in keys.entries() {
        let Answer::Failed(error) = entry.grants() else {
            continue;
        };
        match codes.iter_mut().find(|(code, _)| *code == error.code) {
            Some((_, count)) => *count += 1,
            None => codes.push((error.code.clone(), 1)),
        }
    }
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    codes
}

/// A filter as it was typed.
#[derive(Default)]
struct Query {
    terms: Vec<Term>,
    /// In lower case; whether each must not be there.
    words: Vec<(bool, String)>,
    problems: Vec<String>,
}

impl Query {
    fn new(text: &str, now: Timestamp) -> Self {
        let mut query = Query::default();
        for word in text.split_whitespace() {
            let text = match grant_terms::parse(word, now) {
                Word::Term(term) => {
                    query.problems.extend(term.problem().map(str::to_owned));
                    query.terms.push(term);
                    continue;
                }
                Word::Text(text) => text,
                Word::Unknown(text, problem) => {
                    query.problems.push(problem);
                    text
                }
            };
            let (negative, text) = match text.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            if !text.is_empty() {
                query.words.push((negative, text.to_lowercase()));
            }
        }
        query
    }

    fn finds(&self, row: &GrantRow) -> bool {
        row.holds_words(&self.words) && self.terms.iter().all(|term| term.fits(row))
    }
}

/// The rows of a list of grants: places in [`all`](Self::all), filtered and sorted.
#[derive(Default)]
pub struct GrantView {
    all: Vec<GrantRow>,
    marks: BTreeSet<GrantRef>,
    rows: Vec<u32>,
    text: String,
    query: Query,
    sort: GrantColumnId,
    reverse: bool,
}

impl GrantView {
    pub fn all(&self) -> &[GrantRow] {
        &self.all
    }

    /// Places of the rows that are shown, in their order.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The row at that place of those that are shown.
    pub fn row(&self, place: usize) -> Option<&GrantRow> {
        self.all.get(*self.rows.get(place)? as usize)
    }

    pub fn sort(&self) -> (GrantColumnId, bool) {
        (self.sort, self.reverse)
    }

    pub fn set_sort(&mut self, sort: GrantColumnId, reverse: bool) {
        (self.sort, self.reverse) = (sort, reverse);
        self.show();
    }

    pub fn query(&self) -> &str {
        &self.text
    }

    /// Words of the query that look like terms and are none, and terms whose values are wrong.
    pub fn problems(&self) -> &[String] {
        &self.query.problems
    }

    /// Filters by `text`; ages in it count from `now`.
    pub fn set_query(&mut self, text: &str, now: Timestamp) {
        if self.text != text {
            text.clone_into(&mut self.text);
            self.query = Query::new(text, now);
            self.show();
        }
    }

    /// Takes in which grants there are now; those that were marked stay so.
    pub fn set_all(&mut self, mut all: Vec<GrantRow>) {
        for row in &mut all {
            row.is_marked = self.marks.contains(&row.grant_ref());
        }
        self.all = all;
        self.show();
    }

    /// Marks a grant, or takes its mark away.
    pub fn set_mark(&mut self, at: u32, is_marked: bool) {
        let Some(row) = self.all.get_mut(at as usize) else {
            return;
        };
        row.is_marked = is_marked;
        let grant = row.grant_ref();
        match is_marked {
            true => self.marks.insert(grant),
            false => self.marks.remove(&grant),
        };
    }

    /// The marked grants that are there, also those that the filter hides.
    pub fn marked(&self) -> impl Iterator<Item = &GrantRow> {
        self.all.iter().filter(|row| row.is_marked)
    }

    /// Where the grant is among the rows that are shown.
    pub fn place_of(&self, grant: &GrantRef) -> Option<usize> {
        self.rows.iter().position(|at| {
            let row = &self.all[*at as usize];
            row.grant.grant_id == grant.grant_id && row.key == grant.key
        })
    }

    /// Filters and sorts anew.
    pub fn show(&mut self) {
        let all = &self.all;
        let column = grant_column(self.sort);
        let mut ranked: Vec<(Option<Rank>, u32)> = (0..all.len() as u32)
            .filter(|at| self.query.finds(&all[*at as usize]))
            .map(|at| (Rank::of((column.value)(&all[at as usize])), at))
            .collect();
        ranked.sort_by(|a, b| Rank::compare(a.0.as_ref(), b.0.as_ref(), self.reverse));
        self.rows = ranked.into_iter().map(|(_, at)| at).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-06-01T12:00:00Z";

    fn row(key: &str, grantee: &str, made: &str) -> GrantRow {
        let grant = Grant {
            grant_id: format!("{grantee}-{made}"),
            grantee_principal: (!grantee.ends_with(".com")).then(|| grantee.to_owned()),
            grantee_service_principal: grantee.ends_with(".com").then(|| grantee.to_owned()),
            source_arn: grantee.ends_with(".com").then(|| "arn:aws:rds".to_owned()),
            creation_date: Some(made.parse().unwrap()),
            operations: vec!["Decrypt".into(), "ReEncryptFrom".into()],
            ..Grant::default()
        };
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{key}");
        let key_id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let aliases = vec![format!("alias/{key}").into()];
        GrantRow::new(
            KeyRef::new("us-east-1", arn),
            key_id,
            aliases,
            Arc::new(grant),
        )
    }

    fn view() -> GrantView {
        let mut view = GrantView::default();
        view.set_all(vec![
            row(
                "pay",
                "arn:aws:iam::111122223333:role/app",
                "2026-05-20T00:00:00Z",
            ),
            row(
                "pay",
                "arn:aws:iam::444455556666:user/them",
                "2025-01-01T00:00:00Z",
            ),
            row("logs", "rds.amazonaws.com", "2026-01-01T00:00:00Z"),
            // Of a principal that was deleted.
            row("logs", "AROA12345", "2024-01-01T00:00:00Z"),
        ]);
        view
    }

    fn found(filter: &str) -> Vec<u32> {
        let mut view = view();
        view.set_query(filter, NOW.parse().unwrap());
        let mut rows = view.rows().to_vec();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn terms_and_words_pick_grants() {
        for (filter, expected) in [
            ("", vec![0, 1, 2, 3]),
            ("pay", vec![0, 1]),
            ("!pay", vec![2, 3]),
            ("grantee:role/app", vec![0]),
            ("key:logs", vec![2, 3]),
            ("age:>90d", vec![1, 2, 3]),
            ("age:<30d", vec![0]),
            ("age:2025", vec![1]),
            ("constraint:yes", vec![2]),
            ("constraint:no", vec![0, 1, 3]),
            ("constraint:source", vec![2]),
            // Of whom a deleted principal was is not known.
            ("foreign:yes", vec![1]),
            ("foreign:no", vec![0, 2]),
            ("service:yes", vec![2]),
            ("service:no", vec![0, 1, 3]),
            ("operation:decrypt", vec![0, 1, 2, 3]),
            ("operation:encrypt", vec![]),
            ("operation:re-encrypt-from", vec![0, 1, 2, 3]),
            ("retiring:no", vec![0, 1, 2, 3]),
            ("key:pay !foreign:yes", vec![0]),
        ] {
            assert_eq!(found(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_value_is_named_and_finds_nothing() {
        for filter in ["age:old", "foreign:maybe", "constraint:some"] {
            let mut view = view();
            view.set_query(filter, NOW.parse().unwrap());
            assert!(view.problems()[0].starts_with(filter), "{filter}");
            assert!(view.rows().is_empty(), "{filter}");
        }
    }

    #[test]
    fn marks_are_of_the_grants_and_not_of_their_places() {
        let mut view = view();
        view.set_mark(1, true);
        let mut all = view.all().to_vec();
        all.reverse();
        view.set_all(all);
        let marked: Vec<_> = view
            .marked()
            .filter_map(|row| row.grant.grantee())
            .collect();
        assert_eq!(marked, ["arn:aws:iam::444455556666:user/them"]);
    }

    #[test]
    fn what_is_not_known_comes_last_in_either_order() {
        let mut view = view();
        view.set_sort(GrantColumnId::Created, false);
        assert_eq!(view.rows(), [3, 1, 2, 0]);
        view.set_sort(GrantColumnId::Constraint, false);
        assert_eq!(view.rows()[0], 2);
        view.set_sort(GrantColumnId::Constraint, true);
        assert_eq!(view.rows()[0], 2);
    }
}
