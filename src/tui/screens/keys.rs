//! The keys of the account: list, filter, sort, preview.

use std::collections::HashMap;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::Screen;
use crate::catalog::columns::{Align, Column, ColumnId, column, facts_of};
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::filter_terms::completions;
use crate::catalog::inventory::{Entry, RegionIndex};
use crate::catalog::list_table::ListTable;
use crate::catalog::view::KeyView;
use crate::kms::KeyRef;
use crate::kms::text::{counted, grouped};
use crate::kms::text::{cut_end, cut_middle, printable, width};
use crate::matrix;
use crate::ops::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
use crate::ops::new_key::NEW_KEY;
use crate::tui::copy_items;
use crate::tui::core::Core;
use crate::tui::core::connection::ConnectionState;
use crate::tui::core::listing::ListState;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::column_layout;
use crate::tui::widgets::filter_line::{self, Cycle, FilterLine};
use crate::tui::widgets::key_state::state_text;
use crate::tui::widgets::key_summary;
use crate::tui::widgets::list_window::{self, ListWindow};
use crate::tui::widgets::scroll;

/// What can be done about a connection, or a list, that failed.
const WAYS_ON: [(Action, &str); 3] = [
    (Action::Refresh, " tries again."),
    (Action::SwitchProfile, " chooses another profile."),
    (Action::SwitchRegion, " chooses another Region."),
];

/// What can be done where keys may not be listed.
const WITHOUT_A_LIST: [(Action, &str); 2] = [
    (
        Action::GenerateDataKey,
        " opens the form: type a KeyId there. Listing is not needed to use a key.",
    ),
    (
        Action::OpenByKeyId,
        " opens the details of a key whose KeyId you type.",
    ),
];

/// Ways on, with the keys that they are bound to.
fn ways<'a>(
    ways: impl IntoIterator<Item = (Action, &'static str)> + 'a,
    core: &'a Core,
    theme: &'a Theme,
) -> impl Iterator<Item = Line<'static>> + 'a {
    ways.into_iter().filter_map(|(action, text)| {
        let key = core.keymap.key_of(Context::Keys, action)?;
        Some(Line::from(vec![
            Span::styled(key.to_string(), theme.key),
            Span::raw(text),
        ]))
    })
}

#[derive(Default)]
pub struct KeysScreen {
    view: KeyView,
    /// Place in the view's rows.
    window: ListWindow,
    /// The key under the cursor, once the user has moved it: the cursor stays on it as rows come
    /// in above, and as the list is begun anew.
    held: Option<KeyRef>,
    filter: FilterLine,
    cycle: Option<Cycle>,
    /// The widest text of each column that was seen, and of which list.
    natural: HashMap<ColumnId, usize>,
    natural_of: (u64, Vec<ColumnId>),
}

impl KeysScreen {
    /// The keys of a matrix: those that are marked, else all that the filter finds.
    fn matrix_rows(&self, core: &Core) -> Vec<matrix::Row> {
        let entry = |place: &u32| &core.listing.keys.entries()[*place as usize];
        let marked: Vec<u32> = self
            .view
            .rows()
            .iter()
            .copied()
            .filter(|place| entry(place).is_marked)
            .collect();
        let places = match marked.is_empty() {
            true => self.view.rows(),
            false => &marked,
        };
        places
            .iter()
            .map(|place| matrix::Row::of(entry(place), core.listing.key_ref(entry(place))))
            .collect()
    }

    /// The marked keys, else the one under the cursor, by what people call them.
    fn asked_keys(&self, core: &Core) -> Vec<(KeyRef, String)> {
        let entries = core.listing.keys.entries();
        let marked: Vec<_> = entries.iter().filter(|entry| entry.is_marked).collect();
        let asked = match marked.is_empty() {
            true => self.current(core).into_iter().collect(),
            false => marked,
        };
        let named = asked.into_iter();
        named
            .map(|entry| (core.listing.key_ref(entry), entry.reference().to_owned()))
            .collect()
    }

