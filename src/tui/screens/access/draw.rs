//! Draws who may do what.

use kmsdeck_policy::{Answer, AnswerKind};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::AccessScreen;
use crate::access::proof::Agreement;
use crate::access::row::{AccessRow, LEGEND, glyph, in_words};
use crate::kms::Verdict;
use crate::kms::text::{counted, cut_end, cut_middle, fit, printable, width};
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::filter_line;

/// Lines above the rows: title, filter, what is said of it or of the run, the name of the column
/// under the cursor, the heads.
const HEAD: usize = 5;

/// Columns of a cell: three letters and a space.
const CELL: usize = 4;

/// Columns of the principals' names, with the cursor's mark.
fn names(columns: u16) -> usize {
    match columns {
        ..80 => 26,
        80..120 => 32,
        _ => 48,
    }
}

/// Lines of what the cell under the cursor says, its rule among them.
fn foot(rows: usize) -> usize {
    match rows {
        ..14 => 4,
        14..24 => 5,
        _ => 7,
    }
}

impl AccessScreen {
    pub(super) fn rows_seen(&self, core: &Core) -> usize {
        let rows = crate::tui::layout::body_rows(core.size) as usize;
        rows.saturating_sub(HEAD + foot(rows))
    }

    pub(super) fn columns_seen(&self, columns: u16) -> usize {
        ((columns as usize).saturating_sub(names(columns) + 1) / CELL).max(1)
    }

    /// The row at that place of the body, and the column where it is one.
    pub(super) fn cell_at(&self, x: u16, y: u16, core: &Core) -> Option<(usize, Option<usize>)> {
        let line = (y as usize).checked_sub(HEAD)?;
        let row = self.offset.0 + line;
        if line >= self.rows_seen(core) || row >= self.view.rows().len() {
            return None;
        }
        let x = (x as usize).checked_sub(names(core.size.0));
        let column = x.map(|x| self.offset.1 + x / CELL);
        Some((row, column.filter(|column| *column < self.columns().len())))
    }

