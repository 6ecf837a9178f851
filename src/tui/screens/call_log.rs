//! Every SDK call of this run, the newest first.

mod columns;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Row, Table};

use super::Screen;
use crate::access::refused::Refused;
use crate::kms::field::Sensitivity;
use crate::kms::outcome::latency_text;
use crate::kms::text::printable;
use crate::kms::text::{counted, grouped};
use crate::kms::{CallEnd, CallRecord, KeyRef, Request};
use crate::ops::spec;
use crate::reads;
use crate::snippet::Destination;
use crate::tui::copy_items::{self, CopyItem};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::Submit;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view::{self, exact_time};
use crate::tui::widgets::filter_line::{self, FilterLine};
use crate::tui::widgets::list_window::{self, ListWindow};
use columns::columns;

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
    /// The key that it is about.
    sent_about: Option<KeyRef>,
}

impl CallLogScreen {
    fn current<'a>(&self, core: &'a Core) -> Option<&'a CallRecord> {
        core.calls.get(*self.rows.get(self.window.selected)?)
    }

    /// Sends the call under the cursor again, as the principal on the screen. What changes the
    /// account is only put into its form.
    fn run_again(&mut self, core: &mut Core) -> Flow {
        let Some(record) = self.current(core).cloned() else {
            return Flow::Stay;
        };
        if record.in_lesson {
            core.say(
                Tone::Plain,
                "That was in a lesson's own sandbox: do the step again there.",
            );
            return Flow::Stay;
        }
        let operation = &record.operation;
        let key = KeyRef::new(&*record.region, record.key.clone().unwrap_or_default());
        if let Some(request) = &record.request {
            if spec(request.op).changes_account() && !request.dry_run() {
                core.say(
                    Tone::Plain,
                    format!("{operation} changes the account: send it from its form."),
                );
                return Flow::Open(Route::FilledForm(Box::new((**request).clone()), key));
            }
            if lacks_data(request) {
                core.say(
                    Tone::Plain,
                    "What was to be encrypted or signed is not kept: give it anew.",
                );
                return Flow::Open(Route::FilledForm(Box::new((**request).clone()), key));
            }
            match core.submit((**request).clone(), &key) {
                Submit::Sent(job) => {
                    self.pending = Some(job);
                    self.sent_about = Some(key);
                }
                Submit::Refused(why) => {
                    core.say(Tone::Warn, why);
                    return Flow::Stay;
                }
                Submit::Ask(question) => return Flow::Open(Route::Question(question)),
            }
        } else if let Some(read) = reads::named(operation) {
            let Some(session) = core.session_in(&record.region).cloned() else {
                core.say(
                    Tone::Warn,
                    format!(
                        "No session in {} any more: switch there first.",
                        record.region
                    ),
                );
                return Flow::Stay;
            };
            let job = Job::Read(session, read, record.key.clone().unwrap_or_default());
            self.pending = Some(core.start(job));
        } else {
            core.say(Tone::Plain, format!("{operation} is not sent from here."));
            return Flow::Stay;
        }
        let who = core.connection.principal().map(str::to_owned);
        let who = who.map_or(String::new(), |who| format!(", as {}", printable(&who)));
        core.say(Tone::Plain, format!("{operation} is sent again{who}."));
        Flow::Stay
    }
}

