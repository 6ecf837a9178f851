//! Who may do what, as a file: CSV, Markdown and JSON, one line for each principal, key and
//! operation.

use std::collections::BTreeMap;

use kmsdeck_policy::{Answer, AnswerKind};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::row::{AccessRow, Evaluation, in_words, kind_name, word};
use crate::catalog::list_table::ListTable;

const NAMES: [&str; 9] = [
    "principal",
    "type",
    "external",
    "key",
    "key_id",
    "operation",
    "verdict",
    "in_words",
    "because",
];

/// The rows as a table.
pub fn table<'a>(
    rows: impl IntoIterator<Item = &'a AccessRow>,
    evaluation: &Evaluation,
) -> ListTable {
    let mut texts = Vec::new();
    let mut objects = Vec::new();
    for row in rows {
        for (column, answer) in row.answers.iter().enumerate() {
            let Some(answer) = answer else {
                continue;
            };
            let told = row.told(evaluation, column);
            let because: Vec<String> = told.iter().map(ToString::to_string).collect();
            let operation = evaluation.columns[column].name;
            texts.push(vec![
                row.who.name.clone(),
                kind_name(row.who.kind).to_owned(),
                if row.is_external() { "yes" } else { "no" }.to_owned(),
                row.key.name.clone(),
                row.key.read.facts.arn.clone(),
                operation.to_owned(),
                word(answer.kind).to_owned(),
                in_words(answer),
                because.join("; "),
            ]);
            objects.push(object(row, operation, answer, because));
        }
    }
    ListTable {
        member: "Access",
        names: NAMES.to_vec(),
        heads: NAMES.to_vec(),
        texts,
        objects,
    }
}

fn object(
    row: &AccessRow,
    operation: &str,
    answer: &Answer,
    because: Vec<String>,
) -> Map<String, Json> {
    let members = json!({
        "Principal": row.who.name,
        "Type": kind_name(row.who.kind),
        "External": row.is_external(),
        "KeyId": row.key.read.facts.arn,
        "Operation": operation,
        "Verdict": word(answer.kind),
        "When": answer.when.as_ref().map(ToString::to_string),
        "Because": because,
    });
    match members {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

/// What is expected of one principal, key and operation: a line of the JSON that is exported, of
/// which the other members may be left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Expected {
    principal: String,
    #[serde(default)]
    key_id: Option<String>,
    operation: String,
    verdict: String,
    #[serde(default)]
    when: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExpectedFile {
    access: Vec<Expected>,
}

/// Reads what is expected.
///
/// Errors: it is not the JSON that is exported.
pub fn parse_expected(text: &str) -> Result<Vec<Expected>, String> {
    let file: ExpectedFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for one in &file.access {
        if !VERDICTS.contains(&one.verdict.as_str()) {
            return Err(format!(
                "{:?} is no verdict: {}",
                one.verdict,
                VERDICTS.join(", ")
            ));
        }
    }
    Ok(file.access)
}

const VERDICTS: [&str; 5] = [
    "allowed",
    "allowed if",
    "denied",
    "not allowed",
    "cannot tell",
];

/// In what the rows are not as expected, a line each. Who can do something, and is not expected to
/// be there at all, is a difference.
pub fn differences<'a>(
    expected: &[Expected],
    rows: impl IntoIterator<Item = &'a AccessRow>,
    evaluation: &Evaluation,
) -> Vec<String> {
    let mut found: BTreeMap<(String, String), (&AccessRow, &Answer)> = BTreeMap::new();
    for row in rows {
        for (column, answer) in evaluation.columns.iter().zip(&row.answers) {
            if let Some(answer) = answer {
                let place = (row.who.name.clone(), column.name.to_owned());
                found.insert(place, (row, answer));
            }
        }
    }
    let mut differences = Vec::new();
    for one in expected {
        let place = (one.principal.clone(), one.operation.clone());
        let Some((row, answer)) = found.remove(&place) else {
            differences.push(format!(
                "{} {}: expected {}, and it is not there",
                one.principal, one.operation, one.verdict
            ));
            continue;
        };
        let is_other_key = one
            .key_id
            .as_ref()
            .is_some_and(|key| *key != row.key.read.facts.arn);
        let is_other_when = one.when.as_ref().is_some_and(|when| {
            answer.when.as_ref().map(ToString::to_string).as_ref() != Some(when)
        });
        if is_other_key {
            differences.push(format!(
                "{} {}: expected of the key {}",
                one.principal,
                one.operation,
                one.key_id.as_deref().unwrap_or_default()
            ));
        } else if one.verdict != word(answer.kind) || is_other_when {
            let expected = match (&one.when, one.verdict.as_str()) {
                (Some(when), "allowed if") => format!("allowed {when}"),
                _ => one.verdict.clone(),
            };
            differences.push(format!(
                "{} {}: expected {expected}, is {}",
                one.principal,
                one.operation,
                in_words(answer)
            ));
        }
    }
    let may = |answer: &Answer| matches!(answer.kind, AnswerKind::Allowed | AnswerKind::AllowedIf);
    for ((principal, operation), (_, answer)) in found {
        if may(answer) {
            differences.push(format!(
                "{principal} {operation}: not expected, is {}",
                in_words(answer)
            ));
        }
    }
    differences
}
