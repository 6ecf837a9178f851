//! One operation on several keys: how far it is, the result of each key, and what is to be tried
//! again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};
use tokio::sync::watch;

use super::Screen;
use crate::kms::key::Grant;
use crate::kms::outcome::latency_text;
use crate::kms::text::{counted, cut_end, cut_middle, fit, grouped, printable, width};
use crate::kms::{KeyRef, Outcome, Request};
use crate::ops::OpSpec;
use crate::ops::bulk::{BulkEvent, BulkJob, Steering};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::SubmitAll;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::list_window::{self, ListWindow};

/// Seconds over which the rate is told.
const RATE_OVER: i64 = 3;
/// Columns of the bar: in a narrow terminal, and in others.
const BAR: (usize, usize) = (8, 20);

/// How far a key is.
enum Progress {
    NotSent,
    UnderWay,
    /// Its one result.
    Answered(Box<Outcome>),
}

struct KeyRow {
    key: KeyRef,
    name: String,
    /// Where it is one of the key's grants.
    grant: Option<Arc<Grant>>,
    progress: Progress,
}

impl KeyRow {
    fn failed(&self) -> bool {
        matches!(&self.progress, Progress::Answered(outcome) if outcome.result.is_err())
    }

    fn id(&self) -> &str {
        match &self.grant {
            Some(grant) => &grant.grant_id,
            None => &self.key.id,
        }
    }

    fn is_done(&self) -> bool {
        matches!(&self.progress, Progress::Answered(outcome) if outcome.result.is_ok())
    }
}

/// How many keys are where.
#[derive(Default)]
struct Counts {
    done: usize,
    failed: usize,
    under_way: usize,
    not_sent: usize,
}

pub struct BulkScreen {
    spec: &'static OpSpec,
    pattern: Request,
    rows: Vec<KeyRow>,
    /// None once the job has ended.
    job: Option<JobId>,
    steering: watch::Sender<Steering>,
    began: Timestamp,
    took: Option<Duration>,
    slowed: bool,
    /// When the last answers came, the newest last.
    answers: VecDeque<Timestamp>,
    /// Whether only what has failed is shown.
    failed_only: bool,
    /// Whether another job does what this one left, once its question is answered.
    was_tried_again: bool,
    /// Places of the rows that are shown.
    shown: Vec<usize>,
    window: ListWindow,
}

impl BulkScreen {
    /// Begins what the user has said yes to.
    pub fn new(job: BulkJob, core: &mut Core) -> Self {
        let (steering, steered) = watch::channel(Steering::Go);
        let rows: Vec<KeyRow> = job
            .items
            .iter()
            .map(|item| KeyRow {
                key: item.key.clone(),
                name: item.name.clone(),
                grant: item.grant.clone(),
                progress: Progress::NotSent,
            })
            .collect();
        BulkScreen {
            spec: job.spec,
            pattern: job.pattern.clone(),
            shown: (0..rows.len()).collect(),
            rows,
            job: Some(core.send_all(job, steered)),
            steering,
            began: core.now,
            took: None,
            slowed: false,
            answers: VecDeque::new(),
            failed_only: false,
            was_tried_again: false,
            window: ListWindow::default(),
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            match &row.progress {
                Progress::NotSent => counts.not_sent += 1,
                Progress::UnderWay => counts.under_way += 1,
                Progress::Answered(outcome) if outcome.result.is_ok() => counts.done += 1,
                Progress::Answered(_) => counts.failed += 1,
            }
        }
        counts
    }

    fn steered(&self) -> Steering {
        *self.steering.borrow()
    }

    fn steer(&self, to: Steering) {
        self.steering.send_replace(to);
    }

    /// The row under the cursor.
    fn current(&self) -> Option<&KeyRow> {
        self.rows.get(*self.shown.get(self.window.selected)?)
    }

    /// What it was not done with, once that is known of all.
    fn rows_left(&self) -> impl Iterator<Item = &KeyRow> {
        self.rows.iter().filter(|row| !row.is_done())
    }

    /// Their keys.
    fn to_try_again(&self) -> Vec<KeyRef> {
        self.rows_left().map(|row| row.key.clone()).collect()
    }