impl Screen for CallLogScreen {
    fn contexts(&self) -> Vec<Context> {
        match self.filter.is_editing() {
            true => vec![Context::Filter, Context::CallLog],
            false => vec![Context::CallLog],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            Action::Why => {
                let current = self.current(core);
                current.is_some_and(|call| call.refusal.is_some())
            }
            Action::OpenDetails | Action::Copy | Action::Export => !self.rows.is_empty(),
            Action::RunAgain => !self.rows.is_empty() && self.pending.is_none(),
            // There are no words of its own to complete.
            Action::Complete | Action::Older | Action::Newer => false,
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
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
                    return Flow::Open(Route::Text("Call", fields));
                }
            }
            Action::Copy => {
                if let Some(record) = self.current(core) {
                    let id = record.request_id.as_deref();
                    let mut items: Vec<CopyItem> = id
                        .map(|id| CopyItem::text("Request ID", id))
                        .into_iter()
                        .collect();
                    items.push(CopyItem::text("JSON", record.to_json()));
                    if let Some(request) = record.request.as_ref().filter(|it| !lacks_data(it)) {
                        let to = match record.in_lesson {
                            true => Destination::sandbox(&record.region),
                            false => core.destination(&record.region),
                        };
                        items.extend(copy_items::of_request(request, &to));
                    }
                    return Flow::Open(Route::Copy(items));
                }
            }
            Action::Export => {
                let mut lines = String::new();
                for number in self.rows.iter().rev() {
                    if let Some(record) = core.calls.get(*number) {
                        lines.push_str(&record.to_json());
                        lines.push('\n');
                    }
                }
                return Flow::Open(Route::Prompt(Asks::ExportCalls(lines)));
            }
            Action::RunAgain => return self.run_again(core),
            Action::Why => {
                if let Some(refused) = self.current(core).and_then(Refused::of_call) {
                    return Flow::Open(Route::WhyRefused(Box::new(refused)));
                }
            }
            _ => {
                self.window.step(action, core, self.rows.len());
            }
        }
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent, _core: &mut Core) {
        self.filter.key(key);
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.filter.paste(text));
    }

    fn click(&mut self, _x: u16, y: u16, _core: &mut Core) -> bool {
        self.window.click(y, self.rows.len())
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let filter = self.filter.text().trim().to_lowercase();
        let made_of = (core.calls.seen(), filter);
        if self.made_of.as_ref() != Some(&made_of) {
            let held = self.rows.get(self.window.selected).copied();
            let words: Vec<&str> = made_of.1.split_whitespace().collect();
            let is_wanted = |record: &CallRecord| {
                words.is_empty() || {
                    let text = record.search_text();
                    words.iter().all(|word| text.contains(word))
                }
            };
            // What a filter did not find, a longer one does not find either, and of the same one
            // only calls that are new are looked at: there may be thousands.
            let (seen, old_filter) = self.made_of.take().unwrap_or_default();
            let same_filter = seen > 0 && old_filter == made_of.1;
            let narrows = made_of.1.starts_with(&old_filter);
            let (looked_at, found) = match narrows {
                true => (seen, std::mem::take(&mut self.rows)),
                false => (0, Vec::new()),
            };
            let new = core.calls.newest_first();
            self.rows = new
                .take_while(|(number, _)| *number >= looked_at)
                .filter(|(_, record)| is_wanted(record))
                .map(|(number, _)| number)
                .collect();
            let kept = found.into_iter().filter(|number| {
                let record = core.calls.get(*number);
                record.is_some_and(|record| same_filter || is_wanted(record))
            });
            self.rows.extend(kept);
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
        None
    }

    fn answer(&mut self, _id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        self.pending = None;
        match event {
            JobEvent::Ran(outcome) => {
                let key = self.sent_about.take();
                let key = key.unwrap_or_else(|| KeyRef::none(core.region()));
                Flow::Open(Route::Outcome(outcome, key))
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

    fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.pending.take() {
            core.cancel(id);
        }
    }

    fn moves(&self) -> bool {
        self.pending.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.pending == Some(id)
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.pending = Some(job);
    }

    fn is_at(&self, route: &Route) -> bool {
        matches!(route, Route::CallLog)
    }

    fn shows_calls(&self) -> bool {
        true
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [line, _, table] = list_window::areas(area);
        let all = counted(core.calls.seen(), "call");
        let count = match (
            self.filter.is_empty(),
            core.calls.kept() < core.calls.seen(),
        ) {
            (false, _) => format!("{} of {all}", grouped(self.rows.len())),
            (true, true) => format!("{all}, the last {} kept", grouped(core.calls.kept())),
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
        let columns = columns(area.width, core.listing.lists.len() > 1);
        let heads = columns.iter().map(|(column, _)| {
            let head = Line::raw(column.head());
            match column.is_number() {
                true => head.right_aligned(),
                false => head,
            }
        });
        let header = Row::new(heads).style(theme.dim);
        let rows = self.window.seen(&self.rows, table);
        let rows = rows.filter_map(|(place, number)| {
            let record = core.calls.get(*number)?;
            let marker = self.window.marker(place);
            let cells = columns.iter();
            let cells = cells.map(|(column, room)| column.cell(record, marker, *room, theme));
            Some(Row::new(cells))
        });
        let widths = columns
            .iter()
            .map(|(_, columns)| Constraint::Length(*columns));
        frame.render_widget(
            Table::new(rows, widths).header(header).column_spacing(1),
            table,
        );
        self.window.mark(theme, frame, table);
    }
}

/// Whether a request is here without the data that it was made with.
fn lacks_data(request: &Request) -> bool {
    spec(request.op).fields.iter().any(|field| {
        field.sensitivity == Sensitivity::Secret && field.required && request.get(field).is_none()
    })
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
    if let Some(caller) = &record.caller {
        fields.push(("Principal", caller.arn.clone()));
        fields.push(("Account", caller.account.clone()));
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
