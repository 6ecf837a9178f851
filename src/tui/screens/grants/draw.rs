//! Draws the list of grants.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::GrantsScreen;
use crate::catalog::columns::Align;
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::grant_columns::{GrantColumn, GrantColumnId, grant_column};
use crate::catalog::grant_row::{GrantRow, failures};
use crate::catalog::grant_terms::completions;
use crate::kms::text::{counted, cut_end, cut_middle, printable, width};
use crate::tui::core::Core;
use crate::tui::core::connection::ConnectionState;
use crate::tui::core::listing::ListState;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::column_layout;
use crate::tui::widgets::filter_line;
use crate::tui::widgets::grant_summary;
use crate::tui::widgets::list_window;
use crate::tui::widgets::scroll;

impl GrantsScreen {
    pub(super) fn draw_list(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let (list, preview) = list_window::beside(area);
        let [filter, second, table] = list_window::areas(list);
        self.draw_filter_line(core, theme, frame, filter);
        self.draw_second_line(core, theme, frame, second);
        match self.view.rows().is_empty() {
            true => self.draw_empty(core, theme, frame, view::pad(table, 2, 0)),
            false => self.draw_table(core, theme, frame, table),
        }
        if let Some(preview) = preview {
            view::rule(frame, preview, theme);
            let inside = Rect {
                x: preview.x + 2,
                width: preview.width.saturating_sub(3),
                ..preview
            };
            if let Some(row) = self.current() {
                let lines = self.preview(row, core, inside.width, theme);
                scroll::text(frame, inside, &lines, 0, theme);
            }
        }
    }

