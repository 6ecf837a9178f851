//! The grants of all keys, or those that the caller may retire: whose they are, what they allow, and
//! the way to end one or many.

mod draw;
mod source;

use std::collections::HashMap;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::grant_columns::{GRANT_COLUMNS, GRANT_DEFAULT, GrantColumnId, grant_column};
use crate::catalog::grant_row::{GrantRef, GrantRow};
use crate::catalog::grant_terms::completions;
use crate::catalog::grant_view::GrantView;
use crate::catalog::list_table::ListTable;
use crate::kms::text::{counted, grouped, printable, width};
use crate::kms::{KeyRef, Request, Value};
use crate::ops::fields::{GRANT_ID, KEY_ID};
use crate::ops::{CREATE_GRANT, OpSpec, RETIRE_GRANT, REVOKE_GRANT};
use crate::reads::ReadAnswer;
use crate::tui::changing::Changing;
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::SubmitAll;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::widgets::filter_line::{self, Cycle, FilterLine};
use crate::tui::widgets::grant_summary;
use crate::tui::widgets::list_window::{self, ListWindow};

use source::Source;

pub struct GrantsScreen {
    source: Source,
    view: GrantView,
    /// What of the source is in the view.
    made_of: source::Stage,
    /// The step of the clock at which that was.
    made_at: usize,
    window: ListWindow,
    /// The grant under the cursor: the cursor stays on it whatever comes in around it.
    held: Option<GrantRef>,
    filter: FilterLine,
    cycle: Option<Cycle>,
    changing: Changing,
    /// The widest text of each column that was seen.
    natural: HashMap<GrantColumnId, usize>,
}

impl GrantsScreen {
    /// The grants of the keys of the list.
    pub fn of_keys() -> Self {
        GrantsScreen::of(Source::Keys)
    }

    /// The grants that the caller may retire.
    pub fn retirable(core: &mut Core) -> Self {
        GrantsScreen::of(Source::retirable(core))
    }

    fn of(source: Source) -> Self {
        GrantsScreen {
            source,
            view: GrantView::default(),
            made_of: source::Stage::default(),
            made_at: 0,
            window: ListWindow::default(),
            held: None,
            filter: FilterLine::default(),
            cycle: None,
            changing: Changing::default(),
            natural: HashMap::new(),
        }
    }

    fn current(&self) -> Option<&GrantRow> {
        self.view.row(self.window.selected)
    }

    fn hold(&mut self) {
        self.held = self.current().map(GrantRow::grant_ref);
    }

    /// The columns of the list, in their order.
    fn columns(&self, core: &Core) -> Vec<GrantColumnId> {
        let mut columns = GRANT_DEFAULT.to_vec();
        // In several Regions, keys that look alike are told apart by it.
        if core.listing.lists.len() > 1 {
            columns.insert(4, GrantColumnId::Region);
        }
        columns
    }

    /// Marks all grants that the filter finds; takes their marks away where all have one.
    fn mark_all(&mut self, core: &mut Core) {
        let rows = self.view.rows().to_vec();
        let are_marked = rows
            .iter()
            .all(|at| self.view.all()[*at as usize].is_marked);
        for at in &rows {
            self.view.set_mark(*at, !are_marked);
        }
        let count = counted(rows.len(), "grant");
        let unknown = self.source.missing(core);
        let text = match are_marked {
            true => format!("{count}: no longer marked."),
            false if unknown > 0 => format!(
                "{count} marked; the grants of {} are not known yet.",
                counted(unknown, "other key")
            ),
            false => format!("{count} marked: what an action is chosen for."),
        };
        core.say(Tone::Plain, text);
    }

    /// Ends the marked grants by one question, else the one under the cursor.
    fn end(&mut self, spec: &'static OpSpec, core: &mut Core) -> Flow {
        let marked = self.view.marked();
        let marked: Vec<_> = marked
            .map(|row| (row.key.clone(), Arc::clone(&row.grant)))
            .collect();
        if !marked.is_empty() {
            return match core.submit_grants(spec, &marked) {
                SubmitAll::Ask(question) => Flow::Open(Route::BulkQuestion(question)),
                SubmitAll::Refused(why) => {
                    core.say(Tone::Warn, why);
                    Flow::Stay
                }
            };
        }
        let Some(row) = self.current() else {
            return Flow::Stay;
        };
        let request = Request::new(spec.id)
            .with(&KEY_ID, Value::Text(row.key.id.clone()))
            .with(&GRANT_ID, Value::Text(row.grant.grant_id.clone()));
        let (key, grant) = (row.key.clone(), Arc::clone(&row.grant));
        self.changing
            .begin_knowing(request, &key, Some(&grant), core)
    }

