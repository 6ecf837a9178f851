//! A matrix as a file: CSV (RFC 4180), Markdown and JSON, and JSON read back as what is expected.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Cell, CellId, Matrix, NOT_FOR_KEY, verdict_word};
use crate::kms::Verdict;
use crate::kms::table_file::{Format, csv_field, in_markdown};

/// Who was asked about, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    pub account: Option<String>,
    /// The ARN of the principal.
    pub principal: Option<String>,
    pub regions: Vec<String>,
    /// A custom endpoint, whose word is no proof in AWS.
    pub endpoint: Option<String>,
    pub at: Option<Timestamp>,
}

/// What the glyphs mean.
pub const LEGEND: &str = "✓ would succeed · ✗ denied · ! would fail for another reason · ? not known · – not for this key";

/// The matrix in a format. Every one of them ends in a line end.
pub fn render(matrix: &Matrix, subject: &Subject, format: Format) -> String {
    match format {
        Format::Csv => csv(matrix, subject),
        Format::Markdown => markdown(matrix, subject),
        Format::Json => {
            let text = serde_json::to_string_pretty(&json(matrix, subject)).unwrap_or_default();
            format!("{text}\n")
        }
    }
}

/// A matrix as one of several principals asked it.
pub struct AskedAs {
    /// As the user named the principal.
    pub name: String,
    pub matrix: Matrix,
    pub subject: Subject,
}

/// The matrices of several principals in a format, in their order; in JSON by the names that the
/// user gave them.
pub fn render_all(asked: &[AskedAs], format: Format) -> String {
    let each = asked.iter();
    match format {
        Format::Json => {
            let each: Map<String, Value> = each
                .map(|one| (one.name.clone(), json(&one.matrix, &one.subject)))
                .collect();
            let json = json!({ "principals": each });
            let text = serde_json::to_string_pretty(&json).unwrap_or_default();
            format!("{text}\n")
        }
        Format::Markdown => {
            let each: Vec<String> = each
                .map(|one| markdown(&one.matrix, &one.subject))
                .collect();
            each.join("\n")
        }
        Format::Csv => {
            let lines = each.map(|one| csv_lines(&one.matrix, &one.subject));
            format!("{CSV_HEAD}{}", lines.collect::<String>())
        }
    }
}

fn code(cell: &Cell) -> &str {
    match cell {
        Cell::Answered(answer) => answer.error.as_ref().map_or("", |error| &error.code),
        Cell::NotAsked | Cell::NotForKey(_) => "",
    }
}

const CSV_HEAD: &str = "principal,region,key,key_id,context,operation,verdict,error\r\n";

fn csv(matrix: &Matrix, subject: &Subject) -> String {
    format!("{CSV_HEAD}{}", csv_lines(matrix, subject))
}

