//! Yes or no.

use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Place};
use crate::kms::{Field, FieldError, Value};
use crate::ops::fields::DRY_RUN;
use crate::tui::keymap::Action;

/// See the [module](self).
pub(super) struct FlagEditor {
    on: bool,
}

impl FlagEditor {
    pub(super) fn new(on: bool) -> Self {
        FlagEditor { on }
    }
}

impl FieldEditor for FlagEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Flag(on) = value {
            self.on = *on;
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        Ok(self.on.then_some(Value::Flag(true)))
    }

    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine> {
        let theme = look.theme;
        let style = match (look.focus.is_some(), self.on) {
            (true, _) => theme.selected,
            (false, true) => theme.bold,
            (false, false) => theme.text,
        };
        let mut spans = vec![Span::styled(if self.on { "[x]" } else { "[ ]" }, style)];
        if *field == DRY_RUN {
            let text = "  check the permission only, carry nothing out";
            spans.push(Span::styled(text, theme.dim));
        }
        vec![FieldLine::at(Place::default(), spans, look)]
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        match action {
            Action::Toggle | Action::Accept => self.switch(),
            Action::Right => self.on = true,
            Action::Left => self.on = false,
            _ => return Ok(None),
        }
        Ok(Some(place))
    }

    fn is_on(&self) -> Option<bool> {
        Some(self.on)
    }

    fn switch(&mut self) {
        self.on = !self.on;
    }
}
