//! Text of several lines being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui_textarea::{CursorMove, TextArea as Editor};

use super::input::{Taken, padded, window};
use super::scroll;
use crate::kms::text::{fit, printable};
use crate::tui::keymap::Action;

/// Characters that an area takes: more than any value of KMS has, in base64 or hex too, so that
/// none that was cut passes for whole.
const MOST: usize = 65_536;

/// Lines of text with a cursor. Editing keys are those of [`Input`](super::input::Input); what
/// makes a line, and what goes up and down, is the owner's to say.
pub struct TextArea {
    editor: Editor<'static>,
}

impl Default for TextArea {
    fn default() -> Self {
        TextArea::new("")
    }
}

/// A row of the area as it is drawn.
pub struct TextRow {
    pub text: Span<'static>,
    /// The cursor's column, where it is in this row.
    pub cursor: Option<usize>,
}

impl TextArea {
    pub fn new(text: &str) -> Self {
        let mut editor = Editor::new(text.split('\n').map(str::to_owned).collect());
        // No copies of what may be a secret.
        editor.set_max_histories(0);
        editor.move_cursor(CursorMove::Bottom);
        editor.move_cursor(CursorMove::End);
        TextArea { editor }
    }

    /// The text, its lines with a line feed between them.
    pub fn text(&self) -> String {
        self.editor.lines().join("\n")
    }

    pub fn is_empty(&self) -> bool {
        self.editor.is_empty()
    }

    pub fn line_count(&self) -> usize {
        self.editor.lines().len()
    }

    /// Whether the key changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        let editor = &mut self.editor;
        let to = match (key.code, key.modifiers) {
            (KeyCode::Left, CONTROL) | (KeyCode::Char('b'), ALT) => CursorMove::WordBack,
            (KeyCode::Right, CONTROL) | (KeyCode::Char('f'), ALT) => CursorMove::WordForward,
            (KeyCode::Left, _) | (KeyCode::Char('b'), CONTROL) => CursorMove::Back,
            (KeyCode::Right, _) | (KeyCode::Char('f'), CONTROL) => CursorMove::Forward,
            (KeyCode::Home, CONTROL) => CursorMove::Top,
            (KeyCode::End, CONTROL) => CursorMove::Bottom,
            (KeyCode::Home, _) | (KeyCode::Char('a'), CONTROL) => CursorMove::Head,
            (KeyCode::End, _) | (KeyCode::Char('e'), CONTROL) => CursorMove::End,
            (KeyCode::Char('u'), CONTROL) => return self.clear_line(),
            (KeyCode::Char('k'), CONTROL) => return editor.delete_line_by_end(),
            (KeyCode::Char('w'), CONTROL) | (KeyCode::Backspace, ALT) => {
                return editor.delete_word();
            }
            (KeyCode::Delete, CONTROL) | (KeyCode::Char('d'), ALT) => {
                return editor.delete_next_word();
            }
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), CONTROL) => {
                return editor.delete_char();
            }
            (KeyCode::Delete, _) => return editor.delete_next_char(),
            (KeyCode::Char('y'), CONTROL) => return self.room() > 0 && self.editor.paste(),
            (KeyCode::Char(c), modifiers) if is_typed(modifiers) => {
                let has_room = self.room() > 0;
                if has_room {
                    self.editor.insert_char(c);
                }
                return has_room;
            }
            _ => return false,
        };
        self.editor.move_cursor(to);
        false
    }

    /// Empties the line of the cursor.
    fn clear_line(&mut self) -> bool {
        self.editor.move_cursor(CursorMove::End);
        self.editor.cursor().1 > 0 && self.editor.delete_line_by_head()
    }

    /// Begins a line, or goes up or down one; whether the action did.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Accept => {
                self.new_line();
                true
            }
            Action::Up => self.go(-1),
            Action::Down => self.go(1),
            _ => false,
        }
    }

    fn new_line(&mut self) {
        if self.room() > 0 {
            self.editor.insert_newline();
        }
    }

    /// Characters that it still takes.
    fn room(&self) -> usize {
        let lines = self.editor.lines();
        let has = |length: fn(&str) -> usize| -> usize {
            lines.iter().map(|line| length(line) + 1).sum::<usize>() - 1
        };
        // No more characters than bytes: most texts need no counting.
        match MOST.checked_sub(has(str::len)) {
            Some(0) | None => MOST.saturating_sub(has(|line| line.chars().count())),
            Some(room) => room,
        }
    }

    /// A line up (-1) or down (1); whether there is one.
    fn go(&mut self, by: isize) -> bool {
        let before = self.editor.cursor();
        let to = if by < 0 {
            CursorMove::Up
        } else {
            CursorMove::Down
        };
        self.editor.move_cursor(to);
        before.0 != self.editor.cursor().0
    }

    /// Takes what was pasted in at the cursor, with its lines and tabs. A terminal may give any
    /// line end for any other, so that all become line feeds. What it says is for the user.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        let mut chars = text.chars().peekable();
        let lines = std::iter::from_fn(|| match chars.next()? {
            '\r' => {
                chars.next_if_eq(&'\n');
                Some('\n')
            }
            c => Some(c),
        });
        let said = self.take(lines, |c| !c.is_control() || matches!(c, '\n' | '\t'));
        said.or_else(|| {
            text.contains("\r\n").then(|| {
                "Pasted with line feeds for its CR LF line ends; a file keeps them as they are."
                    .to_owned()
            })
        })
    }

    /// The same with no line end in it: what is left out means nothing.
    #[must_use]
    pub fn paste_squeezed(&mut self, text: &str) -> Option<String> {
        self.take(text.chars().filter(|c| !c.is_control()), |_| true)
    }

    fn take(
        &mut self,
        chars: impl Iterator<Item = char>,
        can_hold: impl Fn(char) -> bool,
    ) -> Option<String> {
        let lines = self.editor.lines().iter();
        let have = lines.map(|line| line.chars().count() + 1).sum::<usize>() - 1;
        let taken = Taken::of(chars, MOST.saturating_sub(have), can_hold);
        self.editor.insert_str(&taken.text);
        taken.said(MOST)
    }

    /// At most `most` rows of `columns` around the cursor, which shows where the area has the
    /// focus; from the top where it has not.
    pub fn rows(
        &self,
        columns: usize,
        most: usize,
        is_focused: bool,
        style: Style,
    ) -> Vec<TextRow> {
        let lines = self.editor.lines();
        let at = self.editor.cursor();
        let from = match is_focused {
            true => scroll::follow(0, at.0, most, lines.len()),
            false => 0,
        };
        let shown = lines.iter().enumerate().skip(from).take(most);
        shown
            .map(|(row, line)| {
                if is_focused && row == at.0 {
                    let (text, cursor) = window(line, at.1, columns);
                    return TextRow {
                        text: padded(&text, columns, style),
                        cursor: Some(cursor),
                    };
                }
                TextRow {
                    text: Span::styled(fit(&printable(line), columns), style),
                    cursor: None,
                }
            })
            .collect()
    }
}

