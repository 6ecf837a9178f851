//! A JSON document: typed, pasted, or read in from a file.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT, area_lines};
use crate::kms::text::{counted, fit, width};
use crate::kms::{Blob, BlobForm, Field, FieldError, Value};
use crate::tui::keymap::Action;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::text_area::TextArea;

/// Columns of the number of bytes.
const SIZE: usize = 14;

/// See the [module](self).
#[derive(Default)]
pub(super) struct DocumentEditor {
    text: TextArea,
    /// The name of a file, while one is asked for: what it holds takes the text's place.
    file: Option<Input>,
    /// The file that could not be read, and why.
    failed: Option<(String, String)>,
}

impl DocumentEditor {
    /// Its text with nothing beside it; None while a file is asked for.
    pub(super) fn text_lines(&self, look: &Look) -> Option<Vec<FieldLine>> {
        let nothing = || Span::raw("");
        let room = look.room.clamp(TEXT.0, TEXT.1);
        let is_text = self.file.is_none();
        is_text.then(|| area_lines(&self.text, (nothing(), room, nothing()), look))
    }
}

impl FieldEditor for DocumentEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.set_document(text.clone());
        }
    }

    fn value(&self, field: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        if let (Some(named), Some((name, why))) = (&self.file, &self.failed)
            && named.text() == name
        {
            let rule = format!("cannot be read from that file ({why})");
            return Err(field.error(&rule, "check the path"));
        }
        let is_given = !self.text.is_empty();
        Ok(is_given.then(|| Value::Text(self.text.text())))
    }

    /// Its first lines, or those around the cursor, and its size; or the name of a file.
    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let theme = look.theme;
        let size = match (look.is_reading, self.text.is_empty()) {
            (true, _) => "reading …".to_owned(),
            (false, true) => "JSON".to_owned(),
            (false, false) => counted(self.text.text().len(), "byte"),
        };
        let size = Span::styled(format!("  {}", fit(&size, SIZE)), theme.dim);
        let form = match self.file {
            Some(_) => BlobForm::File,
            None => BlobForm::Text,
        };
        let style = match look.focus {
            Some(_) => theme.accent,
            None => theme.dim,
        };
        let form = Span::styled(format!("{:<6} ", form.name()), style);
        let room = look
            .room
            .saturating_sub(width(&form.content) + width(&size.content))
            .clamp(TEXT.0, TEXT.1);
        match &self.file {
            Some(name) => {
                let typed = (vec![form], room, vec![size]);
                vec![FieldLine::typed(name, Place::default(), typed, look)]
            }
            None => area_lines(&self.text, (form, room, size), look),
        }
    }

    fn is_filled(&self) -> bool {
        !self.text.is_empty()
    }

    fn is_blank(&self, _: Place) -> bool {
        match &self.file {
            Some(name) => name.is_empty(),
            None => self.text.is_empty(),
        }
    }

    fn takes_text(&self, _: Place) -> bool {
        true
    }

    fn key(&mut self, _: Place, key: KeyEvent) -> bool {
        match &mut self.file {
            Some(name) => name.key(key),
            None => self.text.key(key),
        }
    }

    fn paste(&mut self, place: Place, text: &str, _: &Field) -> Pasted {
        let said = match &mut self.file {
            Some(name) => name.paste(text),
            None => self.text.paste(text),
        };
        Pasted::said(place, said)
    }

    fn can(&self, _: Place, action: Action) -> bool {
        matches!(action, Action::BlobForm | Action::BlobFormBack)
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        let is_done = match action {
            Action::BlobForm | Action::BlobFormBack => {
                self.file = match self.file {
                    Some(_) => None,
                    None => Some(Input::default()),
                };
                true
            }
            _ if self.file.is_some() => false,
            _ => self.text.act(action),
        };
        Ok(is_done.then_some(place))
    }

    fn path(&self) -> Option<String> {
        Some(self.file.as_ref()?.text().to_owned())
    }

    fn set_path(&mut self, path: &str) {
        self.file = Some(Input::new(path));
    }

    fn unread_file(&self) -> Option<String> {
        let named = self.file.as_ref()?.text();
        let has_failed = matches!(&self.failed, Some((name, _)) if name == named);
        (!named.is_empty() && !has_failed).then(|| named.to_owned())
    }

    fn file_read(&mut self, name: String, result: Result<Blob, String>) {
        let text = result.and_then(|blob| {
            let text = std::str::from_utf8(blob.bytes.reveal()).map(str::to_owned);
            text.map_err(|_| "it is no UTF-8 text".to_owned())
        });
        match text {
            // The name may have changed meanwhile.
            Ok(text) if self.file.as_ref().is_some_and(|file| file.text() == name) => {
                self.set_document(text);
            }
            Ok(_) => {}
            Err(why) => self.failed = Some((name, why)),
        }
    }

    fn document(&self) -> Option<String> {
        Some(self.text.text())
    }

    fn set_document(&mut self, text: String) {
        *self = DocumentEditor {
            text: TextArea::new(&text),
            ..DocumentEditor::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::FieldKind;

    static POLICY: Field = Field::required("Policy", FieldKind::Document { max: 32_768 }, "");
    const TEXT: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n";

    fn given(editor: &DocumentEditor) -> Value {
        let value = editor.value(&POLICY, true);
        value.expect("a value").expect("a document")
    }

    #[test]
    fn a_pasted_document_is_whole_and_a_mistake_has_its_line_and_column() {
        let mut editor = DocumentEditor::default();
        let at = Place::default();
        assert!(editor.paste(at, TEXT, &POLICY).said.is_none());
        assert_eq!(given(&editor), Value::Text(TEXT.into()));
        assert_eq!(POLICY.check(&given(&editor)), Ok(()));
        editor.set_document(TEXT.replace("[]", "]"));
        let error = POLICY.check(&given(&editor)).expect_err("a mistake");
        assert!(error.rule.contains("line 3, column 16"), "{error}");
    }

    #[test]
    fn a_file_takes_the_place_of_the_text_and_says_why_it_cannot() {
        let mut editor = DocumentEditor::default();
        let at = Place::default();
        assert_eq!(editor.act(at, Action::BlobForm, &POLICY), Ok(Some(at)));
        editor.paste(at, "policy.json", &POLICY);
        assert_eq!(editor.unread_file().as_deref(), Some("policy.json"));
        editor.file_read("policy.json".into(), Err("it is not there".into()));
        assert_eq!(editor.unread_file(), None);
        let error = editor.value(&POLICY, true).expect_err("no file");
        assert!(error.rule.contains("it is not there"), "{error}");
        editor.paste(at, "2", &POLICY);
        assert_eq!(editor.unread_file().as_deref(), Some("policy.json2"));
        let read = Blob::new(TEXT.as_bytes().to_vec());
        editor.file_read("policy.json2".into(), Ok(read));
        assert_eq!(editor.unread_file(), None);
        assert_eq!(given(&editor), Value::Text(TEXT.into()));
    }
}
