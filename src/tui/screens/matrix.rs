//! The permission matrix: keys and operations, each cell by a real dry run.

mod draw;

pub use draw::verdict_style;

use jiff::Timestamp;

use super::form::FormScreen;
use super::outcome::OutcomeScreen;
use super::{Flow, Screen};
use crate::gateway::Session;
use crate::kms::{KmsError, Outcome, key_id};
use crate::matrix::diff::{self, Difference};
use crate::matrix::report::{Subject, Verdicts};
use crate::matrix::runner::{Limits, RunEvent};
use crate::matrix::{Cell, CellId, Matrix, Row, Variant, operations, probe};
use crate::tui::app::{Core, Tone};
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::Action;
use crate::tui::popups::Popup;
use crate::tui::popups::copy::CopyMenu;
use crate::tui::popups::prompt::Prompt;
use crate::tui::view;
use crate::tui::widgets::scroll;

/// The most keys of a matrix in the console; the command line has no such bound.
const MOST_ROWS: usize = 5_000;

/// What stays of the matrix from one to the next.
pub struct MatrixSetup {
    /// The contexts to ask with; at least one.
    pub variants: Vec<Variant>,
    pub grant_tokens: Vec<String>,
    /// A run to compare with.
    pub baseline: Option<Verdicts>,
    /// Whether it came since the screen last looked.
    pub baseline_is_new: bool,
    /// The matrix that was left, for the principal that is the caller still.
    pub last: Option<Matrix>,
}

