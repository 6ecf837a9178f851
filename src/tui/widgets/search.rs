//! A search in a text of several lines: the line in which it is typed, and the places found.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::input::Input;
use crate::kms::text::{printable, width};
use crate::tui::theme::Theme;

/// See the [module](self).
#[derive(Default)]
pub struct Search {
    input: Input,
    editing: bool,
    /// Which of the places found is the current one.
    current: usize,
}

impl Search {
    pub fn is_editing(&self) -> bool {
        self.editing
    }

    /// Whether there is something to look for.
    pub fn is_on(&self) -> bool {
        !self.input.is_empty()
    }

    pub fn edit(&mut self) {
        self.editing = true;
    }

    /// Keeps what was typed, and goes to the text.
    pub fn keep(&mut self) {
        self.editing = false;
    }

    pub fn clear(&mut self) {
        *self = Search::default();
    }

    /// Whether the key changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let changed = self.editing && self.input.key(key);
        if changed {
            self.current = 0;
        }
        changed
    }

    /// See [`Input::paste`] for what it says.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        if !self.editing {
            return None;
        }
        self.current = 0;
        self.input.paste(text)
    }

    /// Goes to the next place, or the one before, in a circle; the line where that is.
    pub fn turn(&mut self, lines: &[Line<'_>], forward: bool) -> Option<usize> {
        let found = self.found(lines);
        let count = found.len();
        if count == 0 {
            return None;
        }
        self.current = match forward {
            true => (self.current + 1) % count,
            false => (self.current + count - 1) % count,
        };
        self.line(lines)
    }

    /// The line of the current place.
    pub fn line(&self, lines: &[Line<'_>]) -> Option<usize> {
        let found = self.found(lines);
        found.get(self.current).map(|(line, _)| *line)
    }

    /// How many places there are.
    pub fn count(&self, lines: &[Line<'_>]) -> usize {
        self.found(lines).len()
    }

    /// Line and byte of every place.
    fn found(&self, lines: &[Line<'_>]) -> Vec<(usize, usize)> {
        let wanted = printable(self.input.text()).to_ascii_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let text = line.to_string().to_ascii_lowercase();
            found.extend(text.match_indices(&wanted).map(|(byte, _)| (at, byte)));
        }
        found
    }

    /// Marks the places in the lines, the current one more than the others.
    pub fn mark(&self, lines: &mut [Line<'static>], theme: &Theme) {
        let length = printable(self.input.text()).len();
        for (number, (line, byte)) in self.found(lines).into_iter().enumerate() {
            let style = match number == self.current {
                true => theme.selected,
                false => theme.matched,
            };
            restyle(&mut lines[line], byte, byte + length, style);
        }
    }

    /// Draws what is looked for, and how often it was found.
    pub fn draw(&self, lines: &[Line<'_>], theme: &Theme, frame: &mut Frame, area: Rect) {
        const LABEL: &str = " Search: ";
        if !self.editing && !self.is_on() {
            return;
        }
        let found = self.count(lines);
        let count = match (found, self.is_on()) {
            (_, false) => String::new(),
            (0, _) => "  not found".to_owned(),
            (found, _) => format!("  {} of {found}", self.current + 1),
        };
        let columns = (area.width as usize)
            .saturating_sub(width(LABEL) + width(&count) + 2)
            .min(40);
        let style = if self.editing {
            theme.field
        } else {
            theme.matched
        };
        let (mut field, cursor) = self.input.spans(columns, style);
        if !self.editing {
            field = Span::styled(printable(self.input.text()).into_owned(), style);
        }
        let line = Line::from(vec![
            Span::styled(LABEL, theme.accent),
            field,
            Span::styled(count, theme.dim),
        ]);
        frame.render_widget(line, area);
        if self.editing {
            frame.set_cursor_position((area.x + (width(LABEL) + cursor) as u16, area.y));
        }
    }
}

/// Gives the bytes `from..to` of a line another style.
fn restyle(line: &mut Line<'static>, from: usize, to: usize, style: ratatui::style::Style) {
    let mut spans = Vec::with_capacity(line.spans.len() + 2);
    let mut at = 0;
    for span in line.spans.drain(..) {
        let (begin, end) = (at, at + span.content.len());
        at = end;
        let (first, last) = (from.clamp(begin, end) - begin, to.clamp(begin, end) - begin);
        for (part, style) in [
            (&span.content[..first], span.style),
            (&span.content[first..last], span.style.patch(style)),
            (&span.content[last..], span.style),
        ] {
            if !part.is_empty() {
                spans.push(Span::styled(part.to_owned(), style));
            }
        }
    }
    line.spans = spans;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Search {
        Search {
            input: Input::new(text),
            ..Search::default()
        }
    }

    #[test]
    fn places_are_gone_through_in_a_circle_without_regard_to_case() {
        let lines = [
            Line::from("Action: kms:Decrypt"),
            Line::from("nothing"),
            Line::from(vec![Span::raw("KMS"), Span::raw(":Encrypt, kms:Sign")]),
        ];
        let mut search = typed("kms:");
        assert_eq!(search.line(&lines), Some(0));
        assert_eq!(search.turn(&lines, true), Some(2));
        assert_eq!(search.turn(&lines, true), Some(2));
        assert_eq!(search.turn(&lines, true), Some(0));
        assert_eq!(search.turn(&lines, false), Some(2));
        assert_eq!(typed("absent").turn(&lines, true), None);
    }

    #[test]
    fn marking_changes_no_character() {
        let (theme, _) = Theme::load("mono", None).unwrap();
        let mut lines = [Line::from(vec![Span::raw("äKM"), Span::raw("S:x")])];
        typed("kms").mark(&mut lines, &theme);
        assert_eq!(lines[0].to_string(), "äKMS:x");
        assert_eq!(lines[0].spans[1].content, "KM");
        assert_eq!(lines[0].spans[1].style, theme.selected);
    }
}
