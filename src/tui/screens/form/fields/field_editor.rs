//! What every editor of a field can do, and what they draw alike.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use crate::kms::text::{counted, fit, printable, width};
use crate::kms::{Blob, Field, FieldError, Value};
use crate::ops::policy_template::TemplateFacts;
use crate::tui::core::note::Tone;
use crate::tui::keymap::Action;
use crate::tui::theme::Theme;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::text_area::TextArea;

/// Columns of a text field: at least, and at most.
pub(super) const TEXT: (usize, usize) = (10, 88);
/// Rows of a text of several lines, at most.
pub(in super::super) const TEXT_ROWS: usize = 6;

/// A place for the cursor in a field: kinds with one place have it at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub row: usize,
    pub column: usize,
}

/// What a field looks like, beside what it holds.
pub struct Look<'a> {
    pub theme: &'a Theme,
    /// Columns of the form.
    pub columns: usize,
    /// Those of them beside the name of the field.
    pub room: usize,
    /// The place under the cursor, where it is in this field.
    pub focus: Option<Place>,
    /// Rows of a text of several lines, at most.
    pub text_rows: usize,
    /// Whether it is the one that is given of its group, or in none.
    pub is_given: bool,
    /// What is known of the key, for a field that names one.
    pub note: Option<KeyIdNote>,
    /// Whether its file is being read.
    pub is_reading: bool,
}

/// A line of a field, beside its name.
#[derive(Default)]
pub struct FieldLine {
    pub spans: Vec<Span<'static>>,
    /// The places for the cursor in it, each with the column where it begins.
    pub places: Vec<(usize, Place)>,
    pub is_focused: bool,
    /// The column where text is typed.
    pub cursor: Option<usize>,
}

impl FieldLine {
    /// A line that is one place for the cursor.
    pub(super) fn at(place: Place, spans: Vec<Span<'static>>, look: &Look) -> FieldLine {
        FieldLine {
            spans,
            places: vec![(0, place)],
            is_focused: look.focus == Some(place),
            cursor: None,
        }
    }

    /// A line of text being typed in `room` columns, between what stands before and after it.
    pub(super) fn typed(
        input: &Input,
        place: Place,
        (before, room, after): (Vec<Span<'static>>, usize, Vec<Span<'static>>),
        look: &Look,
    ) -> FieldLine {
        let mut line = FieldLine::at(place, before, look);
        let from: usize = line.spans.iter().map(|span| width(&span.content)).sum();
        if line.is_focused {
            let (text, cursor) = input.spans(room, look.theme.field);
            line.spans.push(text);
            line.cursor = Some(from + cursor);
        } else {
            let shown = fit(&printable(input.text()), room);
            line.spans.push(Span::styled(shown, look.theme.text));
        }
        line.spans.extend(after);
        line
    }

    /// A button that adds a row.
    pub(super) fn adds(
        place: Place,
        text: &'static str,
        note: Option<&'static str>,
        look: &Look,
    ) -> FieldLine {
        let mut line = FieldLine::at(place, Vec::new(), look);
        let style = match line.is_focused {
            true => look.theme.selected,
            false => look.theme.dim,
        };
        line.spans.push(Span::styled(text, style));
        if let Some(note) = note {
            line.spans
                .push(Span::styled(format!("    {note}"), look.theme.dim));
        }
        line
    }
}

/// Text of several lines in `room` columns; what stands before and after it is beside its first
/// row. The last row says how many lines there are where not all are seen.
pub(super) fn area_lines(
    area: &TextArea,
    (before, room, after): (Span<'static>, usize, Span<'static>),
    look: &Look,
) -> Vec<FieldLine> {
    let theme = look.theme;
    let is_focused = look.focus.is_some();
    let style = match is_focused {
        true => theme.field,
        false => theme.text,
    };
    let rows = area.rows(room, look.text_rows, is_focused, style);
    let last = rows.len() - 1;
    let indent = width(&before.content);
    let mut beside = Some((before, after));
    rows.into_iter()
        .enumerate()
        .map(|(at, row)| {
            let (before, after) = beside.take().unwrap_or_else(|| {
                let lines = match at == last && area.line_count() > look.text_rows {
                    true => format!("  {}", counted(area.line_count(), "line")),
                    false => String::new(),
                };
                let indent = Span::raw(" ".repeat(indent));
                (indent, Span::styled(lines, theme.dim))
            });
            FieldLine {
                is_focused: row.cursor.is_some(),
                cursor: row.cursor.map(|cursor| indent + cursor),
                ..FieldLine::at(Place::default(), vec![before, row.text, after], look)
            }
        })
        .collect()
}

