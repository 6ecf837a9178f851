//! The columns of a list of keys. One table serves the console's list, its order, exports and
//! `kmsdeck keys`.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::facts::{Fact, FactSet};
use super::inventory::{Answer, Entry, Inventory};
use crate::kms::key::KeyMetadata;
use crate::kms::key_id;
use crate::kms::times::ago;

/// A column, by what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColumnId {
    #[default]
    Alias,
    KeyId,
    Region,
    Account,
    State,
    Spec,
    Usage,
    Created,
    Manager,
    Origin,
    Store,
    MultiRegion,
    Expiry,
    Rotation,
    NextRotation,
    LastUsed,
    LastOperation,
    Grants,
    Description,
    Tags,
}

/// What a key has in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum CellValue<'a> {
    /// It was not asked, or the answer is still to come.
    NotAsked,
    /// It was asked, and not told.
    NotTold,
    /// The key has none.
    Nothing,
    Text(Cow<'a, str>),
    Number(i64),
    Time(Timestamp),
    /// In words, and the time that it is sorted by.
    Said(String, Option<Timestamp>),
    /// Not since then; what was before is not known.
    NotSince(Timestamp),
    /// Several, one after the other.
    List(Vec<Cow<'a, str>>),
}

impl CellValue<'_> {
    /// The text in a list; `short` is how that shows a text.
    pub(super) fn in_list(self, short: impl Fn(&str) -> &str, now: Timestamp) -> String {
        match self {
            CellValue::NotAsked => "…".to_owned(),
            CellValue::NotTold => "?".to_owned(),
            CellValue::Nothing => "–".to_owned(),
            CellValue::Text(text) => short(&text).to_owned(),
            CellValue::Number(number) => number.to_string(),
            CellValue::Time(at) => ago(at, now),
            CellValue::Said(text, _) => text,
            // If ever, longer ago than that.
            CellValue::NotSince(at) => format!("> {}", ago(at, now)),
            CellValue::List(texts) => texts.join(", "),
        }
    }

    /// The text in a file: whole, times as of RFC 3339, empty where there is none.
    pub(super) fn in_file(self) -> String {
        match self {
            CellValue::NotAsked | CellValue::NotTold | CellValue::Nothing => String::new(),
            CellValue::Text(text) => text.into_owned(),
            CellValue::Number(number) => number.to_string(),
            CellValue::Time(at) => at.to_string(),
            CellValue::Said(text, _) => text,
            CellValue::NotSince(at) => format!("not since {}", at.strftime("%Y-%m-%d")),
            CellValue::List(texts) => texts.join(", "),
        }
    }

    /// The same in JSON; null where it is not known, or there is none.
    pub(super) fn into_json(self) -> Json {
        match self {
            CellValue::NotAsked | CellValue::NotTold | CellValue::Nothing => Json::Null,
            CellValue::Number(number) => number.into(),
            CellValue::List(texts) => json!(texts),
            other => other.in_file().into(),
        }
    }
}

/// At which side a column's text stands, its head alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A column.
pub struct Column {
    pub id: ColumnId,
    /// In `config.toml`, `--columns` and the picker.
    pub name: &'static str,
    pub head: &'static str,
    /// In JSON.
    pub member: &'static str,
    pub about: &'static str,
    /// What must be known of a key.
    pub fact: Option<Fact>,
    /// Columns of the screen that it takes at least, and at most.
    pub width: (usize, usize),
    pub align: Align,
    pub value: for<'a> fn(&'a Entry, &'a Inventory) -> CellValue<'a>,
    /// As a list shows a text of it.
    pub short: for<'a> fn(&'a str) -> &'a str,
}

use Align::{Left, Right};
use ColumnId as Id;
use Fact::{Details, Grants, LastUsage, Rotation, Tags};

