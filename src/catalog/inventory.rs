//! The keys and aliases of an account in one Region or several, as far as they are known by now.
//!
//! A key never vanishes: one that may not be described stays, marked; one that may not be listed
//! appears when an alias points to it.

use std::collections::{BTreeSet, HashMap};

use crate::kms::KeyRef;
use crate::kms::error::KmsError;
use crate::kms::key::{Alias, KeyMetadata, KeySummary, Tag};

/// What is known of a key beside its ID.
#[derive(Debug, Clone, PartialEq)]
pub enum Details {
    /// Not asked for yet.
    Unknown,
    Loading,
    Known(Box<KeyMetadata>),
    /// DescribeKey gave an error.
    Failed(Box<KmsError>),
}

/// The tags of a key.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Tags {
    /// Not asked for yet.
    #[default]
    Unknown,
    Loading,
    Known(Box<[Tag]>),
    /// ListResourceTags gave an error.
    Failed,
}

/// A Region, by its place in [`Inventory::regions`].
pub type RegionIndex = u16;

/// A key.
#[derive(Debug, Clone)]
pub struct Entry {
    pub region: RegionIndex,
    pub key_id: Box<str>,
    /// None until ListKeys or DescribeKey gave it.
    pub arn: Option<Box<str>>,
    /// Names with `alias/`, in alphabetical order.
    pub aliases: Vec<Box<str>>,
    pub details: Details,
    pub tags: Tags,
    /// Whether the user marked it.
    pub is_marked: bool,
}

impl Entry {
    /// The first alias that the user's own account gave, else the first.
    pub fn main_alias(&self) -> Option<&str> {
        self.aliases.first().map(|alias| &**alias)
    }

    pub fn metadata(&self) -> Option<&KeyMetadata> {
        match &self.details {
            Details::Known(metadata) => Some(metadata),
            _ => None,
        }
    }

    /// Whether AWS manages the key: by its metadata, or by an alias that starts with `alias/aws/`.
    pub fn is_aws_managed(&self) -> bool {
        match self.metadata() {
            Some(metadata) => metadata.is_aws_managed(),
            None => self.main_alias().is_some_and(is_aws_alias),
        }
    }

    /// What a request names the key by: an alias where there is one, else the ID.
    pub fn reference(&self) -> &str {
        self.main_alias().unwrap_or(&self.key_id)
    }
}

