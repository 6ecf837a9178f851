//! How long it takes to compare a matrix of the console's most keys with a baseline as large. Runs
//! once and prints: cargo bench --bench matrix_compare

use std::time::Instant;

use kmsdeck::kms::{CallMeta, KeyRef, Verdict};
use kmsdeck::matrix::{AskedWith, Cell, DryRunAnswer, Matrix, Row, Variant, diff, operations};

const KEYS: usize = 5_000;

fn main() {
    let rows = (0..KEYS).map(|number| {
        let id = format!("{number:08x}-12ab-34cd-56ef-1234567890ab");
        Row {
            arn: Some(format!("arn:aws:kms:us-east-1:111122223333:key/{id}")),
            key: KeyRef::new("us-east-1", id),
            name: format!("alias/app-{number}"),
            aliases: vec![format!("alias/app-{number}")],
            metadata: None,
        }
    });
    let context = vec![Variant::new(Vec::new())];
    let mut matrix = Matrix::new(rows.collect(), operations(), context, Vec::new(), false);
    let answered = Cell::Answered(Box::new(DryRunAnswer {
        verdict: Verdict::WouldSucceed,
        error: None,
        meta: CallMeta::default(),
        asked_with: AskedWith::default(),
    }));
    for id in matrix.to_ask() {
        matrix.set(id, answered.clone());
    }
    let baseline = diff::verdicts_of(&matrix, None);
    let began = Instant::now();
    let differences = diff::compare(&matrix, &baseline);
    println!(
        "{} cells of {KEYS} keys compared in {:.1} ms, {} differences",
        baseline.cells.len(),
        began.elapsed().as_secs_f64() * 1e3,
        differences.len()
    );
}