    /// `key`, or `grant`.
    fn noun(&self) -> &'static str {
        self.spec.noun()
    }

    fn is_of_grants(&self) -> bool {
        self.rows.iter().any(|row| row.grant.is_some())
    }

    fn show(&mut self) {
        self.shown = (0..self.rows.len())
            .filter(|at| !self.failed_only || self.rows[*at].failed())
            .collect();
    }

    fn try_again(&mut self, core: &mut Core) -> Flow {
        let asked = match self.is_of_grants() {
            true => {
                let left = self.rows_left();
                let grants = left.filter_map(|row| Some((row.key.clone(), row.grant.clone()?)));
                core.submit_grants(self.spec, &grants.collect::<Vec<_>>())
            }
            false => core.submit_all(self.spec, self.pattern.clone(), &self.to_try_again()),
        };
        match asked {
            SubmitAll::Ask(question) => {
                self.was_tried_again = true;
                Flow::Open(Route::BulkQuestion(question))
            }
            SubmitAll::Refused(why) => {
                core.say(Tone::Warn, why);
                Flow::Stay
            }
        }
    }

    fn back(&mut self, core: &mut Core) -> Flow {
        if self.job.is_none() {
            return match self.is_of_grants() {
                // To the list of grants, whose rows they are.
                true => Flow::Back,
                false => Flow::Home(None),
            };
        }
        self.steer(Steering::Stop);
        let counts = self.counts();
        core.say(
            Tone::Warn,
            format!(
                "Nothing more is sent: {} left out; {} under way.",
                counted(counts.not_sent, self.noun()),
                grouped(counts.under_way)
            ),
        );
        Flow::Stay
    }

    /// Takes in that the job has ended.
    fn ended(&mut self, core: &mut Core) {
        self.job = None;
        self.took = core.now.duration_since(self.began).try_into().ok();
        let counts = self.counts();
        let mut text = format!("{}: {} done", self.spec.id, grouped(counts.done));
        if counts.failed > 0 {
            text.push_str(&format!(", {} failed", grouped(counts.failed)));
        }
        if counts.not_sent > 0 {
            text.push_str(&format!(", {} not sent", grouped(counts.not_sent)));
        }
        let again = core.keymap.key_of(Context::Bulk, Action::TryAgain);
        let how = match again {
            Some(key) if counts.failed + counts.not_sent > 0 => {
                format!("; {key} tries them again")
            }
            _ => String::new(),
        };
        let tone = match counts.failed + counts.not_sent {
            0 => Tone::Good,
            _ => Tone::Warn,
        };
        core.say(tone, format!("{text}{how}."));
    }

    /// Answers a second, of late.
    fn rate(&self, now: Timestamp) -> usize {
        let is_late = |at: &&Timestamp| now.duration_since(**at).as_secs() < RATE_OVER;
        let late = self.answers.iter().rev().take_while(is_late).count();
        late.div_ceil(RATE_OVER as usize)
    }

    fn draw_progress(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let counts = self.counts();
        let answered = counts.done + counts.failed;
        let bar = if area.width < 100 { BAR.0 } else { BAR.1 };
        let filled = bar * answered / self.rows.len().max(1);
        let mut spans = vec![
            Span::raw(" "),
            Span::styled(self.spec.id.0, theme.title),
            Span::raw(" "),
            Span::styled("━".repeat(filled), theme.accent),
            Span::styled("─".repeat(bar - filled), theme.dim),
            Span::raw(format!(
                " {} of {}  ",
                grouped(answered),
                counted(self.rows.len(), self.noun())
            )),
            Span::styled("✓ ", theme.good),
            Span::raw(grouped(counts.done)),
        ];
        if counts.failed > 0 {
            spans.push(Span::styled("  ✗ ", theme.bad));
            spans.push(Span::raw(format!("{} failed", grouped(counts.failed))));
        }
        frame.render_widget(Line::from(spans), area);
        let (style, text) = match (self.job, self.steered()) {
            (None, _) if counts.not_sent > 0 => (theme.warn, "stopped".to_owned()),
            (None, _) => {
                let took = self.took.map(latency_text).unwrap_or_default();
                (theme.dim, took)
            }
            (Some(_), Steering::Stop) => (theme.warn, "stopping".to_owned()),
            (Some(_), Steering::Pause) => (theme.warn, "paused".to_owned()),
            (Some(_), Steering::Go) => {
                let rate = self.rate(core.now);
                let slowed = if self.slowed { " · throttled" } else { "" };
                let text = format!("{} {rate}/s{slowed}", spinner(core.ticks));
                (theme.dim, text)
            }
        };
        let right = Line::styled(format!("{text} "), style).right_aligned();
        frame.render_widget(right, area);
    }

    /// What is said of the key under the cursor.
    fn draw_message(&self, theme: &Theme, frame: &mut Frame, area: Rect) {
        let Some(KeyRow {
            progress: Progress::Answered(outcome),
            ..
        }) = self.current()
        else {
            return;
        };
        let Err(error) = &outcome.result else {
            return;
        };
        let text = match self.spec.left_open(&outcome.request, error) {
            Some(left_open) => format!("{error}. {left_open}"),
            None => error.to_string(),
        };
        let room = (area.width as usize).saturating_sub(2);
        let text = cut_end(&printable(&text), room).into_owned();
        frame.render_widget(Line::styled(format!(" {text}"), theme.warn), area);
    }

    fn result(&self, row: &KeyRow, theme: &Theme, columns: usize) -> Line<'static> {
        let (glyph, style, text) = match &row.progress {
            Progress::NotSent if self.job.is_none() => ("–", theme.warn, "not sent".to_owned()),
            Progress::NotSent => ("·", theme.dim, "waits".to_owned()),
            Progress::UnderWay => ("…", theme.dim, "under way".to_owned()),
            Progress::Answered(outcome) => match &outcome.result {
                Ok(_) => ("✓", theme.good, self.spec.done.to_owned()),
                Err(error) => {
                    let is_open = self.spec.left_open(&outcome.request, error).is_some();
                    let glyph = if is_open { "?" } else { "✗" };
                    (glyph, theme.bad, error.to_string())
                }
            },
        };
        let text = cut_end(&printable(&text), columns.saturating_sub(2)).into_owned();
        Line::from(vec![
            Span::styled(format!("{glyph} "), style),
            Span::raw(text),
        ])
    }
}