/// Whether the alias is one of an AWS managed key.
pub fn is_aws_alias(alias: &str) -> bool {
    alias.starts_with("alias/aws/")
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Inventory {
    regions: Vec<String>,
    entries: Vec<Entry>,
    /// Of each Region.
    by_id: Vec<HashMap<Box<str>, u32>>,
    unattached: Vec<(RegionIndex, Alias)>,
    aliases: usize,
    epoch: u64,
    named: Vec<u32>,
    described: Vec<u32>,
    with_details: usize,
    with_tags: usize,
    /// Keys that the user marked: they stay so when the list is begun anew.
    marks: BTreeSet<KeyRef>,
    /// Those of them that are in the list.
    marked: usize,
    /// Goes up with each mark that comes or goes.
    mark_changes: usize,
}

impl Inventory {
    pub fn new(regions: Vec<String>) -> Self {
        Inventory {
            by_id: vec![HashMap::new(); regions.len()],
            regions,
            ..Inventory::default()
        }
    }

    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Keys of a Region.
    pub fn count_in(&self, region: RegionIndex) -> usize {
        self.by_id.get(region as usize).map_or(0, HashMap::len)
    }

    pub fn region_name(&self, region: RegionIndex) -> &str {
        self.regions.get(region as usize).map_or("", String::as_str)
    }

    /// Keys of which DescribeKey has answered, also with an error.
    pub fn with_details(&self) -> usize {
        self.with_details
    }

    /// Likewise of ListResourceTags.
    pub fn with_tags(&self) -> usize {
        self.with_tags
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Aliases known, those with no target included.
    pub fn alias_count(&self) -> usize {
        self.aliases
    }

    /// Aliases that point to no key.
    pub fn unattached(&self) -> &[(RegionIndex, Alias)] {
        &self.unattached
    }

    /// Goes up when all is forgotten.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Places in [`entries`](Self::entries) where keys or aliases came, in the order in which they
    /// came: a log that grows until all is forgotten.
    pub fn named(&self) -> &[u32] {
        &self.named
    }

    /// Likewise, where DescribeKey or ListResourceTags answered.
    pub fn described(&self) -> &[u32] {
        &self.described
    }

    /// Forgets everything, for a list of these Regions from the start.
    pub fn clear(&mut self, regions: Vec<String>) {
        *self = Inventory {
            epoch: self.epoch + 1,
            marks: std::mem::take(&mut self.marks),
            mark_changes: self.mark_changes,
            ..Inventory::new(regions)
        };
    }

    pub fn get(&self, region: RegionIndex, key_id: &str) -> Option<&Entry> {
        self.entries.get(self.place_of(region, key_id)? as usize)
    }

    /// The place of a key in [`entries`](Self::entries).
    pub fn place_of(&self, region: RegionIndex, key_id: &str) -> Option<u32> {
        self.by_id.get(region as usize)?.get(key_id).copied()
    }

    /// Finds a key by any of the four notations of a `KeyId`; one that names no Region is of
    /// `region`.
    pub fn resolve(&self, region: RegionIndex, key_id: &str) -> Option<&Entry> {
        let place = self.resolve_place(region, key_id)?;
        self.entries.get(place as usize)
    }

    /// Like [`resolve`](Self::resolve): the key's place.
    pub fn resolve_place(&self, region: RegionIndex, key_id: &str) -> Option<u32> {
        let parsed = crate::kms::key_id::parse(key_id).ok()?;
        let region = match parsed.region {
            Some(name) => self.regions.iter().position(|known| known == name)? as RegionIndex,
            None => region,
        };
        if parsed.resource.starts_with("alias/") {
            return self
                .entries
                .iter()
                .position(|entry| {
                    entry.region == region
                        && entry
                            .aliases
                            .iter()
                            .any(|alias| **alias == *parsed.resource)
                })
                .map(|place| place as u32);
        }
        self.by_id
            .get(region as usize)?
            .get(parsed.resource)
            .copied()
    }

    /// The place of a Region in [`regions`](Self::regions).
    pub fn region_index(&self, region: &str) -> Option<RegionIndex> {
        let place = self.regions.iter().position(|known| known == region)?;
        RegionIndex::try_from(place).ok()
    }

    /// The key that is meant.
    pub fn find(&self, key: &KeyRef) -> Option<&Entry> {
        self.entries.get(self.find_place(key)? as usize)
    }

    /// Like [`find`](Self::find): the key's place.
    pub fn find_place(&self, key: &KeyRef) -> Option<u32> {
        self.resolve_place(self.region_index(&key.region)?, &key.id)
    }

    /// Marks the key at `place`, or takes its mark away.
    pub fn set_mark(&mut self, place: u32, is_marked: bool) {
        let Some(entry) = self.entries.get(place as usize) else {
            return;
        };
        if entry.is_marked == is_marked {
            return;
        }
        let key = KeyRef::new(self.region_name(entry.region), &*entry.key_id);
        match is_marked {
            true => self.marks.insert(key),
            false => self.marks.remove(&key),
        };
        self.entries[place as usize].is_marked = is_marked;
        self.marked = match is_marked {
            true => self.marked + 1,
            false => self.marked - 1,
        };
        self.mark_changes += 1;
    }

    /// Marked keys of the list.
    pub fn marked(&self) -> usize {
        self.marked
    }

    /// Goes up with each mark that comes or goes.
    pub fn mark_changes(&self) -> usize {
        self.mark_changes
    }

    /// Takes in a page of ListKeys.
    pub fn add_keys(&mut self, region: RegionIndex, keys: Vec<KeySummary>) {
        self.entries.reserve(keys.len());
        if let Some(known) = self.by_id.get_mut(region as usize) {
            known.reserve(keys.len());
        }
        for key in keys {
            let place = self.place(region, &key.key_id);
            self.entries[place].arn = Some(key.key_arn.into_boxed_str());
        }
    }

    /// Takes in a page of ListAliases.
    pub fn add_aliases(&mut self, region: RegionIndex, aliases: Vec<Alias>) {
        for alias in aliases {
            let Some(target) = &alias.target_key_id else {
                let is_same = |(other, known): &(RegionIndex, Alias)| {
                    *other == region && known.name == alias.name
                };
                if !self.unattached.iter().any(is_same) {
                    self.aliases += 1;
                    self.unattached.push((region, alias));
                }
                continue;
            };
            let place = self.place(region, target);
            let known = &mut self.entries[place].aliases;
            let rank = |alias: &str| (is_aws_alias(alias), alias.to_owned());
            let wanted = rank(&alias.name);
            if let Err(at) = known.binary_search_by_key(&wanted, |other| rank(other)) {
                known.insert(at, alias.name.into_boxed_str());
                self.aliases += 1;
                self.named.push(place as u32);
            }
        }
    }

    /// Takes in an answer of DescribeKey for the key at `place`, or that it was asked or failed.
    pub fn set_details(&mut self, place: u32, details: Details) {
        let Some(entry) = self.entries.get_mut(place as usize) else {
            return;
        };
        let is_known =
            |details: &Details| matches!(details, Details::Known(_) | Details::Failed(_));
        match (is_known(&entry.details), is_known(&details)) {
            (false, true) => self.with_details += 1,
            (true, false) => self.with_details -= 1,
            _ => {}
        }
        if !matches!(details, Details::Loading) {
            self.described.push(place);
        }
        if let Details::Known(metadata) = &details
            && let Some(arn) = &metadata.arn
        {
            entry.arn = Some(arn.as_str().into());
        }
        entry.details = details;
    }

    /// Takes in an answer of ListResourceTags likewise.
    pub fn set_tags(&mut self, place: u32, tags: Tags) {
        let Some(entry) = self.entries.get_mut(place as usize) else {
            return;
        };
        let is_known = |tags: &Tags| matches!(tags, Tags::Known(_) | Tags::Failed);
        match (is_known(&entry.tags), is_known(&tags)) {
            (false, true) => self.with_tags += 1,
            (true, false) => self.with_tags -= 1,
            _ => {}
        }
        if !matches!(tags, Tags::Loading) {
            self.described.push(place);
        }
        entry.tags = tags;
    }

    /// The place of a key, which is added where it is not known yet.
    fn place(&mut self, region: RegionIndex, key_id: &str) -> usize {
        if let Some(place) = self.place_of(region, key_id) {
            return place as usize;
        }
        let place = self.entries.len();
        if let Some(known) = self.by_id.get_mut(region as usize) {
            known.insert(key_id.into(), place as u32);
        }
        let is_marked = !self.marks.is_empty()
            && self
                .marks
                .contains(&KeyRef::new(self.region_name(region), key_id));
        self.marked += usize::from(is_marked);
        self.entries.push(Entry {
            is_marked,
            region,
            key_id: key_id.into(),
            arn: None,
            aliases: Vec::new(),
            details: Details::Unknown,
            tags: Tags::Unknown,
        });
        self.named.push(place as u32);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(name: &str, target: Option<&str>) -> Alias {
        Alias {
            name: name.into(),
            arn: None,
            target_key_id: target.map(str::to_owned),
        }
    }

    #[test]
    fn a_key_that_only_an_alias_tells_of_is_there_and_listed_once() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let mut keys = Inventory::new(vec!["us-east-1".into()]);
        keys.add_aliases(
            0,
            vec![alias("alias/b", Some(id)), alias("alias/a", Some(id))],
        );
        keys.add_aliases(
            0,
            vec![alias("alias/a", Some(id)), alias("alias/aws/s3", None)],
        );
        assert_eq!(
            (keys.len(), keys.alias_count(), keys.unattached().len()),
            (1, 3, 1)
        );
        assert_eq!(keys.get(0, id).unwrap().main_alias(), Some("alias/a"));
        keys.add_keys(
            0,
            vec![KeySummary {
                key_id: id.into(),
                key_arn: format!("arn:aws:kms:us-east-1:111122223333:key/{id}"),
            }],
        );
        assert_eq!(keys.len(), 1);
        assert!(keys.resolve(0, "alias/b").is_some());
        assert!(
            keys.resolve(0, "arn:aws:kms:us-east-1:111122223333:alias/a")
                .is_some()
        );
        assert!(keys.resolve(0, "alias/nowhere").is_none());
    }
}
