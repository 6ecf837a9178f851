//! Who may do what: principals and permissions, each cell a verdict by policies and grants.

mod draw;

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use crate::access::principals::Principals;
use crate::access::proof::{Agreement, Proof, compare, told};
use crate::access::report;
use crate::access::row::{AccessRow, Evaluation};
use crate::access::run::AccessEvent;
use crate::access::view::AccessView;
use crate::access::why::Why;
use crate::gateway::limiter::Limits;
use crate::kms::text::counted;
use crate::kms::{KeyRef, KmsError};
use crate::matrix::runner::RunEvent;
use crate::matrix::{Cell, Matrix, Row, operations};
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::widgets::filter_line::{self, Cycle, FilterLine};
use crate::tui::widgets::scroll;

/// The most keys at once in the console.
const MOST_KEYS: usize = 1_000;

/// Dry runs of the caller, under way.
struct Proving {
    job: JobId,
    matrix: Matrix,
    /// Of each row of the matrix.
    arns: Vec<String>,
    left: usize,
}

pub struct AccessScreen {
    keys: Vec<(KeyRef, String)>,
    /// One alone, in the place of all that may come to a key.
    principal: Option<String>,
    job: Option<JobId>,
    /// Users and roles that were read so far.
    counted: usize,
    /// Keys that were asked for and told.
    done: usize,
    failed: Vec<(KeyRef, &'static str, KmsError)>,
    evaluation: Option<Arc<Evaluation>>,
    missing: Vec<String>,
    view: AccessView,
    filter: FilterLine,
    cycle: Option<Cycle>,
    row: usize,
    column: usize,
    /// First row and column that are seen.
    offset: (usize, usize),
    proof: Proof,
    proving: Option<Proving>,
    /// Changes of the account that the answers take in.
    changes_seen: usize,
}

impl AccessScreen {
    /// Of these keys, by what people call them.
    pub fn new(
        mut keys: Vec<(KeyRef, String)>,
        principal: Option<String>,
        core: &mut Core,
    ) -> Self {
        if keys.len() > MOST_KEYS {
            let text = format!("The first {MOST_KEYS} keys: mark some, or filter.");
            core.say(Tone::Warn, text);
            keys.truncate(MOST_KEYS);
        }
        let mut screen = AccessScreen {
            keys,
            principal,
            job: None,
            counted: 0,
            done: 0,
            failed: Vec::new(),
            evaluation: None,
            missing: Vec::new(),
            view: AccessView::default(),
            filter: FilterLine::default(),
            cycle: None,
            row: 0,
            column: 0,
            offset: (0, 0),
            proof: Proof::default(),
            proving: None,
            changes_seen: core.changes_so_far(),
        };
        screen.ask(core);
        screen
    }

    /// Reads everything but the principals anew, which are read once.
    fn ask(&mut self, core: &mut Core) {
        self.give_up(core);
        let question = core.access_question(self.keys.clone(), self.principal.clone());
        let Some(question) = question else {
            core.say(Tone::Bad, "Not connected.");
            return;
        };
        self.done = 0;
        self.failed.clear();
        self.view = AccessView::default();
        self.proof = Proof::default();
        self.changes_seen = core.changes_so_far();
        self.job = Some(core.start(Job::Access(Box::new(question))));
    }

    fn give_up(&mut self, core: &mut Core) {
        let proving = self.proving.take().map(|proving| proving.job);
        for job in self.job.take().into_iter().chain(proving) {
            core.cancel(job);
        }
    }

    fn current(&self) -> Option<&AccessRow> {
        self.view.row(self.row)
    }

    fn told(&mut self, event: AccessEvent, core: &mut Core) {
        match event {
            AccessEvent::Read(count) => self.counted = count,
            AccessEvent::Principals(principals, evaluation) => {
                self.take_principals(&principals, evaluation, core);
            }
            AccessEvent::Rows(rows) => {
                self.done += 1;
                let of_key = rows.first().map(|row| row.key.read.missing.clone());
                for missing in of_key.into_iter().flatten() {
                    if !self.missing.contains(&missing) {
                        self.missing.insert(0, missing);
                    }
                }
                self.view.extend(rows);
            }
            AccessEvent::Failed(key, (operation, error)) => {
                self.done += 1;
                self.failed.push((key, operation, error));
            }
            AccessEvent::Done => self.job = None,
        }
    }

    fn take_principals(
        &mut self,
        principals: &Arc<Principals>,
        evaluation: Arc<Evaluation>,
        core: &mut Core,
    ) {
        self.counted = principals.count();
        self.missing.clone_from(&principals.missing);
        self.missing.extend(evaluation.missing());
        self.missing
            .push("resource control, session and VPC endpoint policies".to_owned());
        self.view = AccessView::new(evaluation.columns.clone());
        self.view.set_query(self.filter.text().trim());
        self.evaluation = Some(evaluation);
        core.keep_principals(principals);
    }

    /// The columns that do for one of the keys that were told, or all.
    fn columns(&self) -> Vec<usize> {
        let rows = self.view.all();
        let fits = |column: &usize| {
            rows.is_empty() || rows.iter().any(|row| row.answers[*column].is_some())
        };
        (0..self.view.columns().len()).filter(fits).collect()
    }