    /// Marks all keys that the filter finds; takes their marks away where all have one.
    fn mark_all(&self, core: &mut Core) {
        let rows = self.view.rows();
        let keys = &mut core.listing.keys;
        let are_marked = rows
            .iter()
            .all(|place| keys.entries()[*place as usize].is_marked);
        for place in rows {
            keys.set_mark(*place, !are_marked);
        }
        let count = counted(rows.len(), "key");
        let unknown = core.listing.unknown_of(self.view.needs());
        let text = match are_marked {
            true => format!("{count}: no longer marked."),
            // Whoever marks what a filter finds means all that it will find.
            false if unknown > 0 => format!(
                "{count} marked; the filter cannot judge {} yet.",
                counted(unknown, "other")
            ),
            false => format!("{count} marked: what an action is chosen for."),
        };
        core.say(Tone::Plain, text);
    }

    /// The key under the cursor as a form names it; none where there is none.
    fn current_reference(&self, core: &Core) -> KeyRef {
        match self.current(core) {
            Some(entry) => core.listing.key_ref_by_alias(entry),
            None => KeyRef::none(core.region()),
        }
    }

    /// The key under the cursor.
    pub fn current<'a>(&self, core: &'a Core) -> Option<&'a Entry> {
        let row = *self.view.rows().get(self.window.selected)?;
        core.listing.keys.entries().get(row as usize)
    }

    /// Whether its filter is being typed.
    pub fn is_filtering(&self) -> bool {
        self.filter.is_editing()
    }

    /// What is shown of the keys that are seen.
    pub fn shown_facts(&self, core: &Core) -> FactSet {
        FactSet::of(Fact::Details).and(facts_of(&core.kept.columns))
    }

    /// The columns of the list, in their order.
    fn columns(&self, core: &Core) -> Vec<ColumnId> {
        let mut columns = core.kept.columns.clone();
        // In several Regions, keys that look alike are told apart by it.
        if core.listing.lists.len() > 1 && !columns.contains(&ColumnId::Region) {
            columns.insert(1.min(columns.len()), ColumnId::Region);
        }
        columns
    }

    /// What the list becomes by the next completion of the filter, or the one before; None where
    /// that is what it is.
    fn completed(&self, core: &Core, next: bool) -> Option<Cycle> {
        let offers = |base: &str| completions(base, &core.listing.keys);
        filter_line::cycle(self.filter.text(), self.cycle.as_ref(), next, offers)
    }

    /// What filter, order and columns want to know of every key.
    fn wanted(&self, core: &Core) -> FactSet {
        self.view.needs().and(facts_of(&core.kept.columns))
    }

    /// The list as a file would have it, and what is not known of it.
    fn export(&self, core: &Core) -> Route {
        let columns = self.columns(core);
        let table = ListTable::of_keys(&columns, self.view.rows(), &core.listing.keys);
        let missing = core.listing.unknown_of(facts_of(&columns));
        let unknown = (missing > 0).then(|| {
            let key = core.keymap.key_of(Context::Keys, Action::DescribeAll);
            let how = key.map_or(String::new(), |key| {
                format!(" {key} on the list asks for it.")
            });
            let keys = counted(missing, "key");
            format!("Not all columns are known of {keys}: they are empty there.{how}")
        });
        Route::Prompt(Asks::ExportList(Box::new(table), unknown))
    }

    /// Takes in how wide the texts are that are seen now. Widths do not shrink while one scrolls.
    fn measure(&mut self, core: &Core, seen: &[u32]) {
        let of = (core.listing.keys.epoch(), self.columns(core));
        if self.natural_of != of {
            self.natural.clear();
            self.natural_of = of;
        }
        for id in &self.natural_of.1 {
            let column = column(*id);
            let texts = seen.iter().map(|place| {
                let entry = &core.listing.keys.entries()[*place as usize];
                width(&printable(&list_text(column, entry, core)))
            });
            let widest = self.natural.entry(*id).or_default();
            *widest = texts.max().unwrap_or(0).max(*widest);
        }
    }

    /// Keeps the key under the cursor there, whatever comes in around it.
    fn hold(&mut self, core: &Core) {
        self.held = self.current(core).map(|entry| core.listing.key_ref(entry));
    }

    fn tell_sort(&self, core: &mut Core) {
        let needs = self.view.sort_needs();
        let missing = core.listing.unknown_of(needs);
        if missing > 0 {
            let describe = core.keymap.key_of(Context::Keys, Action::DescribeAll);
            let how = describe.map_or(String::new(), |key| {
                format!(" {key} asks: {}.", core.listing.cost_text(needs))
            });
            core.say(
                Tone::Plain,
                format!(
                    "Sorted by {}: of {} it is not known yet, and they come last.{how}",
                    sort_name(self.view.sort()),
                    counted(missing, "key"),
                ),
            );
        }
    }

    /// Filters by `text`, as if it had been typed and kept.
    pub fn set_filter(&mut self, text: &str) {
        self.filter.clear();
        self.filter.set(text);
        self.go_to_best_match();
    }

    fn go_to_best_match(&mut self) {
        self.window.selected = 0;
        self.held = None;
    }

    fn draw_filter_line(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let arrow = if self.view.reverse() { "↓" } else { "↑" };
        let sort = match core.listing.keys.is_empty() {
            true => String::new(),
            false => format!("sort: {} {arrow} ", sort_name(self.view.sort())),
        };
        let sort_columns = width(&sort) as u16;
        let [left, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(sort_columns)]).areas(area);
        frame.render_widget(Line::styled(sort, theme.dim), right);
        let keys = (Context::Keys, &core.keymap);
        self.filter
            .draw(!core.listing.keys.is_empty(), keys, theme, frame, left);
    }

    /// The line below the filter: what the last word can become, else how the Regions stand, else
    /// which keys the filter cannot judge yet.
    fn draw_second_line(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let room = (area.width as usize).saturating_sub(2);
        if self.filter.is_editing() {
            self.draw_offers(core, theme, frame, area);
            return;
        }
        if let Some(problem) = self.view.problems().first() {
            let text = format!(" ! {}", cut_end(&printable(problem), room));
            frame.render_widget(Line::styled(text, theme.warn), area);
            return;
        }
        let needs = self.view.needs();
        let unknown = core.listing.unknown_of(needs);
        let filtered = !self.view.query().is_empty();
        if filtered && unknown > 0 && core.listing.sweep.is_none() {
            let key = core.keymap.key_of(Context::Keys, Action::DescribeAll);
            let cost = core.listing.cost_text(needs);
            let how = key.map_or(String::new(), |key| format!("; {key} asks: {cost}"));
            let text = format!("not known yet of {}{how}", counted(unknown, "key"));
            let text = format!(" ! {}", cut_end(&text, room));
            frame.render_widget(Line::styled(text, theme.warn), area);
            return;
        }
        if core.listing.lists.len() > 1 {
            let mut spans = vec![Span::raw(" ")];
            for (at, list) in core.listing.lists.iter().enumerate() {
                let (glyph, style) = match &list.keys.state {
                    ListState::Waiting | ListState::Loading => (spinner(core.ticks), theme.dim),
                    ListState::Done => ("✓", theme.good),
                    ListState::Failed(_) => ("✗", theme.bad),
                };
                let count = core.listing.keys.count_in(at as RegionIndex);
                let text = match &list.keys.state {
                    ListState::Failed(error) => printable(&error.code).into_owned(),
                    _ => grouped(count),
                };
                spans.push(Span::styled(format!("{glyph} "), style));
                spans.push(Span::raw(format!("{} {text}   ", list.session.region)));
            }
            frame.render_widget(Line::from(spans), area);
        }
    }

    /// What the last word can become, and what the filter will cost once it is kept.
    fn draw_offers(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let needs = core.listing.missing_of(self.view.needs());
        let mut cost = String::new();
        if !needs.is_empty() && core.listing.sweep.is_none() {
            let key = core.keymap.key_of(Context::Filter, Action::Accept);
            let key = key.map_or(String::new(), |key| format!("{key} "));
            cost = format!("{key}asks: {} ", core.listing.cost_text(needs));
        }
        if let Some(problem) = self.view.problems().first() {
            cost = format!("{} ", printable(problem));
        }
        let most = (area.width as usize).saturating_sub(2);
        let cost = cut_end(&cost, most).into_owned();
        let room = most.saturating_sub(width(&cost) + 2);
        let base = match &self.cycle {
            Some((base, _, completed)) if completed == self.filter.text() => base,
            _ => self.filter.text(),
        };
        let words = filter_line::offers(&completions(base, &core.listing.keys), room);
        frame.render_widget(Line::styled(cost, theme.warn).right_aligned(), area);
        let offers = Rect {
            width: (width(&words) as u16 + 1).min(area.width),
            ..area
        };
        frame.render_widget(Line::styled(format!(" {words}"), theme.dim), offers);
    }

    fn draw_empty(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let body = view::pad(area, 2, 0);
        let lines = match core.listing.keys_list() {
            ListState::Waiting | ListState::Loading => vec![Line::styled(
                format!("{} Listing keys …", spinner(core.ticks)),
                theme.dim,
            )],
            ListState::Done => vec![
                Line::from("There are no keys in this account and Region."),
                Line::styled(
                    "Another Region: start with --region. A key of another account: o, and its ARN.",
                    theme.dim,
                ),
            ],
            ListState::Failed(error) => {
                let title = if error.is_access_denied() {
                    "You may not list keys here (kms:ListKeys)"
                } else {
                    "The keys could not be listed"
                };
                let mut lines = view::failure(title, error, body.width, theme);
                lines.push(Line::default());
                lines.extend(ways(WITHOUT_A_LIST.into_iter().chain(WAYS_ON), core, theme));
                lines
            }
        };
        scroll::text(frame, body, &lines, 0, theme);
    }

    fn draw_table(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let columns: Vec<&Column> = self.columns(core).into_iter().map(column).collect();
        let natural = |column: &Column| self.natural.get(&column.id).copied().unwrap_or(0);
        let width_of = |column: &Column| column.width;
        let columns = column_layout::layout(&columns, width_of, natural, area.width.into());
        let header = Row::new(columns.iter().enumerate().map(|(at, (column, _))| {
            let head = match (at, column.align) {
                (0, Align::Left) => format!("  {}", column.head),
                _ => column.head.to_owned(),
            };
            Cell::from(aligned(Line::raw(head), column))
        }))
        .style(theme.dim);
        let rows = self
            .window
            .seen(self.view.rows(), area)
            .map(|(place, row)| {
                let entry = &core.listing.keys.entries()[*row as usize];
                let marker = match (self.window.marker(place), entry.is_marked) {
                    (marker, false) => marker,
                    ("  ", true) => " ◆",
                    (_, true) => "▌◆",
                };
                Row::new(columns.iter().enumerate().map(|(at, (column, columns))| {
                    let mut line = self.cell(column, entry, *columns, core, theme);
                    if at == 0 {
                        let text = width(&line.to_string());
                        let pad = match column.align {
                            Align::Right => columns.saturating_sub(text),
                            Align::Left => 0,
                        };
                        line.spans.insert(0, Span::raw(" ".repeat(pad)));
                        line.spans.insert(0, Span::raw(marker));
                        return Cell::from(line);
                    }
                    Cell::from(aligned(line, column))
                }))
            });
        let widths = columns.iter().enumerate().map(|(at, (_, columns))| {
            let marker = if at == 0 { column_layout::MARKER } else { 0 };
            Constraint::Length((columns + marker) as u16)
        });
        frame.render_widget(
            Table::new(rows, widths)
                .header(header)
                .column_spacing(column_layout::GAP as u16),
            area,
        );
        self.window.mark(theme, frame, area);
    }

    fn cell(
        &self,
        column: &Column,
        entry: &Entry,
        columns: usize,
        core: &Core,
        theme: &Theme,
    ) -> Line<'static> {
        match column.id {
            ColumnId::Alias => self.alias_cell(entry, columns, core, theme),
            ColumnId::State => {
                let (glyph, state, style) = state_text(entry, core, theme);
                let room = columns.saturating_sub(2);
                Line::from(vec![
                    Span::styled(format!("{glyph} "), style),
                    Span::raw(cut_end(&state, room).into_owned()),
                ])
            }
            ColumnId::KeyId => {
                let id = printable(&entry.key_id);
                Line::from(cut_middle(&id, columns).into_owned())
            }
            _ => {
                let text = list_text(column, entry, core);
                Line::from(cut_end(&printable(&text), columns).into_owned())
            }
        }
    }

    fn alias_cell(
        &self,
        entry: &Entry,
        columns: usize,
        core: &Core,
        theme: &Theme,
    ) -> Line<'static> {
        let more = more_aliases(entry);
        let room = columns.saturating_sub(width(&more));
        let Some(alias) = entry.main_alias() else {
            // Its aliases are the other account's.
            let text = match core.listing.foreign_account(entry) {
                Some(account) => cut_end(&format!("⇄ of {account}"), room).into_owned(),
                None => "–".to_owned(),
            };
            return Line::styled(text, theme.dim);
        };
        let name = cut_end(&printable(alias), room).into_owned();
        let mut spans = self.highlighted(name, theme);
        spans.push(Span::styled(more, theme.dim));
        Line::from(spans)
    }

    fn highlighted(&self, text: String, theme: &Theme) -> Vec<Span<'static>> {
        if self.view.query().is_empty() {
            return vec![Span::raw(text)];
        }
        let matched = self.view.matched_chars(&text);
        let mut spans: Vec<Span> = Vec::new();
        let mut run = String::new();
        let mut run_matched = false;
        for (at, c) in text.chars().enumerate() {
            let is_matched = matched.binary_search(&(at as u32)).is_ok();
            if is_matched != run_matched && !run.is_empty() {
                let style = if run_matched {
                    theme.matched
                } else {
                    theme.text
                };
                spans.push(Span::styled(std::mem::take(&mut run), style));
            }
            run_matched = is_matched;
            run.push(c);
        }
        let style = if run_matched {
            theme.matched
        } else {
            theme.text
        };
        spans.push(Span::styled(run, style));
        spans
    }
}

