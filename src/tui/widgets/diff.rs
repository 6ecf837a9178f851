//! What is different between two texts, line by line.

use std::time::Duration;

use ratatui::text::{Line, Span};
use similar::{ChangeTag, TextDiff};

use crate::kms::text::{counted, printable};
use crate::tui::theme::Theme;
use crate::tui::view;

/// Lines that are the same, shown around each difference.
const AROUND: usize = 3;
/// How long the fewest differences are looked for; any will do then.
const PATIENCE: Duration = Duration::from_millis(300);
/// Columns of the number of a line.
const NUMBER: usize = 5;

/// A line of the one text or of both, or lines that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DiffLine {
    /// With its numbers in both, from 1.
    Same(usize, usize, String),
    Removed(usize, String),
    Added(usize, String),
    LeftOut,
}

/// See the [module](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff(Vec<DiffLine>);

impl Diff {
    /// Whether the last line has an end is no difference.
    pub fn of(old: &str, new: &str) -> Diff {
        let (old, new) = (old.trim_end(), new.trim_end());
        let (old, new) = (format!("{old}\n"), format!("{new}\n"));
        let mut config = TextDiff::configure();
        let diff = config.timeout(PATIENCE).diff_lines(&old, &new);
        let mut lines = Vec::new();
        for group in diff.grouped_ops(AROUND) {
            if !lines.is_empty() {
                lines.push(DiffLine::LeftOut);
            }
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
                let number = |index: Option<usize>| index.map_or(0, |index| index + 1);
                let (old, new) = (number(change.old_index()), number(change.new_index()));
                lines.push(match change.tag() {
                    ChangeTag::Equal => DiffLine::Same(old, new, text),
                    ChangeTag::Delete => DiffLine::Removed(old, text),
                    ChangeTag::Insert => DiffLine::Added(new, text),
                });
            }
        }
        Diff(lines)
    }

    /// `2 lines added, 1 removed`.
    pub fn text(&self) -> String {
        let count = |is: fn(&DiffLine) -> bool| self.0.iter().filter(|line| is(line)).count();
        let added = count(|line| matches!(line, DiffLine::Added(..)));
        let removed = count(|line| matches!(line, DiffLine::Removed(..)));
        format!("{} added, {removed} removed", counted(added, "line"))
    }

    /// The lines as they are shown, with the numbers of both texts. `notes` are what is to be said
    /// below a line of the new text.
    pub fn lines(
        &self,
        columns: u16,
        notes: impl Fn(usize) -> Vec<Line<'static>>,
        theme: &Theme,
    ) -> Vec<Line<'static>> {
        let room = (columns as usize).saturating_sub(2 * NUMBER + 3).max(1);
        let mut lines = Vec::new();
        for line in &self.0 {
            let (numbers, sign, style, text) = match line {
                DiffLine::Same(old, new, text) => {
                    (format!("{old:NUMBER$}{new:NUMBER$}"), "  ", theme.dim, text)
                }
                DiffLine::Removed(old, text) => (
                    format!("{old:NUMBER$}{:NUMBER$}", ""),
                    "- ",
                    theme.bad,
                    text,
                ),
                DiffLine::Added(new, text) => (
                    format!("{:NUMBER$}{new:NUMBER$}", ""),
                    "+ ",
                    theme.good,
                    text,
                ),
                DiffLine::LeftOut => {
                    let dots = format!("{:>width$}", "⋮", width = 2 * NUMBER);
                    lines.push(Line::styled(dots, theme.dim));
                    continue;
                }
            };
            let text = printable(text);
            for (row, part) in view::wrap(&text, room).into_iter().enumerate() {
                let numbers = match row {
                    0 => numbers.clone(),
                    _ => " ".repeat(2 * NUMBER),
                };
                lines.push(Line::from(vec![
                    Span::styled(format!("{numbers} "), theme.dim),
                    Span::styled(format!("{sign}{part}"), style),
                ]));
            }
            if let DiffLine::Same(_, new, _) | DiffLine::Added(new, _) = line {
                for mut note in notes(*new) {
                    note.spans.insert(0, Span::raw(" ".repeat(2 * NUMBER + 3)));
                    lines.push(note);
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_its_numbers_and_some_lines_around() {
        let old: Vec<String> = (1..=20).map(|n| format!("line {n}")).collect();
        let mut new = old.clone();
        new[9] = "another".to_owned();
        new.push("the last\u{1b}".to_owned());
        let diff = Diff::of(&old.join("\n"), &new.join("\n"));
        let shown = diff.lines(
            60,
            |line| match line {
                10 => vec![Line::raw("a note")],
                _ => Vec::new(),
            },
            &Theme::mono(),
        );
        let shown: Vec<String> = shown.iter().map(Line::to_string).collect();
        assert_eq!(
            shown[..6],
            [
                "    7    7   line 7",
                "    8    8   line 8",
                "    9    9   line 9",
                "   10      - line 10",
                "        10 + another",
                "             a note",
            ]
        );
        assert!(shown.contains(&"         ⋮".to_owned()), "{shown:?}");
        assert!(!shown.concat().contains('\u{1b}'), "{shown:?}");
        assert_eq!(Diff::of("a", "a\nb\n").text(), "1 line added, 0 removed");
    }
}
