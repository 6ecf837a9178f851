//! Where the parts of the form are: known once, for what is drawn and for what a key or a click
//! means.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::FormScreen;
use super::fields::{FieldLine, Look, TEXT_ROWS};
use super::snippets::{self, Shares};
use super::state::Slot;
use crate::kms::FieldError;
use crate::kms::outcome::latency_text;
use crate::kms::text::{fit, printable, width};
use crate::ops::OneOf;
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::scroll;

/// Columns of the field names: at least, and at most.
const NAMES: (usize, usize) = (20, 31);
/// Columns before the field names, where the cursor's line is marked.
const MARK: usize = 3;
/// Columns of the name of a field in a group, at least.
const IN_GROUP: usize = 15;
/// Columns of the mark that says which field of a group is given.
const RADIO: usize = 2;
/// Columns from which the help stands beside the form.
const WIDE: u16 = 120;
/// Columns of the help beside the form, and its rows below it, the rule included.
const HELP_COLUMNS: u16 = 44;
const HELP_ROWS: u16 = 4;

/// The parts of the form; what is not shown has no rows.
pub(super) struct FormParts {
    pub title: Rect,
    /// The fields and the button.
    pub form: Rect,
    pub help: Rect,
    /// The rule between the fields and the help.
    pub rule: Rect,
    pub is_wide: bool,
    /// The snippet, and its lines where it is wanted.
    pub pane: Rect,
    pub snippet: Option<Vec<String>>,
    /// All the lines of the fields and the button.
    pub lines: Vec<FormLine>,
    /// The first of them that is seen, and the one under the cursor.
    pub offset: usize,
    pub focus: usize,
}

/// A line of the form.
#[derive(Default)]
pub(super) struct FormLine {
    pub line: Line<'static>,
    /// The places for the cursor in it, each with the column where it begins.
    places: Vec<(usize, Slot)>,
    is_focused: bool,
    /// The column where text is typed.
    cursor: Option<usize>,
}

impl FormParts {
    /// Where text is typed on the screen, if it is seen.
    pub(super) fn cursor(&self) -> Option<(u16, u16)> {
        let column = self.lines.get(self.focus)?.cursor?;
        let row = self.focus.checked_sub(self.offset)?;
        Some((self.form.x + column as u16, self.form.y + row as u16))
    }

    /// The place for the cursor at a column and a row of the screen.
    pub(super) fn slot_at(&self, x: u16, y: u16) -> Option<Slot> {
        if !self.form.contains((x, y).into()) {
            return None;
        }
        let line = self.lines.get(self.offset + usize::from(y - self.form.y))?;
        let column = usize::from(x - self.form.x);
        let at = line.places.iter().rev().find(|(from, _)| *from <= column);
        at.or(line.places.first()).map(|(_, slot)| *slot)
    }
}

