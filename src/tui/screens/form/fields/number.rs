//! A whole number.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place};
use crate::kms::text::grouped;
use crate::kms::{Field, FieldError, Value};
use crate::tui::widgets::input::Input;

/// Columns in which it is typed.
const COLUMNS: usize = 6;

/// See the [module](self).
pub(super) struct NumberEditor {
    input: Input,
    min: u32,
    max: u32,
}

impl NumberEditor {
    pub(super) fn new(min: u32, max: u32) -> Self {
        NumberEditor {
            input: Input::default(),
            min,
            max,
        }
    }
}

impl FieldEditor for NumberEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Number(number) = value {
            self.input = Input::new(&number.to_string());
        }
    }

    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError> {
        match self.input.text() {
            "" if is_needed => field.parse("none"),
            "" => Ok(None),
            text => field.parse(text),
        }
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let limits = format!("  {} to {}", grouped(self.min), grouped(self.max));
        let after = vec![Span::styled(limits, look.theme.dim)];
        let typed = (vec![], COLUMNS, after);
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

    fn is_wrong_already(&self, _: &Field) -> bool {
        !self.input.is_empty()
    }
}
