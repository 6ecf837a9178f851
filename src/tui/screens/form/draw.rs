//! Draws the form.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout::FormParts;
use super::{FormScreen, OFFERED};
use crate::kms::text::{fit, printable, width};
use crate::ops::bulk::PLACEHOLDERS;
use crate::ops::fields::DESCRIPTION;
use crate::platform::path_completion::name_in_folder;
use crate::tui::core::Core;
use crate::tui::keymap::Context;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::{scroll, snippet_pane};

impl FormScreen {
    pub(super) fn draw_all(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let parts = self.layout(core, theme, area);
        self.draw_title(theme, frame, parts.title);
        if parts.is_wide {
            view::rule(frame, parts.rule, theme);
        } else if parts.help.height > 0 {
            let rule = Span::styled("─".repeat(parts.rule.width as usize), theme.dim);
            frame.render_widget(rule, parts.rule);
        }
        let lines: Vec<Line> = parts.lines.iter().map(|line| line.line.clone()).collect();
        scroll::text(frame, parts.form, &lines, parts.offset, theme);
        if let Some(cursor) = parts.cursor() {
            frame.set_cursor_position(cursor);
        }
        let help = self.help_lines(core, parts.help.width, theme);
        scroll::text(frame, parts.help, &help, 0, theme);
        if let Some(lines) = &parts.snippet {
            snippet_pane::draw(Context::Form, core, lines, theme, frame, parts.pane);
        }
        self.draw_offers(theme, frame, &parts);
    }

    /// Whether there is room for the pane with the snippet, and it is wanted.
    pub(super) fn pane_is_seen(&self, core: &Core) -> bool {
        self.layout_of_body(core).pane.height > 0
    }

    fn draw_title(&self, theme: &Theme, frame: &mut Frame, area: Rect) {
        frame.render_widget(
            Line::from(vec![
                Span::raw(" "),
                Span::styled(self.spec.id.0, theme.title),
            ]),
            area,
        );
        if let Some(on) = self.fields.dry_run() {
            let state = if on {
                Span::styled(" DRY RUN ", theme.badge)
            } else {
                Span::styled("DryRun off ", theme.dim)
            };
            frame.render_widget(Line::from(state).right_aligned(), area);
        }
    }

    /// What the field under the cursor is.
    fn help_lines(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let (name, text) = match self.fields.field(self.focus) {
            Some(field) => (field.name, field.help),
            None => match self.fields.dry_run() {
                Some(true) => (
                    "Dry run",
                    "Asks KMS whether the request would succeed. Nothing is carried out; it is billed and logged as a call.",
                ),
                _ => (self.spec.id.0, self.spec.summary),
            },
        };
        let own;
        let text = match self.pattern_help(core) {
            Some(help) => {
                own = help;
                &own
            }
            None => text,
        };
        let mut lines = Vec::new();
        if columns < 60 {
            lines.push(Line::styled(name, theme.title));
            lines.extend(view::wrapped(text, columns, theme.text));
            lines.push(Line::default());
            let needs = format!("needs {}", self.spec.iam);
            lines.extend(view::wrapped(&needs, columns, theme.dim));
        } else {
            let text = format!("{name}: {text}");
            for (row, line) in view::wrap(&text, columns as usize).into_iter().enumerate() {
                match line.strip_prefix(name).filter(|_| row == 0) {
                    Some(rest) => lines.push(Line::from(vec![
                        Span::styled(name, theme.bold),
                        Span::styled(rest.to_owned(), theme.dim),
                    ])),
                    None => lines.push(Line::styled(line, theme.dim)),
                }
            }
        }
        lines
    }

    /// The paths that fit what is typed, around the one in the field; what is said of each.
    fn path_offers(&self) -> (Vec<(String, String)>, Option<usize>) {
        let (paths, chosen) = self.paths.paths();
        let from = chosen.unwrap_or(0).saturating_sub(OFFERED - 1);
        let left = paths.len().saturating_sub(from + OFFERED);
        let mut offers: Vec<(String, String)> = paths
            .iter()
            .skip(from)
            .take(OFFERED)
            .map(|path| (name_in_folder(path).to_owned(), String::new()))
            .collect();
        if let Some((_, about)) = offers.last_mut().filter(|_| left > 0) {
            *about = format!("… {left} more");
        }
        (offers, chosen.map(|at| at - from))
    }

    /// What a description for several keys becomes for the first of them.
    fn pattern_help(&self, core: &Core) -> Option<String> {
        const SHOWN: usize = 3;
        let field = self.fields.field(self.focus)?;
        if self.marked.is_empty() || field.name != DESCRIPTION.name {
            return None;
        }
        let (request, _) = self.request();
        let pattern = request.text(field).unwrap_or_default();
        let mut text = format!("{} stand for those of each key.", PLACEHOLDERS.join(", "));
        for key in self.marked.iter().take(SHOWN) {
            let key = core.bulk_key(key);
            let described = match key.described(pattern) {
                Ok(described) => format!("{described:?}"),
                Err(why) => format!("left out, {why}"),
            };
            text.push_str(&format!(" {}: {described}.", key.name()));
        }
        Some(text)
    }

    /// The keys that complete the KeyId, or the paths that do, below the field.
    fn draw_offers(&self, theme: &Theme, frame: &mut Frame, parts: &FormParts) {
        let (offers, at) = match self.completion.open {
            true => (self.completion.offers.clone(), self.completion.chosen),
            false => self.path_offers(),
        };
        if offers.is_empty() {
            return;
        }
        let form = parts.form;
        let focus_row = parts.focus.saturating_sub(parts.offset);
        let names = offers
            .iter()
            .map(|(name, _)| width(&printable(name)))
            .max()
            .unwrap_or(0)
            .min(46);
        let top = form.y + focus_row as u16 + 1;
        let left = form.x + self.names() as u16 + 3;
        let abouts = offers
            .iter()
            .map(|(_, about)| width(about))
            .max()
            .unwrap_or(0);
        let columns = ((names + abouts + 4) as u16).min(form.right().saturating_sub(left));
        for (row, (name, about)) in offers.iter().enumerate() {
            let y = top + row as u16;
            if y >= form.bottom() {
                break;
            }
            let place = Rect::new(left, y, columns, 1);
            view::clear(frame, place, theme);
            let chosen = at == Some(row);
            let style = if chosen { theme.selected } else { theme.text };
            let line = Line::from(vec![
                Span::styled(
                    if chosen { "▸" } else { "│" },
                    if chosen { style } else { theme.accent },
                ),
                Span::styled(format!("{} ", fit(&printable(name), names)), style),
                Span::styled(
                    fit(about, (columns as usize).saturating_sub(names + 2)),
                    if chosen { style } else { theme.dim },
                ),
            ]);
            frame.render_widget(line, place);
        }
    }
}