/// One line a cell.
fn csv_lines(matrix: &Matrix, subject: &Subject) -> String {
    let mut text = String::new();
    for id in matrix.ids() {
        let (row, cell) = (&matrix.rows[id.row], matrix.cell(id));
        let fields = [
            subject.principal.as_deref().unwrap_or_default(),
            &row.key.region,
            &row.name,
            &row.key.id,
            &matrix.variants[id.variant].name,
            matrix.columns[id.column].id.0,
            cell.word(),
            code(cell),
        ];
        let line: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
        text.push_str(&line.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A table a context, with glyphs and their legend.
fn markdown(matrix: &Matrix, subject: &Subject) -> String {
    let mut text = String::from("# Permission matrix\n\n");
    for (label, value) in [
        ("Principal", subject.principal.clone()),
        ("Account", subject.account.clone()),
        ("Region", Some(subject.regions.join(", "))),
        ("Endpoint", subject.endpoint.clone()),
        ("Asked", subject.at.map(|at| at.to_string())),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("- {label}: {}\n", in_markdown(&value)));
        }
    }
    for (at, variant) in matrix.variants.iter().enumerate() {
        text.push_str(&format!(
            "\n## EncryptionContext: {}\n\n| key |",
            in_markdown(&variant.name)
        ));
        for column in &matrix.columns {
            text.push_str(&format!(" {} |", column.id));
        }
        text.push_str("\n|---|");
        text.push_str(&":-:|".repeat(matrix.columns.len()));
        for (row, key) in matrix.rows.iter().enumerate() {
            text.push_str(&format!("\n| {} |", in_markdown(&key.name)));
            for column in 0..matrix.columns.len() {
                let cell = matrix.cell(CellId {
                    row,
                    column,
                    variant: at,
                });
                text.push_str(&format!(" {} |", cell.glyph()));
            }
        }
        text.push('\n');
    }
    text.push_str(&format!("\n{LEGEND}\n"));
    text
}

/// `verdicts` by key and operation, and by context where there are several; `errors` for those
/// that would not succeed.
fn json(matrix: &Matrix, subject: &Subject) -> Value {
    let names = unique_names(matrix);
    let mut verdicts = Map::new();
    let mut errors = Vec::new();
    for (row, key) in matrix.rows.iter().enumerate() {
        let mut operations = Map::new();
        for (column, spec) in matrix.columns.iter().enumerate() {
            let cells = matrix.cells_at(row, column);
            let word = match cells {
                [only] => Value::from(only.word()),
                several => several
                    .iter()
                    .zip(&matrix.variants)
                    .map(|(cell, variant)| (variant.name.clone(), Value::from(cell.word())))
                    .collect::<Map<_, _>>()
                    .into(),
            };
            operations.insert(spec.id.0.to_owned(), word);
            for (variant, cell) in cells.iter().enumerate() {
                if let Cell::Answered(answer) = cell
                    && answer.verdict != Verdict::WouldSucceed
                {
                    errors.push(json!({
                        "key": key.name,
                        "operation": spec.id.0,
                        "context": matrix.variants[variant].name,
                        "verdict": cell.word(),
                        "error": code(cell),
                        "message": answer.error.as_ref().map(|error| &error.message),
                        "requestId": answer.meta.request_id,
                    }));
                }
            }
        }
        verdicts.insert(names[row].to_owned(), operations.into());
    }
    json!({
        "principal": subject.principal,
        "account": subject.account,
        "regions": subject.regions,
        "endpoint": subject.endpoint,
        "at": subject.at.map(|at| at.to_string()),
        "contexts": matrix
            .variants
            .iter()
            .map(|variant| {
                let pairs: BTreeMap<_, _> = variant.pairs.iter().cloned().collect();
                json!({"name": variant.name, "pairs": pairs})
            })
            .collect::<Vec<_>>(),
        "keys": matrix
            .rows
            .iter()
            .map(|row| json!({"name": row.name, "keyId": row.key.id, "arn": row.arn}))
            .collect::<Vec<_>>(),
        "verdicts": verdicts,
        "errors": errors,
    })
}

/// A name of each row that no other has: in several Regions an alias can come twice.
fn unique_names(matrix: &Matrix) -> Vec<&str> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for key in &matrix.rows {
        *uses.entry(&key.name).or_default() += 1;
    }
    let rows = matrix.rows.iter();
    rows.map(|key| match (&key.arn, uses[key.name.as_str()]) {
        (Some(arn), 2..) => arn.as_str(),
        _ => key.name.as_str(),
    })
    .collect()
}

/// The words of verdicts that a file holds: by key, operation and context. A context of None
/// counts for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdicts {
    /// Who it was about, where the file says so.
    pub principal: Option<String>,
    pub cells: Vec<Expected>,
}

/// What a file says of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub key: String,
    pub operation: String,
    pub context: Option<String>,
    pub word: String,
}

/// Reads verdicts: an export, or a file written by hand with `verdicts` alone, as
/// `{"verdicts": {"alias/payments": {"Decrypt": "denied"}}}`.
///
/// Errors: one sentence that names the place and the rule.
pub fn parse_verdicts(text: &str) -> Result<Verdicts, String> {
    let file = parse_json(text)?;
    match file.get("principals") {
        Some(_) => Err("is of several principals: kmsdeck matrix --profiles takes it".to_owned()),
        None => verdicts_in(&file),
    }
}

