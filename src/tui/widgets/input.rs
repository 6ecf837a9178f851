//! A line of text being typed.

use std::collections::VecDeque;

use crossterm::event::{Event as TermEvent, KeyEvent};
use ratatui::style::Style;
use ratatui::text::Span;
use tui_input::InputRequest;
use tui_input::backend::crossterm::to_input_request;

use crate::kms::text::{counted, grouped, printable, width};

/// Characters that a line takes, where nothing else is said: more than any value of KMS that is one
/// line, so that none that was cut passes for whole.
const LINE: usize = 16_384;
/// What stands at the end of a line that takes no more.
const FULL: &str = " full";

/// A line of text with a cursor. Editing keys are those of a shell: Ctrl-A, Ctrl-E, Ctrl-U,
/// Ctrl-W, Alt-B ...
#[derive(Debug, Clone)]
pub struct Input {
    inner: tui_input::Input,
    /// Characters that it takes.
    most: usize,
}

impl Default for Input {
    fn default() -> Self {
        Input::new("")
    }
}

impl Input {
    pub fn new(text: &str) -> Self {
        Input {
            inner: tui_input::Input::new(text.to_owned()),
            most: LINE,
        }
    }

    /// The same, but it takes so many characters.
    pub fn holding(self, most: usize) -> Self {
        Input { most, ..self }
    }

    pub fn text(&self) -> &str {
        self.inner.value()
    }

    pub fn is_empty(&self) -> bool {
        self.inner.value().is_empty()
    }

    /// Whether the key changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = to_input_request(&TermEvent::Key(key)) else {
            return false;
        };
        let adds = matches!(request, InputRequest::InsertChar(_) | InputRequest::Yank);
        if adds && self.room() == 0 {
            return false;
        }
        let change = self.inner.handle(request);
        change.is_some_and(|change| change.value)
    }

    /// Characters that it still takes.
    fn room(&self) -> usize {
        let text = self.text();
        // No more characters than bytes: most lines need no counting.
        match self.most.checked_sub(text.len()) {
            Some(0) | None => self.most.saturating_sub(text.chars().count()),
            Some(room) => room,
        }
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
        match self.insert(line) {
            None if has_end => Some("Pasted without the line end after it.".to_owned()),
            said => said,
        }
    }

    /// Puts text in at the cursor. What it says is for the user: how much was left out. Control
    /// characters are, which a line cannot hold, and whatever is more than it takes.
    #[must_use]
    pub fn insert(&mut self, text: &str) -> Option<String> {
        let have = self.text().chars().count();
        let taken = Taken::of(text.chars(), self.most.saturating_sub(have), |c| {
            !c.is_control()
        });
        let at = self.inner.cursor();
        let old = self.text();
        let byte = old
            .char_indices()
            .nth(at)
            .map_or(old.len(), |(byte, _)| byte);
        let (head, tail) = old.split_at(byte);
        let cursor = at + taken.count;
        let all = format!("{head}{}{tail}", taken.text);
        self.inner = tui_input::Input::new(all).with_cursor(cursor);
        taken.said(self.most)
    }

    /// The part of the text around the cursor that fits into `columns`, and the cursor's column
    /// in it.
    pub fn window(&self, columns: usize) -> (String, usize) {
        window(self.text(), self.inner.cursor(), columns)
    }

    /// The text in a field of `columns`, and the cursor's column where the field has the focus.
    pub fn spans(&self, columns: usize, style: Style) -> (Span<'static>, usize) {
        if self.room() > 0 {
            let (text, cursor) = self.window(columns);
            return (padded(&text, columns, style), cursor);
        }
        let room = columns.saturating_sub(FULL.len());
        let (text, cursor) = self.window(room);
        let text = padded(&text, room, style).content.into_owned() + FULL;
        (padded(&text, columns, style), cursor)
    }
}

/// What a field takes in of what is pasted into it.
pub(super) struct Taken {
    pub(super) text: String,
    /// Characters of it.
    count: usize,
    /// Control characters that are not.
    controls: usize,
    /// Characters there was no room for.
    too_many: usize,
}

