//! The permission matrix: what a principal may do with keys, each cell by a real dry run.
//!
//! Rows are keys, columns are operations, and each cell holds an answer for every encryption
//! context that is asked about. It knows no screen: the console and the command line show it.

pub mod diff;
pub mod index;
pub mod probe;
pub mod report;
pub mod runner;

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::inventory::Entry;
use crate::kms::encryption_context::Pair;
use crate::kms::key::KeyMetadata;
use crate::kms::{CallMeta, Field, KeyRef, KmsError, Verdict};
use crate::ops::fields::{ENCRYPTION_CONTEXT, GRANT_TOKENS, SOURCE_ENCRYPTION_CONTEXT};
use crate::ops::{KeyRequirement, Misfit, OPS, OpSpec};

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
    /// How KMS is asked, and where: by a key ID, or the ARN of another account's key.
    pub key: KeyRef,
    pub arn: Option<String>,
    /// For people: its first alias, else its ID.
    pub name: String,
    pub aliases: Vec<String>,
    /// None where DescribeKey did not tell.
    pub metadata: Option<Arc<KeyMetadata>>,
}

impl Row {
    /// A key of the inventory. `key` is how KMS is asked about it.
    pub fn of(entry: &Entry, key: KeyRef) -> Row {
        Row {
            key,
            arn: entry.arn.as_deref().map(str::to_owned),
            name: entry.reference().to_owned(),
            aliases: entry.aliases.iter().map(|a| a.to_string()).collect(),
            metadata: entry.metadata().map(|key| Arc::new(key.clone())),
        }
    }

    /// The field by which the operation binds an encryption context with the key; None where it
    /// binds none: symmetric encryption alone does.
    pub fn context_field(&self, spec: &OpSpec) -> Option<&'static Field> {
        let metadata = self.metadata.as_deref();
        let is_symmetric = spec.key == KeyRequirement::SymmetricEncryption
            || metadata.is_none_or(KeyMetadata::is_symmetric_encryption);
        [&ENCRYPTION_CONTEXT, &SOURCE_ENCRYPTION_CONTEXT]
            .into_iter()
            .find(|field| is_symmetric && spec.has(field))
    }

    /// Every name of the key that a file may use: its ID, its ARN, its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let id = self.key.id.as_str();
        let bare = id.rsplit('/').next().unwrap_or(id);
        [id, bare]
            .into_iter()
            .chain(self.arn.as_deref())
            .chain(self.aliases.iter().map(String::as_str))
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
pub struct DryRunAnswer {
    pub verdict: Verdict,
    /// The error, which a dry run always gives; None where the endpoint does not know DryRun and
    /// carried the call out.
    pub error: Option<Arc<KmsError>>,
    pub meta: CallMeta,
    pub asked_with: AskedWith,
}

