//! The columns of a list of grants. One table serves the console's list, its order, exports and
//! `kmsdeck grants`.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::columns::{Align, CellValue, named_of};
use super::grant_row::GrantRow;
use super::list_table::ListTable;
use crate::kms::encryption_context;
use crate::kms::key::Grant;
use crate::kms::principal::short_principal;

/// A column, by what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GrantColumnId {
    #[default]
    Key,
    Grantee,
    Operations,
    Created,
    Constraint,
    Retiring,
    Name,
    GrantId,
    KeyId,
    Region,
    Account,
    Issuer,
}

/// A column.
pub struct GrantColumn {
    pub id: GrantColumnId,
    /// On the command line, and in CSV.
    pub name: &'static str,
    pub head: &'static str,
    /// In JSON.
    pub member: &'static str,
    /// Columns of the screen that it takes at least, and at most.
    pub width: (usize, usize),
    pub align: Align,
    pub value: for<'a> fn(&'a GrantRow) -> CellValue<'a>,
}

use Align::{Left, Right};
use GrantColumnId as Id;

/// Every column, in the order of a list. What has no room is left out from the right.
#[rustfmt::skip]
pub static GRANT_COLUMNS: &[GrantColumn] = &[
    GrantColumn { id: Id::Key, name: "key", head: "KEY", member: "Aliases", width: (16, 40), align: Left, value: |row| text(row.key_name()) },
    GrantColumn { id: Id::Grantee, name: "grantee", head: "GRANTEE", member: "Grantee", width: (20, 60), align: Left, value: |row| or_none(row.grant.grantee()) },
    GrantColumn { id: Id::Operations, name: "operations", head: "OPERATIONS", member: "Operations", width: (14, 36), align: Left, value: |row| list(&row.grant.operations) },
    GrantColumn { id: Id::Created, name: "age", head: "AGE", member: "CreationDate", width: (9, 9), align: Right, value: |row| row.grant.creation_date.map_or(CellValue::Nothing, CellValue::Time) },
    GrantColumn { id: Id::Constraint, name: "constraint", head: "CONSTRAINT", member: "Constraints", width: (10, 48), align: Left, value: constraint },
    GrantColumn { id: Id::Retiring, name: "retiring", head: "RETIRING", member: "Retiring", width: (14, 60), align: Left, value: |row| or_none(row.grant.retiring()) },
    GrantColumn { id: Id::Name, name: "name", head: "NAME", member: "Name", width: (10, 30), align: Left, value: |row| or_none(row.grant.name.as_deref()) },
    GrantColumn { id: Id::GrantId, name: "grant-id", head: "GRANT ID", member: "GrantId", width: (13, 64), align: Left, value: |row| text(&row.grant.grant_id) },
    GrantColumn { id: Id::KeyId, name: "key-id", head: "KEY ID", member: "KeyId", width: (13, 36), align: Left, value: |row| text(&row.key_id) },
    GrantColumn { id: Id::Region, name: "region", head: "REGION", member: "Region", width: (14, 14), align: Left, value: |row| text(&row.key.region) },
    GrantColumn { id: Id::Account, name: "account", head: "ACCOUNT", member: "AWSAccountId", width: (12, 12), align: Left, value: |row| or_none(row.account.as_deref()) },
    GrantColumn { id: Id::Issuer, name: "issuer", head: "ISSUED BY", member: "IssuingAccount", width: (12, 40), align: Left, value: |row| or_none(row.grant.issuing_account.as_deref()) },
];

/// Those of a list where nothing else is chosen.
pub static GRANT_DEFAULT: &[GrantColumnId] = &[
    Id::Key,
    Id::Grantee,
    Id::Operations,
    Id::Created,
    Id::Constraint,
    Id::Retiring,
    Id::Name,
];

/// The row of a column.
pub fn grant_column(id: GrantColumnId) -> &'static GrantColumn {
    // Every column has a row: a test sees to it.
    GRANT_COLUMNS
        .iter()
        .find(|column| column.id == id)
        .unwrap_or(&GRANT_COLUMNS[0])
}

