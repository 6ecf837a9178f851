//! Which keys are shown, and in which order.

use jiff::Timestamp;

use super::columns::{ColumnId, column};
use super::facts::FactSet;
use super::filter::{Query, Texts};
use super::inventory::Inventory;
use super::order::Order;

/// The rows of a key list: places in [`Inventory::entries`], sorted and filtered. It does again
/// only what the last change made necessary.
#[derive(Debug, Default)]
pub struct KeyView {
    sort: ColumnId,
    reverse: bool,
    query: String,
    /// From when ages in the query count.
    now: Timestamp,
    /// What the query's terms must know of every key.
    query_needs: FactSet,
    /// What is wrong in the query.
    problems: Vec<String>,
    sorted: Vec<u32>,
    sorted_for: Option<Sorted>,
    /// Those of the sorted rows that match, before the better ones are put first.
    matched: Vec<u32>,
    rows: Vec<u32>,
    rows_for: Option<Filtered>,
    texts: Texts,
}

/// What the sorted rows are right for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sorted {
    epoch: u64,
    /// How much of the inventory's logs is in them.
    named: usize,
    /// 0 where the order needs no details.
    described: usize,
    sort: ColumnId,
    reverse: bool,
}

/// What the filtered rows are right for.
#[derive(Debug, Clone, PartialEq)]
struct Filtered {
    query: String,
    /// 0 where nothing is filtered.
    described: usize,
    /// 0 where the filter is about no marks.
    mark_changes: usize,
}

impl KeyView {
    pub fn sort(&self) -> ColumnId {
        self.sort
    }

    pub fn reverse(&self) -> bool {
        self.reverse
    }

    pub fn query(&self) -> &str {
        &self.query
    }

    pub fn set_sort(&mut self, sort: ColumnId, reverse: bool) {
        (self.sort, self.reverse) = (sort, reverse);
    }

    /// Filters by `query`; ages in it count from `now`.
    pub fn set_query(&mut self, query: &str, now: Timestamp) {
        if self.query != query {
            self.query = query.to_owned();
            self.now = now;
            let query = Query::new(query, now);
            self.query_needs = query.needs();
            self.problems = query.problems().to_vec();
        }
    }