impl Taken {
    /// As many of the characters that can be held as there is `room` for.
    pub(super) fn of(
        chars: impl Iterator<Item = char>,
        room: usize,
        can_hold: impl Fn(char) -> bool,
    ) -> Taken {
        let mut taken = Taken {
            text: String::new(),
            count: 0,
            controls: 0,
            too_many: 0,
        };
        for c in chars {
            match (can_hold(c), taken.count < room) {
                (true, true) => {
                    taken.text.push(c);
                    taken.count += 1;
                }
                (true, false) => taken.too_many += 1,
                (false, _) => taken.controls += 1,
            }
        }
        taken
    }

    /// What the user is told of what was left out, by a field that takes `most` characters.
    pub(super) fn said(&self, most: usize) -> Option<String> {
        let mut said = Vec::new();
        if self.too_many > 0 {
            said.push(format!(
                "Pasted {} of {} characters: this takes {}, and the rest was left out.",
                grouped(self.count),
                grouped(self.count + self.too_many),
                grouped(most)
            ));
        }
        if self.controls > 0 {
            let left_out = counted(self.controls, "control character");
            said.push(format!("{left_out} left out of what was pasted."));
        }
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// The number of lines of a text, whichever way they end.
fn lines_of(text: &str) -> usize {
    text.replace("\r\n", "\n").split(['\n', '\r']).count()
}

/// The part of a line around the cursor that fits into `columns`, and the cursor's column in it.
/// Of a long line only that part is looked at.
pub(super) fn window(line: &str, cursor: usize, columns: usize) -> (String, usize) {
    let shown = |c: char| printable(c.encode_utf8(&mut [0; 4])).into_owned();
    let byte = line.char_indices().nth(cursor);
    let (before, after) = line.split_at(byte.map_or(line.len(), |(byte, _)| byte));
    let mut column = 0;
    let mut cells = VecDeque::new();
    for c in before.chars().rev() {
        let cell = shown(c);
        // One column is the cursor's own, behind the last character.
        if column + width(&cell) + 1 > columns {
            break;
        }
        column += width(&cell);
        cells.push_front(cell);
    }
    let mut used = column;
    for c in after.chars() {
        let cell = shown(c);
        if used + width(&cell) > columns {
            break;
        }
        used += width(&cell);
        cells.push_back(cell);
    }
    (cells.into_iter().collect(), column)
}

/// Text that fills `columns`.
pub(super) fn padded(text: &str, columns: usize, style: Style) -> Span<'static> {
    let pad = columns.saturating_sub(width(text));
    Span::styled(format!("{text}{}", " ".repeat(pad)), style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

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
        let said = input.insert("x\ty\u{1b}").expect("a word on it");
        assert!(said.starts_with("2 control characters"), "{said}");
        assert_eq!(input.text(), "abxy");
        let mut bidi = Input::default();
        assert_eq!(bidi.insert("a\u{202e}b"), None);
        assert_eq!(bidi.window(20).0, "a‹U+202E›b");
    }

    #[test]
    fn what_is_more_than_a_line_takes_is_left_out_and_said() {
        let mut input = Input::new("ab").holding(6);
        input.key(KeyEvent::new(KeyCode::Left, KeyModifiers::NONE));
        let said = input.paste("éééé\u{7}é\n").expect("a word on it");
        assert_eq!(
            said,
            "Pasted 4 of 5 characters: this takes 6, and the rest was left out. \
             1 control character left out of what was pasted."
        );
        assert_eq!(input.text(), "aééééb");
        // It takes no key either, and shows why.
        for key in [
            KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE),
            KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL),
        ] {
            assert!(!input.key(key));
        }
        assert_eq!(input.spans(12, Style::default()).0.content, "aééééb  full");
        assert!(input.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE)));
        assert!(input.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE)));
        assert_eq!(input.text(), "aéééxb");
    }

    #[test]
    fn a_window_of_a_long_line_is_what_is_around_the_cursor() {
        let line = "日".repeat(100_000) + "ab";
        assert_eq!(window(&line, 100_001, 5), ("日ab".into(), 3));
        assert_eq!(window(&line, 0, 5), ("日日".into(), 0));
        assert_eq!(window(&line, 7, 0), (String::new(), 0));
    }
}
