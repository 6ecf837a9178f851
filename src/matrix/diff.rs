//! Two runs side by side: another principal, another day, or what was expected.

use super::index::CellIndex;
use super::report::{Expected, Verdicts};
use super::{CellId, Matrix, verdict_word};
use crate::kms::Verdict;

/// How a cell differs from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It would succeed now, and did not.
    Gained,
    /// It would have succeeded, and does not now.
    Lost,
    /// Another reason of failing.
    Other,
}

/// A cell that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// None where the file tells of a cell that the matrix has not.
    pub id: Option<CellId>,
    pub before: Expected,
    /// What it is now; empty where there is no such cell.
    pub now: String,
    pub change: Change,
}

/// What differs from `before`, in its order. Cells of the matrix that `before` does not name are
/// left out.
pub fn compare(matrix: &Matrix, before: &Verdicts) -> Vec<Difference> {
    let index = CellIndex::of(matrix);
    let mut differences = Vec::new();
    for expected in &before.cells {
        let context = expected.context.as_deref();
        let found = index.find(&expected.key, &expected.operation, context);
        let mut found = found.peekable();
        if found.peek().is_none() {
            differences.push(Difference {
                id: None,
                before: expected.clone(),
                now: String::new(),
                change: change(&expected.word, ""),
            });
        }
        for id in found {
            let now = matrix.cell(id).word();
            if now != expected.word {
                differences.push(Difference {
                    id: Some(id),
                    before: expected.clone(),
                    now: now.to_owned(),
                    change: change(&expected.word, now),
                });
            }
        }
    }
    differences
}

fn change(before: &str, now: &str) -> Change {
    let good = verdict_word(Verdict::WouldSucceed);
    match (before == good, now == good) {
        (false, true) => Change::Gained,
        (true, false) => Change::Lost,
        _ => Change::Other,
    }
}

/// A run as verdicts, to be compared with a later one.
pub fn verdicts_of(matrix: &Matrix, principal: Option<String>) -> Verdicts {
    let cells = matrix
        .ids()
        .filter(|id| matrix.cell(*id).verdict().is_some())
        .map(|id| Expected {
            key: matrix.rows[id.row].key.id.clone(),
            operation: matrix.columns[id.column].id.0.to_owned(),
            context: Some(matrix.variants[id.variant].name.clone()),
            word: matrix.cell(id).word().to_owned(),
        })
        .collect();
    Verdicts { principal, cells }
}
