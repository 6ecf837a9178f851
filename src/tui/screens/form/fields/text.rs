//! A line of text.

use crossterm::event::KeyEvent;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT};
use crate::kms::{Field, FieldError, Value};
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

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let text = self.input.text();
        Ok((!text.is_empty()).then(|| Value::Text(text.to_owned())))
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

/// A line of text that may be empty, where no text is a value, too.
#[derive(Default)]
pub(super) struct FreeTextEditor(TextEditor);

impl FieldEditor for FreeTextEditor {
    fn fill(&mut self, value: &Value) {
        self.0.fill(value);
    }

    fn value(&self, field: &Field, for_kms: bool) -> Result<Option<Value>, FieldError> {
        let nothing = || field.required.then(|| Value::Text(String::new()));
        Ok(self.0.value(field, for_kms)?.or_else(nothing))
    }

    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine> {
        self.0.draw(field, look)
    }

    fn is_blank(&self, place: Place) -> bool {
        self.0.is_blank(place)
    }

    fn takes_text(&self, place: Place) -> bool {
        self.0.takes_text(place)
    }

    fn key(&mut self, place: Place, key: KeyEvent) -> bool {
        self.0.key(place, key)
    }

    fn paste(&mut self, place: Place, text: &str, field: &Field) -> Pasted {
        self.0.paste(place, text, field)
    }
}