impl Screen for BulkScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Bulk]
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::Run => self.job.is_some() && self.steered() != Steering::Stop,
            Action::TryAgain => self.job.is_none() && !self.to_try_again().is_empty(),
            Action::ShowFailed => {
                let failed = self.counts().failed;
                failed > 0 && failed < self.rows.len()
            }
            Action::OpenDetails => self
                .current()
                .is_some_and(|row| matches!(row.progress, Progress::Answered(_))),
            Action::Back => self.job.is_none() || self.steered() != Steering::Stop,
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => return self.back(core),
            Action::Run => self.steer(match self.steered() {
                Steering::Go => Steering::Pause,
                Steering::Pause | Steering::Stop => Steering::Go,
            }),
            Action::TryAgain => return self.try_again(core),
            Action::ShowFailed => {
                self.failed_only = !self.failed_only;
                self.show();
            }
            Action::OpenDetails => {
                if let Some(KeyRow {
                    progress: Progress::Answered(outcome),
                    ..
                }) = self.current()
                {
                    return Flow::Open(Route::OutcomeToRead(outcome.clone()));
                }
            }
            _ => {
                self.window.step(action, core, self.shown.len());
            }
        }
        Flow::Stay
    }

    fn click(&mut self, _x: u16, y: u16, _core: &mut Core) -> bool {
        self.window.click(y, self.shown.len())
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        self.window.settle(core, self.shown.len());
        // What is to be tried again is looked at first.
        match self.job {
            Some(_) => Some(Vec::new()),
            None if self.is_of_grants() => Some(Vec::new()),
            None => Some(core.undescribed(&self.to_try_again())),
        }
    }

    fn moves(&self) -> bool {
        self.job.is_some()
    }

    fn is_spent(&self) -> bool {
        self.was_tried_again
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.job == Some(job)
    }

    fn answer(&mut self, _job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let JobEvent::Bulk(event) = event else {
            return Flow::Stay;
        };
        match event {
            BulkEvent::Begun(at) => self.rows[at].progress = Progress::UnderWay,
            BulkEvent::Answered(at, _, outcome) => {
                self.rows[at].progress = Progress::Answered(outcome);
                self.answers.push_back(core.now);
                if self.answers.len() > self.rows.len().min(1000) {
                    self.answers.pop_front();
                }
                if self.failed_only {
                    self.show();
                }
            }
            BulkEvent::Slowed => self.slowed = true,
            BulkEvent::NoJournal(why) => core.say(
                Tone::Warn,
                format!("What it does is not written down, should it be cut off: {why}."),
            ),
            BulkEvent::Done => self.ended(core),
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        if self.job.is_some() {
            self.steer(Steering::Stop);
            let counts = self.counts();
            core.say(
                Tone::Warn,
                format!(
                    "{} was stopped: {} not sent.",
                    self.spec.id,
                    counted(counts.not_sent, self.noun())
                ),
            );
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [progress, message, table] = list_window::areas(area);
        self.draw_progress(core, theme, frame, progress);
        self.draw_message(theme, frame, message);
        if self.shown.is_empty() {
            let line = Line::styled("Nothing has failed.", theme.dim);
            frame.render_widget(line, view::pad(table, 2, 0));
            return;
        }
        let names = self.shown.iter().map(|at| width(&self.rows[*at].name));
        let all = area.width as usize;
        let names = names.max().unwrap_or(0).clamp(12, all / 3);
        let id_columns = if all >= 120 { 36 } else { 13 };
        let results = all.saturating_sub(names + id_columns + 6);
        let seen = self.window.seen(&self.shown, table);
        let rows = seen.map(|(place, at)| {
            let row = &self.rows[*at];
            let marker = self.window.marker(place);
            let name = fit(&printable(&row.name), names);
            Row::new(vec![
                Cell::from(format!("{marker}{name}")),
                Cell::from(cut_middle(&printable(row.id()), id_columns).into_owned()),
                Cell::from(self.result(row, theme, results)),
            ])
        });
        let widths = [
            Constraint::Length(names as u16 + 2),
            Constraint::Length(id_columns as u16),
            Constraint::Fill(1),
        ];
        let heads = match self.is_of_grants() {
            true => ["  GRANT", "GRANT ID", "RESULT"],
            false => ["  KEY", "KEY ID", "RESULT"],
        };
        let heads = Row::new(heads).style(theme.dim);
        frame.render_widget(
            Table::new(rows, widths).header(heads).column_spacing(2),
            table,
        );
        self.window.mark(theme, frame, table);
    }
}
