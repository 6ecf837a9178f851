//! Which keys are shown, and in which order.

use std::cell::RefCell;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::inventory::{Entry, Inventory};

/// What the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    #[default]
    Alias,
    KeyId,
    State,
    Spec,
    Usage,
    Origin,
    Manager,
    Created,
}

impl SortBy {
    pub const ALL: [SortBy; 8] = [
        SortBy::Alias,
        SortBy::KeyId,
        SortBy::State,
        SortBy::Spec,
        SortBy::Usage,
        SortBy::Origin,
        SortBy::Manager,
        SortBy::Created,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SortBy::Alias => "alias",
            SortBy::KeyId => "key ID",
            SortBy::State => "state",
            SortBy::Spec => "spec",
            SortBy::Usage => "usage",
            SortBy::Origin => "origin",
            SortBy::Manager => "manager",
            SortBy::Created => "created",
        }
    }

    pub fn next(self) -> SortBy {
        let place = SortBy::ALL.iter().position(|s| *s == self).unwrap_or(0);
        SortBy::ALL[(place + 1) % SortBy::ALL.len()]
    }

    /// Whether it needs what only DescribeKey tells.
    pub fn needs_details(self) -> bool {
        !matches!(self, SortBy::Alias | SortBy::KeyId)
    }
}

/// The rows of a key list: places in [`Inventory::entries`], sorted and filtered. It does again
/// only what the last change made necessary.
#[derive(Debug)]
pub struct KeyView {
    sort: SortBy,
    reverse: bool,
    query: String,
    sorted: Vec<u32>,
    sorted_for: Option<Sorted>,
    rows: Vec<u32>,
    rows_for: Option<Filtered>,
    /// Scratch memory of the matching.
    matcher: RefCell<Matcher>,
}

/// What the sorted rows are right for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sorted {
    revision: u64,
    /// 0 where the order needs no details.
    details_revision: u64,
    sort: SortBy,
    reverse: bool,
}

/// What the filtered rows are right for.
#[derive(Debug, Clone, PartialEq)]
struct Filtered {
    query: String,
    /// 0 where nothing is filtered.
    details_revision: u64,
}

impl Default for KeyView {
    fn default() -> Self {
        KeyView {
            sort: SortBy::default(),
            reverse: false,
            query: String::new(),
            sorted: Vec::new(),
            sorted_for: None,
            rows: Vec::new(),
            rows_for: None,
            matcher: RefCell::new(Matcher::new(Config::DEFAULT)),
        }
    }
}

impl KeyView {
    pub fn sort(&self) -> SortBy {
        self.sort
    }

    pub fn reverse(&self) -> bool {
        self.reverse
    }

    pub fn query(&self) -> &str {
        &self.query
    }

    pub fn set_sort(&mut self, sort: SortBy, reverse: bool) {
        (self.sort, self.reverse) = (sort, reverse);
    }

    pub fn set_query(&mut self, query: &str) {
        self.query = query.to_owned();
    }

    /// The rows as of the last [`update`](Self::update).
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Brings the rows up to date. Does nothing, and says so, when nothing changed.
    pub fn update(&mut self, keys: &Inventory) -> bool {
        let details_revision = keys.details_revision();
        let sorted = Sorted {
            revision: keys.revision(),
            details_revision: if self.sort.needs_details() {
                details_revision
            } else {
                0
            },
            sort: self.sort,
            reverse: self.reverse,
        };
        if self.sorted_for != Some(sorted) {
            if self.sorted.len() > keys.len() {
                self.sorted.clear();
            }
            // Keys are only ever added, and what is there is nearly in order: the stable sort
            // takes both to its advantage.
            self.sorted
                .extend(self.sorted.len() as u32..keys.len() as u32);
            sort_rows(&mut self.sorted, keys.entries(), self.sort, self.reverse);
            self.sorted_for = Some(sorted);
            self.rows_for = None;
        }
        let query = Query::new(&self.query);
        let filtered = Filtered {
            query: self.query.clone(),
            details_revision: if query.is_empty() {
                0
            } else {
                details_revision
            },
        };
        if self.rows_for.as_ref() == Some(&filtered) {
            return false;
        }
        if query.is_empty() {
            self.rows.clone_from(&self.sorted);
        } else {
            // A longer query can only match fewer keys, as long as it is plain text: `!` and `^`
            // turn that around.
            let narrows = query.is_plain()
                && self.rows_for.as_ref().is_some_and(|last| {
                    !last.query.is_empty()
                        && last.details_revision == details_revision
                        && self.query.starts_with(&last.query)
                });
            let base = if narrows { &self.rows } else { &self.sorted };
            let matcher = self.matcher.get_mut();
            let mut scored: Vec<(u32, u32)> = Vec::new();
            for &row in base {
                if let Some(score) = query.score(&keys.entries()[row as usize], matcher) {
                    scored.push((score, row));
                }
            }
            scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
            self.rows.clear();
            self.rows.extend(scored.iter().map(|(_, row)| *row));
        }
        self.rows_for = Some(filtered);
        true
    }

