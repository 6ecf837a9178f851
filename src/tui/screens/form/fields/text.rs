//! A line of text.

use crossterm::event::KeyEvent;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT};
use crate::kms::{Field, FieldError, FieldKind, Value};
use crate::tui::widgets::input::Input;

/// See the [module](self).
#[derive(Default)]
pub(super) struct TextEditor {
    input: Input,
}

impl FieldEditor for TextEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.input = Input::new(text);
        }
    }

    fn value(&self, field: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let text = self.input.text();
        // Where no text is a value, too.
        let may_be_empty = field.required && matches!(field.kind, FieldKind::FreeText { .. });
        let is_given = may_be_empty || !text.is_empty();
        Ok(is_given.then(|| Value::Text(text.to_owned())))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let room = look.room.clamp(TEXT.0, TEXT.1);
        let typed = (vec![], room, vec![]);
        vec![FieldLine::typed(&self.input, Place::default(), typed, look)]
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
}