/// The same, of a file that may also be of several principals, as `{"principals": {"billing":
/// {"verdicts": ...}}}`: of each by its name, which an ARN may be; by none where the file is of one.
///
/// Errors: as of [`parse_verdicts`].
pub fn parse_by_principal(text: &str) -> Result<Vec<(Option<String>, Verdicts)>, String> {
    let file = parse_json(text)?;
    let Some(principals) = file.get("principals") else {
        return Ok(vec![(None, verdicts_in(&file)?)]);
    };
    let Some(principals) = principals.as_object() else {
        return Err("has principals that are no object of names and verdicts".to_owned());
    };
    let each = principals.iter().map(|(name, of_one)| {
        let verdicts = verdicts_in(of_one);
        let verdicts = verdicts.map_err(|rule| format!("principals.{name:?} {rule}"))?;
        Ok((Some(name.clone()), verdicts))
    });
    each.collect()
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))
}

fn verdicts_in(file: &Value) -> Result<Verdicts, String> {
    let Some(keys) = file.get("verdicts").and_then(Value::as_object) else {
        return Err(
            r#"has no "verdicts": write {"verdicts": {"KEY": {"OPERATION": "denied"}}}"#.into(),
        );
    };
    let mut cells = Vec::new();
    for (key, operations) in keys {
        let Some(operations) = operations.as_object() else {
            return Err(format!(
                "verdicts.{key:?} is an object of operations and verdicts"
            ));
        };
        for (operation, word) in operations {
            let known = crate::ops::OPS
                .iter()
                .any(|spec| spec.id.0 == operation && spec.has_dry_run());
            if !known {
                return Err(format!(
                    "verdicts.{key:?} names {operation:?}, which is no operation with DryRun"
                ));
            }
            let mut put = |context: Option<&str>, word: &Value| {
                let word = word
                    .as_str()
                    .filter(|word| WORDS.contains(word))
                    .ok_or_else(|| {
                        format!(
                            "verdicts.{key:?}.{operation} is {word}: write one of {}",
                            WORDS.join(", ")
                        )
                    })?;
                cells.push(Expected {
                    key: key.clone(),
                    operation: operation.clone(),
                    context: context.map(str::to_owned),
                    word: word.to_owned(),
                });
                Ok::<(), String>(())
            };
            match word {
                Value::Object(contexts) => {
                    for (context, word) in contexts {
                        put(Some(context), word)?;
                    }
                }
                word => put(None, word)?,
            }
        }
    }
    Ok(Verdicts {
        principal: file
            .get("principal")
            .and_then(Value::as_str)
            .map(str::to_owned),
        cells,
    })
}

/// What can be said of a cell.
pub const WORDS: [&str; 6] = [
    verdict_word(Verdict::WouldSucceed),
    verdict_word(Verdict::Denied),
    verdict_word(Verdict::WouldFail),
    verdict_word(Verdict::NotKnown),
    NOT_FOR_KEY,
    "not asked",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_no_markup() {
        assert_eq!(csv_field("=1+1"), "'=1+1");
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(in_markdown("a|b\n*c*"), "a\\|b \\*c\\*");
    }

    #[test]
    fn what_is_wrong_in_expectations_is_named() {
        let error = |text: &str| parse_verdicts(text).unwrap_err();
        assert!(error("{").contains("not JSON"));
        assert!(error("{}").contains("has no \"verdicts\""));
        let text = error(r#"{"verdicts": {"alias/x": {"Decript": "denied"}}}"#);
        assert!(text.contains("Decript"), "{text}");
        let text = error(r#"{"verdicts": {"alias/x": {"Decrypt": "yes"}}}"#);
        assert!(text.contains("would succeed, denied"), "{text}");
        let good = r#"{"verdicts": {"alias/x": {"Decrypt": {"tenant=acme": "would succeed"}}}}"#;
        assert_eq!(parse_verdicts(good).unwrap().cells.len(), 1);
        assert_eq!(parse_by_principal(good).unwrap().len(), 1);
        let several = format!(r#"{{"principals": {{"billing": {good}, "app": {good}}}}}"#);
        let names = parse_by_principal(&several).unwrap().into_iter();
        let names: Vec<_> = names.filter_map(|(name, _)| name).collect();
        assert_eq!(names, ["billing", "app"]);
        assert!(error(&several).contains("several principals"));
        let text = parse_by_principal(r#"{"principals": {"app": {}}}"#).unwrap_err();
        assert!(
            text.contains(r#"principals."app" has no "verdicts""#),
            "{text}"
        );
    }
}
