//! The path of a file that is to be written.

use crossterm::event::KeyEvent;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT};
use crate::kms::{Field, FieldError, Value};
use crate::tui::widgets::input::Input;

/// See the [module](self).
#[derive(Default)]
pub(super) struct PathEditor {
    input: Input,
}

impl FieldEditor for PathEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.input = Input::new(text);
        }
    }

    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError> {
        match self.input.text() {
            "" if is_needed => Err(field.missing()),
            text => field.parse(text),
        }
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let room = look.room.clamp(TEXT.0, TEXT.1);
        let typed = (vec![], room, vec![]);
        vec![FieldLine::typed(&self.input, Place::default(), typed, look)]
    }

    fn is_filled(&self) -> bool {
        !self.input.is_empty()
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

    fn path(&self) -> Option<String> {
        Some(self.input.text().to_owned())
    }

    fn set_path(&mut self, path: &str) {
        self.input = Input::new(path);
    }
}
