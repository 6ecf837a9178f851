//! Text of several lines.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT, area_lines};
use crate::kms::{Field, FieldError, Value};
use crate::tui::keymap::Action;
use crate::tui::widgets::text_area::TextArea;

/// See the [module](self).
#[derive(Default)]
pub(super) struct MultiLineEditor {
    typed: TextArea,
}

impl FieldEditor for MultiLineEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.typed = TextArea::new(text);
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let is_given = !self.typed.is_empty();
        Ok(is_given.then(|| Value::Text(self.typed.text())))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let room = look.room.clamp(TEXT.0, TEXT.1);
        area_lines(&self.typed, (Span::raw(""), room, Span::raw("")), look)
    }

    fn is_filled(&self) -> bool {
        !self.typed.is_empty()
    }

    fn is_blank(&self, _: Place) -> bool {
        self.typed.is_empty()
    }

    fn takes_text(&self, _: Place) -> bool {
        true
    }

    fn key(&mut self, _: Place, key: KeyEvent) -> bool {
        self.typed.key(key)
    }

    fn paste(&mut self, place: Place, text: &str, _: &Field) -> Pasted {
        Pasted::said(place, self.typed.paste(text))
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        Ok(self.typed.act(action).then_some(place))
    }

    fn document(&self) -> Option<String> {
        Some(self.typed.text())
    }

    fn set_document(&mut self, text: String) {
        self.typed = TextArea::new(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::FieldKind;

    static NOTE: Field = Field::optional("Note", FieldKind::MultiLine { max: 40 }, "");

    #[test]
    fn lines_are_typed_pasted_and_gone_through() {
        let mut editor = MultiLineEditor::default();
        let at = Place::default();
        assert_eq!(editor.value(&NOTE, false), Ok(None));
        editor.paste(at, "one\r\ntwo", &NOTE);
        assert_eq!(editor.act(at, Action::Accept, &NOTE), Ok(Some(at)));
        editor.paste(at, "three", &NOTE);
        let text = Value::Text("one\ntwo\nthree".into());
        assert_eq!(editor.value(&NOTE, false), Ok(Some(text.clone())));
        // Up goes through the lines, and then out of the field.
        assert_eq!(editor.act(at, Action::Up, &NOTE), Ok(Some(at)));
        assert_eq!(editor.act(at, Action::Up, &NOTE), Ok(Some(at)));
        assert_eq!(editor.act(at, Action::Up, &NOTE), Ok(None));
        let mut other = MultiLineEditor::default();
        other.fill(&text);
        assert_eq!(other.value(&NOTE, false), Ok(Some(text)));
    }
}
