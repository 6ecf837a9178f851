//! The permission matrix: keys and operations, each cell by a real dry run.

mod draw;
mod layout;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use crate::access::refused::Refused;
use crate::gateway::limiter::Limits;
use crate::kms::{KeyRef, KmsError, Outcome, Request, Verdict};
use crate::matrix::diff::{self, Difference};
use crate::matrix::report::Subject;
use crate::matrix::runner::RunEvent;
use crate::matrix::{AskedWith, Cell, CellId, Matrix, Row, operations, probe};
use crate::tui::copy_items;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::widgets::scroll;

/// The most keys of a matrix in the console; the command line has no such bound.
const MOST_ROWS: usize = 5_000;

/// A run under way.
struct Run {
    job: JobId,
    began: Timestamp,
    total: usize,
    answered: usize,
    /// When calls go on after throttling.
    slowed: bool,
}

pub struct MatrixScreen {
    matrix: Matrix,
    /// Whether operations are asked about that cannot be done with the key.
    all: bool,
    row: usize,
    column: usize,
    variant: usize,
    /// First row and column that are seen.
    offset: (usize, usize),
    run: Option<Run>,
    /// Changes of the account that the answers take in.
    changes_seen: usize,
    /// Places that changed since the baseline; empty where there is none, or it is not shown.
    changes: Vec<(CellId, Difference)>,
    compares: bool,
}

impl MatrixScreen {
    /// A matrix of these rows, with the answers that were there when it was left.
    pub fn new(mut rows: Vec<Row>, core: &mut Core) -> Self {
        if rows.len() > MOST_ROWS {
            core.say(
                Tone::Warn,
                format!(
                    "The first {MOST_ROWS} keys: mark some, or filter. kmsdeck matrix on the command line takes all."
                ),
            );
            rows.truncate(MOST_ROWS);
        }
        let setup = &core.kept.matrix;
        let mut matrix = Matrix::new(
            rows,
            operations(),
            setup.variants.clone(),
            setup.grant_tokens.clone(),
            false,
        );
        if let Some(last) = core.kept.matrix.last.take() {
            matrix.take_answers(&last);
        }
        let mut screen = MatrixScreen {
            matrix,
            all: false,
            row: 0,
            column: 0,
            variant: 0,
            offset: (0, 0),
            run: None,
            changes_seen: core.changes_so_far(),
            changes: Vec::new(),
            compares: core.kept.matrix.baseline.is_some(),
        };
        screen.compare(core);
        screen
    }

    fn at(&self) -> CellId {
        CellId {
            row: self.row,
            column: self.column,
            variant: self.variant,
        }
    }

    fn cell(&self) -> &Cell {
        self.matrix.cell(self.at())
    }

    fn is_begun(&self) -> bool {
        self.run.is_some() || self.matrix.counts().answered() > 0
    }

    /// Rows of the table that are seen at once.
    fn rows_seen(&self, core: &Core) -> usize {
        let rows = crate::tui::layout::body_rows(core.size) as usize;
        rows.saturating_sub(layout::HEAD + layout::foot(core.size.0, rows))
    }

    fn follow_cursor(&mut self, core: &Core) {
        let seen = self.rows_seen(core).max(1);
        self.offset.0 = scroll::follow(self.offset.0, self.row, seen, self.matrix.rows.len());
        let columns = self.columns_seen(core.size.0);
        self.offset.1 = scroll::follow(
            self.offset.1,
            self.column,
            columns,
            self.matrix.columns.len(),
        );
    }

    fn compare(&mut self, core: &Core) {
        self.changes.clear();
        if let Some(baseline) = core.kept.matrix.baseline.as_ref().filter(|_| self.compares) {
            self.changes = diff::compare(&self.matrix, baseline)
                .into_iter()
                .filter_map(|difference| Some((difference.id?, difference)))
                .filter(|(id, _)| self.matrix.cell(*id).verdict().is_some())
                .collect();
            self.changes.sort_by_key(|(id, _)| *id);
        }
    }

