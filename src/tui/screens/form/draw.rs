//! Draws the form.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::snippets::{self, Shares};
use super::state::{BlobInput, Choice, FieldState, Slot};
use super::{FormScreen, KeyIdNote};
use crate::kms::field::FieldKind;
use crate::kms::outcome::latency_text;
use crate::kms::text::{counted, grouped};
use crate::kms::text::{cut_end, fit, printable, width};
use crate::kms::{FieldError, encryption_context, key_id};
use crate::ops::fields::DRY_RUN;
use crate::tui::app::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::{scroll, snippet_pane};

/// Columns of the field names: at least, and at most.
const NAMES: (usize, usize) = (20, 31);
/// Columns from which the help stands beside the form.
const WIDE: u16 = 120;
/// Columns of the help beside the form, and its rows below it, the rule included.
const HELP_COLUMNS: u16 = 44;
const HELP_ROWS: u16 = 4;

/// The lines of the form as they come to be, and where the cursor is in them.
struct Lines {
    lines: Vec<Line<'static>>,
    /// The line under the cursor, and the column where text is typed there.
    focus: (usize, Option<usize>),
}

/// Where the parts of the form go; the pane has no rows where it is not shown.
struct Places {
    form: Rect,
    help: Rect,
    pane: Rect,
}

/// The names of a choice side by side, or only the chosen one where they do not fit.
fn choice_spans(
    choice: &Choice,
    given: bool,
    focused: bool,
    room: usize,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let all: Vec<Option<&'static str>> = choice.options().collect();
    let chosen = choice.name();
    let text = |name: &Option<&'static str>| name.unwrap_or("not given");
    let wanted: usize = all.iter().map(|name| width(text(name)) + 3).sum();
    let style_of = |is_chosen: bool| match (is_chosen, focused) {
        (true, true) => theme.selected,
        (true, false) => theme.bold,
        _ => theme.dim,
    };
    if wanted > room {
        let at = all.iter().position(|name| *name == chosen).unwrap_or(0);
        return vec![
            Span::styled(format!("◂ {} ▸", text(&chosen)), style_of(given)),
            Span::styled(format!("  {} of {}", at + 1, all.len()), theme.dim),
        ];
    }
    let mut spans = Vec::new();
    for name in &all {
        let is_chosen = *name == chosen && given;
        let marker = if is_chosen { "▸" } else { " " };
        spans.push(Span::styled(
            format!("{marker}{} ", text(name)),
            style_of(is_chosen),
        ));
        spans.push(Span::raw(" "));
    }
    spans
}

