//! Which keys are shown, and in which order.

use std::cell::RefCell;
use std::cmp::Ordering;

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
    epoch: u64,
    /// How much of the inventory's logs is in them.
    named: usize,
    /// 0 where the order needs no details.
    described: usize,
    sort: SortBy,
    reverse: bool,
}

/// What the filtered rows are right for.
#[derive(Debug, Clone, PartialEq)]
struct Filtered {
    query: String,
    /// 0 where nothing is filtered.
    described: usize,
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
        let described = keys.described().len();
        let sorted = Sorted {
            epoch: keys.epoch(),
            named: keys.named().len(),
            described: if self.sort.needs_details() {
                described
            } else {
                0
            },
            sort: self.sort,
            reverse: self.reverse,
        };
        if self.sorted_for != Some(sorted) {
            match self.sorted_for {
                Some(last) if last.same_order(&sorted) => self.sort_changes(keys, last, sorted),
                _ => {
                    self.sorted = (0..keys.len() as u32).collect();
                    Order::new(self.sort, self.reverse, keys.entries()).sort(&mut self.sorted);
                }
            }
            self.sorted_for = Some(sorted);
            self.rows_for = None;
        }
        let query = Query::new(&self.query);
        let filtered = Filtered {
            query: self.query.clone(),
            described: if query.is_empty() { 0 } else { described },
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
                        && last.described == described
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

    /// Puts what has changed since `last` in its place: while pages come in, a few hundred keys of
    /// a hundred thousand.
    fn sort_changes(&mut self, keys: &Inventory, last: Sorted, now: Sorted) {
        let mut changed = keys.named()[last.named..now.named].to_vec();
        changed.extend(&keys.described()[last.described..now.described]);
        changed.sort_unstable();
        changed.dedup();
        let mut is_changed = vec![false; keys.len()];
        for place in &changed {
            is_changed[*place as usize] = true;
        }
        self.sorted.retain(|place| !is_changed[*place as usize]);
        let order = Order::new(self.sort, self.reverse, keys.entries());
        order.sort(&mut changed);
        let mut merged = Vec::with_capacity(keys.len());
        let mut rest = self.sorted.as_slice();
        for place in changed {
            let before = rest.partition_point(|other| order.compare(*other, place).is_lt());
            merged.extend_from_slice(&rest[..before]);
            merged.push(place);
            rest = &rest[before..];
        }
        merged.extend_from_slice(rest);
        self.sorted = merged;
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

impl Sorted {
    /// Whether rows sorted for one need only what changed since to be right for the other.
    fn same_order(&self, other: &Sorted) -> bool {
        (self.epoch, self.sort, self.reverse) == (other.epoch, other.sort, other.reverse)
    }
}

/// A total order of keys.
struct Order<'a> {
    sort: SortBy,
    reverse: bool,
    entries: &'a [Entry],
}

/// What a key is sorted by. Nothing known comes last, whichever way the sort goes: what is not
/// known is not the smallest.
type Rank<'a> = Option<(bool, Option<jiff::Timestamp>, &'a str)>;

impl<'a> Order<'a> {
    fn new(sort: SortBy, reverse: bool, entries: &'a [Entry]) -> Self {
        Order {
            sort,
            reverse,
            entries,
        }
    }

    fn rank(&self, place: u32) -> Rank<'a> {
        let entry = &self.entries[place as usize];
        let text = |text: &'a Option<String>| text.as_deref().map(|text| (false, None, text));
        match self.sort {
            SortBy::Alias => {
                let name = entry.main_alias()?;
                // AWS's own come after the user's, also in reverse.
                let aws = super::inventory::is_aws_alias(name) != self.reverse;
                Some((aws, None, name))
            }
            SortBy::KeyId => Some((false, None, &entry.key_id)),
            SortBy::State => text(&entry.metadata()?.key_state),
            SortBy::Spec => text(&entry.metadata()?.key_spec),
            SortBy::Usage => text(&entry.metadata()?.key_usage),
            SortBy::Origin => text(&entry.metadata()?.origin),
            SortBy::Manager => text(&entry.metadata()?.key_manager),
            SortBy::Created => Some((false, Some(entry.metadata()?.creation_date?), "")),
        }
    }

    fn compare_ranks(&self, a: (Rank, u32), b: (Rank, u32)) -> Ordering {
        let ranks = match (a.0, b.0) {
            (Some(a), Some(b)) if self.reverse => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        // Keys that are alike stay in the order in which they came.
        ranks.then(a.1.cmp(&b.1))
    }

    fn compare(&self, a: u32, b: u32) -> Ordering {
        self.compare_ranks((self.rank(a), a), (self.rank(b), b))
    }

    fn sort(&self, places: &mut [u32]) {
        // Each rank is looked up once: a look-up goes through three pointers.
        let mut ranked: Vec<(Rank, u32)> = places
            .iter()
            .map(|place| (self.rank(*place), *place))
            .collect();
        ranked.sort_unstable_by(|a, b| self.compare_ranks(*a, *b));
        for (place, (_, sorted)) in places.iter_mut().zip(ranked) {
            *place = sorted;
        }
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

    #[test]
    fn pages_that_come_one_by_one_end_in_the_order_of_a_fresh_sort() {
        for (sort, reverse) in [
            (SortBy::Alias, false),
            (SortBy::Alias, true),
            (SortBy::State, false),
            (SortBy::KeyId, true),
        ] {
            let mut keys = Inventory::default();
            let mut view = KeyView::default();
            view.set_sort(sort, reverse);
            for page in 0..20u32 {
                let id = |n: u32| {
                    format!(
                        "{:08x}-12ab-34cd-56ef-1234567890ab",
                        n.wrapping_mul(2_654_435_761)
                    )
                };
                keys.add_keys(
                    (page * 10..page * 10 + 10)
                        .map(|n| KeySummary {
                            key_id: id(n),
                            key_arn: String::new(),
                        })
                        .collect(),
                );
                view.update(&keys);
                // Aliases come later than their keys, and some before them.
                keys.add_aliases(
                    (page * 7..page * 7 + 7)
                        .map(|n| Alias {
                            name: format!("alias/{:x}", n.wrapping_mul(40_503) % 997),
                            arn: None,
                            target_key_id: Some(id(n)),
                        })
                        .collect(),
                );
                let state = if page % 2 == 0 { "Enabled" } else { "Disabled" };
                keys.set_details(
                    &id(page),
                    Details::Known(Box::new(KeyMetadata {
                        key_state: Some(state.into()),
                        ..Default::default()
                    })),
                );
                view.update(&keys);
                let mut fresh = KeyView::default();
                fresh.set_sort(sort, reverse);
                fresh.update(&keys);
                assert_eq!(view.rows(), fresh.rows(), "{sort:?} {reverse} page {page}");
            }
        }
    }
}
