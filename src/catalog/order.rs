//! The order of a list of keys.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use super::columns::{CellValue, Column, ColumnId, column};
use super::inventory::Inventory;

/// A total order of keys.
pub(super) struct Order<'a> {
    column: &'static Column,
    reverse: bool,
    keys: &'a Inventory,
}

/// What a key is sorted by. Nothing known comes last, whichever way the sort goes: what is not
/// known is not the smallest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank<'a> {
    Number(i64),
    Time(Timestamp),
    /// Whether it is one of AWS's own, where these come after the user's.
    Text(bool, Cow<'a, str>),
}

impl<'a> Rank<'a> {
    /// None where nothing is known.
    pub(super) fn of(value: CellValue<'a>) -> Option<Rank<'a>> {
        match value {
            CellValue::NotAsked | CellValue::NotTold | CellValue::Nothing => None,
            CellValue::Text(text) => Some(Rank::Text(false, text)),
            CellValue::Number(number) => Some(Rank::Number(number)),
            CellValue::Time(at) | CellValue::Said(_, Some(at)) | CellValue::NotSince(at) => {
                Some(Rank::Time(at))
            }
            CellValue::Said(text, None) => Some(Rank::Text(false, Cow::Owned(text))),
            CellValue::List(texts) => Some(Rank::Text(false, Cow::Owned(texts.join(", ")))),
        }
    }

    pub(super) fn compare(a: Option<&Self>, b: Option<&Self>, reverse: bool) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if reverse => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl<'a> Order<'a> {
    pub(super) fn new(sort: ColumnId, reverse: bool, keys: &'a Inventory) -> Self {
        Order {
            column: column(sort),
            reverse,
            keys,
        }
    }

    fn rank(&self, place: u32) -> Option<Rank<'a>> {
        let entry = &self.keys.entries()[place as usize];
        if self.column.id == ColumnId::Alias {
            let name = entry.main_alias()?;
            // AWS's own come after the user's, also in reverse.
            let aws = super::inventory::is_aws_alias(name) != self.reverse;
            return Some(Rank::Text(aws, Cow::Borrowed(name)));
        }
        Rank::of((self.column.value)(entry, self.keys))
    }

    fn compare_ranks(&self, a: (&Option<Rank>, u32), b: (&Option<Rank>, u32)) -> Ordering {
        let ranks = Rank::compare(a.0.as_ref(), b.0.as_ref(), self.reverse);
        // Keys that are alike stay in the order in which they came.
        ranks.then(a.1.cmp(&b.1))
    }

    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        self.compare_ranks((&self.rank(a), a), (&self.rank(b), b))
    }

    pub(super) fn sort(&self, places: &mut [u32]) {
        // Each rank is looked up once: a look-up goes through three pointers.
        let mut ranked: Vec<(Option<Rank>, u32)> = places
            .iter()
            .map(|place| (self.rank(*place), *place))
            .collect();
        ranked.sort_unstable_by(|a, b| self.compare_ranks((&a.0, a.1), (&b.0, b.1)));
        for (place, (_, sorted)) in places.iter_mut().zip(ranked) {
            *place = sorted;
        }
    }
}