    /// What the list becomes by the next completion of the filter, or the one before; None where
    /// that is what it is.
    fn completed(&self, core: &Core, next: bool) -> Option<Cycle> {
        let offers = |base: &str| completions(base, self.view.all(), core.listing.keys.regions());
        filter_line::cycle(self.filter.text(), self.cycle.as_ref(), next, offers)
    }

    /// The list as a file would have it, and what is not known of it.
    fn export(&self, core: &Core) -> Route {
        let columns: Vec<_> = GRANT_COLUMNS.iter().map(|column| column.id).collect();
        let all = self.view.all();
        let rows = self.view.rows().iter().map(|at| &all[*at as usize]);
        let table = ListTable::of_grants(&columns, rows);
        let missing = self.source.missing(core);
        let unknown = (missing > 0).then(|| {
            let keys = counted(missing, "key");
            format!("The grants of {keys} are not known, and are not in it.")
        });
        Route::Prompt(Asks::ExportList(Box::new(table), unknown))
    }

    /// What can be copied of the grant under the cursor, and of its key.
    fn copy_items(&self) -> Vec<CopyItem> {
        let Some(row) = self.current() else {
            return Vec::new();
        };
        let mut items = grant_summary::copy_items(&row.grant);
        items.push(CopyItem::text("KeyId", &*row.key_id));
        items.push(CopyItem::text("KeyArn", &row.key.id));
        let aliases = row.aliases.iter();
        items.extend(aliases.map(|alias| CopyItem::text("AliasName", &**alias)));
        items
    }

    /// Takes in how wide the texts are that are seen now. Widths do not shrink while one scrolls.
    fn measure(&mut self, core: &Core, seen: std::ops::Range<usize>) {
        for id in self.columns(core) {
            let column = grant_column(id);
            let texts = seen.clone().filter_map(|place| {
                let row = self.view.row(place)?;
                let text = column.list_text(row, core.now);
                Some(width(GrantsScreen::sign(column, row)) + width(&printable(&text)))
            });
            let widest = texts.max().unwrap_or(0);
            let natural = self.natural.entry(id).or_default();
            *natural = widest.max(*natural);
        }
    }

    fn go_to_first(&mut self) {
        self.window.selected = 0;
        self.held = None;
    }
}