impl Screen for KeysScreen {
    fn contexts(&self) -> Vec<Context> {
        if self.filter.is_editing() {
            vec![Context::Filter, Context::Keys]
        } else {
            vec![Context::Keys]
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            Action::OpenDetails | Action::Copy | Action::MarkKey | Action::Access => {
                self.current(core).is_some()
            }
            Action::Matrix | Action::MarkAll => !self.view.rows().is_empty(),
            Action::Sort
            | Action::SortReverse
            | Action::Filter
            | Action::DescribeAll
            | Action::Export => !core.listing.keys.is_empty(),
            Action::OpenByKeyId | Action::GenerateDataKey | Action::NewKey | Action::Actions => {
                core.session().is_some()
            }
            Action::Complete => self.completed(core, true).is_some(),
            Action::PrevField => self.completed(core, false).is_some(),
            Action::Back => {
                self.filter.is_editing() || !self.filter.is_empty() || core.can_give_up()
            }
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        self.current_reference(core)
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Filter => self.filter.edit(),
            Action::Accept => {
                core.kept
                    .history
                    .add(&format!("/{}", self.filter.text().trim()));
                self.filter.keep();
            }
            Action::Complete | Action::PrevField => {
                if let Some(cycle) = self.completed(core, action == Action::Complete) {
                    self.filter.set(&cycle.2);
                    self.cycle = Some(cycle);
                    self.go_to_best_match();
                }
            }
            Action::Older | Action::Newer => {
                let lines = core.kept.history.lines('/');
                self.filter.recall(&lines, action == Action::Older);
                self.go_to_best_match();
            }
            Action::Aliases => {
                return Flow::Open(Route::Aliases);
            }
            Action::Back
                if !self.filter.is_editing() && self.filter.is_empty() && core.can_give_up() =>
            {
                core.give_up();
            }
            Action::Back => {
                self.filter.clear();
                // The key that was found stays under the cursor.
                self.hold(core);
            }
            Action::DescribeAll => {
                let wanted = self.wanted(core);
                core.toggle_sweep(match core.listing.missing_of(wanted).is_empty() {
                    true => FactSet::of(Fact::Details),
                    false => wanted,
                });
            }
            Action::Sort => {
                let columns = self.columns(core);
                let at = columns.iter().position(|id| *id == self.view.sort());
                let next = at.map_or(0, |at| (at + 1) % columns.len());
                self.hold(core);
                self.view.set_sort(columns[next], false);
                self.tell_sort(core);
            }
            Action::SortReverse => {
                self.hold(core);
                self.view.set_sort(self.view.sort(), !self.view.reverse());
                self.tell_sort(core);
            }
            Action::Refresh => {
                // What a failed DescribeKey hides may be allowed by now.
                core.refresh();
            }
            Action::OpenDetails => {
                if let Some(entry) = self.current(core) {
                    return Flow::Open(Route::KeyDetail(core.listing.key_ref(entry)));
                }
            }
            Action::SwitchProfile => return Flow::Open(Route::Profiles),
            Action::SwitchRegion => return Flow::Open(Route::Regions),
            Action::OpenByKeyId => {
                return Flow::Open(Route::Prompt(Asks::OpenKey));
            }
            Action::MarkKey => {
                if let Some(place) = self.view.rows().get(self.window.selected) {
                    let keys = &mut core.listing.keys;
                    let is_marked = keys.entries()[*place as usize].is_marked;
                    keys.set_mark(*place, !is_marked);
                    self.window.step(Action::Down, core, self.view.rows().len());
                    self.hold(core);
                }
            }
            Action::MarkAll => self.mark_all(core),
            Action::Columns => return Flow::Open(Route::Columns),
            Action::Export => return Flow::Open(self.export(core)),
            Action::Matrix => {
                return Flow::Open(Route::Matrix(self.matrix_rows(core)));
            }
            Action::Access => return Flow::Open(Route::Access(self.asked_keys(core))),
            Action::Actions => {
                let key = self.current_reference(core);
                return Flow::Open(match core.listing.keys.marked() {
                    0 => Route::Actions(key),
                    _ => Route::ActionsOnMarked(key),
                });
            }
            Action::GenerateDataKey => {
                let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
                return Flow::Open(Route::Form(spec, self.current_reference(core)));
            }
            Action::NewKey => {
                return Flow::Open(Route::Form(&NEW_KEY, KeyRef::none(core.region())));
            }
            Action::Copy => {
                if let Some(entry) = self.current(core) {
                    return Flow::Open(Route::Copy(copy_items::of_key(entry)));
                }
            }
            _ => {
                if self.window.step(action, core, self.view.rows().len()) {
                    self.hold(core);
                }
            }
        }
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent, _core: &mut Core) {
        if self.filter.key(key) {
            self.go_to_best_match();
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.filter.paste(text));
        self.go_to_best_match();
    }

