//! A line of text being typed.

use crossterm::event::{Event as TermEvent, KeyEvent};
use ratatui::style::Style;
use ratatui::text::Span;
use tui_input::backend::crossterm::EventHandler;

use crate::kms::text::{printable, width};

/// A line of text with a cursor. Editing keys are those of a shell: Ctrl-A, Ctrl-E, Ctrl-U,
/// Ctrl-W, Alt-B ...
#[derive(Debug, Clone, Default)]
pub struct Input {
    inner: tui_input::Input,
}

impl Input {
    pub fn new(text: &str) -> Self {
        Input {
            inner: tui_input::Input::new(text.to_owned()),
        }
    }

    pub fn text(&self) -> &str {
        self.inner.value()
    }

    pub fn is_empty(&self) -> bool {
        self.inner.value().is_empty()
    }

    /// Whether the key changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        self.inner
            .handle_event(&TermEvent::Key(key))
            .is_some_and(|change| change.value)
    }

    /// Takes what was pasted in at the cursor. What it says is for the user: that a paste of
    /// several lines was refused, which a line cannot hold, or what was left out of it.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        let (line, has_end) = match text.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), true),
            None => (
                text.strip_suffix('\r').unwrap_or(text),
                text.ends_with('\r'),
            ),
        };
        if line.contains(['\n', '\r']) {
            return Some(format!(
                "Not pasted: it has {} lines, and this takes one.",
                lines_of(line)
            ));
        }
        match (self.insert(line), has_end) {
            (0, false) => None,
            (0, true) => Some("Pasted without the line end after it.".to_owned()),
            (left_out, _) => Some(left_out_text(left_out)),
        }
    }

    /// Puts text in at the cursor. Control characters, which a line cannot hold, stay out;
    /// returns how many.
    pub fn insert(&mut self, text: &str) -> usize {
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        let at = self.inner.cursor();
        let old = self.inner.value();
        let head: String = old.chars().take(at).collect();
        let tail: String = old.chars().skip(at).collect();
        let cursor = at + clean.chars().count();
        self.inner = tui_input::Input::new(format!("{head}{clean}{tail}")).with_cursor(cursor);
        text.chars().count() - clean.chars().count()
    }

    /// The part of the text around the cursor that fits into `columns`, and the cursor's column
    /// in it.
    pub fn window(&self, columns: usize) -> (String, usize) {
        window(self.text(), self.inner.cursor(), columns)
    }

    /// The text in a field of `columns`, and the cursor's column where the field has the focus.
    pub fn spans(&self, columns: usize, style: Style) -> (Span<'static>, usize) {
        let (text, cursor) = self.window(columns);
        (padded(&text, columns, style), cursor)
    }
}

/// What is said of characters that a paste was taken in without.
pub(super) fn left_out_text(count: usize) -> String {
    format!("{count} control characters left out of what was pasted.")
}

/// The number of lines of a text, whichever way they end.
fn lines_of(text: &str) -> usize {
    text.replace("\r\n", "\n").split(['\n', '\r']).count()
}

/// The part of a line around the cursor that fits into `columns`, and the cursor's column in it.
pub(super) fn window(line: &str, cursor: usize, columns: usize) -> (String, usize) {
    let cells: Vec<String> = line
        .chars()
        .map(|c| printable(c.encode_utf8(&mut [0; 4])).into_owned())
        .collect();
    let widths: Vec<usize> = cells.iter().map(|cell| width(cell)).collect();
    let cursor = cursor.min(cells.len());
    let mut from = 0;
    // One column is the cursor's own, behind the last character.
    while widths[from..cursor].iter().sum::<usize>() + 1 > columns && from < cursor {
        from += 1;
    }
    let mut shown = String::new();
    let mut used = 0;
    for (cell, cell_width) in cells[from..].iter().zip(&widths[from..]) {
        if used + cell_width > columns {
            break;
        }
        used += cell_width;
        shown.push_str(cell);
    }
    (shown, widths[from..cursor].iter().sum())
}

/// Text that fills `columns`.
pub(super) fn padded(text: &str, columns: usize, style: Style) -> Span<'static> {
    let pad = columns.saturating_sub(width(text));
    Span::styled(format!("{text}{}", " ".repeat(pad)), style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_scrolls_with_the_cursor() {
        let input = Input::new("abcdefghij");
        assert_eq!(input.window(20), ("abcdefghij".into(), 10));
        assert_eq!(input.window(5), ("ghij".into(), 4));
        assert_eq!(Input::new("日本語").window(5), ("本語".into(), 4));
    }

    #[test]
    fn a_paste_of_several_lines_is_refused_and_a_last_line_end_is_said() {
        let mut input = Input::new("ab");
        for lines in ["x\ny", "x\r\ny\r\n", "x\ry\r", "\nx"] {
            let said = input.paste(lines).expect("the reason");
            assert!(said.contains("has 2 lines"), "{lines:?}: {said}");
            assert_eq!(input.text(), "ab");
        }
        assert!(input.paste("c\r\n").is_some());
        assert_eq!(input.paste("d"), None);
        assert_eq!(input.text(), "abcd");
    }

    #[test]
    fn pasted_control_characters_stay_out_and_are_counted() {
        let mut input = Input::new("ab");
        assert_eq!(input.insert("x\ty\u{1b}"), 2);
        assert_eq!(input.text(), "abxy");
        let mut bidi = Input::default();
        bidi.insert("a\u{202e}b");
        assert_eq!(bidi.window(20).0, "a‹U+202E›b");
    }
}
