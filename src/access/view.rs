//! The rows of who may do what: which a filter finds.

use super::columns::Column;
use super::row::AccessRow;
use super::row_terms::{self, Term, Word};
use crate::catalog::terms::Completion;

/// All rows, and those that a filter finds.
#[derive(Default)]
pub struct AccessView {
    columns: Vec<Column>,
    all: Vec<AccessRow>,
    /// Places in `all`.
    rows: Vec<u32>,
    text: String,
    terms: Vec<Term>,
    /// In lower case; whether each must not be there.
    words: Vec<(bool, String)>,
    problems: Vec<String>,
}

impl AccessView {
    pub fn new(columns: Vec<Column>) -> AccessView {
        AccessView {
            columns,
            ..AccessView::default()
        }
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub fn all(&self) -> &[AccessRow] {
        &self.all
    }

    /// Those that the filter finds.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &AccessRow> {
        self.rows.iter().map(|at| &self.all[*at as usize])
    }

    /// The row at that place of those that are shown.
    pub fn row(&self, place: usize) -> Option<&AccessRow> {
        self.all.get(*self.rows.get(place)? as usize)
    }

    pub fn query(&self) -> &str {
        &self.text
    }

    /// Words of the query that look like terms and are none, and terms whose values are wrong.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// What the last word of a filter can become.
    pub fn completions(&self, filter: &str) -> Vec<Completion> {
        row_terms::completions(filter, &self.columns)
    }

    /// Adds rows at the end.
    pub fn extend(&mut self, rows: Vec<AccessRow>) {
        let from = self.all.len();
        self.all.extend(rows);
        self.show(from);
    }

    pub fn set_query(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        (self.terms, self.words, self.problems) = Default::default();
        for word in text.split_whitespace() {
            let text = match row_terms::parse(word, &self.columns) {
                Word::Term(term) => {
                    self.problems.extend(term.problem().map(str::to_owned));
                    self.terms.push(term);
                    continue;
                }
                Word::Text(text) => text,
                Word::Unknown(text, problem) => {
                    self.problems.push(problem);
                    text
                }
            };
            let (negative, text) = match text.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            if !text.is_empty() {
                self.words.push((negative, text.to_lowercase()));
            }
        }
        self.rows.clear();
        self.show(0);
    }

    /// Filters the rows from that place on.
    fn show(&mut self, from: usize) {
        let found = self.all.iter().enumerate().skip(from);
        let found = found.filter(|(_, row)| self.finds(row));
        let found: Vec<u32> = found.map(|(at, _)| at as u32).collect();
        self.rows.extend(found);
    }

    fn finds(&self, row: &AccessRow) -> bool {
        let has = |word: &str| {
            row.who.name.to_lowercase().contains(word)
                || row.who_text().to_lowercase().contains(word)
                || row.key.name.to_lowercase().contains(word)
        };
        let mut words = self.words.iter();
        words.all(|(negative, word)| has(word) != *negative)
            && row_terms::fits(&self.terms, row, &self.columns)
    }
}
