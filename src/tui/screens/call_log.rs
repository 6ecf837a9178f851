//! Every SDK call of this run, the newest first.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::outcome::OutcomeScreen;
use super::{Flow, Screen};
use crate::gateway::Session;
use crate::kms::outcome::latency_text;
use crate::kms::text::{counted, grouped};
use crate::kms::text::{cut_end, cut_middle, printable};
use crate::kms::{CallEnd, CallRecord, key_id};
use crate::ops::Gate;
use crate::reads;
use crate::snippet::Destination;
use crate::tui::app::{Core, Tone};
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::popups::Popup;
use crate::tui::popups::copy::CopyMenu;
use crate::tui::popups::prompt::Prompt;
use crate::tui::popups::text::TextPopup;
use crate::tui::theme::Theme;
use crate::tui::view::{self, exact_time};
use crate::tui::widgets::filter_line::{self, FilterLine};
use crate::tui::widgets::list_window::{self, ListWindow};

#[derive(Default)]
pub struct CallLogScreen {
    /// Numbers of the calls that are shown, counted from the run's first; the newest first.
    rows: Vec<usize>,
    /// Up to which call, and by which filter, the rows are made.
    made_of: Option<(usize, String)>,
    filter: FilterLine,
    window: ListWindow,
    /// A call that is sent again.
    pending: Option<JobId>,
}