    fn preview(
        &self,
        row: &GrantRow,
        core: &Core,
        columns: u16,
        theme: &Theme,
    ) -> Vec<Line<'static>> {
        let mut lines = grant_summary::lines(&row.grant, core.now, columns, theme);
        if row.is_foreign() == Some(true) {
            let told = "! The grantee is of another account than the key.";
            lines.extend(view::wrapped(told, columns, theme.warn));
        }
        lines.push(Line::default());
        let aliases: Vec<&str> = row.aliases.iter().map(|alias| &**alias).collect();
        for (label, value) in [("Key", &*aliases.join(", ")), ("KeyId", &row.key_id)] {
            if !value.is_empty() {
                lines.extend(view::labelled(label, value, columns, theme));
            }
        }
        if let Some(account) = &row.account {
            lines.extend(view::labelled("Account", account, columns, theme));
        }
        lines.extend(view::labelled("Region", &row.key.region, columns, theme));
        lines
    }

    fn draw_filter_line(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let (sort, reverse) = self.view.sort();
        let arrow = if reverse { "↓" } else { "↑" };
        let what = match self.source.is_of_keys() {
            true => "grants of all keys",
            false => "grants that you may retire",
        };
        let right = match self.view.all().is_empty() {
            true => format!("{what} "),
            false => format!("{what} · sort: {} {arrow} ", grant_column(sort).name),
        };
        let columns = width(&right) as u16;
        let [left, place] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(columns)]).areas(area);
        frame.render_widget(Line::styled(right, theme.dim), place);
        let keys = (Context::Grants, &core.keymap);
        let can_filter = !self.view.all().is_empty();
        self.filter.draw(can_filter, keys, theme, frame, left);
    }

    /// What the last word of the filter can become, else what is wrong in it, else what is not
    /// known of the keys.
    fn draw_second_line(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let room = (area.width as usize).saturating_sub(2);
        if self.filter.is_editing() && self.view.problems().is_empty() {
            let base = match &self.cycle {
                Some((base, _, completed)) if completed == self.filter.text() => base,
                _ => self.filter.text(),
            };
            let offers = completions(base, self.view.all(), core.listing.keys.regions());
            let words = filter_line::offers(&offers, room);
            frame.render_widget(Line::styled(format!(" {words}"), theme.dim), area);
            return;
        }
        if let Some(text) = self.told(core) {
            let text = format!(" {}", cut_end(&printable(&text), room));
            frame.render_widget(Line::styled(text, theme.warn), area);
        }
    }

    fn told(&self, core: &Core) -> Option<String> {
        if let Some(problem) = self.view.problems().first() {
            return Some(format!("! {problem}"));
        }
        if let Some((region, error)) = self.source.failed().next() {
            return Some(format!("! {region}: not told, {}", error.code));
        }
        if !self.source.is_of_keys() {
            return None;
        }
        let key = core.keymap.key_of(Context::Grants, Action::DescribeAll);
        if core.listing.sweep.is_some() {
            let how = key.map_or(String::new(), |key| format!("; {key} stops"));
            let progress = core.progress_text()?;
            return Some(format!("{} {progress}{how}", spinner(core.ticks)));
        }
        let missing = self.source.missing(core);
        if missing > 0 && !core.listing.is_listing() {
            let cost = core.listing.cost_text(FactSet::of(Fact::Grants));
            let how = key.map_or(String::new(), |key| format!("; {key} asks: {cost}"));
            let keys = counted(missing, "key");
            return Some(format!("! not known yet of {keys}{how}"));
        }
        let failed = failures(&core.listing.keys);
        let (first, _) = failed.first()?;
        let all: usize = failed.iter().map(|(_, count)| count).sum();
        let others = match failed.len() {
            1 => "",
            _ => " and others",
        };
        Some(format!(
            "! not told of {}: {first}{others}",
            counted(all, "key")
        ))
    }

    fn draw_empty(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let waits = |text: &str| {
            let text = format!("{} {text} …", spinner(core.ticks));
            vec![Line::styled(text, theme.dim)]
        };
        let lines = if !self.view.all().is_empty() {
            vec![
                Line::raw("No grant matches."),
                filter_line::how_to_clear(Context::Grants, &core.keymap, theme),
            ]
        } else if !self.source.is_of_keys() {
            match self.source.failed().next() {
                _ if self.source.is_read() => waits("ListRetirableGrants"),
                _ if self.source.is_unasked() => vec![Line::raw("Not connected.")],
                Some((_, error)) => {
                    let title = match error.is_access_denied() {
                        true => "This takes the permission kms:ListRetirableGrants",
                        false => "The grants could not be listed",
                    };
                    view::failure(title, error, area.width, theme)
                }
                None => view::wrapped(
                    "No grant names you as who may retire it, in this Region.",
                    area.width,
                    theme.text,
                ),
            }
        } else {
            self.no_grants(core, theme, area.width)
        };
        scroll::text(frame, area, &lines, 0, theme);
    }

    /// Why there are no grants of keys to be seen.
    fn no_grants(&self, core: &Core, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
        let dim = |text: String| vec![Line::styled(text, theme.dim)];
        let is_ready = matches!(core.connection.state, ConnectionState::Ready(_));
        match core.listing.keys_list() {
            _ if !is_ready => dim("Not connected.".to_owned()),
            ListState::Failed(error) if core.listing.keys.is_empty() => {
                view::failure("The keys could not be listed", error, columns, theme)
            }
            ListState::Waiting | ListState::Loading => {
                dim(format!("{} Listing keys …", spinner(core.ticks)))
            }
            _ if core.listing.sweep.is_some() => {
                dim(format!("{} kms:ListGrants …", spinner(core.ticks)))
            }
            _ if self.source.missing(core) > 0 => {
                vec![Line::raw("No key was asked for its grants yet.")]
            }
            _ if failures(&core.listing.keys).is_empty() => {
                vec![Line::raw("No key has a grant.")]
            }
            _ => vec![Line::raw("No key that tells its grants has one.")],
        }
    }

    /// What stands before a grantee of another account.
    pub(super) fn sign(column: &GrantColumn, row: &GrantRow) -> &'static str {
        match column.id == GrantColumnId::Grantee && row.is_foreign() == Some(true) {
            true => "⇄ ",
            false => "",
        }
    }

    fn draw_table(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let columns: Vec<&GrantColumn> = self.columns(core).into_iter().map(grant_column).collect();
        let natural = |column: &GrantColumn| self.natural.get(&column.id).copied().unwrap_or(0);
        let width_of = |column: &GrantColumn| column.width;
        let columns = column_layout::layout(&columns, width_of, natural, area.width.into());
        let heads = columns.iter().enumerate().map(|(at, (column, _))| {
            let head = match at {
                0 => format!("  {}", column.head),
                _ => column.head.to_owned(),
            };
            Cell::from(aligned(Line::raw(head), column))
        });
        let header = Row::new(heads).style(theme.dim);
        let seen = self.window.seen(self.view.rows(), area);
        let rows = seen.map(|(place, at)| {
            let row = &self.view.all()[*at as usize];
            let marker = match (self.window.marker(place), row.is_marked) {
                (marker, false) => marker,
                ("  ", true) => " ◆",
                (_, true) => "▌◆",
            };
            Row::new(columns.iter().enumerate().map(|(at, (column, columns))| {
                let mut line = cell(column, row, *columns, core, theme);
                if at == 0 {
                    line.spans.insert(0, Span::raw(marker));
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
}

fn cell(
    column: &GrantColumn,
    row: &GrantRow,
    columns: usize,
    core: &Core,
    theme: &Theme,
) -> Line<'static> {
    let text = column.list_text(row, core.now);
    let text = printable(&text);
    match column.id {
        GrantColumnId::Key if row.aliases.is_empty() => {
            Line::from(cut_middle(&text, columns).into_owned())
        }
        _ if !GrantsScreen::sign(column, row).is_empty() => {
            // Of another account: its end is what people know it by.
            let sign = GrantsScreen::sign(column, row);
            let text = cut_middle(&text, columns.saturating_sub(width(sign))).into_owned();
            Line::from(vec![Span::styled(sign, theme.warn), Span::raw(text)])
        }
        _ => Line::from(cut_end(&text, columns).into_owned()),
    }
}

/// A line at the side where the column's texts stand.
fn aligned<'a>(line: Line<'a>, column: &GrantColumn) -> Line<'a> {
    match column.align {
        Align::Left => line,
        Align::Right => line.right_aligned(),
    }
}