/// Every column, in the order of the picker.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &[
    Column { id: Id::Alias, name: "alias", head: "ALIAS", member: "Aliases", about: "the first alias, and how many more", fact: None, width: (18, 120), align: Left, value: alias, short: whole },
    Column { id: Id::KeyId, name: "key-id", head: "KEY ID", member: "KeyId", about: "the key ID", fact: None, width: (13, 36), align: Left, value: |entry, _| text(&entry.key_id), short: whole },
    Column { id: Id::Region, name: "region", head: "REGION", member: "Region", about: "the Region", fact: None, width: (14, 14), align: Left, value: |entry, keys| text(keys.region_name(entry.region)), short: whole },
    Column { id: Id::Account, name: "account", head: "ACCOUNT", member: "AWSAccountId", about: "the account that the key is of", fact: None, width: (12, 12), align: Left, value: account, short: whole },
    Column { id: Id::State, name: "state", head: "STATE", member: "KeyState", about: "KeyState", fact: Some(Details), width: (15, 24), align: Left, value: |entry, _| described(entry, |key| key.key_state.as_deref()), short: whole },
    Column { id: Id::Spec, name: "spec", head: "SPEC", member: "KeySpec", about: "KeySpec", fact: Some(Details), width: (10, 10), align: Left, value: |entry, _| described(entry, |key| key.key_spec.as_deref()), short: short_spec },
    Column { id: Id::Usage, name: "usage", head: "USAGE", member: "KeyUsage", about: "KeyUsage", fact: Some(Details), width: (7, 7), align: Left, value: |entry, _| described(entry, |key| key.key_usage.as_deref()), short: short_usage },
    Column { id: Id::Created, name: "created", head: "CREATED", member: "CreationDate", about: "CreationDate", fact: Some(Details), width: (9, 9), align: Right, value: |entry, _| dated(entry, |key| key.creation_date), short: whole },
    Column { id: Id::Manager, name: "manager", head: "MANAGER", member: "KeyManager", about: "KeyManager: the customer, or AWS", fact: Some(Details), width: (8, 8), align: Left, value: |entry, _| described(entry, |key| key.key_manager.as_deref()), short: whole },
    Column { id: Id::Origin, name: "origin", head: "ORIGIN", member: "Origin", about: "Origin: where the key material comes from", fact: Some(Details), width: (12, 18), align: Left, value: |entry, _| described(entry, |key| key.origin.as_deref()), short: whole },
    Column { id: Id::Store, name: "store", head: "KEY STORE", member: "CustomKeyStoreId", about: "the custom key store", fact: Some(Details), width: (12, 22), align: Left, value: |entry, _| described(entry, |key| key.custom_key_store_id.as_deref()), short: whole },
    Column { id: Id::MultiRegion, name: "multi-region", head: "MULTI-REGION", member: "MultiRegionKeyType", about: "PRIMARY or REPLICA of a multi-Region key", fact: Some(Details), width: (12, 12), align: Left, value: |entry, _| described(entry, KeyMetadata::multi_region_type), short: whole },
    Column { id: Id::Expiry, name: "expiry", head: "EXPIRES", member: "ValidTo", about: "when imported material expires", fact: Some(Details), width: (9, 9), align: Right, value: |entry, _| dated(entry, |key| key.valid_to), short: whole },
    Column { id: Id::Rotation, name: "rotation", head: "ROTATION", member: "Rotation", about: "whether KMS rotates it, and how often", fact: Some(Rotation), width: (11, 12), align: Right, value: rotation, short: whole },
    Column { id: Id::NextRotation, name: "next-rotation", head: "NEXT", member: "NextRotationDate", about: "when KMS rotates it next", fact: Some(Rotation), width: (8, 9), align: Right, value: next_rotation, short: whole },
    Column { id: Id::LastUsed, name: "last-used", head: "LAST USED", member: "LastUsed", about: "when it was last used for cryptography", fact: Some(LastUsage), width: (10, 12), align: Right, value: last_used, short: whole },
    Column { id: Id::LastOperation, name: "last-operation", head: "LAST OPERATION", member: "LastOperation", about: "by which operation it was last used", fact: Some(LastUsage), width: (14, 35), align: Left, value: last_operation, short: whole },
    Column { id: Id::Grants, name: "grants", head: "GRANTS", member: "Grants", about: "how many grants it has", fact: Some(Grants), width: (6, 6), align: Right, value: |entry, _| of(entry.grants(), |grants| CellValue::Number(grants.len() as i64)), short: whole },
    Column { id: Id::Description, name: "description", head: "DESCRIPTION", member: "Description", about: "Description", fact: Some(Details), width: (12, 80), align: Left, value: |entry, _| described(entry, |key| Some(key.description.as_str()).filter(|text| !text.is_empty())), short: whole },
    Column { id: Id::Tags, name: "tags", head: "TAGS", member: "Tags", about: "its tags", fact: Some(Tags), width: (12, 60), align: Left, value: tags, short: whole },
];