    /// Why the cell under the cursor is what it is.
    fn why(&self) -> Option<(Why, &AccessRow)> {
        let (row, evaluation) = (self.current()?, self.evaluation.as_ref()?);
        let column = *self.columns().get(self.column)?;
        row.answers[column].as_ref()?;
        let why = Why::of(row, evaluation, evaluation.columns[column], None);
        Some((why, row))
    }

    fn key_of(&self, row: &AccessRow) -> KeyRef {
        let arn = &row.key.read.facts.arn;
        let region = arn.split(':').nth(3).unwrap_or_default();
        KeyRef::new(region, arn.clone())
    }

    /// Whether a row is the caller's own.
    fn is_caller(row: &AccessRow, core: &Core) -> bool {
        core.caller()
            .is_some_and(|caller| caller.arn == row.who.name)
    }

    /// Asks by dry runs what the caller may do with the keys that were told.
    fn prove(&mut self, core: &mut Core) {
        let Some(session) = core.session() else {
            return;
        };
        let limits = Limits::for_session(session);
        let mine: Vec<&AccessRow> = self
            .view
            .rows()
            .filter(|row| AccessScreen::is_caller(row, core))
            .collect();
        if mine.is_empty() {
            core.say(
                Tone::Plain,
                "Your own row is not among those that are seen: dry runs prove what the caller may.",
            );
            return;
        }
        let arns: Vec<String> = mine
            .iter()
            .map(|row| row.key.read.facts.arn.clone())
            .collect();
        let rows = mine.iter().map(|row| Row {
            key: self.key_of(row),
            arn: Some(row.key.read.facts.arn.clone()),
            name: row.key.name.clone(),
            aliases: Vec::new(),
            metadata: row.key.read.metadata.clone().map(Arc::new),
        });
        let variants = vec![crate::matrix::Variant::new(Vec::new())];
        let matrix = Matrix::new(rows.collect(), operations(), variants, Vec::new(), false);
        let cells = matrix.to_ask();
        let sessions = core.sessions_of(matrix.rows.iter().map(|row| &*row.key.region));
        let caller = core.caller().map(|caller| caller.arn.clone());
        let left = cells.len();
        let job = core.start(Job::Matrix {
            matrix: Box::new(matrix.clone()),
            cells,
            sessions,
            caller,
            limits,
            all: false,
        });
        self.proving = Some(Proving {
            job,
            matrix,
            arns,
            left,
        });
    }

    fn proved(&mut self, event: RunEvent) {
        let Some(proving) = &mut self.proving else {
            return;
        };
        match event {
            RunEvent::Answered(id, cell) => {
                proving.left = proving.left.saturating_sub(1);
                if let Cell::Answered(answer) = &cell {
                    let spec = proving.matrix.columns[id.column];
                    let is_of_a_grant = answer.asked_with.grant_id.is_some();
                    let verdict = told(spec, answer.verdict, is_of_a_grant);
                    self.proof.put(&proving.arns[id.row], spec.id.0, verdict);
                }
            }
            RunEvent::Slowed => {}
            RunEvent::Done => self.proving = None,
        }
    }

    /// How many of the caller's verdicts dry runs bear out, and how many they do not.
    fn agreements(&self, core: &Core) -> (usize, usize) {
        let mut counts = (0, 0);
        for row in self.view.all() {
            if !AccessScreen::is_caller(row, core) {
                continue;
            }
            for column in 0..row.answers.len() {
                match self.agreement(row, column, core) {
                    Some(Agreement::Agrees) => counts.0 += 1,
                    Some(Agreement::Differs) => counts.1 += 1,
                    _ => {}
                }
            }
        }
        counts
    }

    fn agreement(&self, row: &AccessRow, column: usize, core: &Core) -> Option<Agreement> {
        if !AccessScreen::is_caller(row, core) {
            return None;
        }
        let answer = row.answers[column].as_ref()?;
        let name = self.view.columns()[column].name;
        let said = self.proof.get(&row.key.read.facts.arn, name)?;
        Some(compare(answer, said))
    }

    fn offers(&self, base: &str) -> Vec<crate::catalog::terms::Completion> {
        self.view.completions(base)
    }

    fn completed(&self, next: bool) -> Option<Cycle> {
        filter_line::cycle(self.filter.text(), self.cycle.as_ref(), next, |base| {
            self.offers(base)
        })
    }

    fn export(&self) -> Option<Route> {
        let evaluation = self.evaluation.as_ref()?;
        let table = report::table(self.view.rows(), evaluation);
        let unknown = format!("Not read: {}.", self.missing.join("; "));
        Some(Route::Prompt(Asks::ExportList(
            Box::new(table),
            Some(unknown),
        )))
    }

    fn copy_items(&self) -> Vec<CopyItem> {
        let Some(row) = self.current() else {
            return Vec::new();
        };
        vec![
            CopyItem::text("Principal", &row.who.name),
            CopyItem::text("KeyArn", &row.key.read.facts.arn),
        ]
    }