/// What the request of a dry run had beside what the matrix holds, shared by the cells of a key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AskedWith {
    /// The key as it was known then.
    pub metadata: Option<Arc<KeyMetadata>>,
    /// The key's grant that RetireGrant and RevokeGrant were asked about; None where none was
    /// found.
    pub grant_id: Option<Arc<str>>,
    /// Whom CreateGrant would name, where that is known.
    pub caller: Option<Arc<str>>,
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
    Answered(Box<DryRunAnswer>),
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
    /// Of `cells`, kept with every change: the console asks for them each frame.
    counts: Counts,
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
            counts: Counts::default(),
        };
        matrix.lay_out(all);
        matrix
    }

    /// Asks also what cannot be done with the key, or no longer. What was answered stays.
    pub fn ask_all(&mut self, all: bool) {
        let before = std::mem::take(&mut self.cells);
        self.lay_out(all);
        for (id, cell) in self.ids().collect::<Vec<_>>().into_iter().zip(before) {
            if matches!(cell, Cell::Answered(_)) {
                self.set(id, cell);
            }
        }
    }

    /// Takes over the answers of a matrix of the same principal's to what is asked here, too: each
    /// was a call that is billed.
    pub fn take_answers(&mut self, from: &Matrix) {
        let same_tokens = self.grant_tokens == from.grant_tokens;
        let places: HashMap<&KeyRef, usize> = from
            .rows
            .iter()
            .enumerate()
            .map(|(place, row)| (&row.key, place))
            .collect();
        let mut answered = Vec::new();
        for id in self.ids() {
            let (row, spec) = (&self.rows[id.row], self.columns[id.column]);
            let variant = &self.variants[id.variant];
            let is_shared = row.context_field(spec).is_none();
            let place = || {
                Some(CellId {
                    row: *places.get(&row.key)?,
                    column: from.columns.iter().position(|other| other.id == spec.id)?,
                    variant: from
                        .variants
                        .iter()
                        .position(|other| is_shared || other.pairs == variant.pairs)?,
                })
            };
            // The request is another one with other tokens.
            if (same_tokens || !spec.has(&GRANT_TOKENS))
                && let Some(place) = place()
                && let cell @ Cell::Answered(_) = from.cell(place)
            {
                answered.push((id, cell.clone()));
            }
        }
        for (id, cell) in answered {
            self.set(id, cell);
        }
    }

    /// Every cell as one that was not asked.
    fn lay_out(&mut self, all: bool) {
        self.cells.clear();
        self.counts = Counts::default();
        for row in &self.rows {
            for column in &self.columns {
                let misfit = row.metadata.as_deref().and_then(|key| column.misfit(key));
                let cell = match misfit {
                    Some(Misfit::Kind(needs)) if !all => Cell::NotForKey(needs),
                    _ => Cell::NotAsked,
                };
                for _ in &self.variants {
                    *self.counts.of(&cell) += 1;
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
        self.rows[id.row]
            .context_field(self.columns[id.column])
            .is_none()
    }

    /// Puts an answer in; where no context is bound, for all contexts.
    pub fn set(&mut self, id: CellId, cell: Cell) {
        let place = self.place(id);
        let places = match self.is_shared(id) {
            true => place - id.variant..place - id.variant + self.variants.len(),
            false => place..place + 1,
        };
        for held in &mut self.cells[places] {
            *self.counts.of(held) -= 1;
            *self.counts.of(&cell) += 1;
            held.clone_from(&cell);
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

    /// Whether a place is still to be asked; of those that share an answer the first.
    pub fn is_to_ask(&self, id: CellId) -> bool {
        matches!(self.cell(id), Cell::NotAsked) && (id.variant == 0 || !self.is_shared(id))
    }

    /// Whether any place is still to be asked.
    pub fn has_to_ask(&self) -> bool {
        self.counts.not_asked > 0 && self.ids().any(|id| self.is_to_ask(id))
    }

    /// Places that are still to be asked, row by row.
    pub fn to_ask(&self) -> Vec<CellId> {
        match self.counts.not_asked {
            0 => Vec::new(),
            _ => self.ids().filter(|id| self.is_to_ask(*id)).collect(),
        }
    }

    /// Forgets the answers at these places, so that they are asked again.
    pub fn forget(&mut self, ids: impl IntoIterator<Item = CellId>) {
        for id in ids {
            if matches!(self.cell(id), Cell::Answered(_)) {
                self.set(id, Cell::NotAsked);
            }
        }
    }

    /// Forgets what a key was answered and what was known of it: it has changed.
    pub fn forget_row(&mut self, row: usize) {
        let ids: Vec<CellId> = self.ids().filter(|id| id.row == row).collect();
        self.forget(ids);
        self.rows[row].metadata = None;
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Why cells are not known: the error of each kind that came first, and of how many cells it
    /// is, the most first.
    pub fn not_known(&self) -> Vec<(&KmsError, usize)> {
        let mut kinds: Vec<(&KmsError, usize)> = Vec::new();
        for cell in &self.cells {
            let Cell::Answered(answer) = cell else {
                continue;
            };
            let Some(error) = answer.error.as_deref() else {
                continue;
            };
            if answer.verdict != Verdict::NotKnown {
                continue;
            }
            match kinds.iter_mut().find(|(kind, _)| kind.code == error.code) {
                Some((_, count)) => *count += 1,
                None => kinds.push((error, 1)),
            }
        }
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        kinds
    }
}

impl Counts {
    /// The count that such a cell is in.
    fn of(&mut self, cell: &Cell) -> &mut usize {
        match cell {
            Cell::NotAsked => &mut self.not_asked,
            Cell::NotForKey(_) => &mut self.not_for_key,
            Cell::Answered(answer) => match answer.verdict {
                Verdict::WouldSucceed => &mut self.would_succeed,
                Verdict::Denied => &mut self.denied,
                Verdict::WouldFail => &mut self.would_fail,
                Verdict::NotKnown => &mut self.not_known,
            },
        }
    }

    pub fn answered(&self) -> usize {
        self.would_succeed + self.denied + self.would_fail + self.not_known
    }
}