/// The columns of those names, each once.
///
/// Errors: a sentence that names the one that is none, and all there are.
pub fn grant_columns_named<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<GrantColumnId>, String> {
    let all: Vec<_> = GRANT_COLUMNS
        .iter()
        .map(|column| (column.name, column.id))
        .collect();
    named_of(&all, names)
}

impl GrantColumn {
    /// The text in a list: principals without what the key's own account says of them all.
    pub fn list_text(&self, row: &GrantRow, now: Timestamp) -> String {
        match (self.id, (self.value)(row)) {
            (Id::Grantee | Id::Retiring | Id::Issuer, CellValue::Text(text)) => {
                short_principal(&text, row.account.as_deref())
            }
            (_, value) => value.in_list(|text| text, now),
        }
    }

    fn json(&self, row: &GrantRow) -> Json {
        match self.id {
            Id::Key => json!(row.aliases),
            Id::Constraint => constraints_json(&row.grant),
            _ => (self.value)(row).into_json(),
        }
    }

    fn file_text(&self, row: &GrantRow) -> String {
        match self.id {
            Id::Key => row.aliases.join(", "),
            _ => (self.value)(row).in_file(),
        }
    }
}

impl ListTable {
    /// Of those grants.
    pub fn of_grants<'a>(
        columns: &[GrantColumnId],
        rows: impl Iterator<Item = &'a GrantRow> + Clone,
    ) -> Self {
        let columns: Vec<_> = columns.iter().map(|id| grant_column(*id)).collect();
        let texts = |row| columns.iter().map(|column| column.file_text(row)).collect();
        let object = |row| -> Map<String, Json> {
            let members = columns.iter();
            members
                .map(|column| (column.member.to_owned(), column.json(row)))
                .collect()
        };
        ListTable {
            member: "Grants",
            names: columns.iter().map(|column| column.name).collect(),
            heads: columns.iter().map(|column| column.head).collect(),
            texts: rows.clone().map(texts).collect(),
            objects: rows.map(object).collect(),
        }
    }
}

fn text(text: &str) -> CellValue<'_> {
    CellValue::Text(Cow::Borrowed(text))
}

fn or_none(value: Option<&str>) -> CellValue<'_> {
    value.map_or(CellValue::Nothing, text)
}

fn list(texts: &[String]) -> CellValue<'_> {
    CellValue::List(texts.iter().map(|text| Cow::Borrowed(&**text)).collect())
}

fn constraint(row: &GrantRow) -> CellValue<'_> {
    let grant = &row.grant;
    let context = grant.constraints.iter().map(|(kind, pairs)| {
        let sign = match *kind {
            "EncryptionContextEquals" => "equals",
            _ => "has",
        };
        Cow::Owned(format!("{sign} {}", encryption_context::shown(pairs)))
    });
    let source = grant.source_arn.iter();
    let source = source.map(|arn| Cow::Owned(format!("for {arn}")));
    let texts: Vec<Cow<str>> = context.chain(source).collect();
    match texts.is_empty() {
        true => CellValue::Nothing,
        false => CellValue::List(texts),
    }
}

/// As ListGrants has them.
fn constraints_json(grant: &Grant) -> Json {
    if !grant.is_constrained() {
        return Json::Null;
    }
    let mut members = Map::new();
    for (kind, pairs) in &grant.constraints {
        let pairs = pairs.iter();
        let pairs: Map<_, _> = pairs
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        members.insert((*kind).to_owned(), pairs.into());
    }
    if let Some(arn) = &grant.source_arn {
        members.insert("SourceArn".to_owned(), arn.as_str().into());
    }
    members.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::text::width;

    #[test]
    fn every_column_has_one_row_with_room_for_its_head() {
        for (at, row) in GRANT_COLUMNS.iter().enumerate() {
            assert_eq!(row.id as usize, at, "{}: the order of its ID", row.name);
            assert!(width(row.head) <= row.width.0, "{}", row.name);
            assert!(row.width.0 <= row.width.1, "{}", row.name);
        }
        assert_eq!(GRANT_COLUMNS.len(), Id::Issuer as usize + 1);
        assert!(
            grant_columns_named(["gratnee"])
                .unwrap_err()
                .contains("\"gratnee\"")
        );
    }
}
