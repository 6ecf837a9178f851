//! The line above a list in which its filter is typed and shown.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::input::Input;
use crate::catalog::filter_terms::Completion;
use crate::kms::text::{printable, width};
use crate::tui::core::history::Recall;
use crate::tui::keymap::{Action, Context, KeyMap};
use crate::tui::theme::Theme;

/// Characters that a filter takes: every word of it is looked for in every row.
const MOST: usize = 1024;

/// A filter, and whether it is being typed.
pub struct FilterLine {
    input: Input,
    editing: bool,
    recall: Recall,
}

impl Default for FilterLine {
    fn default() -> Self {
        FilterLine {
            input: Input::default().holding(MOST),
            editing: false,
            recall: Recall::default(),
        }
    }
}

/// `Esc clears the filter.`, of whichever key does that.
pub fn how_to_clear(at: Context, keymap: &KeyMap, theme: &Theme) -> Line<'static> {
    let key = keymap.key_of(at, Action::Back);
    let text = key.map_or(String::new(), |key| format!("{key} clears the filter."));
    Line::styled(text, theme.dim)
}

/// A filter with `word` in the place of its last one.
pub fn completed(text: &str, word: &str) -> String {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let kept = &text[..text.len() - last.len()];
    // A value that is whole is followed by the next word.
    let after = if word.ends_with(':') { "" } else { " " };
    format!("{kept}{word}{after}")
}

/// What Tab goes through: the filter before it, which completion stands there, and the text with it.
pub type Cycle = (String, usize, String);

/// What a filter becomes by the next completion, or the one before; None where that is what it is.
pub fn cycle(
    text: &str,
    last: Option<&Cycle>,
    next: bool,
    offers: impl Fn(&str) -> Vec<Completion>,
) -> Option<Cycle> {
    let (base, last) = match last {
        Some((base, at, completed)) if completed == text => (base.as_str(), Some(*at)),
        _ => (text, None),
    };
    let offers = offers(base);
    let at = match (last, next) {
        (_, _) if offers.is_empty() => return None,
        (None, true) => 0,
        (None, false) => offers.len() - 1,
        (Some(at), true) => (at + 1) % offers.len(),
        (Some(at), false) => (at + offers.len() - 1) % offers.len(),
    };
    let completed = completed(base, &offers[at].word);
    (completed != text).then(|| (base.to_owned(), at, completed))
}

/// As many of the completions as have room, side by side.
pub fn offers(offers: &[Completion], room: usize) -> String {
    let mut words = String::new();
    for completion in offers {
        let next = printable(&completion.word);
        if width(&words) + width(&next) + 2 > room {
            break;
        }
        words.push_str(&next);
        words.push_str("  ");
    }
    words
}

impl FilterLine {
    pub fn text(&self) -> &str {
        self.input.text()
    }

    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    pub fn is_editing(&self) -> bool {
        self.editing
    }

    pub fn edit(&mut self) {
        self.editing = true;
    }

    /// Keeps the filter, and goes to the list.
    pub fn keep(&mut self) {
        self.editing = false;
        self.recall = Recall::default();
    }

    pub fn clear(&mut self) {
        *self = FilterLine::default();
    }

    pub fn set(&mut self, text: &str) {
        self.input = Input::new(text).holding(MOST);
    }

    /// Whether the key changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        self.editing && self.input.key(key)
    }

    /// See [`Input::paste`] for what it says.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        self.editing = true;
        self.input.paste(text)
    }

    /// An older or newer line of the history. `history` has the newest last.
    pub fn recall(&mut self, history: &[String], older: bool) {
        if let Some(line) = self.recall.go(history, older) {
            self.set(&line);
        }
    }

    /// Draws it; `can_filter` says whether there is anything to filter.
    /// `at` is where its keys are bound.
    pub fn draw(
        &self,
        can_filter: bool,
        at: (Context, &KeyMap),
        theme: &Theme,
        frame: &mut Frame,
        area: Rect,
    ) {
        const LABEL: &str = " Filter: ";
        let key_of = |action| at.1.key_of(at.0, action);
        if self.editing {
            let columns = (area.width as usize)
                .saturating_sub(width(LABEL) + 2)
                .min(60);
            let (field, cursor) = self.input.spans(columns, theme.field);
            let line = Line::from(vec![Span::styled(LABEL, theme.accent), field]);
            frame.render_widget(line, area);
            frame.set_cursor_position((area.x + (width(LABEL) + cursor) as u16, area.y));
        } else if self.is_empty() {
            let text = match key_of(Action::Filter) {
                Some(key) if can_filter => format!(" {key} filter"),
                _ => String::new(),
            };
            frame.render_widget(Line::styled(text, theme.dim), area);
        } else {
            let line = Line::from(vec![
                Span::styled(LABEL, theme.accent),
                Span::styled(printable(self.text()).into_owned(), theme.matched),
                Span::styled(
                    key_of(Action::Back).map_or(String::new(), |key| format!("   {key} clears it")),
                    theme.dim,
                ),
            ]);
            frame.render_widget(line, area);
        }
    }
}