impl Default for MatrixSetup {
    fn default() -> Self {
        MatrixSetup {
            variants: vec![Variant::new(Vec::new())],
            grant_tokens: Vec::new(),
            baseline: None,
            baseline_is_new: false,
            last: None,
        }
    }
}

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
        let setup = &core.matrix;
        let matrix = Matrix::new(
            rows,
            operations(),
            setup.variants.clone(),
            setup.grant_tokens.clone(),
            false,
        );
        let kept = core
            .matrix
            .last
            .take()
            .filter(|last| is_same_question(last, &matrix));
        let mut screen = MatrixScreen {
            matrix: kept.unwrap_or(matrix),
            all: false,
            row: 0,
            column: 0,
            variant: 0,
            offset: (0, 0),
            run: None,
            changes: Vec::new(),
            compares: core.matrix.baseline.is_some(),
        };
        screen.compare(core);
        screen
    }

    pub fn moves(&self) -> bool {
        self.run.is_some()
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        self.run.as_ref().is_some_and(|run| run.job == id)
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

    pub fn can(&self, action: Action, core: &Core) -> bool {
        let answered = matches!(self.cell(), Cell::Answered(_));
        match action {
            Action::Run => self.run.is_some() || self.matrix.has_to_ask(),
            Action::Accept | Action::Copy => answered,
            Action::RunAgain | Action::RunRow | Action::RunColumn => {
                self.run.is_none() && self.is_begun()
            }
            Action::NextVariant => self.matrix.variants.len() > 1,
            Action::KeepBaseline | Action::Export => self.matrix.counts().answered() > 0,
            Action::Compare => core.matrix.baseline.is_some(),
            Action::SetContexts | Action::SetGrantTokens | Action::AskAll => self.run.is_none(),
            _ => true,
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back if self.run.is_some() => {
                self.stop(core);
                core.say(Tone::Plain, "Stopped; what was answered stays.");
            }
            Action::Back => return Flow::Back,
            Action::Run if self.run.is_some() => {
                self.stop(core);
                let key = core
                    .keymap
                    .key_of(crate::tui::keymap::Context::Matrix, Action::Run);
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
                    let region = self.matrix.rows[self.row].region;
                    let screen = OutcomeScreen::new(outcome, region);
                    return Flow::push(Screen::Outcome(Box::new(screen)));
                }
            }
            Action::OpenForm => {
                let request = self.request(core);
                let region = self.matrix.rows[self.row].region;
                let form = FormScreen::filled(&request, region, core);
                return Flow::push(Screen::Form(Box::new(form)));
            }
            Action::Copy => {
                if let Some(outcome) = self.outcome(core) {
                    return Flow::popup(Popup::Copy(CopyMenu::of_outcome(&outcome)));
                }
            }
            Action::Export => {
                let subject = subject(core);
                return Flow::popup(Popup::Prompt(Prompt::matrix(self.matrix.clone(), subject)));
            }
            Action::KeepBaseline => {
                let principal = subject(core).principal;
                let who = principal
                    .clone()
                    .unwrap_or_else(|| "this principal".to_owned());
                core.matrix.baseline = Some(diff::verdicts_of(&self.matrix, principal));
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
            Action::OpenBaseline => return Flow::popup(Popup::Prompt(Prompt::baseline())),
            Action::SetContexts => {
                let prompt = Prompt::contexts(&core.matrix.variants);
                return Flow::popup(Popup::Prompt(prompt));
            }
            Action::SetGrantTokens => {
                let prompt = Prompt::grant_tokens(&core.matrix.grant_tokens);
                return Flow::popup(Popup::Prompt(prompt));
            }
            Action::AskAll => {
                self.all = !self.all;
                self.matrix.ask_anew(self.all);
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

    /// Rows of the table that are seen at once.
    fn rows_seen(&self, core: &Core) -> usize {
        (view::body_rows(core.size) as usize).saturating_sub(draw::HEAD + draw::FOOT)
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

    /// Takes in what was changed elsewhere: contexts, grant tokens, the baseline.
    pub fn settle(&mut self, core: &mut Core) {
        let setup = &core.matrix;
        if setup.variants != self.matrix.variants || setup.grant_tokens != self.matrix.grant_tokens
        {
            self.matrix = Matrix::new(
                std::mem::take(&mut self.matrix.rows),
                operations(),
                setup.variants.clone(),
                setup.grant_tokens.clone(),
                self.all,
            );
            self.variant = 0;
            self.compare(core);
        }
        for row in &mut self.matrix.rows {
            if row.metadata.is_none()
                && let Some(entry) = core.keys.resolve(row.region, &row.key_id)
                && let Some(key) = entry.metadata()
            {
                row.metadata = Some(Box::new(key.clone()));
            }
        }
        if std::mem::take(&mut core.matrix.baseline_is_new) {
            self.compares = true;
            self.compare(core);
        }
        self.follow_cursor(core);
    }

    fn compare(&mut self, core: &Core) {
        self.changes.clear();
        if let Some(baseline) = core.matrix.baseline.as_ref().filter(|_| self.compares) {
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
        let sessions: Vec<Session> = core.lists.iter().map(|list| list.session.clone()).collect();
        let Some(first) = sessions.first() else {
            core.say(Tone::Bad, "Not connected.");
            return;
        };
        if cells.is_empty() {
            core.say(
                Tone::Plain,
                "Nothing to ask: no operation here does for the key.",
            );
            return;
        }
        let limits = Limits::for_session(first);
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

    pub fn answer(&mut self, event: JobEvent, core: &mut Core) {
        let JobEvent::Matrix(step) = event else {
            return;
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
    }

    pub fn leave(&mut self, core: &mut Core) {
        self.stop(core);
        let empty = Matrix::new(
            Vec::new(),
            Vec::new(),
            self.matrix.variants.clone(),
            vec![],
            false,
        );
        core.matrix.last = Some(std::mem::replace(&mut self.matrix, empty));
    }

    /// The request of the cell under the cursor.
    fn request(&self, core: &Core) -> crate::kms::Request {
        let at = self.at();
        let asking = probe::Asking {
            variant: &self.matrix.variants[at.variant],
            grant_tokens: &self.matrix.grant_tokens,
            grant_id: None,
            caller: &caller(core),
        };
        probe::request(
            self.matrix.columns[at.column],
            &self.matrix.rows[at.row],
            asking,
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

    /// A click at `x`, `y` of the body; whether it was on a cell.
    pub fn click(&mut self, x: u16, y: u16, core: &Core) -> bool {
        let Some(row) = (y as usize)
            .checked_sub(draw::HEAD)
            .map(|y| y + self.offset.0)
            .filter(|row| {
                *row < self.matrix.rows.len() && (y as usize) < draw::HEAD + self.rows_seen(core)
            })
        else {
            return false;
        };
        self.row = row;
        let cell = self.cell_columns();
        if let Some(x) = (x as usize).checked_sub(draw::NAMES) {
            let column = self.offset.1 + x / cell;
            if column < self.matrix.columns.len() {
                self.column = column;
                self.variant = (x % cell).min(self.matrix.variants.len() - 1);
            }
        }
        true
    }
}

/// Whether a matrix asks what another asks, so that its answers still count.
fn is_same_question(a: &Matrix, b: &Matrix) -> bool {
    a.variants == b.variants
        && a.grant_tokens == b.grant_tokens
        && a.rows.len() == b.rows.len()
        && a.rows
            .iter()
            .zip(&b.rows)
            .all(|(a, b)| a.key_id == b.key_id && a.region == b.region)
}

/// Who is asked about.
fn subject(core: &Core) -> Subject {
    let identity = core
        .identity
        .as_ref()
        .and_then(|caller| caller.as_ref().ok());
    Subject {
        account: core.account().map(str::to_owned),
        principal: identity.map(|caller| caller.arn.clone()),
        regions: core.keys.regions().to_vec(),
        endpoint: core.session().and_then(|session| session.endpoint.clone()),
        at: Some(core.now),
    }
}

/// The ARN that CreateGrant would name as grantee.
fn caller(core: &Core) -> String {
    match &core.identity {
        Some(Ok(caller)) => caller.arn.clone(),
        _ => {
            let entries = core.keys.entries().iter();
            let account = entries
                .filter_map(|entry| key_id::account_of(entry.arn.as_deref()?))
                .next()
                .unwrap_or("111122223333");
            format!("arn:aws:iam::{account}:root")
        }
    }
}