impl FormScreen {
    /// The parts of the form in `area`.
    pub(super) fn layout(&self, core: &Core, theme: &Theme, area: Rect) -> FormParts {
        let [title, _, rest] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(area);
        let is_wide = rest.width >= WIDE;
        let columns = match is_wide {
            true => rest.width - HELP_COLUMNS,
            false => rest.width,
        };
        let lines = self.lines(core, columns, theme);
        let snippet = self.snippet_lines(core);
        let help_rows = if is_wide { 0 } else { HELP_ROWS };
        let shares = match &snippet {
            Some(snippet) => snippets::shares(
                rest.height,
                lines.len(),
                help_rows,
                snippet.len() + 1,
                core.kept.snippets.asked,
            ),
            None => Shares {
                pane: 0,
                help: true,
            },
        };
        let help_rows = if shares.help { help_rows } else { 0 };
        let [top, pane, help] = Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(shares.pane),
            Constraint::Length(help_rows),
        ])
        .areas(rest);
        let (form, rule, help) = if is_wide {
            let [form, help] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(HELP_COLUMNS)])
                    .areas(top);
            let beside = Rect {
                x: help.x + 2,
                width: help.width - 3,
                ..help
            };
            (
                form,
                Rect {
                    width: help.width - 3,
                    ..help
                },
                beside,
            )
        } else {
            let [rule, help] =
                Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(help);
            (top, rule, view::pad(help, 1, 0))
        };
        let focus = lines.iter().position(|line| line.is_focused).unwrap_or(0);
        FormParts {
            title,
            form,
            help,
            rule,
            is_wide,
            pane,
            snippet,
            offset: scroll::follow(0, focus, form.height as usize, lines.len()),
            focus,
            lines,
        }
    }

    /// The parts in the body of the screen, which begins at row 0.
    pub(super) fn layout_of_body(&self, core: &Core) -> FormParts {
        let rows = crate::tui::layout::body_rows(core.size);
        self.layout(core, &Theme::mono(), Rect::new(0, 0, core.size.0, rows))
    }

    /// Columns of the field names: what the longest needs.
    pub(super) fn names(&self) -> usize {
        let longest = self.spec.fields.iter().map(|field| width(field.name)).max();
        (longest.unwrap_or(0) + 1).clamp(NAMES.0, NAMES.1)
    }

    fn lines(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<FormLine> {
        let (_, errors) = self.request();
        let mut lines = Vec::new();
        let mut titled: Option<&str> = None;
        for (at, field) in self.spec.fields.iter().copied().enumerate() {
            if self.fields.is_hidden(at) {
                continue;
            }
            let choice = self.spec.choice_of(field);
            let group = choice.map(|choice| choice.title);
            let radio_columns = choice.map_or(0, in_group);
            let mut head = match group {
                Some(title) if titled == Some(title) => "",
                Some(title) => title,
                None => field.name,
            };
            titled = group;
            let is_given = self.fields.is_given(field);
            let columns = usize::from(columns);
            let look = Look {
                theme,
                columns,
                room: columns.saturating_sub(self.names() + MARK + 1 + radio_columns),
                focus: match self.focus {
                    Slot::Field(on, place) if on == at => Some(place),
                    _ => None,
                },
                text_rows: TEXT_ROWS,
                is_given,
                note: self.key_id_note(at, core),
                is_reading: self.reading.iter().any(|(_, other)| *other == at),
            };
            let mut radio = choice.map(|choice| radio(field.name, choice, is_given, theme));
            for drawn in self.fields.editor(at).draw(field, &look) {
                let before = radio.take().unwrap_or_default();
                lines.push(self.field_line(at, head, before, drawn, theme));
                head = "";
            }
            self.push_errors(&mut lines, &errors, at, columns, theme);
        }
        lines.push(FormLine::default());
        lines.push(self.button_line(core, theme));
        lines
    }

    /// A line of a field behind its name, or behind as many spaces.
    fn field_line(
        &self,
        at: usize,
        head: &str,
        before: Vec<Span<'static>>,
        drawn: FieldLine,
        theme: &Theme,
    ) -> FormLine {
        let (mark, style) = match drawn.is_focused {
            true => (" ▌ ", theme.accent),
            false => ("   ", theme.dim),
        };
        let mut spans = vec![
            Span::styled(mark, theme.accent),
            Span::styled(fit(head, self.names()), style),
        ];
        spans.extend(before);
        let from: usize = spans.iter().map(|span| width(&span.content)).sum();
        spans.extend(drawn.spans);
        let places = drawn.places.into_iter();
        FormLine {
            line: Line::from(spans),
            places: places
                .map(|(column, place)| (from + column, Slot::Field(at, place)))
                .collect(),
            is_focused: drawn.is_focused,
            cursor: drawn.cursor.map(|column| from + column),
        }
    }

    fn push_errors(
        &self,
        lines: &mut Vec<FormLine>,
        errors: &[FieldError],
        at: usize,
        columns: usize,
        theme: &Theme,
    ) {
        let field = self.spec.fields[at];
        let is_shown = self.shown_errors.contains(&field.name)
            || self.fields.editor(at).is_wrong_already(field);
        for error in errors
            .iter()
            .filter(|error| is_shown && error.field == field.name)
        {
            let text = format!("✗ {}: {}", error.rule, error.fix);
            let indent = self.names() + MARK;
            for line in view::wrap(&printable(&text), columns.saturating_sub(indent + 1)) {
                lines.push(FormLine {
                    line: Line::from(vec![
                        Span::raw(" ".repeat(indent)),
                        Span::styled(line, theme.bad),
                    ]),
                    ..FormLine::default()
                });
            }
        }
    }

    fn button_line(&self, core: &Core, theme: &Theme) -> FormLine {
        let is_focused = self.focus == Slot::Submit;
        let mark = if is_focused { " ▌ " } else { "   " };
        let mut spans = vec![Span::styled(mark, theme.accent)];
        if self.pending.is_some() {
            let since = core.now.duration_since(self.began);
            let since = latency_text(since.try_into().unwrap_or_default());
            spans.push(Span::styled(spinner(core.ticks), theme.accent));
            spans.push(Span::raw(format!(" {} … {since}", self.spec.id)));
            if let Some(key) = core.keymap.key_of(Context::Form, Action::Back) {
                spans.push(Span::styled(format!("   {key} cancels"), theme.dim));
            }
        } else {
            let verb = match self.fields.dry_run() {
                Some(true) => "Dry run",
                _ => self.spec.verb,
            };
            let style = match is_focused {
                true => theme.selected,
                false => theme.accent,
            };
            spans.push(Span::styled(format!("[ {verb} ]"), style));
            if let Some(key) = core.keymap.key_of(Context::Form, Action::Submit) {
                spans.push(Span::styled(format!("  {key} from anywhere"), theme.dim));
            }
        }
        FormLine {
            line: Line::from(spans),
            places: vec![(0, Slot::Submit)],
            is_focused,
            cursor: None,
        }
    }
}

/// Columns before the fields of a group: their names are whole.
fn in_group(choice: &OneOf) -> usize {
    let names = choice.fields.iter().map(|field| width(field.name) + 1);
    RADIO + names.max().unwrap_or(0).max(IN_GROUP)
}

/// The name of a field in a group, with a mark on the one that is given.
fn radio(name: &str, choice: &OneOf, is_given: bool, theme: &Theme) -> Vec<Span<'static>> {
    let (mark, marked, named) = match is_given {
        true => ("● ", theme.accent, theme.text),
        false => ("○ ", theme.dim, theme.dim),
    };
    vec![
        Span::styled(mark, marked),
        Span::styled(fit(name, in_group(choice) - RADIO), named),
    ]
}
