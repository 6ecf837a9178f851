//! The permission matrix: what a principal may do with keys, each cell by a real dry run.
//!
//! Rows are keys, columns are operations, and each cell holds an answer for every encryption
//! context that is asked about. It knows no screen: the console and the command line show it.

pub mod diff;
pub mod probe;
pub mod report;
pub mod runner;

use std::sync::Arc;

use crate::catalog::inventory::{Entry, RegionIndex};
use crate::kms::encryption_context::Pair;
use crate::kms::key::KeyMetadata;
use crate::kms::{CallMeta, KmsError, Verdict};
use crate::ops::{Misfit, OPS, OpSpec};

/// The operations that have DryRun: the columns.
pub fn operations() -> Vec<&'static OpSpec> {
    OPS.iter()
        .copied()
        .filter(|spec| spec.has_dry_run())
        .collect()
}

/// A key of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How KMS is asked: a key ID, or the ARN of another account's key.
    pub key_id: String,
    pub arn: Option<String>,
    /// For people: its first alias, else its ID.
    pub name: String,
    pub aliases: Vec<String>,
    pub region: RegionIndex,
    /// None where DescribeKey did not tell.
    pub metadata: Option<Box<KeyMetadata>>,
}

impl Row {
    /// A key of the inventory. `call_id` is how KMS is asked about it.
    pub fn of(entry: &Entry, call_id: String) -> Row {
        Row {
            key_id: call_id,
            arn: entry.arn.as_deref().map(str::to_owned),
            name: entry.reference().to_owned(),
            aliases: entry.aliases.iter().map(|a| a.to_string()).collect(),
            region: entry.region,
            metadata: entry.metadata().map(|key| Box::new(key.clone())),
        }
    }

    /// Whether `name` is one of the key's names: its ID, its ARN or an alias.
    pub fn is_called(&self, name: &str) -> bool {
        let bare = self.key_id.rsplit('/').next().unwrap_or(&self.key_id);
        name == self.key_id
            || name == bare
            || self.arn.as_deref() == Some(name)
            || self.aliases.iter().any(|alias| alias == name)
    }
}

/// An encryption context to ask with, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// `no context`, or the pairs as `k=v,k=v`.
    pub name: String,
    pub pairs: Vec<Pair>,
}

impl Variant {
    pub fn new(pairs: Vec<Pair>) -> Self {
        let name = match pairs.as_slice() {
            [] => "no context".to_owned(),
            pairs => pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
                .join(","),
        };
        Variant { name, pairs }
    }
}

/// What KMS said to a cell's dry run.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    /// The error, which a dry run always gives; None where the endpoint does not know DryRun and
    /// carried the call out.
    pub error: Option<Arc<KmsError>>,
    pub meta: CallMeta,
}

/// A place in the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId {
    pub row: usize,
    pub column: usize,
    pub variant: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    NotAsked,
    /// The operation cannot be done with such a key, and KMS was not asked: why.
    NotForKey(String),
    Answered(Box<Answer>),
}

impl Cell {
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Cell::Answered(answer) => Some(answer.verdict),
            _ => None,
        }
    }

    /// What files call it.
    pub fn word(&self) -> &'static str {
        match self {
            Cell::NotAsked => "not asked",
            Cell::NotForKey(_) => NOT_FOR_KEY,
            Cell::Answered(answer) => verdict_word(answer.verdict),
        }
    }

    /// A sign that tells it apart without colour.
    pub fn glyph(&self) -> &'static str {
        match self {
            Cell::NotAsked => "·",
            Cell::NotForKey(_) => "–",
            Cell::Answered(answer) => answer.verdict.glyph(),
        }
    }
}

/// What files call a cell whose operation does not do for the key.
pub const NOT_FOR_KEY: &str = "not for this key";

/// What files call a verdict: `would succeed`.
pub const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::WouldSucceed => "would succeed",
        Verdict::Denied => "denied",
        Verdict::WouldFail => "would fail",
        Verdict::NotKnown => "not known",
    }
}

/// The matrix: what is asked, and what was answered so far.
#[derive(Clone)]
pub struct Matrix {
    pub rows: Vec<Row>,
    pub columns: Vec<&'static OpSpec>,
    /// At least one.
    pub variants: Vec<Variant>,
    pub grant_tokens: Vec<String>,
    cells: Vec<Cell>,
}

