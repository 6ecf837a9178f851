//! Draws the permission matrix.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::MatrixScreen;
use super::layout::{HEAD, NAMES, foot, said};
use crate::gateway::limiter::Limits;
use crate::kms::Verdict;
use crate::kms::text::{counted, grouped};
use crate::kms::text::{cut_end, fit, printable, width};
use crate::matrix::diff::Change;
use crate::matrix::{Cell, CellId};
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::verdict::verdict_style;

impl MatrixScreen {
    /// Columns of a cell: a glyph a context, at least the head's three letters, and a space.
    pub fn cell_columns(&self) -> usize {
        self.matrix.variants.len().max(3) + 2
    }

    pub fn columns_seen(&self, columns: u16) -> usize {
        ((columns as usize).saturating_sub(NAMES + 1) / self.cell_columns()).max(1)
    }

    pub(super) fn draw_all(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let line = |y: usize| Rect {
            y: area.y + y as u16,
            height: 1,
            ..area
        };
        frame.render_widget(self.title(core, area.width, theme), line(0));
        frame.render_widget(self.contexts_line(area.width, theme), line(1));
        frame.render_widget(self.progress_line(core, theme), line(2));
        frame.render_widget(self.changes_line(core, theme), line(3));
        let foot_rows = foot(area.width, area.height.into());
        let rows = (area.height as usize).saturating_sub(HEAD + foot_rows);
        frame.render_widget(self.head_name(area.width, theme), line(HEAD - 2));
        frame.render_widget(self.heads(area.width, theme), line(HEAD - 1));
        for (at, row) in (self.offset.0..self.matrix.rows.len())
            .take(rows)
            .enumerate()
        {
            frame.render_widget(self.row_line(row, area.width, theme), line(HEAD + at));
        }
        let foot = Rect {
            y: area.bottom().saturating_sub(foot_rows as u16),
            height: (foot_rows as u16).min(area.height),
            ..area
        };
        self.draw_foot(said(area.width, area.height.into()), theme, frame, foot);
    }

