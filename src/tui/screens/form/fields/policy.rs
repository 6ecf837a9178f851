//! A key policy that begins with a template: shown whole, and to be edited. What was written in one
//! template is there again when one comes back to it.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::document::DocumentEditor;
use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place};
use crate::kms::{Blob, Field, FieldError, Value};
use crate::ops::policy_template::{self, TemplateFacts};
use crate::tui::keymap::Action;

/// The place of the choice, and of the text.
const TEMPLATE: Place = Place { row: 0, column: 0 };
const TEXT: Place = Place { row: 1, column: 0 };

/// See the [module](self).
pub(super) struct PolicyEditor {
    /// What each begins with, none first.
    names: Vec<&'static str>,
    /// The text of each.
    texts: Vec<DocumentEditor>,
    /// What the text of each was filled in with, as long as nobody has changed it.
    filled: Vec<String>,
    at: usize,
    facts: TemplateFacts,
}

impl Default for PolicyEditor {
    fn default() -> Self {
        let names: Vec<_> = std::iter::once("none")
            .chain(policy_template::names())
            .collect();
        PolicyEditor {
            texts: names.iter().map(|_| DocumentEditor::default()).collect(),
            filled: vec![String::new(); names.len()],
            names,
            at: 0,
            facts: TemplateFacts::default(),
        }
    }
}

impl PolicyEditor {
    fn text(&self) -> &DocumentEditor {
        &self.texts[self.at]
    }

    fn text_mut(&mut self) -> &mut DocumentEditor {
        &mut self.texts[self.at]
    }

    /// Fills the text in from its template, where nobody has changed it.
    fn fill_in(&mut self) {
        let is_untouched = self.text().document().as_deref() == Some(&*self.filled[self.at]);
        if self.at > 0 && is_untouched {
            let text = policy_template::filled(self.names[self.at], &self.facts);
            self.texts[self.at].set_document(text);
            // As the text area has it.
            self.filled[self.at] = self.text().document().unwrap_or_default();
        }
    }

    fn turn(&mut self, by: usize) {
        self.at = (self.at + by) % self.names.len();
        self.fill_in();
    }

    fn template_line(&self, look: &Look) -> FieldLine {
        let theme = look.theme;
        let is_focused = look.focus == Some(TEMPLATE);
        let mut spans = vec![Span::styled("begin with ", theme.dim)];
        for (at, name) in self.names.iter().enumerate() {
            let (mark, style) = match (at == self.at, is_focused) {
                (true, true) => ("▸", theme.selected),
                (true, false) => ("▸", theme.bold),
                _ => (" ", theme.dim),
            };
            spans.push(Span::styled(format!("{mark}{name} "), style));
        }
        FieldLine::at(TEMPLATE, spans, look)
    }
}

impl FieldEditor for PolicyEditor {
    fn places(&self) -> Vec<Place> {
        vec![TEMPLATE, TEXT]
    }

    fn fill(&mut self, value: &Value) {
        self.at = 0;
        self.text_mut().fill(value);
    }

    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError> {
        self.text().value(field, is_needed)
    }

    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine> {
        let inner = Look {
            focus: look
                .focus
                .filter(|place| *place == TEXT)
                .map(|_| Place::default()),
            note: None,
            // Who looks at it sees it whole.
            text_rows: match look.focus {
                Some(_) => usize::MAX,
                None => look.text_rows,
            },
            ..*look
        };
        let mut lines = vec![self.template_line(look)];
        // Beside it there would be too little room for an ARN.
        let drawn = match self.text().is_filled() {
            true => self.text().text_lines(&inner),
            false => None,
        };
        for mut line in drawn.unwrap_or_else(|| self.text().draw(field, &inner)) {
            for (_, place) in &mut line.places {
                *place = TEXT;
            }
            lines.push(line);
        }
        lines
    }

    fn is_filled(&self) -> bool {
        self.texts.iter().any(FieldEditor::is_filled)
    }

    fn is_blank(&self, place: Place) -> bool {
        place == TEMPLATE || self.text().is_blank(Place::default())
    }

    fn takes_text(&self, place: Place) -> bool {
        place == TEXT
    }

    fn key(&mut self, _: Place, key: KeyEvent) -> bool {
        self.text_mut().key(Place::default(), key)
    }

    fn paste(&mut self, place: Place, text: &str, field: &Field) -> Pasted {
        let pasted = self.text_mut().paste(Place::default(), text, field);
        let place = if place == TEMPLATE { TEXT } else { place };
        Pasted { place, ..pasted }
    }

    fn can(&self, place: Place, action: Action) -> bool {
        match place {
            TEXT => self.text().can(Place::default(), action),
            _ => matches!(action, Action::Toggle | Action::Left | Action::Right),
        }
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        field: &Field,
    ) -> Result<Option<Place>, FieldError> {
        if place == TEXT {
            let done = self.text_mut().act(Place::default(), action, field)?;
            return Ok(done.map(|_| TEXT));
        }
        match action {
            Action::Toggle | Action::Right => self.turn(1),
            Action::Left => self.turn(self.names.len() - 1),
            _ => return Ok(None),
        }
        Ok(Some(TEMPLATE))
    }

    fn place_of_mistake(&self, _: &Field) -> Place {
        TEXT
    }

    fn unread_file(&self) -> Option<String> {
        self.text().unread_file()
    }

    fn file_read(&mut self, name: String, result: Result<Blob, String>) {
        self.text_mut().file_read(name, result);
    }

    fn document(&self) -> Option<String> {
        self.text().document()
    }

    fn set_document(&mut self, text: String) {
        self.text_mut().set_document(text);
    }

    fn know(&mut self, facts: &TemplateFacts) {
        if self.facts != *facts {
            self.facts = facts.clone();
            self.fill_in();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fields::POLICY;

    fn text(editor: &PolicyEditor) -> String {
        editor.document().unwrap_or_default()
    }

    #[test]
    fn a_template_is_filled_in_and_what_was_written_in_it_is_there_again() {
        let mut editor = PolicyEditor::default();
        assert_eq!(editor.value(&POLICY, false), Ok(None));
        let turn = |editor: &mut PolicyEditor, action| {
            editor.act(TEMPLATE, action, &POLICY).expect("a turn");
        };
        turn(&mut editor, Action::Right);
        assert!(text(&editor).contains("iam::ACCOUNT:root"));
        // The account is known a moment later.
        let facts = TemplateFacts {
            account: Some("111122223333".into()),
            ..TemplateFacts::default()
        };
        editor.know(&facts);
        assert!(text(&editor).contains("iam::111122223333:root"));
        editor.paste(TEXT, " ", &POLICY);
        let written = text(&editor);
        turn(&mut editor, Action::Right);
        assert!(text(&editor).contains("Administrators"));
        turn(&mut editor, Action::Left);
        assert_eq!(text(&editor), written);
        editor.know(&TemplateFacts::default());
        assert_eq!(text(&editor), written);
    }
}