    /// Characters of `text` that the query matched, for highlighting: char indices in order.
    pub fn matched_chars(&self, text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        for atom in &Query::new(&self.query).0 {
            atom.indices(
                Utf32Str::new(text, &mut buffer),
                &mut self.matcher.borrow_mut(),
                &mut found,
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn sort_rows(rows: &mut [u32], entries: &[Entry], sort: SortBy, reverse: bool) {
    /// `None` last, whichever way the sort goes: what is not known is not the smallest.
    fn by<K: Ord>(rows: &mut [u32], reverse: bool, key: impl Fn(u32) -> Option<K>) {
        rows.sort_by(|a, b| match (key(*a), key(*b)) {
            (Some(a), Some(b)) if reverse => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, None) => std::cmp::Ordering::Equal,
        });
    }
    let entry = |row: u32| &entries[row as usize];
    match sort {
        SortBy::Alias => by(rows, reverse, |row| {
            let entry = entry(row);
            let name = entry.main_alias()?;
            Some((super::inventory::is_aws_alias(name) != reverse, name))
        }),
        SortBy::KeyId => by(rows, reverse, |row| Some(&*entry(row).key_id)),
        SortBy::State => by(rows, reverse, |row| {
            entry(row).metadata()?.key_state.as_deref()
        }),
        SortBy::Spec => by(rows, reverse, |row| {
            entry(row).metadata()?.key_spec.as_deref()
        }),
        SortBy::Usage => by(rows, reverse, |row| {
            entry(row).metadata()?.key_usage.as_deref()
        }),
        SortBy::Origin => by(rows, reverse, |row| {
            entry(row).metadata()?.origin.as_deref()
        }),
        SortBy::Manager => by(rows, reverse, |row| {
            entry(row).metadata()?.key_manager.as_deref()
        }),
        SortBy::Created => by(rows, reverse, |row| entry(row).metadata()?.creation_date),
    }
}

/// A filter as typed: words, each of which must match. A word is matched fuzzily against aliases,
/// and as a plain part of description, key ID and ARN, where fuzzy would match almost every
/// sentence and every run of hex digits.
struct Query(Vec<Atom>);

impl Query {
    fn new(text: &str) -> Query {
        Query(Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart).atoms)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_plain(&self) -> bool {
        self.0
            .iter()
            .all(|atom| atom.kind == AtomKind::Fuzzy && !atom.negative)
    }

    fn score(&self, entry: &Entry, matcher: &mut Matcher) -> Option<u32> {
        let mut buffer = Vec::new();
        let mut total = 0;
        for atom in &self.0 {
            let mut best: Option<u32> = None;
            let mut every_text_matches = true;
            let mut consider = |text: &str, matcher: &mut Matcher| match atom
                .score(Utf32Str::new(text, &mut buffer), matcher)
            {
                Some(score) => best = best.max(Some(u32::from(score))),
                None => every_text_matches = false,
            };
            for alias in &entry.aliases {
                consider(alias, matcher);
            }
            let description = entry.metadata().map_or("", |key| &key.description);
            if atom.kind != AtomKind::Fuzzy {
                consider(&entry.key_id, matcher);
                if !description.is_empty() {
                    consider(description, matcher);
                }
            } else if best.is_none() {
                // One point: what an alias says comes before what only these say.
                let held = contains(&entry.key_id, atom)
                    || contains(description, atom)
                    || entry.arn.as_deref().is_some_and(|arn| contains(arn, atom));
                best = held.then_some(1);
            }
            if atom.negative && !every_text_matches {
                return None;
            }
            total += match (best, atom.negative) {
                (Some(score), _) => score,
                (None, true) => 0,
                (None, false) => return None,
            };
        }
        Some(total)
    }
}

/// Whether the ASCII text holds the atom's needle, whatever the case.
fn contains(text: &str, atom: &Atom) -> bool {
    let Utf32Str::Ascii(needle) = atom.needle_text() else {
        return false;
    };
    text.len() >= needle.len()
        && text
            .as_bytes()
            .windows(needle.len())
            .any(|part| part.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::super::key::{Alias, KeyMetadata, KeySummary};
    use super::*;
    use crate::kms::inventory::Details;

    fn inventory() -> Inventory {
        let mut keys = Inventory::default();
        for (n, alias) in ["alias/payments", "alias/archive", "alias/aws/s3", ""]
            .iter()
            .enumerate()
        {
            let key_id = format!("0000000{n}-12ab-34cd-56ef-1234567890a{n}");
            keys.add_keys(vec![KeySummary {
                key_arn: format!("arn:aws:kms:us-east-1:111122223333:key/{key_id}"),
                key_id: key_id.clone(),
            }]);
            if !alias.is_empty() {
                keys.add_aliases(vec![Alias {
                    name: (*alias).into(),
                    arn: None,
                    target_key_id: Some(key_id),
                }]);
            }
        }
        keys
    }

    fn shown(view: &mut KeyView, keys: &Inventory) -> Vec<String> {
        view.update(keys);
        view.rows()
            .iter()
            .map(|row| keys.entries()[*row as usize].reference().to_owned())
            .collect()
    }

    #[test]
    fn own_aliases_come_first_then_aws_ones_then_keys_with_none() {
        let keys = inventory();
        let mut view = KeyView::default();
        let bare = "00000003-12ab-34cd-56ef-1234567890a3";
        assert_eq!(
            shown(&mut view, &keys),
            ["alias/archive", "alias/payments", "alias/aws/s3", bare]
        );
        view.set_sort(SortBy::Alias, true);
        assert_eq!(
            shown(&mut view, &keys),
            ["alias/payments", "alias/archive", "alias/aws/s3", bare]
        );
    }

    #[test]
    fn a_word_matches_an_alias_fuzzily_and_an_id_by_its_parts() {
        let keys = inventory();
        let mut view = KeyView::default();
        view.set_query("pymt");
        assert_eq!(shown(&mut view, &keys), ["alias/payments"]);
        view.set_query("567890A1");
        assert_eq!(shown(&mut view, &keys), ["alias/archive"]);
        view.set_query("0a0a0a");
        assert!(shown(&mut view, &keys).is_empty());
        view.set_query("alias !aws");
        assert_eq!(shown(&mut view, &keys), ["alias/archive", "alias/payments"]);
    }

    #[test]
    fn narrowing_gives_what_a_fresh_search_gives_and_new_keys_are_found() {
        let mut keys = inventory();
        let mut view = KeyView::default();
        for query in ["a", "ar", "arc", "ar", "arn"] {
            view.set_query(query);
            let narrowed = shown(&mut view, &keys);
            let mut fresh = KeyView::default();
            fresh.set_query(query);
            assert_eq!(narrowed, shown(&mut fresh, &keys), "{query}");
        }
        view.set_query("later");
        assert!(shown(&mut view, &keys).is_empty());
        let key_id = "99999999-12ab-34cd-56ef-1234567890ab";
        let metadata = KeyMetadata {
            key_id: key_id.into(),
            description: "added later".into(),
            ..Default::default()
        };
        keys.set_details(key_id, Details::Known(Box::new(metadata)));
        assert_eq!(shown(&mut view, &keys), [key_id]);
    }
}