    fn change_at(&self, id: CellId) -> Option<&Difference> {
        let at = self.changes.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.changes[at].1)
    }

    fn run_again(&mut self, ids: Vec<CellId>, core: &mut Core) {
        let ids: Vec<CellId> = ids
            .into_iter()
            .filter(|id| !matches!(self.matrix.cell(*id), Cell::NotForKey(_)))
            .collect();
        self.matrix.forget(ids.iter().copied());
        let wanted = ids
            .into_iter()
            .filter(|id| self.matrix.is_to_ask(*id))
            .collect();
        self.run(wanted, core);
    }

    fn run(&mut self, cells: Vec<CellId>, core: &mut Core) {
        let Some(session) = core.session() else {
            core.say(Tone::Bad, "Not connected.");
            return;
        };
        let limits = Limits::for_session(session);
        let rows = self.matrix.rows.iter();
        let regions: BTreeSet<&str> = rows.map(|row| &*row.key.region).collect();
        let sessions = regions
            .into_iter()
            .filter_map(|region| core.session_in(region).cloned())
            .collect();
        if cells.is_empty() {
            core.say(
                Tone::Plain,
                "Nothing to ask: no operation here does for the key.",
            );
            return;
        }
        let total = cells.len();
        let job = core.start(Job::Matrix {
            matrix: Box::new(self.matrix.clone()),
            cells,
            sessions,
            caller: caller(core),
            limits,
            all: self.all,
        });
        self.run = Some(Run {
            job,
            began: core.now,
            total,
            answered: 0,
            slowed: false,
        });
    }

    fn stop(&mut self, core: &mut Core) {
        if let Some(run) = self.run.take() {
            core.cancel(run.job);
        }
        self.compare(core);
    }

    /// Forgets the answers of keys that were changed since; they are to be asked again.
    fn forget_changed(&mut self, core: &mut Core) {
        let changed = core.changed_since(&mut self.changes_seen).to_vec();
        if changed.is_empty() {
            return;
        }
        let rows = self.matrix.rows.iter().enumerate();
        let places: Vec<usize> = rows
            .filter(|(_, row)| changed.iter().any(|change| is_of(row, &change.key, core)))
            .map(|(place, _)| place)
            .collect();
        for place in &places {
            self.matrix.forget_row(*place);
        }
        // Answers of before the change may still be on their way.
        if !places.is_empty() && self.run.is_some() {
            self.stop(core);
            let key = core.keymap.key_of(Context::Matrix, Action::Run);
            let how = key.map_or(String::new(), |key| format!(" {key} goes on."));
            core.say(Tone::Warn, format!("Stopped: a key was changed.{how}"));
        }
        self.compare(core);
    }

    /// The key of the row under the cursor.
    fn key_ref(&self) -> KeyRef {
        self.matrix.rows[self.row].key.clone()
    }

    /// The request of the cell under the cursor: where it was asked, as it was sent.
    fn request(&self, core: &Core) -> Request {
        let at = self.at();
        let mut row = self.matrix.rows[at.row].clone();
        let asked_with = match self.cell() {
            Cell::Answered(answer) => answer.asked_with.clone(),
            Cell::NotAsked | Cell::NotForKey(_) => AskedWith {
                metadata: row.metadata.take(),
                grant_id: None,
                caller: caller(core).map(Arc::from),
            },
        };
        row.metadata = asked_with.metadata;
        let asking = probe::Asking {
            variant: &self.matrix.variants[at.variant],
            grant_tokens: &self.matrix.grant_tokens,
            grant_id: asked_with.grant_id.as_deref(),
            caller: asked_with.caller.as_deref(),
        };
        probe::request(self.matrix.columns[at.column], &row, asking)
    }

    /// What is asked about, where KMS denied the cell under the cursor.
    fn refused(&self, core: &Core) -> Option<Refused> {
        let outcome = self.outcome(core)?;
        Refused::of_request(
            &outcome.request,
            outcome.result.as_ref().err()?,
            &self.key_ref(),
        )
    }

    /// The cell under the cursor as an outcome.
    fn outcome(&self, core: &Core) -> Option<Outcome> {
        let Cell::Answered(answer) = self.cell() else {
            return None;
        };
        let result: Result<_, KmsError> = match &answer.error {
            Some(error) => Err((**error).clone()),
            None => Ok(Vec::new()),
        };
        Some(Outcome {
            request: self.request(core),
            meta: answer.meta.clone(),
            result,
        })
    }
}