/// Those of a list where nothing else is chosen. What has no room is left out from the right.
pub static DEFAULT: &[ColumnId] = &[
    Id::Alias,
    Id::KeyId,
    Id::State,
    Id::Spec,
    Id::Usage,
    Id::Created,
    Id::Manager,
    Id::Origin,
];

/// The row of a column.
pub fn column(id: ColumnId) -> &'static Column {
    // Every column has a row: a test sees to it.
    COLUMNS
        .iter()
        .find(|column| column.id == id)
        .unwrap_or(&COLUMNS[0])
}

/// The columns of those names, each once.
///
/// Errors: a sentence that names the one that is none, and all there are.
pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<ColumnId>, String> {
    let all: Vec<_> = COLUMNS
        .iter()
        .map(|column| (column.name, column.id))
        .collect();
    named_of(&all, names)
}

/// Those of `columns` that have those names, each once.
///
/// Errors: as of [`named`].
pub(super) fn named_of<'a, Id: Copy + PartialEq>(
    columns: &[(&'static str, Id)],
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Id>, String> {
    let mut ids = Vec::new();
    for name in names {
        let name = name.trim();
        let found = columns
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, id)) if !ids.contains(id) => ids.push(*id),
            Some(_) => {}
            None => {
                let all: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "there is no column {name:?}: choose of {}",
                    all.join(", ")
                ));
            }
        }
    }
    match ids.is_empty() {
        true => Err(format!(
            "at least one column is needed, such as {}",
            columns.first().map_or("", |(name, _)| name)
        )),
        false => Ok(ids),
    }
}

/// What must be known of a key to show these columns.
pub fn facts_of(columns: &[ColumnId]) -> FactSet {
    columns.iter().filter_map(|id| column(*id).fact).collect()
}

impl Column {
    /// The text in a list.
    pub fn list_text(&self, entry: &Entry, keys: &Inventory, now: Timestamp) -> String {
        (self.value)(entry, keys).in_list(self.short, now)
    }

    /// The text in a file: whole, times as of RFC 3339, empty where there is none.
    pub fn file_text(&self, entry: &Entry, keys: &Inventory) -> String {
        if self.id == ColumnId::Alias {
            return entry.aliases.join(", ");
        }
        (self.value)(entry, keys).in_file()
    }

    /// The same in JSON; null where it is not known, or there is none.
    pub fn json(&self, entry: &Entry, keys: &Inventory) -> Json {
        if self.id == ColumnId::Tags {
            return match &entry.tags {
                Answer::Known(tags) => tags
                    .iter()
                    .map(|tag| json!({"TagKey": tag.key, "TagValue": tag.value}))
                    .collect(),
                _ => Json::Null,
            };
        }
        if self.id == ColumnId::Alias {
            return json!(entry.aliases);
        }
        (self.value)(entry, keys).into_json()
    }
}

fn whole(text: &str) -> &str {
    text
}

fn text(text: &str) -> CellValue<'_> {
    CellValue::Text(Cow::Borrowed(text))
}

/// What an answer tells, or that there is none.
fn of<'a, T>(answer: &'a Answer<T>, value: impl Fn(&'a T) -> CellValue<'a>) -> CellValue<'a> {
    match answer {
        Answer::Unknown | Answer::Loading => CellValue::NotAsked,
        Answer::Known(known) => value(known),
        Answer::Failed(error) if error.is_not_for_key() => CellValue::Nothing,
        Answer::Failed(_) => CellValue::NotTold,
    }
}

fn described(entry: &Entry, of_key: fn(&KeyMetadata) -> Option<&str>) -> CellValue<'_> {
    of(&entry.details, |key| match of_key(key) {
        Some(value) => text(value),
        None => CellValue::Nothing,
    })
}