    pub(super) fn draw_all(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let foot_rows = foot(area.height as usize) as u16;
        let [title, filter, second, name, heads, rows, foot] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(foot_rows),
        ])
        .areas(area);
        frame.render_widget(self.title(area.width, theme), title);
        let keys = (Context::Access, &core.keymap);
        let can_filter = !self.view.all().is_empty();
        self.filter.draw(can_filter, keys, theme, frame, filter);
        frame.render_widget(self.second_line(core, area.width, theme), second);
        if self.view.rows().len() == 0 {
            let lines = self.empty(core, area.width, theme);
            crate::tui::widgets::scroll::text(frame, view::pad(rows, 2, 0), &lines, 0, theme);
            return;
        }
        let columns = self.columns();
        frame.render_widget(self.head_name(&columns, area.width, theme), name);
        frame.render_widget(self.heads(&columns, area.width, theme), heads);
        let seen = self.view.rows().enumerate().skip(self.offset.0);
        for (line, (place, row)) in seen.take(rows.height as usize).enumerate() {
            let area = Rect::new(rows.x, rows.y + line as u16, rows.width, 1);
            frame.render_widget(self.row_line(place, row, &columns, core, theme), area);
        }
        self.draw_foot(&columns, core, theme, frame, foot);
    }

    fn title(&self, columns: u16, theme: &Theme) -> Line<'static> {
        let what = match (&self.principal, self.keys.as_slice()) {
            (Some(principal), _) => cut_middle(&printable(principal), 60).into_owned(),
            (None, [(_, name)]) => printable(name).into_owned(),
            (None, keys) => counted(keys.len(), "key"),
        };
        let title = match self.principal {
            Some(_) => " What may ",
            None => " Who may use ",
        };
        let known = match self.counted {
            0 => String::new(),
            count => format!(
                "   {}",
                counted(count, "user or role").replace("user or roles", "users and roles")
            ),
        };
        let room = (columns as usize).saturating_sub(width(title) + width(&known) + 1);
        Line::from(vec![
            Span::styled(title, theme.dim),
            Span::styled(cut_end(&what, room).into_owned(), theme.title),
            Span::styled(known, theme.dim),
        ])
    }

    /// What the filter can become, what is wrong in it, how far the run is, or what is not read.
    fn second_line(&self, core: &Core, columns: u16, theme: &Theme) -> Line<'static> {
        let room = (columns as usize).saturating_sub(2);
        if self.filter.is_editing() && self.view.problems().is_empty() {
            let base = match &self.cycle {
                Some((base, _, completed)) if completed == self.filter.text() => base,
                _ => self.filter.text(),
            };
            let words = filter_line::offers(&self.offers(base), room);
            return Line::styled(format!(" {words}"), theme.dim);
        }
        let (style, text) = self.said(core, theme);
        Line::styled(format!(" {}", cut_end(&printable(&text), room)), style)
    }

    fn said(&self, core: &Core, theme: &Theme) -> (Style, String) {
        if let Some(problem) = self.view.problems().first() {
            return (theme.warn, format!("! {problem}"));
        }
        if self.job.is_some() {
            let how_far = match self.evaluation {
                None => format!("GetAccountAuthorizationDetails: {} so far", self.counted),
                Some(_) => format!("{} of {} read", self.done, counted(self.keys.len(), "key")),
            };
            return (theme.text, format!("{} {how_far}", spinner(core.ticks)));
        }
        if let Some(proving) = &self.proving {
            let left = counted(proving.left, "dry run");
            return (theme.text, format!("{} {left} left", spinner(core.ticks)));
        }
        if let Some((key, operation, error)) = self.failed.first() {
            let more = match self.failed.len() {
                1 => String::new(),
                some => format!(" and {} more", some - 1),
            };
            let text = format!("! {operation} of {}{more}: {}", key.id, error.code);
            return (theme.warn, text);
        }
        if !self.proof.is_empty() {
            return match self.agreements(core) {
                (agree, 0) => (
                    theme.good,
                    format!("✓ dry runs bear out {agree} of your verdicts, and contradict none"),
                ),
                (agree, differ) => (
                    theme.warn,
                    format!(
                        "! dry runs contradict {differ} of your verdicts ({agree} agree); suspects: {}",
                        self.missing.join("; ")
                    ),
                ),
            };
        }
        (theme.dim, format!("not read: {}", self.missing.join("; ")))
    }

    fn empty(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        if !self.view.all().is_empty() {
            return vec![
                Line::raw("No principal matches."),
                filter_line::how_to_clear(Context::Access, &core.keymap, theme),
            ];
        }
        if self.job.is_some() {
            let text = format!("{} Reading policies and grants …", spinner(core.ticks));
            return vec![Line::styled(text, theme.dim)];
        }
        match self.failed.first() {
            Some((_, operation, error)) => {
                let title = format!("{operation}: without it nothing can be told");
                view::failure(&title, error, columns.saturating_sub(4), theme)
            }
            None if self.keys.is_empty() => vec![Line::raw("There is no key to ask about.")],
            None => vec![Line::raw("Not asked.")],
        }
    }

    fn seen<'a>(
        &self,
        columns: &'a [usize],
        width: u16,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let seen = self.columns_seen(width);
        let shown = columns.iter().copied().enumerate();
        shown.skip(self.offset.1).take(seen)
    }

    fn head_name(&self, columns: &[usize], room: u16, theme: &Theme) -> Line<'static> {
        let Some(column) = columns.get(self.column) else {
            return Line::default();
        };
        let name = self.view.columns()[*column].name;
        let at = names(room) + self.column.saturating_sub(self.offset.1) * CELL;
        let text = match width(name) + at + 2 <= room as usize {
            true => format!("{}▾ {name}", " ".repeat(at)),
            false => format!(
                "{}{name} ▾",
                " ".repeat((at - 1).saturating_sub(width(name)))
            ),
        };
        Line::styled(text, theme.accent)
    }

    fn heads(&self, columns: &[usize], room: u16, theme: &Theme) -> Line<'static> {
        let head = match self.principal {
            Some(_) => "   KEY",
            None => "   PRINCIPAL",
        };
        let mut spans = vec![Span::styled(fit(head, names(room)), theme.dim)];
        for (place, column) in self.seen(columns, room) {
            let style = match place == self.column {
                true => theme.accent,
                false => theme.dim,
            };
            let short = self.view.columns()[column].short();
            spans.push(Span::styled(fit(short, CELL), style));
        }
        if self.offset.1 + self.columns_seen(room) < columns.len() {
            spans.push(Span::styled("›", theme.dim));
        }
        Line::from(spans)
    }

    fn row_line(
        &self,
        place: usize,
        row: &AccessRow,
        columns: &[usize],
        core: &Core,
        theme: &Theme,
    ) -> Line<'static> {
        let here = place == self.row;
        let room = names(core.size.0);
        let several = self.keys.len() > 1 && self.principal.is_none();
        let name = match (&self.principal, several) {
            (Some(_), _) => row.key.name.clone(),
            (None, true) => format!("{} · {}", row.who_text(), row.key.name),
            (None, false) => row.who_text(),
        };
        let mark = match (row.who.is_gone, row.is_external()) {
            (true, _) => Span::styled("† ", theme.bad),
            (_, true) => Span::styled("⇄ ", theme.warn),
            _ if AccessScreen::is_caller(row, core) => Span::styled("● ", theme.accent),
            _ => Span::raw("  "),
        };
        let name = cut_end(&printable(&name), room - 4).into_owned();
        let mut spans = vec![
            Span::styled(if here { "▌" } else { " " }, theme.accent),
            mark,
            Span::styled(
                fit(&name, room - 3),
                if here { theme.bold } else { theme.text },
            ),
        ];
        for (at, column) in self.seen(columns, core.size.0) {
            let answer = row.answers[column].as_ref();
            let style = match here && at == self.column {
                true => theme.selected,
                false => answer_style(answer, theme),
            };
            // What the caller's dry run said stands beside.
            let dry_run = match AccessScreen::is_caller(row, core) {
                true => self
                    .proof
                    .get(&row.key.read.facts.arn, self.view.columns()[column].name),
                false => None,
            };
            let beside = dry_run.map_or(" ", Verdict::glyph);
            let beside_style = match self.agreement(row, column, core) {
                Some(Agreement::Differs) => theme.warn,
                _ => theme.dim,
            };
            spans.push(Span::styled(format!(" {}", glyph(answer)), style));
            spans.push(Span::styled(format!("{beside} "), beside_style));
        }
        Line::from(spans)
    }

    fn draw_foot(
        &self,
        columns: &[usize],
        core: &Core,
        theme: &Theme,
        frame: &mut Frame,
        area: Rect,
    ) {
        let line = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
        frame.render_widget(
            Span::styled("─".repeat(area.width as usize), theme.dim),
            line(0),
        );
        let (Some(row), Some(column), Some(evaluation)) = (
            self.current(),
            columns.get(self.column),
            self.evaluation.as_ref(),
        ) else {
            return;
        };
        let room = (area.width as usize).saturating_sub(2);
        let mut lines: Vec<(Style, String)> = Vec::new();
        let name = evaluation.columns[*column].name;
        match &row.answers[*column] {
            None => lines.push((theme.dim, format!("– {name}: not for this key"))),
            Some(answer) => {
                let text = format!(
                    "{} {} {name}: {}",
                    glyph(Some(answer)),
                    row.who_text(),
                    in_words(answer)
                );
                lines.push((answer_style(Some(answer), theme), text));
                let told = row.told(evaluation, *column);
                lines.extend(told.iter().map(|told| (theme.text, format!("by {told}"))));
            }
        }
        let said = self.proof.get(&row.key.read.facts.arn, name);
        if let Some(said) = said.filter(|_| AccessScreen::is_caller(row, core)) {
            let word = crate::matrix::verdict_word(said);
            lines.push((theme.dim, format!("dry run: {} {word}", said.glyph())));
        }
        if row.who.is_gone {
            lines.push((
                theme.warn,
                "† named, and not in its account any more".to_owned(),
            ));
        }
        let mut wrapped: Vec<(Style, String)> = lines
            .into_iter()
            .flat_map(|(style, text)| {
                let lines = view::wrap(&text, room);
                lines.into_iter().map(move |line| (style, line))
            })
            .collect();
        let most = (area.height as usize).saturating_sub(1);
        if wrapped.len() < most {
            wrapped.resize(most - 1, (theme.text, String::new()));
            let key = core.keymap.key_of(Context::Access, Action::Accept);
            let how = key.map_or(String::new(), |key| format!(" · {key} why"));
            wrapped.push((
                theme.dim,
                cut_end(&format!("{LEGEND}{how}"), room).into_owned(),
            ));
        }
        for (at, (style, text)) in wrapped.into_iter().take(most).enumerate() {
            frame.render_widget(Span::styled(format!(" {text}"), style), line(1 + at as u16));
        }
    }
}

pub(super) fn answer_style(answer: Option<&Answer>, theme: &Theme) -> Style {
    match answer.map(|answer| answer.kind) {
        Some(AnswerKind::Allowed) => theme.good,
        Some(AnswerKind::AllowedIf) => theme.warn,
        Some(AnswerKind::Denied) => theme.bad,
        Some(AnswerKind::CannotTell) => theme.accent,
        Some(AnswerKind::NotAllowed) | None => theme.dim,
    }
}
