//! A time.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place};
use crate::kms::{Field, FieldError, Value, times};
use crate::tui::widgets::input::Input;

/// Columns in which it is typed.
const COLUMNS: usize = 25;

/// See the [module](self).
#[derive(Default)]
pub(super) struct TimeEditor {
    input: Input,
}

impl FieldEditor for TimeEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Time(at) = value {
            self.input = Input::new(&at.to_string());
        }
    }

    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError> {
        match self.input.text() {
            "" if is_needed => Err(field.missing()),
            text => field.parse(text),
        }
    }

    /// What is typed, and which time that is.
    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let meant = match times::parse(self.input.text()) {
            Some(at) => at.strftime("  = %Y-%m-%d %H:%M:%SZ").to_string(),
            None => "  2027-12-31 or …T18:30Z".to_owned(),
        };
        let after = vec![Span::styled(meant, look.theme.dim)];
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
}
