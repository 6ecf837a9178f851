//! A list as a file: CSV, Markdown and JSON.

use serde_json::{Map, Value as Json, json};

use super::columns::{Column, ColumnId, column};
use super::inventory::Inventory;
use crate::kms::table_file::{Format, csv_field, in_markdown};
use crate::kms::text::harmless_json;

/// Rows and columns of a list, as they were when it was made.
pub struct ListTable {
    /// In JSON.
    pub(crate) member: &'static str,
    /// Of each column, in CSV.
    pub(crate) names: Vec<&'static str>,
    pub(crate) heads: Vec<&'static str>,
    pub(crate) texts: Vec<Vec<String>>,
    pub(crate) objects: Vec<Map<String, Json>>,
}

impl ListTable {
    /// Of the keys at those places of the inventory.
    pub fn of_keys(columns: &[ColumnId], places: &[u32], keys: &Inventory) -> Self {
        let columns: Vec<&Column> = columns.iter().map(|id| column(*id)).collect();
        let entries = || places.iter().map(|place| &keys.entries()[*place as usize]);
        let texts = entries().map(|entry| {
            let cells = columns.iter().map(|column| column.file_text(entry, keys));
            cells.collect()
        });
        let objects = entries().map(|entry| {
            let members = columns
                .iter()
                .map(|column| (column.member.to_owned(), column.json(entry, keys)));
            members.collect()
        });
        ListTable {
            member: "Keys",
            names: columns.iter().map(|column| column.name).collect(),
            heads: columns.iter().map(|column| column.head).collect(),
            texts: texts.collect(),
            objects: objects.collect(),
        }
    }

    /// What is in its file.
    pub fn about(&self) -> &'static str {
        match self.member {
            "Keys" => ".csv, .md or .json: what the filter finds, in the columns of the list.",
            _ => ".csv, .md or .json: what the filter finds, with all that is known of it.",
        }
    }

    /// A name for its file.
    pub fn file_name(&self) -> String {
        format!("kmsdeck-{}.csv", self.member.to_lowercase())
    }

    pub fn heads(&self) -> &[&'static str] {
        &self.heads
    }

    pub fn rows(&self) -> &[Vec<String>] {
        &self.texts
    }

    pub fn json(&self) -> Json {
        json!({ self.member: self.objects })
    }

    /// The table in a format; it ends in a line end.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Csv => {
                let mut text = self.names.join(",");
                text.push_str("\r\n");
                for row in &self.texts {
                    let fields: Vec<String> = row.iter().map(|cell| csv_field(cell)).collect();
                    text.push_str(&fields.join(","));
                    text.push_str("\r\n");
                }
                text
            }
            Format::Markdown => {
                let mut text = format!("| {} |\n|", self.heads.join(" | "));
                text.push_str(&"---|".repeat(self.heads.len()));
                text.push('\n');
                for row in &self.texts {
                    let cells: Vec<String> = row.iter().map(|cell| in_markdown(cell)).collect();
                    text.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
                text
            }
            Format::Json => {
                let text = serde_json::to_string_pretty(&self.json()).unwrap_or_default();
                format!("{}\n", harmless_json(&text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::key::{Alias, KeySummary};

    #[test]
    fn each_format_holds_the_rows_as_they_are() {
        let mut keys = Inventory::new(vec!["us-east-1".into()]);
        keys.add_keys(
            0,
            vec![KeySummary {
                key_id: "a".into(),
                key_arn: "arn:aws:kms:us-east-1:111122223333:key/a".into(),
            }],
        );
        for name in ["alias/a|b", "alias/c"] {
            keys.add_aliases(
                0,
                vec![Alias {
                    name: name.into(),
                    arn: None,
                    target_key_id: Some("a".into()),
                }],
            );
        }
        let columns = [ColumnId::Alias, ColumnId::Account, ColumnId::State];
        let table = ListTable::of_keys(&columns, &[0], &keys);
        assert_eq!(
            table.render(Format::Csv),
            "alias,account,state\r\n\"alias/a|b, alias/c\",111122223333,\r\n"
        );
        assert_eq!(
            table.render(Format::Markdown),
            "| ALIAS | ACCOUNT | STATE |\n|---|---|---|\n| alias/a\\|b, alias/c | 111122223333 |  |\n"
        );
        assert_eq!(
            table.json(),
            json!({"Keys": [{
                "Aliases": ["alias/a|b", "alias/c"],
                "AWSAccountId": "111122223333",
                "KeyState": null,
            }]})
        );
    }
}