impl Screen for GrantsScreen {
    fn contexts(&self) -> Vec<Context> {
        match self.filter.is_editing() {
            true => vec![Context::Filter, Context::Grants],
            false => vec![Context::Grants],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let has_current = self.current().is_some();
        let ends = || {
            let has_some = has_current || self.view.marked().next().is_some();
            has_some && !self.changing.is_under_way()
        };
        match action {
            Action::OpenDetails | Action::Copy | Action::MarkKey | Action::Actions => has_current,
            Action::MarkAll | Action::Export => !self.view.rows().is_empty(),
            // Who may retire a grant need not be one who may revoke it.
            Action::Remove => self.source.is_of_keys() && ends(),
            Action::RetireGrant => ends(),
            Action::New => core.session().is_some(),
            Action::Filter | Action::Sort | Action::SortReverse => !self.view.all().is_empty(),
            Action::DescribeAll => {
                let is_asked = core.listing.sweep.is_some();
                self.source.is_of_keys() && (is_asked || self.source.missing(core) > 0)
            }
            Action::Complete => self.completed(core, true).is_some(),
            Action::PrevField => self.completed(core, false).is_some(),
            // What is typed here is not kept among the filters of keys.
            Action::Older | Action::Newer => false,
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        match self.current() {
            Some(row) => row.key.clone(),
            None => KeyRef::none(core.region()),
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Filter => self.filter.edit(),
            Action::Accept => self.filter.keep(),
            Action::Complete | Action::PrevField => {
                if let Some(cycle) = self.completed(core, action == Action::Complete) {
                    self.filter.set(&cycle.2);
                    self.cycle = Some(cycle);
                    self.go_to_first();
                }
            }
            Action::Back if self.filter.is_editing() || !self.filter.is_empty() => {
                self.filter.clear();
                self.hold();
            }
            Action::Back => return Flow::Back,
            Action::Refresh => self.source.read_again(core),
            Action::DescribeAll => core.toggle_sweep(FactSet::of(Fact::Grants)),
            Action::OpenDetails => {
                if let Some(row) = self.current() {
                    let grant_id = row.grant.grant_id.clone();
                    return Flow::Open(Route::GrantOfKey(row.key.clone(), grant_id));
                }
            }
            Action::Actions => return Flow::Open(Route::Actions(self.subject(core))),
            Action::New => return Flow::Operation(&CREATE_GRANT),
            Action::Remove => return self.end(&REVOKE_GRANT, core),
            Action::RetireGrant => return self.end(&RETIRE_GRANT, core),
            Action::MarkKey => {
                if let Some(at) = self.view.rows().get(self.window.selected).copied() {
                    let is_marked = self.view.all()[at as usize].is_marked;
                    self.view.set_mark(at, !is_marked);
                    self.window.step(Action::Down, core, self.view.rows().len());
                    self.hold();
                }
            }
            Action::MarkAll => self.mark_all(core),
            Action::Sort => {
                let columns = self.columns(core);
                let (sort, _) = self.view.sort();
                let at = columns.iter().position(|id| *id == sort);
                let next = at.map_or(0, |at| (at + 1) % columns.len());
                self.hold();
                self.view.set_sort(columns[next], false);
                self.follow();
            }
            Action::SortReverse => {
                let (sort, reverse) = self.view.sort();
                self.hold();
                self.view.set_sort(sort, !reverse);
                self.follow();
            }
            Action::Export => return Flow::Open(self.export(core)),
            Action::Copy => return Flow::Open(Route::Copy(self.copy_items())),
            _ => {
                if self.window.step(action, core, self.view.rows().len()) {
                    self.hold();
                }
            }
        }
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent, _core: &mut Core) {
        if self.filter.key(key) {
            self.go_to_first();
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.filter.paste(text));
        self.go_to_first();
    }

    fn click(&mut self, _x: u16, y: u16, _core: &mut Core) -> bool {
        let is_row = self.window.click(y, self.view.rows().len());
        if is_row {
            self.hold();
        }
        is_row
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        self.source.settle(core);
        let made_of = self.source.stage(core);
        // While answers come in, sorting all of them for each frame would hold the screen back.
        let is_due = core.listing.sweep.is_none()
            || self.made_at != core.ticks
            || self.view.all().is_empty();
        let filter = self.filter.text().trim();
        let is_filtered = self.view.query() == filter;
        let is_made = self.made_of == made_of || !is_due;
        self.view.set_query(filter, core.now);
        if !is_made {
            (self.made_of, self.made_at) = (made_of, core.ticks);
            self.view.set_all(self.source.rows(core));
        }
        if !is_made || !is_filtered {
            self.follow();
        }
        let seen = self.window.settle(core, self.view.rows().len());
        self.measure(core, seen);
        Some(Vec::new())
    }

    fn needs(&self) -> FactSet {
        match self.source.is_of_keys() {
            true => FactSet::of(Fact::Grants),
            false => FactSet::default(),
        }
    }

    fn moves(&self) -> bool {
        self.changing.is_under_way() || self.source.is_read()
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.changing.sent(job);
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.changing.is(job) || self.source.waits_for(job)
    }

    fn answer(&mut self, job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if self.changing.is(job) {
            let key = self.subject(core);
            return self.changing.answer(event, &key, core);
        }
        if let JobEvent::Read(answer) = event {
            let grants = answer.map(|answer| match answer {
                ReadAnswer::RetirableGrants(grants) => grants,
                _ => Vec::new(),
            });
            self.source.answer(job, grants);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        self.source.give_up(core);
    }

    fn is_at(&self, route: &Route) -> bool {
        match route {
            Route::Grants => self.source.is_of_keys(),
            Route::RetirableGrants => !self.source.is_of_keys(),
            _ => false,
        }
    }

    fn count_text(&self, _core: &Core) -> Option<String> {
        let mut text = counted(self.view.all().len(), "grant");
        if !self.view.query().is_empty() {
            text = format!("{} of {text}", grouped(self.view.rows().len()));
        }
        let marked = self.view.marked().count();
        if marked > 0 {
            text = format!("{} marked · {text}", grouped(marked));
        }
        Some(text)
    }

    /// Whose the grant under the cursor is, whole, where no preview shows it.
    fn current_text(&self, core: &Core) -> Option<String> {
        if core.size.0 >= list_window::WIDE {
            return None;
        }
        Some(self.current()?.grant.grantee()?.to_owned())
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        self.draw_list(core, theme, frame, area);
    }
}

impl GrantsScreen {
    /// Puts the cursor where its grant is now.
    fn follow(&mut self) {
        let held = self.held.as_ref();
        if let Some(place) = held.and_then(|held| self.view.place_of(held)) {
            self.window.selected = place;
        }
    }
}