/// What came of a paste: where the cursor goes, and what is said of it.
pub struct Pasted {
    pub place: Place,
    pub said: Option<(Tone, String)>,
}

impl Pasted {
    pub(super) fn saying(place: Place, tone: Tone, text: String) -> Self {
        Pasted {
            place,
            said: Some((tone, text)),
        }
    }

    /// What an input says of a paste.
    pub(super) fn said(place: Place, said: Option<String>) -> Self {
        Pasted {
            place,
            said: said.map(|text| (Tone::Warn, text)),
        }
    }
}

/// What a field holds while it is edited, and how that is done.
pub trait FieldEditor: Send {
    /// The places for the cursor, from top to bottom.
    fn places(&self) -> Vec<Place> {
        vec![Place::default()]
    }

    /// Takes in what a request holds.
    fn fill(&mut self, value: &Value);

    /// What goes into the request. `is_needed` says that the field is not to be left out.
    ///
    /// Errors: what is typed makes no value of the field's kind.
    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError>;

    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine>;

    /// Whether something is in it that a draft is worth telling of.
    fn is_filled(&self) -> bool {
        false
    }

    /// Whether nothing was typed at the place.
    fn is_blank(&self, _: Place) -> bool {
        true
    }

    /// Whether text is typed at the place.
    fn takes_text(&self, _: Place) -> bool {
        false
    }

    /// Whether the key changed the text.
    fn key(&mut self, _: Place, _: KeyEvent) -> bool {
        false
    }

    fn paste(&mut self, place: Place, _: &str, _: &Field) -> Pasted {
        let text = "Nothing takes text here: go to a field, then paste.";
        Pasted::saying(place, Tone::Plain, text.to_owned())
    }

    /// Whether it has a use of its own for the action.
    fn can(&self, place: Place, action: Action) -> bool {
        matches!(action, Action::Toggle | Action::Left | Action::Right) && !self.takes_text(place)
    }

    /// Does what the action means in the field; where the cursor is then. None where it means
    /// nothing of the field's own.
    ///
    /// Errors: why it is not done.
    fn act(&mut self, _: Place, _: Action, _: &Field) -> Result<Option<Place>, FieldError> {
        Ok(None)
    }

    /// Whether what is typed so far cannot become right by typing on.
    fn is_wrong_already(&self, _: &Field) -> bool {
        false
    }

    /// Where the cursor goes to mend a mistake of the field's.
    fn place_of_mistake(&self, _: &Field) -> Place {
        Place::default()
    }

    /// What is typed, where it is a line of text.
    fn text(&self) -> &str {
        ""
    }

    fn set_text(&mut self, _: &str) {}

    /// Narrows a choice to what the key allows; to all where that is not known.
    fn narrow(&mut self, _: Option<&[String]>) {}

    /// Whether it is on, where it is a switch.
    fn is_on(&self) -> Option<bool> {
        None
    }

    /// Turns a switch over.
    fn switch(&mut self) {}

    /// The path that is being typed, where a file is named.
    fn path(&self) -> Option<String> {
        None
    }

    fn set_path(&mut self, _: &str) {}

    /// The file that is named and not read yet.
    fn unread_file(&self) -> Option<String> {
        None
    }

    /// Takes in the file of that name, or why it cannot be read.
    fn file_read(&mut self, _: String, _: Result<Blob, String>) {}

    /// The text that an editor of the user's own would open; None where the kind is not for one.
    fn document(&self) -> Option<String> {
        None
    }

    /// Takes in what came back from an editor of the user's own.
    fn set_document(&mut self, _: String) {}

    /// Takes in what its templates are filled in with.
    fn know(&mut self, _: &TemplateFacts) {}
}

/// What is known of the key as it is typed.
pub enum KeyIdNote {
    Good(String),
    Hint(String),
    Warn(String),
}