    fn click(&mut self, _x: u16, y: u16, core: &mut Core) -> bool {
        let is_row = self.window.click(y, self.view.rows().len());
        if is_row {
            self.hold(core);
        }
        is_row
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        self.view.set_query(self.filter.text().trim(), core.now);
        let rows_changed = self.view.update(&core.listing.keys);
        let rows = self.view.rows();
        if rows_changed && let Some(held) = &self.held {
            // Of a list that is begun anew, the key may be still to come.
            if core.listing.keys.region_index(&held.region).is_none() {
                self.held = None;
            } else if let Some(held) = core.listing.keys.find_place(held)
                && let Some(place) = rows.iter().position(|row| *row == held)
            {
                self.window.selected = place;
            }
        }
        let visible = self.window.settle(core, rows.len());
        let places = rows[visible.clone()].to_vec();
        self.measure(core, &places);
        let rows = self.view.rows();
        let half = visible.len() / 2;
        let around = visible.start.saturating_sub(half)..(visible.end + half).min(rows.len());
        let shown = self.shown_facts(core);
        let seen = visible
            .clone()
            .chain(visible.end..around.end)
            .chain(around.start..visible.start)
            .map(|place| rows[place])
            .filter(|place| {
                let entry = &core.listing.keys.entries()[*place as usize];
                shown.iter().any(|fact| entry.is_unasked(fact))
            })
            .collect();
        Some(seen)
    }

