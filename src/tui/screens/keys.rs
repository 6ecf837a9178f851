//! The keys of the account: list, filter, sort, preview.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::Screen;
use crate::catalog::filter_terms::{Needs, completions};
use crate::catalog::inventory::{Details, Entry, RegionIndex};
use crate::catalog::order::SortBy;
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
use crate::tui::core::listing::{Fact, ListState};
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view::{self, ago, spinner};
use crate::tui::widgets::filter_line::{self, FilterLine};
use crate::tui::widgets::key_state::state_text;
use crate::tui::widgets::key_summary;
use crate::tui::widgets::list_window::{self, ListWindow};
use crate::tui::widgets::scroll;

/// Columns from which the preview stands beside the list.
const WIDE: u16 = 120;

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

/// What a key's mark is kept by.
fn mark_of(entry: &Entry, core: &Core) -> (String, Box<str>) {
    (
        core.listing.keys.region_name(entry.region).to_owned(),
        entry.key_id.to_string().into(),
    )
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
    /// Keys that the user marked, by Region and ID: they stay marked when the list is begun anew.
    marked: BTreeSet<(String, Box<str>)>,
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
            .filter(|place| self.is_marked(entry(place), core))
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

    fn is_marked(&self, entry: &Entry, core: &Core) -> bool {
        !self.marked.is_empty() && self.marked.contains(&mark_of(entry, core))
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

    /// What order and filter must know of every key.
    pub fn needs(&self) -> Needs {
        self.view.needs()
    }

    /// Keeps the key under the cursor there, whatever comes in around it.
    fn hold(&mut self, core: &Core) {
        self.held = self.current(core).map(|entry| core.listing.key_ref(entry));
    }

    fn tell_sort(&self, core: &mut Core) {
        let missing = core.listing.missing(Fact::Details);
        if self.view.sort().needs_details() && missing > 0 {
            let describe = core.keymap.key_of(Context::Keys, Action::DescribeAll);
            let how = describe.map_or(String::new(), |key| format!(" {key} describes all."));
            core.say(
                Tone::Plain,
                format!(
                    "Sorted by {}: {} are not described yet and come last.{how}",
                    self.view.sort().name(),
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

    /// `24 keys`, `3 of 24 keys`, `24 keys so far`.
    pub fn count_text(&self, core: &Core) -> String {
        let all = core.listing.keys.len();
        let list = core.listing.keys_list();
        if all == 0 && matches!(list, ListState::Failed(_)) {
            return "no list of keys".to_owned();
        }
        let mut text = counted(all, "key");
        if !self.view.query().is_empty() {
            text = format!("{} of {text}", grouped(self.view.rows().len()));
        }
        match list {
            ListState::Loading => text.push_str(" so far"),
            ListState::Failed(_) if all > 0 => text.push_str(", partial"),
            _ => {}
        }
        text
    }

    /// What is under the cursor, whole, where no preview shows it.
    pub fn current_text(&self, core: &Core) -> Option<String> {
        if core.size.0 >= WIDE {
            return None;
        }
        Some(self.current(core)?.key_id.to_string())
    }

    fn draw_filter_line(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let arrow = if self.view.reverse() { "↓" } else { "↑" };
        let sort = match core.listing.keys.is_empty() {
            true => String::new(),
            false => format!("sort: {} {arrow} ", self.view.sort().name()),
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
            let mut words = String::new();
            for completion in completions(self.filter.text(), &core.listing.keys) {
                let next = printable(&completion.word).into_owned();
                if width(&words) + width(&next) + 2 > room {
                    break;
                }
                words.push_str(&next);
                words.push_str("  ");
            }
            frame.render_widget(Line::styled(format!(" {words}"), theme.dim), area);
            return;
        }
        let needs = self.view.needs();
        let filtered = !self.view.query().is_empty();
        let unknown = match (needs.tags, needs.details) {
            (true, _) if core.listing.missing(Fact::Tags) > 0 => core.listing.missing(Fact::Tags),
            (_, true) => core.listing.missing(Fact::Details),
            _ => 0,
        };
        if filtered && unknown > 0 && core.listing.sweep.is_none() {
            let key = core.keymap.key_of(Context::Keys, Action::DescribeAll);
            let how = key.map_or(String::new(), |key| format!("; {key} asks for all"));
            let text = format!(" ! not known yet of {}{how}", counted(unknown, "key"));
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
        let columns = Column::for_width(area.width, core.listing.lists.len() > 1);
        let alias_width = alias_width(area.width, &columns);
        let header = Row::new(
            std::iter::once(Cell::from("  ALIAS"))
                .chain(columns.iter().map(|column| Cell::from(column.title()))),
        )
        .style(theme.dim);
        let rows = self
            .window
            .seen(self.view.rows(), area)
            .map(|(place, row)| {
                let entry = &core.listing.keys.entries()[*row as usize];
                let marker = match (self.window.marker(place), self.is_marked(entry, core)) {
                    (marker, false) => marker,
                    ("  ", true) => " ◆",
                    (_, true) => "▌◆",
                };
                let mut cells = vec![Cell::from(self.alias_cell(
                    entry,
                    alias_width,
                    marker,
                    core.listing.foreign_account(entry),
                    theme,
                ))];
                cells.extend(
                    columns
                        .iter()
                        .map(|column| Cell::from(column.cell(entry, core, theme))),
                );
                Row::new(cells)
            });
        let widths = std::iter::once(Constraint::Length(alias_width as u16)).chain(
            columns
                .iter()
                .map(|column| Constraint::Length(column.columns())),
        );
        frame.render_widget(
            Table::new(rows, widths).header(header).column_spacing(2),
            area,
        );
        self.window.mark(theme, frame, area);
    }

    fn alias_cell(
        &self,
        entry: &Entry,
        columns: usize,
        marker: &'static str,
        foreign: Option<&str>,
        theme: &Theme,
    ) -> Line<'static> {
        let more = match entry.aliases.len() {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        let room = columns.saturating_sub(2 + width(&more));
        let Some(alias) = entry.main_alias() else {
            // Its aliases are the other account's.
            let text = match foreign {
                Some(account) => cut_end(&format!("⇄ of {account}"), room).into_owned(),
                None => "–".to_owned(),
            };
            return Line::from(vec![Span::raw(marker), Span::styled(text, theme.dim)]);
        };
        let name = cut_end(&printable(alias), room).into_owned();
        let mut spans = vec![Span::raw(marker)];
        spans.extend(self.highlighted(name, theme));
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
            Action::OpenDetails | Action::Copy | Action::MarkKey => self.current(core).is_some(),
            Action::Matrix => !self.view.rows().is_empty(),
            Action::Sort | Action::SortReverse | Action::Filter | Action::DescribeAll => {
                !core.listing.keys.is_empty()
            }
            Action::OpenByKeyId | Action::GenerateDataKey | Action::NewKey | Action::Actions => {
                core.session().is_some()
            }
            Action::Complete => {
                let offers = completions(self.filter.text(), &core.listing.keys);
                offers
                    .first()
                    .is_some_and(|first| !self.filter.ends_in(&first.word))
            }
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
            Action::Complete => {
                if let Some(first) = completions(self.filter.text(), &core.listing.keys).first() {
                    self.filter.complete(&first.word);
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
            Action::DescribeAll => core.toggle_sweep(match self.view.needs().tags {
                true if core.listing.missing(Fact::Details) == 0 => Fact::Tags,
                _ => Fact::Details,
            }),
            Action::Sort => {
                let mut next = self.view.sort().next();
                if next == SortBy::Region && core.listing.lists.len() < 2 {
                    next = next.next();
                }
                self.hold(core);
                self.view.set_sort(next, false);
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
                if let Some(entry) = self.current(core) {
                    let mark = mark_of(entry, core);
                    if !self.marked.remove(&mark) {
                        self.marked.insert(mark);
                    }
                    self.window.step(Action::Down, core, self.view.rows().len());
                    self.hold(core);
                }
            }
            Action::Matrix => {
                return Flow::Open(Route::Matrix(self.matrix_rows(core)));
            }
            Action::Actions => {
                return Flow::Open(Route::Actions(self.current_reference(core)));
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
        self.view.set_query(self.filter.text().trim());
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
        let half = visible.len() / 2;
        let around = visible.start.saturating_sub(half)..(visible.end + half).min(rows.len());
        let seen = visible
            .clone()
            .chain(visible.end..around.end)
            .chain(around.start..visible.start)
            .map(|place| rows[place])
            .filter(|place| {
                core.listing.keys.entries()[*place as usize].details == Details::Unknown
            })
            .collect();
        Some(seen)
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
        let (list, preview) = split(area);
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

/// The list, and the preview where there is room for one.
fn split(area: Rect) -> (Rect, Option<Rect>) {
    if area.width < WIDE {
        return (area, None);
    }
    let preview = if area.width >= 160 { 60 } else { 42 };
    let [list, preview] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(preview)]).areas(area);
    (list, Some(preview))
}

/// A column of the table, beside the alias.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Region,
    KeyId,
    State,
    Spec,
    Usage,
    Origin,
    Manager,
    Created,
}

impl Column {
    /// Those that fit into a table of `columns`, the more telling ones first.
    fn for_width(columns: u16, several_regions: bool) -> Vec<Column> {
        use Column::*;
        let mut shown = vec![KeyId, State, Spec, Usage];
        if columns < 76 {
            shown.truncate(2);
        }
        if several_regions {
            // Its room is that of the least telling one.
            if columns < 90 {
                shown.pop();
            }
            shown.insert(0, Region);
        }
        // With a Region there is less room for the others.
        let columns = if several_regions {
            columns - columns.min(22)
        } else {
            columns
        };
        if columns >= 118 {
            shown.extend([Origin, Manager, Created]);
        } else if columns >= 100 {
            shown.extend([Manager, Created]);
        } else if columns >= 90 {
            shown.extend([Created]);
        }
        shown
    }

    fn title(self) -> &'static str {
        match self {
            Column::Region => "REGION",
            Column::KeyId => "KEY ID",
            Column::State => "STATE",
            Column::Spec => "SPEC",
            Column::Usage => "USAGE",
            Column::Origin => "ORIGIN",
            Column::Manager => "MANAGER",
            Column::Created => "CREATED",
        }
    }

    fn columns(self) -> u16 {
        match self {
            Column::Region => 14,
            Column::KeyId => 13,
            Column::State => 15,
            Column::Spec => 10,
            Column::Usage => 7,
            Column::Origin => 12,
            Column::Manager => 8,
            Column::Created => 9,
        }
    }

    fn cell(self, entry: &Entry, core: &Core, theme: &Theme) -> Line<'static> {
        let metadata = entry.metadata();
        let text = |value: Option<&str>| {
            let value =
                value.map(|value| cut_end(&printable(value), self.columns().into()).into_owned());
            Line::from(value.unwrap_or_else(|| "–".into()))
        };
        match self {
            Column::Region => text(Some(core.listing.keys.region_name(entry.region))),
            Column::KeyId => Line::styled(
                cut_middle(&printable(&entry.key_id), self.columns().into()).into_owned(),
                theme.text,
            ),
            Column::State => {
                let (glyph, state, style) = state_text(entry, core, theme);
                Line::from(vec![
                    Span::styled(format!("{glyph} "), style),
                    Span::raw(cut_end(&state, self.columns() as usize - 2).into_owned()),
                ])
            }
            Column::Spec => text(metadata.and_then(|m| m.key_spec.as_deref()).map(short_spec)),
            Column::Usage => text(
                metadata
                    .and_then(|m| m.key_usage.as_deref())
                    .map(short_usage),
            ),
            Column::Origin => text(metadata.and_then(|m| m.origin.as_deref())),
            Column::Manager => text(metadata.and_then(|m| m.key_manager.as_deref())),
            Column::Created => {
                let created = metadata.and_then(|m| m.creation_date);
                let text = created.map_or_else(|| "–".into(), |at| ago(at, core.now));
                Line::from(text).right_aligned()
            }
        }
    }
}

fn alias_width(columns: u16, shown: &[Column]) -> usize {
    let others: u16 = shown.iter().map(|column| column.columns() + 2).sum();
    columns.saturating_sub(others + 1).max(12) as usize
}

fn short_spec(spec: &str) -> &str {
    match spec {
        "SYMMETRIC_DEFAULT" => "SYMMETRIC",
        "ECC_NIST_P256" => "ECC_P256",
        "ECC_NIST_P384" => "ECC_P384",
        "ECC_NIST_P521" => "ECC_P521",
        "ECC_SECG_P256K1" => "ECC_P256K1",
        "ECC_NIST_EDWARDS25519" => "ED25519",
        other => other,
    }
}

fn short_usage(usage: &str) -> &str {
    match usage {
        "ENCRYPT_DECRYPT" => "encrypt",
        "SIGN_VERIFY" => "sign",
        "GENERATE_VERIFY_MAC" => "mac",
        "KEY_AGREEMENT" => "agree",
        "ENCAPSULATE_DECAPSULATE" => "encaps",
        other => other,
    }
}
