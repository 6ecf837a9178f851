//! The keys and aliases of an account in one Region or several, as far as they are known by now.
//!
//! A key never vanishes: one that may not be described stays, marked; one that may not be listed
//! appears when an alias points to it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::facts::Fact;
use crate::kms::KeyRef;
use crate::kms::error::KmsError;
use crate::kms::key::{Alias, Grant, KeyMetadata, KeySummary, LastUsage, RotationStatus, Tag};

/// What a call about a key has told.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Answer<T> {
    /// Not asked for yet.
    #[default]
    Unknown,
    Loading,
    Known(T),
    /// The call gave an error.
    Failed(Box<KmsError>),
}

impl<T> Answer<T> {
    /// Whether the call has answered, also with an error.
    fn is_there(&self) -> bool {
        matches!(self, Answer::Known(_) | Answer::Failed(_))
    }

    fn is_unknown(&self) -> bool {
        matches!(self, Answer::Unknown)
    }
}

/// DescribeKey's.
pub type Details = Answer<Box<KeyMetadata>>;

/// ListResourceTags'.
pub type Tags = Answer<Box<[Tag]>>;

/// ListGrants'.
pub type Grants = Answer<Box<[Arc<Grant>]>>;

/// An answer about a key, by the fact that it tells.
#[derive(Debug, Clone)]
pub enum FactAnswer {
    Details(Details),
    Tags(Tags),
    Rotation(Answer<RotationStatus>),
    LastUsage(Answer<LastUsage>),
    Grants(Grants),
}

impl FactAnswer {
    /// The call that tells the fact gave an error.
    pub fn failed(fact: Fact, error: KmsError) -> FactAnswer {
        let error = Box::new(error);
        match fact {
            Fact::Details => FactAnswer::Details(Answer::Failed(error)),
            Fact::Tags => FactAnswer::Tags(Answer::Failed(error)),
            Fact::Rotation => FactAnswer::Rotation(Answer::Failed(error)),
            Fact::LastUsage => FactAnswer::LastUsage(Answer::Failed(error)),
            Fact::Grants => FactAnswer::Grants(Answer::Failed(error)),
        }
    }

    /// The fact is asked, or is to be asked.
    pub fn open(fact: Fact, is_asked: bool) -> FactAnswer {
        fn of<T>(is_asked: bool) -> Answer<T> {
            match is_asked {
                true => Answer::Loading,
                false => Answer::Unknown,
            }
        }
        match fact {
            Fact::Details => FactAnswer::Details(of(is_asked)),
            Fact::Tags => FactAnswer::Tags(of(is_asked)),
            Fact::Rotation => FactAnswer::Rotation(of(is_asked)),
            Fact::LastUsage => FactAnswer::LastUsage(of(is_asked)),
            Fact::Grants => FactAnswer::Grants(of(is_asked)),
        }
    }
}

/// What is asked of few keys only.
#[derive(Debug, Clone)]
struct More {
    rotation: Answer<RotationStatus>,
    last_usage: Answer<LastUsage>,
    grants: Grants,
}

/// Of a key that none of it was asked of.
static NOTHING_MORE: More = More {
    rotation: Answer::Unknown,
    last_usage: Answer::Unknown,
    grants: Answer::Unknown,
};

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
    more: Option<Box<More>>,
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

    fn more(&self) -> &More {
        self.more.as_deref().unwrap_or(&NOTHING_MORE)
    }

    fn more_mut(&mut self) -> &mut More {
        self.more
            .get_or_insert_with(|| Box::new(NOTHING_MORE.clone()))
    }

    /// GetKeyRotationStatus'.
    pub fn rotation(&self) -> &Answer<RotationStatus> {
        &self.more().rotation
    }

    /// GetKeyLastUsage's.
    pub fn last_usage(&self) -> &Answer<LastUsage> {
        &self.more().last_usage
    }

    /// ListGrants'.
    pub fn grants(&self) -> &Grants {
        &self.more().grants
    }

    /// Whether the call that tells the fact has answered, also with an error.
    pub fn is_told(&self, fact: Fact) -> bool {
        match fact {
            Fact::Details => self.details.is_there(),
            Fact::Tags => self.tags.is_there(),
            Fact::Rotation => self.rotation().is_there(),
            Fact::LastUsage => self.last_usage().is_there(),
            Fact::Grants => self.grants().is_there(),
        }
    }

    /// Whether the call that tells the fact was not made yet.
    pub fn is_unasked(&self, fact: Fact) -> bool {
        match fact {
            Fact::Details => self.details.is_unknown(),
            Fact::Tags => self.tags.is_unknown(),
            Fact::Rotation => self.rotation().is_unknown(),
            Fact::LastUsage => self.last_usage().is_unknown(),
            Fact::Grants => self.grants().is_unknown(),
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
    /// Keys of which each fact is told.
    told: [usize; Fact::ALL.len()],
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

    /// Keys of which the call that tells the fact has answered, also with an error.
    pub fn told(&self, fact: Fact) -> usize {
        self.told[fact.place()]
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

    /// Likewise, where a call about the key answered.
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

    /// Takes in an answer about the key at `place`, or that it was asked, failed, or is to be asked
    /// again.
    pub fn set(&mut self, place: u32, answer: FactAnswer) {
        let Some(entry) = self.entries.get_mut(place as usize) else {
            return;
        };
        let (fact, is_told, is_loading) = match &answer {
            FactAnswer::Details(of) => (Fact::Details, of.is_there(), *of == Answer::Loading),
            FactAnswer::Tags(of) => (Fact::Tags, of.is_there(), *of == Answer::Loading),
            FactAnswer::Rotation(of) => (Fact::Rotation, of.is_there(), *of == Answer::Loading),
            FactAnswer::LastUsage(of) => (Fact::LastUsage, of.is_there(), *of == Answer::Loading),
            FactAnswer::Grants(of) => (Fact::Grants, of.is_there(), *of == Answer::Loading),
        };
        let told = &mut self.told[fact.place()];
        match (entry.is_told(fact), is_told) {
            (false, true) => *told += 1,
            (true, false) => *told -= 1,
            _ => {}
        }
        if !is_loading {
            self.described.push(place);
        }
        match answer {
            FactAnswer::Details(details) => {
                if let Details::Known(metadata) = &details
                    && let Some(arn) = &metadata.arn
                {
                    entry.arn = Some(arn.as_str().into());
                }
                let has_no_rotation = matches!(&details, Details::Known(key)
                    if key.key_spec.is_some() && !key.is_symmetric_encryption());
                entry.details = details;
                if has_no_rotation && entry.is_unasked(Fact::Rotation) {
                    let error = KmsError::not_for_key("rotation");
                    self.set(place, FactAnswer::failed(Fact::Rotation, error));
                }
            }
            FactAnswer::Tags(tags) => entry.tags = tags,
            FactAnswer::Rotation(status) => entry.more_mut().rotation = status,
            FactAnswer::LastUsage(usage) => entry.more_mut().last_usage = usage,
            FactAnswer::Grants(grants) => entry.more_mut().grants = grants,
        }
    }

    /// Takes in an answer of DescribeKey for the key at `place`.
    pub fn set_details(&mut self, place: u32, details: Details) {
        self.set(place, FactAnswer::Details(details));
    }

    /// Takes in an answer of ListResourceTags likewise.
    pub fn set_tags(&mut self, place: u32, tags: Tags) {
        self.set(place, FactAnswer::Tags(tags));
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
            more: None,
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