/// Cells by how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub would_succeed: usize,
    pub denied: usize,
    pub would_fail: usize,
    pub not_known: usize,
    pub not_for_key: usize,
    pub not_asked: usize,
}

impl Matrix {
    /// A matrix with nothing asked. `all` asks about operations that cannot be done with the key,
    /// too; without it they are marked so.
    pub fn new(
        rows: Vec<Row>,
        columns: Vec<&'static OpSpec>,
        variants: Vec<Variant>,
        grant_tokens: Vec<String>,
        all: bool,
    ) -> Self {
        let mut matrix = Matrix {
            cells: Vec::with_capacity(rows.len() * columns.len() * variants.len()),
            rows,
            columns,
            variants,
            grant_tokens,
        };
        matrix.ask_anew(all);
        matrix
    }

    /// Forgets every answer.
    pub fn ask_anew(&mut self, all: bool) {
        self.cells.clear();
        for row in &self.rows {
            for column in &self.columns {
                let misfit = row.metadata.as_deref().and_then(|key| column.misfit(key));
                let cell = match misfit {
                    Some(Misfit::Kind(needs)) if !all => Cell::NotForKey(needs),
                    _ => Cell::NotAsked,
                };
                for _ in &self.variants {
                    self.cells.push(cell.clone());
                }
            }
        }
    }

    fn place(&self, id: CellId) -> usize {
        (id.row * self.columns.len() + id.column) * self.variants.len() + id.variant
    }

    pub fn cell(&self, id: CellId) -> &Cell {
        &self.cells[self.place(id)]
    }

    /// The answers of all contexts at a row and a column.
    pub fn cells_at(&self, row: usize, column: usize) -> &[Cell] {
        let from = self.place(CellId {
            row,
            column,
            variant: 0,
        });
        &self.cells[from..from + self.variants.len()]
    }

    /// Whether the contexts of a place all have one answer: the operation binds none.
    fn is_shared(&self, id: CellId) -> bool {
        !probe::binds_context(self.columns[id.column], &self.rows[id.row])
    }

    /// Puts an answer in; where no context is bound, for all contexts.
    pub fn set(&mut self, id: CellId, cell: Cell) {
        let place = self.place(id);
        if self.is_shared(id) {
            let from = place - id.variant;
            self.cells[from..from + self.variants.len()].fill(cell);
        } else {
            self.cells[place] = cell;
        }
    }

    /// Every place, row by row.
    pub fn ids(&self) -> impl Iterator<Item = CellId> + '_ {
        let (columns, variants) = (self.columns.len(), self.variants.len());
        (0..self.rows.len()).flat_map(move |row| {
            (0..columns).flat_map(move |column| {
                (0..variants).map(move |variant| CellId {
                    row,
                    column,
                    variant,
                })
            })
        })
    }

    /// Places that are still to be asked, row by row; of those that share an answer the first.
    pub fn to_ask(&self) -> Vec<CellId> {
        self.ids()
            .filter(|id| matches!(self.cell(*id), Cell::NotAsked))
            .filter(|id| id.variant == 0 || !self.is_shared(*id))
            .collect()
    }

    /// Forgets the answers at these places, so that they are asked again.
    pub fn forget(&mut self, ids: impl IntoIterator<Item = CellId>) {
        for id in ids {
            if matches!(self.cell(id), Cell::Answered(_)) {
                self.set(id, Cell::NotAsked);
            }
        }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for cell in &self.cells {
            *match cell {
                Cell::NotAsked => &mut counts.not_asked,
                Cell::NotForKey(_) => &mut counts.not_for_key,
                Cell::Answered(answer) => match answer.verdict {
                    Verdict::WouldSucceed => &mut counts.would_succeed,
                    Verdict::Denied => &mut counts.denied,
                    Verdict::WouldFail => &mut counts.would_fail,
                    Verdict::NotKnown => &mut counts.not_known,
                },
            } += 1;
        }
        counts
    }
}

impl Counts {
    pub fn answered(&self) -> usize {
        self.would_succeed + self.denied + self.would_fail + self.not_known
    }
}