impl Screen for MatrixScreen {
    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        self.draw_all(core, theme, frame, area);
    }

    fn contexts(&self) -> Vec<Context> {
        vec![Context::Matrix]
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let answered = matches!(self.cell(), Cell::Answered(_));
        match action {
            Action::Run => self.run.is_some() || self.matrix.has_to_ask(),
            Action::Accept | Action::Copy => answered,
            Action::Why => self.cell().verdict() == Some(Verdict::Denied),
            Action::RunAgain | Action::RunRow | Action::RunColumn => {
                self.run.is_none() && self.is_begun()
            }
            Action::NextVariant => self.matrix.variants.len() > 1,
            Action::KeepBaseline | Action::Export => self.matrix.counts().answered() > 0,
            Action::Compare => core.kept.matrix.baseline.is_some(),
            Action::SetContexts | Action::SetGrantTokens | Action::AskAll => self.run.is_none(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back if self.run.is_some() => {
                self.stop(core);
                core.say(Tone::Plain, "Stopped; what was answered stays.");
            }
            Action::Back => return Flow::Back,
            Action::Run if self.run.is_some() => {
                self.stop(core);
                let key = core.keymap.key_of(Context::Matrix, Action::Run);
                let how = key.map_or(String::new(), |key| format!(" {key} goes on."));
                core.say(Tone::Plain, format!("Paused.{how}"));
            }
            Action::Run => self.run(self.matrix.to_ask(), core),
            Action::RunAgain | Action::Submit => self.run_again(vec![self.at()], core),
            Action::RunRow => {
                let row = self.row;
                let ids = self.matrix.ids().filter(|id| id.row == row).collect();
                self.run_again(ids, core);
            }
            Action::RunColumn => {
                let column = self.column;
                let ids = self.matrix.ids().filter(|id| id.column == column).collect();
                self.run_again(ids, core);
            }
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => self.column = (self.column + 1).min(self.matrix.columns.len() - 1),
            Action::NextVariant => self.variant = (self.variant + 1) % self.matrix.variants.len(),
            Action::Accept => {
                if let Some(outcome) = self.outcome(core) {
                    let key = self.key_ref();
                    return Flow::Open(Route::Outcome(Box::new(outcome), key));
                }
            }
            Action::Why => {
                if let Some(refused) = self.refused(core) {
                    return Flow::Open(Route::WhyRefused(Box::new(refused)));
                }
            }
            Action::OpenForm => {
                let request = Box::new(self.request(core));
                return Flow::Open(Route::FilledForm(request, self.key_ref()));
            }
            Action::Copy => {
                if let Some(outcome) = self.outcome(core) {
                    return Flow::Open(Route::Copy(copy_items::of_outcome(&outcome)));
                }
            }
            Action::Export => {
                let made = Box::new((self.matrix.clone(), subject(core)));
                return Flow::Open(Route::Prompt(Asks::ExportMatrix(made)));
            }
            Action::KeepBaseline => {
                let principal = subject(core).principal;
                let who = principal
                    .clone()
                    .unwrap_or_else(|| "this principal".to_owned());
                core.kept.matrix.baseline = Some(diff::verdicts_of(&self.matrix, principal));
                self.compares = true;
                self.compare(core);
                core.say(
                    Tone::Good,
                    format!("Kept, to compare later runs with: {who}. Switch the principal, and ask again."),
                );
            }
            Action::Compare => {
                self.compares = !self.compares;
                self.compare(core);
            }
            Action::SwitchProfile => return Flow::Open(Route::Profiles),
            Action::OpenBaseline => return Flow::Open(Route::Prompt(Asks::Baseline)),
            Action::SetContexts => {
                let variants = core.kept.matrix.variants.clone();
                return Flow::Open(Route::Prompt(Asks::Contexts(variants)));
            }
            Action::SetGrantTokens => {
                let tokens = core.kept.matrix.grant_tokens.clone();
                return Flow::Open(Route::Prompt(Asks::GrantTokens(tokens)));
            }
            Action::AskAll => {
                self.all = !self.all;
                self.matrix.ask_all(self.all);
                self.compare(core);
                core.say(
                    Tone::Plain,
                    match self.all {
                        true => "Asks also what the KeyUsage or KeySpec rules out.",
                        false => "What the KeyUsage or KeySpec rules out is not asked.",
                    },
                );
            }
            _ => {
                let page = self.rows_seen(core).saturating_sub(1).max(1);
                scroll::step(&mut self.row, action, page, self.matrix.rows.len());
            }
        }
        self.follow_cursor(core);
        Flow::Stay
    }

    fn click(&mut self, x: u16, y: u16, core: &mut Core) -> bool {
        let Some(row) = (y as usize)
            .checked_sub(layout::HEAD)
            .map(|y| y + self.offset.0)
            .filter(|row| {
                *row < self.matrix.rows.len() && (y as usize) < layout::HEAD + self.rows_seen(core)
            })
        else {
            return false;
        };
        self.row = row;
        let cell = self.cell_columns();
        if let Some(x) = (x as usize).checked_sub(layout::NAMES) {
            let column = self.offset.1 + x / cell;
            if column < self.matrix.columns.len() {
                self.column = column;
                self.variant = (x % cell).min(self.matrix.variants.len() - 1);
            }
        }
        true
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        self.forget_changed(core);
        let setup = &core.kept.matrix;
        if setup.variants != self.matrix.variants || setup.grant_tokens != self.matrix.grant_tokens
        {
            let matrix = Matrix::new(
                self.matrix.rows.clone(),
                operations(),
                setup.variants.clone(),
                setup.grant_tokens.clone(),
                self.all,
            );
            let before = std::mem::replace(&mut self.matrix, matrix);
            self.matrix.take_answers(&before);
            self.variant = 0;
            self.compare(core);
        }
        for row in &mut self.matrix.rows {
            if row.metadata.is_none()
                && let Some(entry) = core.listing.keys.find(&row.key)
                && let Some(key) = entry.metadata()
            {
                row.metadata = Some(Arc::new(key.clone()));
            }
        }
        if std::mem::take(&mut core.kept.matrix.baseline_is_new) {
            self.compares = true;
            self.compare(core);
        }
        self.follow_cursor(core);
        None
    }

    fn moves(&self) -> bool {
        self.run.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.run.as_ref().is_some_and(|run| run.job == id)
    }

    fn answer(&mut self, _id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let JobEvent::Matrix(step) = event else {
            return Flow::Stay;
        };
        match step {
            RunEvent::Answered(id, cell) => {
                self.matrix.set(id, cell);
                if let Some(run) = &mut self.run {
                    run.answered += 1;
                    run.slowed = false;
                }
            }
            RunEvent::Slowed => {
                if let Some(run) = &mut self.run {
                    run.slowed = true;
                }
            }
            RunEvent::Done => {
                self.run = None;
                self.compare(core);
                let counts = self.matrix.counts();
                let tone = if counts.not_known > 0 {
                    Tone::Warn
                } else {
                    Tone::Good
                };
                core.say(tone, "Every cell has its verdict.");
            }
        }
        Flow::Stay
    }

    /// The same keys as who is chosen. What was answered so far is what that is compared with,
    /// unless there is something else to compare with.
    fn again(&mut self, core: &mut Core) -> Option<Route> {
        if core.kept.matrix.baseline.is_none() && self.matrix.counts().answered() > 0 {
            let principal = subject(core).principal;
            core.kept.matrix.baseline = Some(diff::verdicts_of(&self.matrix, principal));
        }
        let rows = self.matrix.rows.iter().cloned().map(|row| Row {
            // It may be another account's caller.
            key: match &row.arn {
                Some(arn) => row.key.with_id(arn),
                None => row.key,
            },
            ..row
        });
        Some(Route::Matrix(rows.collect()))
    }

    fn leave(&mut self, core: &mut Core) {
        self.forget_changed(core);
        self.stop(core);
        let empty = Matrix::new(
            Vec::new(),
            Vec::new(),
            self.matrix.variants.clone(),
            vec![],
            false,
        );
        core.kept.matrix.last = Some(std::mem::replace(&mut self.matrix, empty));
    }
}

/// Whether a change of `changed` is one of the row's key, or may be: a grant that is retired by its
/// token names none.
fn is_of(row: &Row, changed: &KeyRef, core: &Core) -> bool {
    let is_named = || changed.is_none() || row.names().any(|name| name == changed.id);
    changed.region == row.key.region && is_named() || core.is_same_key(changed, &row.key)
}

/// Who is asked about.
fn subject(core: &Core) -> Subject {
    let identity = core
        .connection
        .identity
        .as_ref()
        .and_then(|caller| caller.as_ref().ok());
    Subject {
        account: core.account().map(str::to_owned),
        principal: identity.map(|caller| caller.arn.clone()),
        regions: core.listing.keys.regions().to_vec(),
        endpoint: core.session().and_then(|session| session.endpoint.clone()),
        at: Some(core.now),
    }
}

/// The ARN that CreateGrant would name as grantee, where it is known.
fn caller(core: &Core) -> Option<String> {
    let identity = core.connection.identity.as_ref()?.as_ref().ok()?;
    Some(identity.arn.clone())
}