impl CallLogScreen {
    pub fn contexts(&self) -> Vec<Context> {
        match self.filter.is_editing() {
            true => vec![Context::Filter, Context::CallLog],
            false => vec![Context::CallLog],
        }
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::OpenDetails | Action::Copy | Action::Export | Action::RunAgain => {
                !self.rows.is_empty()
            }
            _ => true,
        }
    }

    pub fn pending(&self) -> Option<JobId> {
        self.pending
    }

    fn record<'a>(&self, number: usize, core: &'a Core) -> Option<&'a CallRecord> {
        let first = core.calls_seen - core.calls.len();
        core.calls.get(number.checked_sub(first)?)
    }

    fn current<'a>(&self, core: &'a Core) -> Option<&'a CallRecord> {
        self.record(*self.rows.get(self.window.selected)?, core)
    }

    /// Brings the rows up to date.
    pub fn settle(&mut self, core: &Core) {
        let filter = self.filter.text().trim().to_lowercase();
        let made_of = (core.calls_seen, filter);
        if self.made_of.as_ref() != Some(&made_of) {
            let held = self.rows.get(self.window.selected).copied();
            let same_filter = self.made_of.as_ref().is_some_and(|(_, f)| *f == made_of.1);
            let words: Vec<&str> = made_of.1.split_whitespace().collect();
            let first = core.calls_seen - core.calls.len();
            self.rows = core
                .calls
                .iter()
                .enumerate()
                .rev()
                .filter(|(_, record)| {
                    words.is_empty() || {
                        let text = record.search_text();
                        words.iter().all(|word| text.contains(word))
                    }
                })
                .map(|(at, _)| first + at)
                .collect();
            // At the top the newest is followed; elsewhere the cursor stays on its call.
            self.window.selected = match held {
                Some(held) if same_filter && self.window.selected > 0 => {
                    self.rows.iter().position(|row| *row == held).unwrap_or(0)
                }
                _ => 0,
            };
            self.made_of = Some(made_of);
        }
        self.window.settle(core, self.rows.len());
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Filter => self.filter.edit(),
            Action::Accept => self.filter.keep(),
            Action::Back if self.filter.is_editing() || !self.filter.is_empty() => {
                self.filter.clear();
            }
            Action::Back => return Flow::Back,
            Action::OpenDetails => {
                if let Some(record) = self.current(core) {
                    let fields = fields(record, core);
                    return Flow::popup(Popup::Text(TextPopup::fields("Call", fields)));
                }
            }
            Action::Copy => {
                if let Some(record) = self.current(core) {
                    let mut items = Vec::new();
                    if let Some(id) = &record.request_id {
                        items.push(("Request ID".to_owned(), id.clone()));
                    }
                    items.push(("JSON".to_owned(), record.to_json()));
                    let mut menu = CopyMenu::new(items);
                    if let Some(request) = &record.request {
                        let session = session_in(&record.region, core);
                        let to = match record.in_lesson {
                            true => Destination::sandbox(&record.region),
                            false => core.destination(session),
                        };
                        menu = menu.with_snippets(request, &to);
                    }
                    return Flow::popup(Popup::Copy(menu));
                }
            }
            Action::Export => {
                let mut lines = String::new();
                for number in self.rows.iter().rev() {
                    if let Some(record) = self.record(*number, core) {
                        lines.push_str(&record.to_json());
                        lines.push('\n');
                    }
                }
                return Flow::popup(Popup::Prompt(Prompt::export(lines.into_bytes())));
            }
            Action::RunAgain => self.run_again(core),
            _ => {
                self.window.step(action, core, self.rows.len());
            }
        }
        Flow::Stay
    }

    /// Sends the call under the cursor again.
    fn run_again(&mut self, core: &mut Core) {
        let Some(record) = self.current(core).cloned() else {
            return;
        };
        if record.in_lesson {
            core.say(
                Tone::Plain,
                "That was in a lesson's own sandbox: do the step again there.",
            );
            return;
        }
        let Some(session) = session_in(&record.region, core).cloned() else {
            core.say(
                Tone::Warn,
                format!(
                    "No session in {} any more: switch there first.",
                    record.region
                ),
            );
            return;
        };
        let job = match &record.request {
            Some(request) => match Gate::of((**request).clone(), core.is_read_only()) {
                Gate::Clear(cleared) => Job::Run(session, cleared),
                Gate::ReadOnly(operation) => {
                    core.say(Tone::Warn, core.read_only_text(operation));
                    return;
                }
                Gate::Ask(_) => {
                    core.say(Tone::Warn, "It changes the account: send it from its form.");
                    return;
                }
            },
            None => match reads::named(&record.operation) {
                Some(read) => Job::Read(session, read, record.key.clone().unwrap_or_default()),
                None => {
                    core.say(
                        Tone::Plain,
                        format!("{} is not sent from here.", record.operation),
                    );
                    return;
                }
            },
        };
        core.say(Tone::Plain, format!("{} is sent again.", record.operation));
        self.pending = Some(core.start(job));
    }

    pub fn answer(&mut self, event: JobEvent, core: &mut Core) -> Flow {
        self.pending = None;
        match event {
            JobEvent::Ran(outcome) => {
                Flow::push(Screen::Outcome(Box::new(OutcomeScreen::new(*outcome, 0))))
            }
            JobEvent::Read(Ok(_)) => {
                core.say(Tone::Good, "It was answered.");
                Flow::Stay
            }
            JobEvent::Read(Err(error)) => {
                core.say(Tone::Bad, error.to_string());
                Flow::Stay
            }
            _ => Flow::Stay,
        }
    }

    pub fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.pending.take() {
            core.cancel(id);
        }
    }

    pub fn key(&mut self, key: KeyEvent) {
        self.filter.key(key);
    }

    pub fn paste(&mut self, text: &str) {
        self.filter.paste(text);
    }

    /// A click at row `y` of the body; whether there is one of the list's.
    pub fn click(&mut self, y: u16) -> bool {
        self.window.click(y, self.rows.len())
    }

    pub fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [line, _, table] = list_window::areas(area);
        let all = counted(core.calls_seen, "call");
        let count = match (self.filter.is_empty(), core.calls.len() < core.calls_seen) {
            (false, _) => format!("{} of {all}", grouped(self.rows.len())),
            (true, true) => format!("{all}, the last {} kept", grouped(core.calls.len())),
            (true, false) => all,
        };
        frame.render_widget(
            Line::styled(format!("Call log: {count} "), theme.dim).right_aligned(),
            line,
        );
        let keys = (Context::CallLog, &core.keymap);
        self.filter
            .draw(!core.calls.is_empty(), keys, theme, frame, line);
        if self.rows.is_empty() {
            let mut line = Line::raw("No call has ended yet.");
            if !core.calls.is_empty() {
                line = Line::raw("No call matches. ");
                let how = filter_line::how_to_clear(Context::CallLog, &core.keymap, theme);
                line.extend(how);
            }
            frame.render_widget(line, view::pad(table, 2, 0));
            return;
        }
        // The key tells more than the request ID: that has to wait for room.
        let wide = area.width >= 110;
        let widest = area.width >= 150;
        let several = core.lists.len() > 1 || wide;
        let mut heads = vec!["  TIME", "OPERATION", "KEY", "RESULT", "LATENCY"];
        let mut widths = vec![
            Constraint::Length(10),
            Constraint::Length(if wide { 32 } else { 20 }),
            Constraint::Fill(1),
            Constraint::Length(if widest { 26 } else { 18 }),
            Constraint::Length(10),
        ];
        if several {
            heads.insert(1, "REGION");
            widths.insert(1, Constraint::Length(12));
        }
        if widest {
            heads.extend(["TRIES", "REQUEST ID"]);
            widths.extend([Constraint::Length(5), Constraint::Length(18)]);
        }
        let others: u16 = widths
            .iter()
            .map(|width| match width {
                Constraint::Length(columns) => columns + 1,
                _ => 0,
            })
            .sum();
        let key_columns = area.width.saturating_sub(others).into();
        let result_columns = if widest { 24 } else { 16 };
        let rows = self.window.seen(&self.rows, table);
        let rows = rows.filter_map(|(place, number)| {
            let record = self.record(*number, core)?;
            let marker = self.window.marker(place);
            let time = record.at.strftime("%H:%M:%S");
            let (glyph, style) = match record.end() {
                CallEnd::Done => ("✓", theme.good),
                CallEnd::WouldSucceed => ("✓", theme.good),
                CallEnd::Cancelled => ("–", theme.dim),
                CallEnd::Failed => ("✗", theme.bad),
            };
            let dry = if record.dry_run { " (dry run)" } else { "" };
            let operation = format!("{}{dry}", record.operation);
            let room = if wide { 32 } else { 20 };
            // Of an ARN, what tells it from others; the details have it whole.
            let key = record.key.as_deref().unwrap_or("–");
            let key = key_id::parse(key).map_or(key, |id| id.resource);
            let mut cells = vec![
                Cell::from(format!("{marker}{time}")),
                Cell::from(cut_end(&printable(&operation), room).into_owned()),
                Cell::from(cut_middle(&printable(key), key_columns).into_owned()),
                Cell::from(Line::from(vec![
                    Span::styled(format!("{glyph} "), style),
                    Span::raw(
                        cut_end(&printable(record.result_text()), result_columns).into_owned(),
                    ),
                ])),
                Cell::from(Line::raw(latency_text(record.latency)).right_aligned()),
            ];
            if several {
                cells.insert(1, Cell::from(record.region.clone()));
            }
            if widest {
                cells.push(Cell::from(
                    Line::raw(record.attempts.to_string()).right_aligned(),
                ));
                let id = record.request_id.as_deref().unwrap_or("–");
                cells.push(Cell::from(cut_middle(&printable(id), 18).into_owned()));
            }
            Some(Row::new(cells))
        });
        let header = Row::new(heads).style(theme.dim);
        frame.render_widget(
            Table::new(rows, widths).header(header).column_spacing(1),
            table,
        );
        self.window.mark(theme, frame, table);
    }
}