/// Whether a character with these keys held is typed: AltGr comes as Ctrl-Alt.
fn is_typed(modifiers: KeyModifiers) -> bool {
    let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
    let shifted = modifiers - KeyModifiers::SHIFT;
    shifted.is_empty() || shifted == alt_gr
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";

    #[test]
    fn a_paste_keeps_every_line_end_whichever_way_the_terminal_sends_it() {
        for sent in [PEM.to_owned(), PEM.replace('\n', "\r")] {
            let mut area = TextArea::default();
            assert_eq!(area.paste(&sent), None);
            assert_eq!(area.text(), PEM);
        }
        let mut area = TextArea::default();
        let said = area.paste(&PEM.replace('\n', "\r\n"));
        assert!(said.expect("a word on it").contains("CR LF"));
        assert_eq!(area.text(), PEM);
    }

    #[test]
    fn rows_follow_the_cursor_and_show_no_control_character() {
        let mut area = TextArea::new("one\ntwo\nthree\u{202e}");
        let rows = |area: &TextArea, focused| -> Vec<String> {
            let rows = area.rows(20, 2, focused, Style::default());
            rows.iter()
                .map(|row| row.text.content.trim_end().to_owned())
                .collect()
        };
        assert_eq!(rows(&area, true), ["two", "three‹U+202E›"]);
        assert_eq!(rows(&area, false), ["one", "two"]);
        assert!(area.go(-1) && area.go(-1) && !area.go(-1));
        assert_eq!(rows(&area, true), ["one", "two"]);
        area.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        area.new_line();
        assert_eq!(area.text(), "\n\ntwo\nthree\u{202e}");
        area.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL));
        assert_eq!(area.text(), "\none\ntwo\nthree\u{202e}");
    }

    #[test]
    fn what_is_more_than_an_area_takes_is_left_out_and_said() {
        let mut area = TextArea::new("a\n");
        let said = area.paste(&"é\r\n".repeat(MOST)).expect("a word on it");
        assert_eq!(
            said,
            "Pasted 65,534 of 131,072 characters: this takes 65,536, and the rest was left out."
        );
        assert_eq!(area.text(), "a\n".to_owned() + &"é\n".repeat(MOST / 2 - 1));
        let x = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE);
        let backspace = KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE);
        assert!(!area.key(x) && area.key(backspace) && area.key(x) && !area.key(x));
        assert!(area.paste_squeezed("a").is_some());
    }
}
