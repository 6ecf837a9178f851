//! The order of a list of keys.

use std::cmp::Ordering;

use super::inventory::Inventory;

/// What the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    #[default]
    Alias,
    KeyId,
    Region,
    State,
    Spec,
    Usage,
    Origin,
    Manager,
    Created,
}

impl SortBy {
    pub const ALL: [SortBy; 9] = [
        SortBy::Alias,
        SortBy::KeyId,
        SortBy::Region,
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
            SortBy::Region => "Region",
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
        !matches!(self, SortBy::Alias | SortBy::KeyId | SortBy::Region)
    }
}

/// A total order of keys.
pub(super) struct Order<'a> {
    sort: SortBy,
    reverse: bool,
    keys: &'a Inventory,
}

/// What a key is sorted by. Nothing known comes last, whichever way the sort goes: what is not
/// known is not the smallest.
type Rank<'a> = Option<(bool, Option<jiff::Timestamp>, &'a str)>;

impl<'a> Order<'a> {
    pub(super) fn new(sort: SortBy, reverse: bool, keys: &'a Inventory) -> Self {
        Order {
            sort,
            reverse,
            keys,
        }
    }

    fn rank(&self, place: u32) -> Rank<'a> {
        let entry = &self.keys.entries()[place as usize];
        let text = |text: &'a Option<String>| text.as_deref().map(|text| (false, None, text));
        match self.sort {
            SortBy::Alias => {
                let name = entry.main_alias()?;
                // AWS's own come after the user's, also in reverse.
                let aws = super::inventory::is_aws_alias(name) != self.reverse;
                Some((aws, None, name))
            }
            SortBy::KeyId => Some((false, None, &entry.key_id)),
            SortBy::Region => Some((false, None, self.keys.region_name(entry.region))),
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

    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        self.compare_ranks((self.rank(a), a), (self.rank(b), b))
    }

    pub(super) fn sort(&self, places: &mut [u32]) {
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
