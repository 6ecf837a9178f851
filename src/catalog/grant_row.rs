//! A grant as a row of a list, and which grants the keys of the list have.

use std::sync::Arc;

use super::inventory::{Answer, Entry, Inventory};
use crate::kms::key::{Grant, KeyGrant};
use crate::kms::{KeyRef, key_id};

/// Which grant of which key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantRef {
    pub key: KeyRef,
    pub grant_id: String,
}

/// A grant, and what is known of its key.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// By its ARN, where that is known: RetireGrant takes nothing else.
    pub key: KeyRef,
    pub key_id: Box<str>,
    pub aliases: Vec<Box<str>>,
    /// The key's.
    pub account: Option<Box<str>>,
    pub grant: Arc<Grant>,
    pub is_marked: bool,
    /// What words are looked for in, in lower case.
    text: Box<str>,
}

impl GrantRow {
    /// Of a key of the list.
    fn of_entry(entry: &Entry, keys: &Inventory, grant: &Arc<Grant>) -> Self {
        let named = entry.arn.as_deref().unwrap_or(&entry.key_id);
        let key = KeyRef::new(keys.region_name(entry.region), named);
        GrantRow::new(key, &entry.key_id, entry.aliases.clone(), grant.clone())
    }

    /// Of a key that a grant was listed with; what the list knows of it is beside.
    pub fn of_key_grant(found: KeyGrant, region: &str, keys: &Inventory) -> Self {
        let key = KeyRef::new(region, found.key_id);
        let parsed = key_id::parse(&key.id);
        let key_id = parsed.map_or(&*key.id, |parsed| parsed.resource).to_owned();
        let entry = keys.find(&key);
        let aliases = entry.map_or_else(Vec::new, |entry| entry.aliases.clone());
        GrantRow::new(key, &key_id, aliases, Arc::new(found.grant))
    }

    pub(super) fn new(
        key: KeyRef,
        key_id: &str,
        aliases: Vec<Box<str>>,
        grant: Arc<Grant>,
    ) -> Self {
        let texts = [
            grant.grantee(),
            grant.retiring(),
            grant.name.as_deref(),
            grant.source_arn.as_deref(),
            Some(&grant.grant_id),
            Some(key_id),
        ];
        let aliases_text = aliases.iter().map(|alias| &**alias);
        let texts = aliases_text.chain(texts.into_iter().flatten());
        let text = texts.collect::<Vec<_>>().join("\n").to_lowercase();
        GrantRow {
            account: key_id::account_of(&key.id).map(Into::into),
            key_id: key_id.into(),
            key,
            aliases,
            grant,
            is_marked: false,
            text: text.into(),
        }
    }

    pub fn grant_ref(&self) -> GrantRef {
        GrantRef {
            key: self.key.clone(),
            grant_id: self.grant.grant_id.clone(),
        }
    }

    /// What people call the key: its alias, else its ID.
    pub fn key_name(&self) -> &str {
        self.aliases.first().unwrap_or(&self.key_id)
    }

    /// Whether the grantee is of another account than the key; None where that is not known.
    pub fn is_foreign(&self) -> Option<bool> {
        let Some(grantee) = self.grant.grantee_principal.as_deref() else {
            return Some(false);
        };
        let account = grantee.starts_with("arn:").then_some(grantee);
        Some(key_id::account_of(account?)? != self.account.as_deref()?)
    }

    /// Whether each word is in what it says, or is not, where that is asked.
    pub(super) fn holds_words(&self, words: &[(bool, String)]) -> bool {
        words
            .iter()
            .all(|(negative, word)| self.text.contains(word) != *negative)
    }
}

/// The grants of the keys that are known, key by key.
pub fn grants_of(keys: &Inventory) -> Vec<GrantRow> {
    let known = keys
        .entries()
        .iter()
        .filter_map(|entry| match entry.grants() {
            Answer::Known(grants) => Some((entry, grants)),
            _ => None,
        });
    known
        .flat_map(|(entry, grants)| {
            let row = |grant| GrantRow::of_entry(entry, keys, grant);
            grants.iter().map(row)
        })
        .collect()
}

/// Keys whose grants were not told, by the code of the error, the most frequent first.
pub fn failures(keys: &Inventory) -> Vec<(String, usize)> {
    let mut codes: Vec<(String, usize)> = Vec::new();
    for entry in keys.entries() {
        let Answer::Failed(error) = entry.grants() else {
            continue;
        };
        match codes.iter_mut().find(|(code, _)| *code == error.code) {
            Some((_, count)) => *count += 1,
            None => codes.push((error.code.clone(), 1)),
        }
    }
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    codes
}