fn dated(entry: &Entry, of_key: fn(&KeyMetadata) -> Option<Timestamp>) -> CellValue<'_> {
    of(&entry.details, |key| match of_key(key) {
        Some(at) => CellValue::Time(at),
        None => CellValue::Nothing,
    })
}

fn alias<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    match entry.main_alias() {
        Some(alias) => text(alias),
        None => CellValue::Nothing,
    }
}

fn account<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    let of_arn = entry.arn.as_deref().and_then(key_id::account_of);
    let account = of_arn.or_else(|| entry.metadata()?.aws_account_id.as_deref());
    account.map_or(CellValue::NotAsked, text)
}

fn rotation<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    of(entry.rotation(), |status| {
        let words = match (status.enabled, status.period_in_days) {
            (false, _) => "off".to_owned(),
            (true, Some(days)) => format!("every {days} d"),
            (true, None) => "on".to_owned(),
        };
        CellValue::Said(words, None)
    })
}

fn next_rotation<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    of(entry.rotation(), |status| match status.next_rotation_date {
        Some(at) => CellValue::Time(at),
        None => CellValue::Nothing,
    })
}

fn last_used<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    let made = created(entry);
    of(entry.last_usage(), |usage| {
        match (usage.at, usage.tracking_start) {
            (Some(at), _) => CellValue::Time(at),
            (None, Some(start)) if !usage.was_never_used(made) => CellValue::NotSince(start),
            (None, _) => CellValue::Said(usage.never_text(made), usage.unused_since(made)),
        }
    })
}

fn last_operation<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    of(entry.last_usage(), |usage| match &usage.operation {
        Some(operation) => text(operation),
        None => CellValue::Nothing,
    })
}

/// When the key was made, where that is known.
pub(super) fn created(entry: &Entry) -> Option<Timestamp> {
    entry.metadata().and_then(|key| key.creation_date)
}

fn tags<'a>(entry: &'a Entry, _: &'a Inventory) -> CellValue<'a> {
    of(&entry.tags, |tags| match tags.is_empty() {
        true => CellValue::Nothing,
        false => {
            let texts = tags
                .iter()
                .map(|tag| Cow::Owned(format!("{}={}", tag.key, tag.value)));
            CellValue::List(texts.collect())
        }
    })
}

fn short_spec(spec: &str) -> &str {
    match spec {
        "SYMMETRIC_DEFAULT" => "SYMMETRIC",
        "ECC_NIST_P256" => "ECC_P256",
        "ECC_NIST_P384" => "ECC_P384",
        "ECC_NIST_P521" => "ECC_P521",
        "ECC_SECG_P256K1" => "ECC_P256K1",
        "ECC_NIST_EDWARDS25519" => "ED25519",
        other => other,
    }
}

fn short_usage(usage: &str) -> &str {
    match usage {
        "ENCRYPT_DECRYPT" => "encrypt",
        "SIGN_VERIFY" => "sign",
        "GENERATE_VERIFY_MAC" => "mac",
        "KEY_AGREEMENT" => "agree",
        "ENCAPSULATE_DECAPSULATE" => "encaps",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::text::width;

    #[test]
    fn every_column_has_one_row_with_room_for_its_head() {
        for (at, row) in COLUMNS.iter().enumerate() {
            assert_eq!(row.id as usize, at, "{}: the order of ColumnId", row.name);
            assert_eq!(column(row.id).name, row.name);
            assert!(width(row.head) <= row.width.0, "{}", row.name);
            assert!(row.width.0 <= row.width.1, "{}", row.name);
        }
        assert_eq!(COLUMNS.len(), Id::Tags as usize + 1);
    }

    #[test]
    fn names_are_looked_up_and_those_that_are_none_are_named() {
        let ids = named(["alias", " Key-ID ", "alias"]);
        assert_eq!(ids, Ok(vec![Id::Alias, Id::KeyId]));
        let error = named(["alais"]).unwrap_err();
        assert!(error.contains("\"alais\"") && error.contains("last-used"));
        assert!(named([]).is_err());
    }
}
