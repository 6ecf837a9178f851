//! The rows of a list of grants: which a filter finds, and their order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::grant_columns::{GrantColumnId, grant_column};
use super::grant_row::{GrantRef, GrantRow};
use super::grant_terms::{self, Term, Word};
use super::order::Rank;

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
    use std::sync::Arc;

    use super::*;
    use crate::kms::KeyRef;
    use crate::kms::key::Grant;

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
