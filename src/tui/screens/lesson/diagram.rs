//! The diagram: who holds what.

use ratatui::text::{Line, Span};

use super::LessonScreen;
use crate::kms::SecretBytes;
use crate::kms::encoding::hex;
use crate::kms::text::counted;
use crate::kms::text::{cut_end, cut_middle, fit, printable, width};
use crate::lessons::handout::readable;
use crate::lessons::{Came, Held};
use crate::matrix::Matrix;
use crate::ops::OpSpec;
use crate::tui::theme::Theme;
use crate::tui::widgets::verdict::verdict_style;

/// Columns between two places.
const GAP: usize = 2;

impl LessonScreen {
    /// The diagram, or the answers where the step asked for several principals.
    pub(super) fn diagram(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        match self.course.came_here() {
            Some(came) if !came.asked.is_empty() => answers(came, columns, theme),
            _ => self.places(columns, theme),
        }
    }

    /// The places beside each other, the boxes of each below its name.
    fn places(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let places = &self.course.lesson.places;
        if places.is_empty() {
            return Vec::new();
        }
        let room = columns.saturating_sub(GAP * (places.len() - 1)) / places.len();
        let mut rows: Vec<Vec<Span<'static>>> = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let mut cells = vec![
                Span::styled(fit(&cut(&place.title, room), room), theme.title),
                Span::styled("─".repeat(room), theme.dim),
            ];
            for (at, spec) in self.course.lesson.boxes.iter().enumerate() {
                if spec.place == number {
                    cells.extend(self.box_cells(at, room, theme));
                }
            }
            for (row, cell) in cells.into_iter().enumerate() {
                if rows.len() == row {
                    rows.push(Vec::new());
                }
                // Places before this one may have fewer boxes.
                while rows[row].len() < number {
                    rows[row].push(Span::raw(" ".repeat(room)));
                }
                rows[row].push(cell);
            }
        }
        rows.into_iter()
            .map(|cells| {
                let mut spans = Vec::new();
                for (at, cell) in cells.into_iter().enumerate() {
                    if at > 0 {
                        spans.push(Span::raw(" ".repeat(GAP)));
                    }
                    spans.push(cell);
                }
                Line::from(spans)
            })
            .collect()
    }

    /// A box's name, and what it holds.
    fn box_cells(&self, at: usize, room: usize, theme: &Theme) -> [Span<'static>; 2] {
        let spec = &self.course.lesson.boxes[at];
        let held = self.held(at);
        let (glyph, style) = match held {
            None => ("○", theme.dim),
            Some(_) if self.is_new(at) => ("●", theme.accent),
            Some(_) => ("●", theme.text),
        };
        let name = format!("{glyph} {}", spec.title);
        let value = match held {
            Some(_) => self.value_of(at, room.saturating_sub(2)),
            None if self.was_filled(at) => "wiped".to_owned(),
            None => String::new(),
        };
        [
            Span::styled(fit(&cut(&name, room), room), style),
            Span::styled(fit(&cut(&format!("  {value}"), room), room), style),
        ]
    }

    /// What a box holds, in `columns`.
    pub(super) fn value_of(&self, at: usize, columns: usize) -> String {
        let covered = self.course.lesson.boxes[at].secret && !self.reveals;
        self.held(at)
            .map_or(String::new(), |held| value(&held.bytes, columns, covered))
    }

    pub(super) fn held(&self, at: usize) -> Option<&Held> {
        self.course.boxes().get(at)?.as_ref()
    }

    /// Whether this step put it there.
    pub(super) fn is_new(&self, at: usize) -> bool {
        let mut filled = self.course.filled(self.course.at());
        filled.any(|place| place == at)
    }

    /// Whether there was something in it at an earlier step.
    fn was_filled(&self, at: usize) -> bool {
        let earlier = (0..self.course.at()).filter_map(|step| self.course.came(step));
        let mut held = earlier.filter_map(|came| came.boxes.get(at));
        held.any(Option::is_some)
    }
}

fn cut(text: &str, columns: usize) -> String {
    cut_end(&printable(text), columns).into_owned()
}

/// Bytes in `columns`: a text as it is, else the ends and the length.
fn value(bytes: &SecretBytes, columns: usize, covered: bool) -> String {
    let length = counted(bytes.len(), "byte");
    let short = format!("{} B", bytes.len());
    let all = bytes.reveal();
    if covered {
        let long = format!("•••••••• {length}");
        return match width(&long) <= columns {
            true => long,
            false => format!("•••• {short}"),
        };
    }
    if let Some(text) = readable(all) {
        // Of an ARN the end tells it from others.
        let end = text.rsplit(':').next().unwrap_or(text);
        return match text {
            text if width(text) <= columns => text.to_owned(),
            text if text.starts_with("arn:") => cut_middle(end, columns).into_owned(),
            text if text.contains(' ') => cut_end(text, columns).into_owned(),
            text => cut_middle(text, columns).into_owned(),
        };
    }
    let ends = |bytes: usize| match all.len() <= 2 * bytes {
        true => hex(all),
        false => format!("{}…{}", hex(&all[..bytes]), hex(&all[all.len() - bytes..])),
    };
    [
        format!("{} {length}", ends(6)),
        format!("{} {length}", ends(4)),
        format!("{} {short}", ends(4)),
        format!("{} {short}", ends(2)),
    ]
    .into_iter()
    .find(|text| width(text) <= columns)
    .unwrap_or(short)
}

/// Principals and contexts by operations: a sign for each answer.
fn answers(came: &Came, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some((_, first)) = came.asked.first() else {
        return Vec::new();
    };
    let longest = |names: &mut dyn Iterator<Item = &str>| names.map(width).max().unwrap_or(0) + 1;
    let half = columns / 4;
    let whos = longest(&mut came.asked.iter().map(|(who, _)| who.as_str())).min(half);
    let contexts = longest(&mut first.variants.iter().map(|v| v.name.as_str())).min(half);
    let names = whos + contexts + 1;
    let room = (columns - names) / first.columns.len().max(1);
    let is_short = |op: &OpSpec| width(op.id.0) >= room;
    let mut heads = vec![Span::raw(" ".repeat(names))];
    heads.extend(first.columns.iter().map(|op| {
        let title = if is_short(op) { op.short } else { op.id.0 };
        Span::styled(fit(title, room), theme.dim)
    }));
    let mut lines = vec![Line::from(heads)];
    for (principal, matrix) in &came.asked {
        for (at, variant) in matrix.variants.iter().enumerate() {
            let who = if at == 0 { principal.as_str() } else { "" };
            let mut spans = vec![
                Span::raw(fit(&cut(who, whos - 1), whos)),
                Span::raw(fit(&cut(&variant.name, contexts), contexts + 1)),
            ];
            spans.extend(row(matrix, at, room, theme));
            lines.push(Line::from(spans));
        }
    }
    let legend: Vec<String> = first
        .columns
        .iter()
        .filter(|op| is_short(op))
        .map(|op| format!("{} {}", op.short, op.id))
        .collect();
    for line in crate::tui::view::wrap(&legend.join(", "), columns) {
        lines.push(Line::styled(line, theme.dim));
    }
    lines
}

fn row(matrix: &Matrix, variant: usize, room: usize, theme: &Theme) -> Vec<Span<'static>> {
    (0..matrix.columns.len())
        .map(|column| {
            let cell = &matrix.cells_at(0, column)[variant];
            let style = cell
                .verdict()
                .map_or(theme.dim, |verdict| verdict_style(verdict, theme));
            Span::styled(fit(cell.glyph(), room), style)
        })
        .collect()
}