    /// What order and filter must know of every key. While the filter is typed, only what was
    /// always asked for the list: the rest costs calls that nobody has asked for so far.
    fn needs(&self) -> FactSet {
        match self.filter.is_editing() {
            true => self
                .view
                .needs()
                .iter()
                .filter(|fact| *fact == Fact::Details)
                .collect(),
            false => self.view.needs(),
        }
    }

    /// `24 keys`, `3 of 24 keys`, `24 keys so far`.
    fn count_text(&self, core: &Core) -> Option<String> {
        let all = core.listing.keys.len();
        let list = core.listing.keys_list();
        if all == 0 && matches!(list, ListState::Failed(_)) {
            return Some("no list of keys".to_owned());
        }
        let mut text = counted(all, "key");
        let marked = core.listing.keys.marked();
        if !self.view.query().is_empty() {
            text = format!("{} of {text}", grouped(self.view.rows().len()));
        }
        match list {
            ListState::Loading => text.push_str(" so far"),
            ListState::Failed(_) if all > 0 => text.push_str(", partial"),
            _ => {}
        }
        if marked > 0 {
            text = format!("{} marked · {text}", grouped(marked));
        }
        Some(text)
    }

    /// What is under the cursor, whole, where no preview shows it.
    fn current_text(&self, core: &Core) -> Option<String> {
        if core.size.0 >= list_window::WIDE {
            return None;
        }
        Some(self.current(core)?.key_id.to_string())
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        match &core.connection.state {
            ConnectionState::Failed(error) => {
                let body = view::pad(area, 2, 1);
                let lines = view::failure("Not connected", error, body.width, theme);
                let mut lines: Vec<Line> = lines;
                lines.push(Line::default());
                lines.extend(ways(WAYS_ON, core, theme));
                scroll::text(frame, body, &lines, 0, theme);
                return;
            }
            ConnectionState::Connecting => {
                let text = format!(
                    "{} Looking for the profile, the Region and the credentials …",
                    spinner(core.ticks)
                );
                frame.render_widget(Line::styled(text, theme.dim), view::pad(area, 2, 1));
                return;
            }
            ConnectionState::Ready(_) => {}
        }
        let (list, preview) = list_window::beside(area);
        let [filter_line, second, table] = list_window::areas(list);
        self.draw_filter_line(core, theme, frame, filter_line);
        self.draw_second_line(core, theme, frame, second);
        if core.listing.keys.is_empty() {
            self.draw_empty(core, theme, frame, table);
        } else if self.view.rows().is_empty() {
            let lines = [
                Line::from(format!(
                    "No key matches {:?}.",
                    printable(self.filter.text()).into_owned()
                )),
                filter_line::how_to_clear(Context::Keys, &core.keymap, theme),
            ];
            scroll::text(frame, view::pad(table, 2, 1), &lines, 0, theme);
        } else {
            self.draw_table(core, theme, frame, table);
        }
        if let Some(preview) = preview {
            view::rule(frame, preview, theme);
            let inside = Rect {
                x: preview.x + 2,
                width: preview.width.saturating_sub(3),
                ..preview
            };
            if let Some(entry) = self.current(core) {
                let lines = key_summary::summary(entry, core, inside.width, theme);
                scroll::text(frame, inside, &lines, 0, theme);
            }
        }
    }
}

/// Another alias or two, of a key that has several.
fn more_aliases(entry: &Entry) -> String {
    match entry.aliases.len() {
        0 | 1 => String::new(),
        n => format!(" +{}", n - 1),
    }
}

/// The text of a column that is not cut.
fn list_text(column: &Column, entry: &Entry, core: &Core) -> String {
    let text = column.list_text(entry, &core.listing.keys, core.now);
    match column.id {
        ColumnId::Alias => format!("{text}{}", more_aliases(entry)),
        // With its glyph.
        ColumnId::State => format!("  {text}"),
        _ => text,
    }
}

/// A line at the side where the column's texts stand.
fn aligned<'a>(line: Line<'a>, column: &Column) -> Line<'a> {
    match column.align {
        Align::Left => line,
        Align::Right => line.right_aligned(),
    }
}

/// What an order is called.
fn sort_name(id: ColumnId) -> &'static str {
    match id {
        // As people write them.
        ColumnId::KeyId => "key ID",
        ColumnId::Region => "Region",
        id => column(id).name,
    }
}