    fn follow_cursor(&mut self, core: &Core) {
        let rows = self.view.rows().len();
        self.row = self.row.min(rows.saturating_sub(1));
        let columns = self.columns().len();
        self.column = self.column.min(columns.saturating_sub(1));
        let seen = self.rows_seen(core).max(1);
        self.offset.0 = scroll::follow(self.offset.0, self.row, seen, rows);
        let seen = self.columns_seen(core.size.0);
        self.offset.1 = scroll::follow(self.offset.1, self.column, seen, columns);
    }
}

impl Screen for AccessScreen {
    fn contexts(&self) -> Vec<Context> {
        match self.filter.is_editing() {
            true => vec![Context::Filter, Context::Access],
            false => vec![Context::Access],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let has_current = self.current().is_some();
        match action {
            Action::Accept if self.filter.is_editing() => true,
            Action::Accept | Action::OpenDetails | Action::Copy | Action::OpenPrincipal => {
                has_current
            }
            Action::Prove => {
                self.proving.is_some()
                    || (self.job.is_none()
                        && self
                            .view
                            .rows()
                            .any(|row| AccessScreen::is_caller(row, core)))
            }
            Action::Export => self.view.rows().len() > 0,
            Action::Filter => !self.view.all().is_empty(),
            Action::Complete => self.completed(true).is_some(),
            Action::PrevField => self.completed(false).is_some(),
            Action::Older | Action::Newer => false,
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        match self.current() {
            Some(row) => self.key_of(row),
            None => KeyRef::none(core.region()),
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Filter => self.filter.edit(),
            Action::Accept if self.filter.is_editing() => self.filter.keep(),
            Action::Accept => {
                if let Some((why, row)) = self.why() {
                    let (key, name) = (self.key_of(row), row.key.name.clone());
                    return Flow::Open(Route::Why(Box::new(why), key, name));
                }
            }
            Action::Complete | Action::PrevField => {
                if let Some(cycle) = self.completed(action == Action::Complete) {
                    self.filter.set(&cycle.2);
                    self.cycle = Some(cycle);
                    self.row = 0;
                }
            }
            Action::Back if self.filter.is_editing() || !self.filter.is_empty() => {
                self.filter.clear();
            }
            Action::Back if self.job.is_some() || self.proving.is_some() => {
                self.give_up(core);
                core.say(Tone::Plain, "Stopped; what was told stays.");
            }
            Action::Back => return Flow::Back,
            Action::Refresh => {
                core.kept.principals = None;
                self.ask(core);
            }
            Action::Prove if self.proving.is_some() => {
                if let Some(proving) = self.proving.take() {
                    core.cancel(proving.job);
                }
            }
            Action::Prove => self.prove(core),
            Action::OpenDetails => return Flow::Open(Route::KeyDetail(self.subject(core))),
            Action::OpenPrincipal => {
                if let Some(row) = self.current() {
                    return Flow::Open(Route::AccessOf(row.who.name.clone()));
                }
            }
            Action::Export => {
                if let Some(route) = self.export() {
                    return Flow::Open(route);
                }
            }
            Action::Copy => return Flow::Open(Route::Copy(self.copy_items())),
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => self.column += 1,
            _ => {
                let page = self.rows_seen(core).saturating_sub(1).max(1);
                scroll::step(&mut self.row, action, page, self.view.rows().len());
            }
        }
        self.follow_cursor(core);
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent, _core: &mut Core) {
        if self.filter.key(key) {
            self.row = 0;
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.filter.paste(text));
        self.row = 0;
    }

    fn click(&mut self, x: u16, y: u16, core: &mut Core) -> bool {
        let Some((row, column)) = self.cell_at(x, y, core) else {
            return false;
        };
        self.row = row;
        self.column = column.unwrap_or(self.column);
        true
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let filter = self.filter.text().trim();
        if self.view.query() != filter {
            self.view.set_query(filter);
        }
        // A policy or a grant that was changed says something else.
        let changed = core.changed_since(&mut self.changes_seen).to_vec();
        let keys = &self.keys;
        let is_of_these = changed.iter().any(|change| {
            keys.iter().any(|(key, _)| {
                key.region == change.key.region
                    && (key.id == change.key.id
                        || key.id.rsplit('/').next() == change.key.id.rsplit('/').next())
            })
        });
        if is_of_these {
            self.ask(core);
        }
        self.follow_cursor(core);
        Some(Vec::new())
    }

    fn moves(&self) -> bool {
        self.job.is_some() || self.proving.is_some()
    }

    fn waits_for(&self, job: JobId) -> bool {
        let proving = self.proving.as_ref().map(|proving| proving.job);
        self.job == Some(job) || proving == Some(job)
    }

    fn answer(&mut self, _job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        match event {
            JobEvent::Access(event) => self.told(event, core),
            JobEvent::Matrix(event) => self.proved(event),
            _ => {}
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        self.give_up(core);
    }

    fn count_text(&self, _core: &Core) -> Option<String> {
        Some(counted(self.view.rows().len(), "row"))
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        self.draw_all(core, theme, frame, area);
    }
}
