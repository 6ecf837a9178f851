//! The name of a key, with what is known of that key beside it.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, KeyIdNote, Look, Pasted, Place, TEXT};
use crate::kms::key_id;
use crate::kms::text::{printable, width};
use crate::kms::{Field, FieldError, Value};
use crate::tui::view;
use crate::tui::widgets::input::Input;

/// The longest note that stands beside the field, and the columns of a form with room for it.
const BESIDE: (usize, usize) = (24, 76);

/// See the [module](self).
#[derive(Default)]
pub(super) struct KeyIdEditor {
    input: Input,
}

impl FieldEditor for KeyIdEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.set_text(text);
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let text = self.input.text();
        Ok((!text.is_empty()).then(|| Value::Text(text.to_owned())))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let (beside, below) = note_spans(look);
        let noted: usize = beside.iter().map(|span| width(&span.content)).sum();
        let room = look.room.saturating_sub(noted).clamp(TEXT.0, TEXT.1);
        let typed = (vec![], room, beside);
        let mut lines = vec![FieldLine::typed(&self.input, Place::default(), typed, look)];
        lines.extend(below);
        lines
    }

    fn is_blank(&self, _: Place) -> bool {
        self.input.is_empty()
    }

    fn takes_text(&self, _: Place) -> bool {
        true
    }

    fn key(&mut self, _: Place, key: KeyEvent) -> bool {
        self.input.key(key)
    }

    fn paste(&mut self, place: Place, text: &str, _: &Field) -> Pasted {
        Pasted::said(place, self.input.paste(text))
    }

    fn is_wrong_already(&self, _: &Field) -> bool {
        !key_id::can_go_on(self.input.text())
    }

    fn text(&self) -> &str {
        self.input.text()
    }

    fn set_text(&mut self, text: &str) {
        self.input = Input::new(text);
    }
}

/// The note beside the field, or below it where it is too long for that.
fn note_spans(look: &Look) -> (Vec<Span<'static>>, Vec<FieldLine>) {
    let theme = look.theme;
    let (glyph, style, text) = match &look.note {
        None => return (vec![], vec![]),
        Some(KeyIdNote::Good(text)) => ("✓ ", theme.good, text),
        Some(KeyIdNote::Hint(text)) => ("i ", theme.accent, text),
        Some(KeyIdNote::Warn(text)) => ("! ", theme.warn, text),
    };
    let text = printable(text).into_owned();
    if width(&text) <= BESIDE.0 && look.columns >= BESIDE.1 {
        let spans = vec![
            Span::raw("  "),
            Span::styled(glyph, style),
            Span::styled(text, theme.dim),
        ];
        return (spans, vec![]);
    }
    let lines = view::wrap(&text, look.room.saturating_sub(2))
        .into_iter()
        .enumerate()
        .map(|(row, line)| FieldLine {
            spans: vec![
                Span::styled(if row == 0 { glyph } else { "  " }, style),
                Span::styled(line, theme.dim),
            ],
            places: vec![(0, Place::default())],
            ..FieldLine::default()
        })
        .collect();
    (vec![], lines)
}