    /// Words of the query that look like terms and are none, and terms whose values are wrong.
    pub fn problems(&self) -> &[String] {
        &self.problems
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
            described: match column(self.sort).fact {
                Some(_) => described,
                None => 0,
            },
            sort: self.sort,
            reverse: self.reverse,
        };
        if self.sorted_for != Some(sorted) {
            match self.sorted_for {
                Some(last) if last.same_order(&sorted) => self.sort_changes(keys, last, sorted),
                _ => {
                    self.sorted = (0..keys.len() as u32).collect();
                    Order::new(self.sort, self.reverse, keys).sort(&mut self.sorted);
                }
            }
            self.sorted_for = Some(sorted);
            self.rows_for = None;
        }
        let query = Query::new(&self.query, self.now);
        let filtered = Filtered {
            query: self.query.clone(),
            described: if query.is_empty() { 0 } else { described },
            mark_changes: match query.is_of_marks() {
                true => keys.mark_changes(),
                false => 0,
            },
        };
        if self.rows_for.as_ref() == Some(&filtered) {
            return false;
        }
        if query.is_empty() {
            self.rows.clone_from(&self.sorted);
        } else {
            self.texts.update(keys);
            let narrows = query.narrows()
                && self.rows_for.as_ref().is_some_and(|last| {
                    !last.query.is_empty()
                        && last.described == described
                        && self.query.starts_with(&last.query)
                });
            let base = if narrows { &self.matched } else { &self.sorted };
            (self.matched, self.rows) = query.matches(base, &self.texts, keys);
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
        let order = Order::new(self.sort, self.reverse, keys);
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

    /// What order and filter must know of every key.
    pub fn needs(&self) -> FactSet {
        self.query_needs.and(self.sort_needs())
    }

    /// What the order alone must know.
    pub fn sort_needs(&self) -> FactSet {
        column(self.sort).fact.into_iter().collect()
    }

    /// Characters of `text` that the query matched, for highlighting: char indices in order.
    pub fn matched_chars(&self, text: &str) -> Vec<u32> {
        Query::new(&self.query, self.now).matched_chars(text)
    }
}

impl Sorted {
    /// Whether rows sorted for one need only what changed since to be right for the other.
    fn same_order(&self, other: &Sorted) -> bool {
        (self.epoch, self.sort, self.reverse) == (other.epoch, other.sort, other.reverse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::inventory::Details;
    use crate::kms::key::{Alias, KeyMetadata, KeySummary};

    fn inventory() -> Inventory {
        let mut keys = Inventory::new(vec!["us-east-1".into()]);
        for (n, alias) in ["alias/payments", "alias/archive", "alias/aws/s3", ""]
            .iter()
            .enumerate()
        {
            let key_id = format!("0000000{n}-12ab-34cd-56ef-1234567890a{n}");
            keys.add_keys(
                0,
                vec![KeySummary {
                    key_arn: format!("arn:aws:kms:us-east-1:111122223333:key/{key_id}"),
                    key_id: key_id.clone(),
                }],
            );
            if !alias.is_empty() {
                keys.add_aliases(
                    0,
                    vec![Alias {
                        name: (*alias).into(),
                        arn: None,
                        target_key_id: Some(key_id),
                    }],
                );
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
        view.set_sort(ColumnId::Alias, true);
        assert_eq!(
            shown(&mut view, &keys),
            ["alias/payments", "alias/archive", "alias/aws/s3", bare]
        );
    }

    #[test]
    fn a_word_matches_an_alias_fuzzily_and_an_id_by_its_parts() {
        let keys = inventory();
        let mut view = KeyView::default();
        view.set_query("pymt", Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&mut view, &keys), ["alias/payments"]);
        view.set_query("567890A1", Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&mut view, &keys), ["alias/archive"]);
        view.set_query("0a0a0a", Timestamp::UNIX_EPOCH);
        assert!(shown(&mut view, &keys).is_empty());
        view.set_query("alias !aws", Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&mut view, &keys), ["alias/archive", "alias/payments"]);
    }

    #[test]
    fn narrowing_gives_what_a_fresh_search_gives_and_new_keys_are_found() {
        let mut keys = inventory();
        let mut view = KeyView::default();
        for query in [
            "a", "ar", "arc", "ar", "arn", "alia", "alias", "alias/", "alias/a",
        ] {
            view.set_query(query, Timestamp::UNIX_EPOCH);
            let narrowed = shown(&mut view, &keys);
            let mut fresh = KeyView::default();
            fresh.set_query(query, Timestamp::UNIX_EPOCH);
            assert_eq!(narrowed, shown(&mut fresh, &keys), "{query}");
        }
        view.set_query("later", Timestamp::UNIX_EPOCH);
        assert!(shown(&mut view, &keys).is_empty());
        let key_id = "99999999-12ab-34cd-56ef-1234567890ab";
        let metadata = KeyMetadata {
            key_id: key_id.into(),
            description: "added later".into(),
            ..Default::default()
        };
        keys.add_keys(
            0,
            vec![KeySummary {
                key_id: key_id.into(),
                key_arn: String::new(),
            }],
        );
        let place = keys.place_of(0, key_id).unwrap();
        keys.set_details(place, Details::Known(Box::new(metadata)));
        assert_eq!(shown(&mut view, &keys), [key_id]);
    }

    #[test]
    fn pages_that_come_one_by_one_end_in_the_order_of_a_fresh_sort() {
        for (sort, reverse) in [
            (ColumnId::Alias, false),
            (ColumnId::Alias, true),
            (ColumnId::State, false),
            (ColumnId::KeyId, true),
        ] {
            let mut keys = Inventory::new(vec!["us-east-1".into()]);
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
                    0,
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
                    0,
                    (page * 7..page * 7 + 7)
                        .map(|n| Alias {
                            name: format!("alias/{:x}", n.wrapping_mul(40_503) % 997),
                            arn: None,
                            target_key_id: Some(id(n)),
                        })
                        .collect(),
                );
                let state = if page % 2 == 0 { "Enabled" } else { "Disabled" };
                let place = keys.place_of(0, &id(page)).unwrap();
                keys.set_details(
                    place,
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