    fn title(&self, core: &Core, columns: u16, theme: &Theme) -> Line<'static> {
        let keys = counted(self.matrix.rows.len(), "key");
        let operations = self.matrix.columns.len();
        let mut spans = vec![
            Span::styled(" Permission matrix", theme.title),
            Span::styled(format!("   {keys} × {operations} operations"), theme.dim),
        ];
        if let Some(Ok(caller)) = &core.connection.identity {
            let room = (columns as usize).saturating_sub(56);
            let arn = printable(&caller.arn).into_owned();
            spans.push(Span::styled(
                format!("   {}", crate::kms::text::cut_middle(&arn, room.max(12))),
                theme.dim,
            ));
        }
        Line::from(spans)
    }

    /// The contexts, in the order of the glyphs; grant tokens; the baseline.
    fn contexts_line(&self, columns: u16, theme: &Theme) -> Line<'static> {
        let mut spans = vec![Span::styled(" EncryptionContext ", theme.dim)];
        let several = self.matrix.variants.len() > 1;
        for (at, variant) in self.matrix.variants.iter().enumerate() {
            let style = match several && at == self.variant {
                true => theme.selected,
                false => theme.text,
            };
            let number = if several {
                format!("{} ", at + 1)
            } else {
                String::new()
            };
            let name = cut_end(&printable(&variant.name), 30).into_owned();
            spans.push(Span::styled(format!("{number}{name}"), style));
            spans.push(Span::raw("  "));
        }
        let tokens = self.matrix.grant_tokens.len();
        if tokens > 0 {
            spans.push(Span::styled(
                format!(" {}", counted(tokens, "grant token")),
                theme.dim,
            ));
        }
        let _ = columns;
        Line::from(spans)
    }

    fn progress_line(&self, core: &Core, theme: &Theme) -> Line<'static> {
        let counts = self.matrix.counts();
        let mut spans = vec![Span::raw(" ")];
        if let Some(run) = &self.run {
            let seconds = core.now.duration_since(run.began).as_secs_f64().max(0.001);
            let rate = run.answered as f64 / seconds;
            let left = (run.total - run.answered.min(run.total)) as f64 / rate.max(0.001);
            spans.push(Span::styled(spinner(core.ticks), theme.accent));
            spans.push(Span::raw(format!(
                " {} of {} · {rate:.0}/s",
                grouped(run.answered),
                grouped(run.total)
            )));
            if run.answered > 0 {
                spans.push(Span::raw(format!(" · {left:.0} s left")));
            }
            if run.slowed {
                spans.push(Span::styled(" · KMS throttles: slowed down", theme.warn));
            }
            return Line::from(spans);
        }
        if counts.answered() == 0 {
            let calls = self.matrix.to_ask().len();
            let key = core.keymap.key_of(Context::Matrix, Action::Run);
            let how = key.map_or(String::new(), |key| format!("{key} asks "));
            let cost = match core.connection.target.is_sandbox() {
                true => String::new(),
                false => {
                    let limits = core.session().map(Limits::for_session);
                    let rate = limits.and_then(|limits| limits.a_second);
                    let pace =
                        rate.map_or(String::new(), |rate| format!(", at most {rate} a second"));
                    format!(
                        "{pace}: each is billed as a call, counts against the quota, and is in CloudTrail"
                    )
                }
            };
            spans.push(Span::styled(
                format!("{how}{}{cost}.", counted(calls, "dry run")),
                theme.text,
            ));
            return Line::from(spans);
        }
        for (verdict, count) in [
            (Verdict::WouldSucceed, counts.would_succeed),
            (Verdict::Denied, counts.denied),
            (Verdict::WouldFail, counts.would_fail),
            (Verdict::NotKnown, counts.not_known),
        ] {
            spans.push(Span::styled(verdict.glyph(), verdict_style(verdict, theme)));
            spans.push(Span::raw(format!(
                " {} {}   ",
                grouped(count),
                crate::matrix::verdict_word(verdict)
            )));
        }
        let left = self.matrix.to_ask().len();
        if left > 0 {
            spans.push(Span::styled(
                format!("· {} not asked   ", grouped(left)),
                theme.dim,
            ));
        }
        Line::from(spans)
    }

    /// What changed since the baseline.
    fn changes_line(&self, core: &Core, theme: &Theme) -> Line<'static> {
        let Some(baseline) = core.kept.matrix.baseline.as_ref().filter(|_| self.compares) else {
            return Line::default();
        };
        let of = |change: Change| {
            self.changes
                .iter()
                .filter(|(_, found)| found.change == change)
                .count()
        };
        let who = baseline.principal.as_deref().unwrap_or("the baseline");
        Line::from(vec![
            Span::raw(" "),
            Span::styled(format!("+ {} gained", of(Change::Gained)), theme.good),
            Span::raw("   "),
            Span::styled(format!("- {} lost", of(Change::Lost)), theme.bad),
            Span::raw("   "),
            Span::styled(format!("~ {} otherwise", of(Change::Other)), theme.warn),
            Span::styled(format!("   since {}", printable(who)), theme.dim),
        ])
    }

    fn seen_columns(&self, columns: u16) -> impl Iterator<Item = usize> {
        let seen = self.columns_seen(columns);
        (self.offset.1..self.matrix.columns.len()).take(seen)
    }

    /// The name of the column under the cursor, whole: above its head, or ending there.
    fn head_name(&self, columns: u16, theme: &Theme) -> Line<'static> {
        let name = self.matrix.columns[self.column].id.0;
        let at = NAMES + self.column.saturating_sub(self.offset.1) * self.cell_columns();
        let room = (columns as usize).saturating_sub(at + 2);
        let text = match width(name) <= room {
            true => format!("{}▾ {name}", " ".repeat(at)),
            false => format!(
                "{}{name} ▾",
                " ".repeat((at - 1).saturating_sub(width(name)))
            ),
        };
        Line::styled(text, theme.accent)
    }

    fn heads(&self, columns: u16, theme: &Theme) -> Line<'static> {
        let cell = self.cell_columns();
        let mut spans = vec![Span::styled(fit("   KEY", NAMES), theme.dim)];
        for column in self.seen_columns(columns) {
            let style = match column == self.column {
                true => theme.accent,
                false => theme.dim,
            };
            spans.push(Span::styled(
                fit(self.matrix.columns[column].short, cell),
                style,
            ));
        }
        let more = self.offset.1 + self.columns_seen(columns) < self.matrix.columns.len();
        if more {
            spans.push(Span::styled("›", theme.dim));
        }
        Line::from(spans)
    }

    fn row_line(&self, row: usize, columns: u16, theme: &Theme) -> Line<'static> {
        let cell = self.cell_columns();
        let here = row == self.row;
        let name = cut_end(&printable(&self.matrix.rows[row].name), NAMES - 4).into_owned();
        let mut spans = vec![
            Span::styled(if here { " ▌ " } else { "   " }, theme.accent),
            Span::styled(
                fit(&name, NAMES - 3),
                if here { theme.bold } else { theme.text },
            ),
        ];
        for column in self.seen_columns(columns) {
            let mut used = 0;
            for (variant, held) in self.matrix.cells_at(row, column).iter().enumerate() {
                let id = CellId {
                    row,
                    column,
                    variant,
                };
                let is_cursor = here && column == self.column && variant == self.variant;
                let style = match is_cursor {
                    true => theme.selected,
                    false => cell_style(held, theme),
                };
                let mark = match self.change_at(id).map(|difference| difference.change) {
                    Some(Change::Gained) => "+",
                    Some(Change::Lost) => "-",
                    Some(Change::Other) => "~",
                    None => "",
                };
                let glyph = held.glyph();
                // One context leaves room beside the glyph for what changed.
                let text = match self.matrix.variants.len() {
                    1 => format!(" {glyph}{mark}"),
                    _ if mark.is_empty() => glyph.to_owned(),
                    _ => mark.to_owned(),
                };
                used += width(&text);
                spans.push(Span::styled(text, style));
            }
            spans.push(Span::raw(" ".repeat(cell.saturating_sub(used))));
        }
        Line::from(spans)
    }

    /// What the cell under the cursor says.
    fn draw_foot(&self, most: usize, theme: &Theme, frame: &mut Frame, area: Rect) {
        let line = |y: u16| Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        frame.render_widget(
            Span::styled("─".repeat(area.width as usize), theme.dim),
            line(0),
        );
        let Some(row) = self.matrix.rows.get(self.row) else {
            return;
        };
        let spec = self.matrix.columns[self.column];
        let variant = &self.matrix.variants[self.variant];
        let context = match variant.pairs.is_empty() {
            true => String::new(),
            false => format!(" · {}", printable(&variant.name)),
        };
        let room = (area.width as usize).saturating_sub(2);
        let what = format!("{} · {}{context}", spec.id, printable(&row.name));
        frame.render_widget(
            Line::from(vec![
                Span::raw(" "),
                Span::styled(cut_end(&what, room).into_owned(), theme.bold),
            ]),
            line(1),
        );
        let cell = self.cell();
        let (style, text) = match cell {
            Cell::NotAsked => (theme.dim, "not asked yet".to_owned()),
            Cell::NotForKey(needs) => (
                theme.dim,
                format!("not for this key: the operation {needs}"),
            ),
            Cell::Answered(answer) => {
                let verdict = answer.verdict;
                let text = match &answer.error {
                    Some(error) if error.is_dry_run_success() => "would succeed".to_owned(),
                    Some(error) => format!(
                        "{}: {} {}",
                        crate::matrix::verdict_word(verdict),
                        error.code,
                        error.message
                    ),
                    None => {
                        "the endpoint does not know DryRun, and carried the call out".to_owned()
                    }
                };
                (verdict_style(verdict, theme), text)
            }
        };
        let was = self
            .change_at(self.at())
            .map(|difference| format!(" (was: {})", difference.before.word))
            .unwrap_or_default();
        let text = format!("{} {}{was}", cell.glyph(), printable(&text));
        let wrapped = view::wrap(&text, room);
        let lines = wrapped.len();
        for (at, mut text) in wrapped.into_iter().take(most).enumerate() {
            if at + 1 == most && lines > most {
                text = format!("{} …", cut_end(&text, room - 2));
            }
            let style = if at == 0 { style } else { Style::default() };
            frame.render_widget(
                Line::from(vec![Span::raw(" "), Span::styled(text, style)]),
                line(2 + at as u16),
            );
        }
    }
}

fn cell_style(cell: &Cell, theme: &Theme) -> Style {
    match cell {
        Cell::NotAsked | Cell::NotForKey(_) => theme.dim,
        Cell::Answered(answer) => verdict_style(answer.verdict, theme),
    }
}
