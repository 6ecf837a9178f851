//! The keys and aliases of one account and Region, as far as they are known by now.
//!
//! A key never vanishes: one that may not be described stays, marked; one that may not be listed
//! appears when an alias points to it.

use std::collections::HashMap;

use super::error::KmsError;
use super::key::{Alias, KeyMetadata, KeySummary};

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

/// A key.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key_id: Box<str>,
    /// None until ListKeys or DescribeKey gave it.
    pub arn: Option<Box<str>>,
    /// Names with `alias/`, in alphabetical order.
    pub aliases: Vec<Box<str>>,
    pub details: Details,
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
    entries: Vec<Entry>,
    by_id: HashMap<Box<str>, u32>,
    unattached: Vec<Alias>,
    aliases: usize,
    epoch: u64,
    named: Vec<u32>,
    described: Vec<u32>,
}

impl Inventory {
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
    pub fn unattached(&self) -> &[Alias] {
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

    /// Likewise, where DescribeKey answered.
    pub fn described(&self) -> &[u32] {
        &self.described
    }

    /// Forgets everything, for a list from the start.
    pub fn clear(&mut self) {
        *self = Inventory {
            epoch: self.epoch + 1,
            ..Inventory::default()
        };
    }

    pub fn get(&self, key_id: &str) -> Option<&Entry> {
        let place = *self.by_id.get(key_id)?;
        self.entries.get(place as usize)
    }

    /// Finds a key by any of the four notations of a `KeyId`.
    pub fn resolve(&self, key_id: &str) -> Option<&Entry> {
        let resource = super::key_id::parse(key_id).ok()?.resource;
        if resource.starts_with("alias/") {
            return self
                .entries
                .iter()
                .find(|entry| entry.aliases.iter().any(|alias| **alias == *resource));
        }
        self.get(resource)
    }

    /// Takes in a page of ListKeys.
    pub fn add_keys(&mut self, keys: Vec<KeySummary>) {
        self.entries.reserve(keys.len());
        self.by_id.reserve(keys.len());
        for key in keys {
            let place = self.place(&key.key_id);
            self.entries[place].arn = Some(key.key_arn.into_boxed_str());
        }
    }

    /// Takes in a page of ListAliases.
    pub fn add_aliases(&mut self, aliases: Vec<Alias>) {
        for alias in aliases {
            let Some(target) = &alias.target_key_id else {
                if !self.unattached.iter().any(|known| known.name == alias.name) {
                    self.aliases += 1;
                    self.unattached.push(alias);
                }
                continue;
            };
            let place = self.place(target);
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

    /// Takes in an answer of DescribeKey, or that it was asked or failed.
    pub fn set_details(&mut self, key_id: &str, details: Details) {
        let place = self.place(key_id);
        if !matches!(details, Details::Loading) {
            self.described.push(place as u32);
        }
        let entry = &mut self.entries[place];
        if let Details::Known(metadata) = &details
            && let Some(arn) = &metadata.arn
        {
            entry.arn = Some(arn.as_str().into());
        }
        entry.details = details;
    }

    /// The place of a key, which is added where it is not known yet.
    fn place(&mut self, key_id: &str) -> usize {
        if let Some(place) = self.by_id.get(key_id) {
            return *place as usize;
        }
        let place = self.entries.len();
        self.by_id.insert(key_id.into(), place as u32);
        self.entries.push(Entry {
            key_id: key_id.into(),
            arn: None,
            aliases: Vec::new(),
            details: Details::Unknown,
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
        let mut keys = Inventory::default();
        keys.add_aliases(vec![alias("alias/b", Some(id)), alias("alias/a", Some(id))]);
        keys.add_aliases(vec![
            alias("alias/a", Some(id)),
            alias("alias/aws/s3", None),
        ]);
        assert_eq!(
            (keys.len(), keys.alias_count(), keys.unattached().len()),
            (1, 3, 1)
        );
        assert_eq!(keys.get(id).unwrap().main_alias(), Some("alias/a"));
        keys.add_keys(vec![KeySummary {
            key_id: id.into(),
            key_arn: format!("arn:aws:kms:us-east-1:111122223333:key/{id}"),
        }]);
        assert_eq!(keys.len(), 1);
        assert!(keys.resolve("alias/b").is_some());
        assert!(
            keys.resolve("arn:aws:kms:us-east-1:111122223333:alias/a")
                .is_some()
        );
        assert!(keys.resolve("alias/nowhere").is_none());
    }
}