/// The session in a Region, where there is one by now.
fn session_in<'a>(region: &str, core: &'a Core) -> Option<&'a Session> {
    let mut sessions = core.lists.iter().map(|list| &list.session);
    sessions.find(|session| session.region == region)
}

/// All that the log knows of a call.
fn fields(record: &CallRecord, core: &Core) -> Vec<(String, String)> {
    let mut fields = vec![
        ("Time", exact_time(record.at, core.now)),
        ("Service", record.service.to_owned()),
        ("Region", record.region.clone()),
        ("Operation", record.operation.clone()),
    ];
    if record.in_lesson {
        fields.push(("In", "a lesson's own sandbox".to_owned()));
    }
    fields.extend(record.key.clone().map(|key| ("Key", key)));
    let dry_run = if record.dry_run { "yes" } else { "no" };
    fields.push(("DryRun", dry_run.to_owned()));
    fields.push(("Result", record.result_text().to_owned()));
    fields.extend(
        record
            .error
            .clone()
            .filter(|_| record.end() == CallEnd::WouldSucceed)
            .map(|code| ("Code", code)),
    );
    fields.push(("Latency", latency_text(record.latency)));
    fields.push(("Attempts", record.attempts.to_string()));
    fields.extend(record.request_id.clone().map(|id| ("Request ID", id)));
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
