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
        let cells: Vec<String> = self
            .text()
            .chars()
            .map(|c| printable(c.encode_utf8(&mut [0; 4])).into_owned())
            .collect();
        let widths: Vec<usize> = cells.iter().map(|cell| width(cell)).collect();
        let cursor = self.inner.cursor().min(cells.len());
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

    /// The text in a field of `columns`, and the cursor's column where the field has the focus.
    pub fn spans(&self, columns: usize, style: Style) -> (Span<'static>, usize) {
        let (text, cursor) = self.window(columns);
        let pad = columns.saturating_sub(width(&text));
        (
            Span::styled(format!("{text}{}", " ".repeat(pad)), style),
            cursor,
        )
    }
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
    fn pasted_control_characters_stay_out_and_are_counted() {
        let mut input = Input::new("ab");
        assert_eq!(input.insert("x\ny\u{1b}"), 2);
        assert_eq!(input.text(), "abxy");
        let mut bidi = Input::default();
        bidi.insert("a\u{202e}b");
        assert_eq!(bidi.window(20).0, "a‹U+202E›b");
    }
}