/// Names with their marks, broken into rows of `room` columns; and the cursor's row.
fn name_rows(
    names: &[&'static str],
    chosen: &[&'static str],
    cursor: Option<usize>,
    room: usize,
    theme: &Theme,
) -> (Vec<Vec<Span<'static>>>, usize) {
    let mut rows: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let (mut used, mut cursor_row) = (0, 0);
    for (at, name) in names.iter().enumerate() {
        let is_chosen = chosen.contains(name);
        let text = format!("{} {name}", if is_chosen { "[x]" } else { "[ ]" });
        let columns = width(&text) + 2;
        if used > 0 && used + columns > room {
            rows.push(Vec::new());
            used = 0;
        }
        used += columns;
        let style = match (cursor == Some(at), is_chosen) {
            (true, _) => theme.selected,
            (false, true) => theme.bold,
            (false, false) => theme.dim,
        };
        if cursor == Some(at) {
            cursor_row = rows.len() - 1;
        }
        if let Some(row) = rows.last_mut() {
            row.push(Span::styled(text, style));
            row.push(Span::raw("  "));
        }
    }
    (rows, cursor_row)
}

impl FormScreen {
    pub fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [title, _, rest] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(area);
        self.draw_title(theme, frame, title);
        let snippet = self.snippet_lines(core);
        let (places, drawn) = self.places(core, rest, snippet.as_deref(), theme);
        let Places { form, help, pane } = places;
        if rest.width >= WIDE {
            view::rule(
                frame,
                Rect {
                    x: help.x - 2,
                    ..help
                },
                theme,
            );
        } else if let Some(y) = help.y.checked_sub(1).filter(|_| help.height > 0) {
            let rule = Span::styled("─".repeat(rest.width as usize), theme.dim);
            frame.render_widget(
                rule,
                Rect {
                    y,
                    height: 1,
                    ..rest
                },
            );
        }
        let offset = scroll::follow(0, drawn.focus.0, form.height as usize, drawn.lines.len());
        scroll::text(frame, form, &drawn.lines, offset, theme);
        if let (line, Some(column)) = drawn.focus
            && line >= offset
        {
            frame.set_cursor_position((form.x + column as u16, form.y + (line - offset) as u16));
        }
        scroll::text(frame, help, &self.help_lines(help.width, theme), 0, theme);
        if let Some(lines) = &snippet {
            snippet_pane::draw(Context::Form, core, lines, theme, frame, pane);
        }
        self.draw_offers(
            theme,
            frame,
            form,
            drawn.focus.0 - offset.min(drawn.focus.0),
        );
    }

    /// Where everything goes, and the lines of the fields.
    fn places(
        &self,
        core: &Core,
        rest: Rect,
        snippet: Option<&[String]>,
        theme: &Theme,
    ) -> (Places, Lines) {
        let wide = rest.width >= WIDE;
        let columns = if wide {
            rest.width - HELP_COLUMNS
        } else {
            rest.width
        };
        let drawn = self.lines(core, columns, theme);
        let help_rows = if wide { 0 } else { HELP_ROWS };
        let shares = match snippet {
            Some(lines) => snippets::shares(
                rest.height,
                drawn.lines.len(),
                help_rows,
                lines.len() + 1,
                core.snippets.asked,
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
        let places = if wide {
            let [form, help] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(HELP_COLUMNS)])
                    .areas(top);
            let help = Rect {
                x: help.x + 2,
                width: help.width - 3,
                ..help
            };
            Places { form, help, pane }
        } else {
            let [_, help] =
                Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(help);
            Places {
                form: top,
                help: view::pad(help, 1, 0),
                pane,
            }
        };
        (places, drawn)
    }

    /// Whether there is room for the pane with the snippet, and it is wanted.
    pub(super) fn pane_is_seen(&self, core: &Core) -> bool {
        let Some(lines) = self.snippet_lines(core) else {
            return false;
        };
        let rows = view::body_rows(core.size).saturating_sub(2);
        let rest = Rect::new(0, 0, core.size.0, rows);
        let (places, _) = self.places(core, rest, Some(&lines), &Theme::mono());
        places.pane.height > 0
    }

    fn draw_title(&self, theme: &Theme, frame: &mut Frame, area: Rect) {
        frame.render_widget(
            Line::from(vec![
                Span::raw(" "),
                Span::styled(self.spec.id.0, theme.title),
            ]),
            area,
        );
        if let Some(on) = self.dry_run() {
            let state = if on {
                Span::styled(" DRY RUN ", theme.badge)
            } else {
                Span::styled("DryRun off ", theme.dim)
            };
            frame.render_widget(Line::from(state).right_aligned(), area);
        }
    }

    /// Whether DryRun is on; None where the operation has none.
    fn dry_run(&self) -> Option<bool> {
        let at = self
            .spec
            .fields
            .iter()
            .position(|field| *field == &DRY_RUN)?;
        match &self.fields.states[at] {
            FieldState::Flag(on) => Some(*on),
            _ => None,
        }
    }

    fn lines(&self, core: &Core, columns: u16, theme: &Theme) -> Lines {
        let (_, errors) = self.request();
        let mut out = Lines {
            lines: Vec::new(),
            focus: (0, None),
        };
        let mut titled: Option<&str> = None;
        for (at, field) in self.spec.fields.iter().copied().enumerate() {
            let group = self.spec.choice_of(field).map(|choice| choice.title);
            let head = match group {
                Some(title) if titled == Some(title) => "",
                Some(title) => title,
                None => field.name,
            };
            titled = group;
            match &self.fields.states[at] {
                FieldState::Pairs(rows) => {
                    for row in 0..rows.len() {
                        let head = if row == 0 { head } else { "" };
                        self.pair_line(&mut out, at, row, head, columns, theme);
                    }
                    let head = if rows.is_empty() { head } else { "" };
                    self.add_line(
                        &mut out,
                        at,
                        head,
                        "+ add a pair",
                        "goes to CloudTrail in plain text",
                        theme,
                    );
                }
                FieldState::Tokens(rows) => {
                    for row in 0..rows.len() {
                        let head = if row == 0 { head } else { "" };
                        let room = (columns as usize).saturating_sub(self.names() + 4);
                        let slot = Slot::Token(at, row);
                        self.text_line(&mut out, slot, head, vec![], room, vec![], theme);
                    }
                    let head = if rows.is_empty() { head } else { "" };
                    self.add_line(&mut out, at, head, "+ add a token", "", theme);
                }
                _ => self.plain_line(&mut out, core, at, head, columns, theme),
            }
            self.error_lines(&mut out, &errors, field.name, columns, theme);
        }
        out.lines.push(Line::default());
        self.button_line(&mut out, core, theme);
        out
    }

    /// Columns of the field names: what the longest needs.
    fn names(&self) -> usize {
        let longest = self.spec.fields.iter().map(|field| width(field.name)).max();
        (longest.unwrap_or(0) + 1).clamp(NAMES.0, NAMES.1)
    }

    fn head(&self, focused: bool, head: &str, theme: &Theme) -> Vec<Span<'static>> {
        let style = if focused { theme.accent } else { theme.dim };
        vec![
            Span::styled(if focused { " ▌ " } else { "   " }, theme.accent),
            Span::styled(fit(head, self.names()), style),
        ]
    }

    /// A line with one text field.
    #[allow(clippy::too_many_arguments)]
    fn text_line(
        &self,
        out: &mut Lines,
        slot: Slot,
        head: &str,
        before: Vec<Span<'static>>,
        room: usize,
        after: Vec<Span<'static>>,
        theme: &Theme,
    ) {
        let Some(input) = self.fields.input(slot) else {
            return;
        };
        let focused = slot == self.focus;
        let mut spans = self.head(focused, head, theme);
        spans.extend(before);
        let from: usize = spans.iter().map(|span| width(&span.content)).sum();
        let style = if focused { theme.field } else { theme.text };
        let (text, cursor) = if focused {
            input.spans(room, style)
        } else {
            let shown = printable(input.text());
            (Span::styled(fit(&shown, room), style), 0)
        };
        spans.push(text);
        spans.extend(after);
        if focused {
            out.focus = (out.lines.len(), Some(from + cursor));
        }
        out.lines.push(Line::from(spans));
    }

    fn plain_line(
        &self,
        out: &mut Lines,
        core: &Core,
        at: usize,
        head: &str,
        columns: u16,
        theme: &Theme,
    ) {
        let field = self.spec.fields[at];
        let slot = Slot::Field(at);
        let focused = slot == self.focus;
        let mut radio = Vec::new();
        if self.spec.choice_of(field).is_some() {
            let given = self.fields.is_given(field);
            radio.push(Span::styled(
                if given { "● " } else { "○ " },
                if given { theme.accent } else { theme.dim },
            ));
            radio.push(Span::styled(
                fit(field.name, 15),
                if given { theme.text } else { theme.dim },
            ));
        }
        match (&self.fields.states[at], field.kind) {
            (FieldState::Text(_), FieldKind::KeyId) => {
                let (after, below) = self.key_id_note_spans(at, core, columns, theme);
                let noted: usize = after.iter().map(|span| width(&span.content)).sum();
                let room = (columns as usize)
                    .saturating_sub(self.names() + 4 + noted)
                    .clamp(10, 88);
                self.text_line(out, slot, head, vec![], room, after, theme);
                out.lines.extend(below);
            }
            (FieldState::Text(_), _) => {
                let room = (columns as usize)
                    .saturating_sub(self.names() + 4)
                    .clamp(10, 88);
                self.text_line(out, slot, head, vec![], room, vec![], theme);
            }
            (FieldState::Blob(blob), FieldKind::Blob { min, max }) => {
                self.blob_line(out, at, blob, (min, max), head, columns, theme);
            }
            (FieldState::Number(_), FieldKind::Integer { min, max }) => {
                let limits = format!("  {} to {}", grouped(min), grouped(max));
                let after = vec![Span::styled(limits, theme.dim)];
                self.text_line(out, slot, head, radio, 6, after, theme);
            }
            (FieldState::Choice(choice), _) => {
                let mut spans = self.head(focused, head, theme);
                spans.extend(radio);
                let given = self.fields.is_given(field);
                let room = (columns as usize).saturating_sub(self.names() + 4);
                spans.extend(choice_spans(choice, given, focused, room, theme));
                self.push_focused(out, spans, focused);
            }
            (FieldState::Names(chosen, cursor), FieldKind::Names(names)) => {
                let room = (columns as usize).saturating_sub(self.names() + 4);
                let cursor = focused.then_some(*cursor);
                let (rows, at) = name_rows(names, chosen, cursor, room, theme);
                let first = out.lines.len();
                for (row, names) in rows.into_iter().enumerate() {
                    let head = if row == 0 { head } else { "" };
                    let mut spans = self.head(focused && row == at, head, theme);
                    spans.extend(names);
                    out.lines.push(Line::from(spans));
                }
                if focused {
                    out.focus = (first + at, None);
                }
            }
            (FieldState::Flag(on), _) => {
                let mut spans = self.head(focused, head, theme);
                let style = match (focused, on) {
                    (true, _) => theme.selected,
                    (false, true) => theme.bold,
                    (false, false) => theme.text,
                };
                spans.push(Span::styled(if *on { "[x]" } else { "[ ]" }, style));
                spans.push(Span::styled(
                    "  check the permission only, carry nothing out",
                    theme.dim,
                ));
                self.push_focused(out, spans, focused);
            }
            _ => {}
        }
    }

    /// Bytes being typed: their form, the text, and how many bytes it makes.
    #[allow(clippy::too_many_arguments)]
    fn blob_line(
        &self,
        out: &mut Lines,
        at: usize,
        blob: &BlobInput,
        (min, max): (usize, usize),
        head: &str,
        columns: u16,
        theme: &Theme,
    ) {
        let slot = Slot::Field(at);
        let focused = slot == self.focus;
        let form = format!("{:<6} ", blob.form.name());
        let is_reading = self.reading.iter().any(|(_, field)| *field == at);
        let size = match blob.blob(self.spec.fields[at].name) {
            _ if is_reading => "reading …".to_owned(),
            Ok(Some(read)) => counted(read.bytes.len(), "byte"),
            Ok(None) if blob.input.is_empty() => {
                format!("{} to {} bytes", grouped(min), grouped(max))
            }
            Ok(None) | Err(_) => String::new(),
        };
        let size = fit(&size, 16);
        let style = if focused { theme.accent } else { theme.dim };
        let room = (columns as usize)
            .saturating_sub(self.names() + 4 + width(&form) + width(&size) + 2)
            .clamp(10, 88);
        let before = vec![Span::styled(form, style)];
        let after = vec![Span::styled(format!("  {size}"), theme.dim)];
        self.text_line(out, slot, head, before, room, after, theme);
    }

    fn push_focused(&self, out: &mut Lines, spans: Vec<Span<'static>>, focused: bool) {
        if focused {
            out.focus = (out.lines.len(), None);
        }
        out.lines.push(Line::from(spans));
    }

    fn pair_line(
        &self,
        out: &mut Lines,
        at: usize,
        row: usize,
        head: &str,
        columns: u16,
        theme: &Theme,
    ) {
        let FieldState::Pairs(rows) = &self.fields.states[at] else {
            return;
        };
        let room = (columns as usize).saturating_sub(self.names() + 3 + 5);
        let key_room = (room / 3).clamp(10, 40);
        let value_room = room - key_room;
        let (key, value) = &rows[row];
        let on_value = self.focus == Slot::PairValue(at, row);
        if on_value {
            let key = fit(&printable(key.text()), key_room);
            let before = vec![Span::raw(key), Span::styled(" = ", theme.dim)];
            self.text_line(
                out,
                Slot::PairValue(at, row),
                head,
                before,
                value_room,
                vec![],
                theme,
            );
        } else {
            let value = cut_end(&printable(value.text()), value_room).into_owned();
            let after = vec![Span::styled(" = ", theme.dim), Span::raw(value)];
            self.text_line(
                out,
                Slot::PairKey(at, row),
                head,
                vec![],
                key_room,
                after,
                theme,
            );
        }
    }

    fn add_line(
        &self,
        out: &mut Lines,
        at: usize,
        head: &str,
        text: &'static str,
        note: &'static str,
        theme: &Theme,
    ) {
        let focused = self.focus == Slot::Add(at);
        let mut spans = self.head(focused, head, theme);
        spans.push(Span::styled(
            text,
            if focused { theme.selected } else { theme.dim },
        ));
        if !note.is_empty() {
            spans.push(Span::styled(format!("    {note}"), theme.dim));
        }
        self.push_focused(out, spans, focused);
    }

    fn error_lines(
        &self,
        out: &mut Lines,
        errors: &[FieldError],
        name: &str,
        columns: u16,
        theme: &Theme,
    ) {
        let live = self.live_error(name);
        if !self.shown_errors.contains(&name) && !live {
            return;
        }
        for error in errors.iter().filter(|error| error.field == name) {
            let text = format!("✗ {}: {}", error.rule, error.fix);
            let room = columns.saturating_sub(self.names() as u16 + 4);
            for line in view::wrap(&printable(&text), room as usize) {
                let indent = " ".repeat(self.names() + 3);
                out.lines.push(Line::from(vec![
                    Span::raw(indent),
                    Span::styled(line, theme.bad),
                ]));
            }
        }
    }

    /// Mistakes that are plain while one types: what is typed so far cannot become right by
    /// typing on.
    fn live_error(&self, name: &str) -> bool {
        let Some(at) = self.spec.fields.iter().position(|field| field.name == name) else {
            return false;
        };
        match &self.fields.states[at] {
            FieldState::Number(input) => !input.is_empty(),
            FieldState::Pairs(rows) => {
                let pairs: Vec<_> = rows
                    .iter()
                    .map(|(key, value)| (key.text().to_owned(), value.text().to_owned()))
                    .filter(|(key, _)| !key.is_empty())
                    .collect();
                encryption_context::check(name, &pairs).is_err()
            }
            FieldState::Tokens(rows) => rows.iter().any(|token| token.text().trim().contains(' ')),
            FieldState::Text(input) => {
                self.spec.fields[at].kind == FieldKind::KeyId && !key_id::can_go_on(input.text())
            }
            _ => false,
        }
    }

    /// The note beside the KeyId, or below it where it is too long for that.
    fn key_id_note_spans(
        &self,
        at: usize,
        core: &Core,
        columns: u16,
        theme: &Theme,
    ) -> (Vec<Span<'static>>, Vec<Line<'static>>) {
        let (glyph, style, text) = match self.key_id_note(at, core) {
            KeyIdNote::Nothing => return (vec![], vec![]),
            KeyIdNote::Good(text) => ("✓ ", theme.good, text),
            KeyIdNote::Hint(text) => ("i ", theme.accent, text),
            KeyIdNote::Warn(text) => ("! ", theme.warn, text),
        };
        let text = printable(&text).into_owned();
        if width(&text) <= 24 && columns >= 76 {
            let spans = vec![
                Span::raw("  "),
                Span::styled(glyph, style),
                Span::styled(text, theme.dim),
            ];
            return (spans, vec![]);
        }
        let room = (columns as usize).saturating_sub(self.names() + 6);
        let lines = view::wrap(&text, room)
            .into_iter()
            .enumerate()
            .map(|(row, line)| {
                Line::from(vec![
                    Span::raw(" ".repeat(self.names() + 3)),
                    Span::styled(if row == 0 { glyph } else { "  " }, style),
                    Span::styled(line, theme.dim),
                ])
            })
            .collect();
        (vec![], lines)
    }

    fn button_line(&self, out: &mut Lines, core: &Core, theme: &Theme) {
        let focused = self.focus == Slot::Submit;
        let mut spans = vec![Span::styled(
            if focused { " ▌ " } else { "   " },
            theme.accent,
        )];
        if self.pending.is_some() {
            let since = core
                .now
                .duration_since(self.began)
                .try_into()
                .unwrap_or_default();
            spans.push(Span::styled(spinner(core.ticks), theme.accent));
            spans.push(Span::raw(format!(
                " {} … {}",
                self.spec.id,
                latency_text(since)
            )));
            if let Some(key) = core.keymap.key_of(Context::Form, Action::Back) {
                spans.push(Span::styled(format!("   {key} cancels"), theme.dim));
            }
        } else {
            let verb = match self.dry_run() {
                Some(true) => "Dry run",
                _ => self.spec.verb,
            };
            let style = if focused {
                theme.selected
            } else {
                theme.accent
            };
            spans.push(Span::styled(format!("[ {verb} ]"), style));
            if let Some(key) = core.keymap.key_of(Context::Form, Action::Submit) {
                spans.push(Span::styled(format!("  {key} from anywhere"), theme.dim));
            }
        }
        self.push_focused(out, spans, focused);
    }

    /// What the field under the cursor is.
    fn help_lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let field = self
            .fields
            .field_of(self.focus)
            .map(|at| self.spec.fields[at]);
        let (name, text) = match field {
            Some(field) => (field.name, field.help),
            None => match self.dry_run() {
                Some(true) => (
                    "Dry run",
                    "Asks KMS whether the request would succeed. Nothing is carried out; it is billed and logged as a call.",
                ),
                _ => (self.spec.id.0, self.spec.summary),
            },
        };
        let mut lines = Vec::new();
        if columns < 60 {
            lines.push(Line::styled(name, theme.title));
            lines.extend(view::wrapped(text, columns, theme.text));
            lines.push(Line::default());
            lines.push(Line::styled(format!("needs {}", self.spec.iam), theme.dim));
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

    /// The keys that complete the KeyId, below it.
    fn draw_offers(&self, theme: &Theme, frame: &mut Frame, form: Rect, focus_row: usize) {
        if !self.completion.open || self.completion.offers.is_empty() {
            return;
        }
        let offers = &self.completion.offers;
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
            let chosen = self.completion.chosen == Some(row);
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
