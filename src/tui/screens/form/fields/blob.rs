//! Bytes: typed as base64, hex or text, or those of a file.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place, TEXT, area_lines};
use crate::kms::encoding::base64;
use crate::kms::text::{counted, fit, grouped, width};
use crate::kms::{Blob, BlobForm, Field, FieldError, Value};
use crate::tui::keymap::Action;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::text_area::TextArea;

/// Columns of the number of bytes, with its limits and without.
const SIZE: (usize, usize) = (16, 11);

/// See the [module](self).
pub(super) struct BlobEditor {
    /// The bytes as they are typed, or the name of the file that holds them. In every form it may
    /// have several lines, so that none are lost on the way from one form to the next.
    typed: TextArea,
    form: BlobForm,
    /// What was read from a file: its name as typed, and its bytes or why there are none.
    read: Option<(String, Result<Blob, String>)>,
    min: usize,
    max: usize,
}

impl BlobEditor {
    pub(super) fn new(form: BlobForm, min: usize, max: usize) -> Self {
        BlobEditor {
            typed: TextArea::default(),
            form,
            read: None,
            min,
            max,
        }
    }

    /// The bytes as they stand; None where nothing was typed, or the file is not read yet.
    ///
    /// Errors: what is typed is not in the form that is chosen, or the file cannot be read.
    fn blob(&self, field: &Field) -> Result<Option<Blob>, FieldError> {
        if self.typed.is_empty() {
            return Ok(None);
        }
        let text = self.typed.text();
        if self.form != BlobForm::File {
            let bytes = self.form.read(field.name, &text)?;
            return Ok(Some(Blob::new(bytes)));
        }
        match &self.read {
            Some((name, Ok(blob))) if *name == text => Ok(Some(blob.clone())),
            Some((name, Err(why))) if *name == text => Err(field.error(
                &format!("cannot be read from that file ({why})"),
                "check the path",
            )),
            _ => Ok(None),
        }
    }
}

impl FieldEditor for BlobEditor {
    fn fill(&mut self, value: &Value) {
        let Value::Blob(blob) = value else {
            return;
        };
        // Bytes of a file stay that: they may be more, and more secret, than a line should show.
        match blob.file.as_ref().and_then(|file| file.to_str()) {
            Some(name) => {
                self.typed = TextArea::new(name);
                self.form = BlobForm::File;
                self.read = Some((name.to_owned(), Ok(blob.clone())));
            }
            None => {
                self.typed = TextArea::new(&base64(blob.bytes.reveal()));
                self.form = BlobForm::Base64;
                self.read = None;
            }
        }
    }

    fn value(&self, field: &Field, is_needed: bool) -> Result<Option<Value>, FieldError> {
        if is_needed && self.typed.is_empty() {
            return Err(field.missing());
        }
        Ok(self.blob(field)?.map(Value::Blob))
    }

    /// The form, the text, and how many bytes it makes.
    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine> {
        let theme = look.theme;
        let form = format!("{:<6} ", self.form.name());
        let with_limits = width(&form) + TEXT.0 + 2 + SIZE.0;
        let (columns, has_room) = match look.room >= with_limits {
            true => (SIZE.0, true),
            false => (SIZE.1, false),
        };
        let size = match self.blob(field) {
            _ if look.is_reading => "reading …".to_owned(),
            Ok(Some(read)) => counted(read.bytes.len(), "byte"),
            Ok(None) if self.typed.is_empty() && has_room => {
                format!("{} to {} bytes", grouped(self.min), grouped(self.max))
            }
            Ok(None) | Err(_) => String::new(),
        };
        let size = format!("  {}", fit(&size, columns));
        let room = look
            .room
            .saturating_sub(width(&form) + width(&size))
            .clamp(TEXT.0, TEXT.1);
        let style = match look.focus {
            Some(_) => theme.accent,
            None => theme.dim,
        };
        let beside = (
            Span::styled(form, style),
            room,
            Span::styled(size, theme.dim),
        );
        area_lines(&self.typed, beside, look)
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
        match self.form {
            BlobForm::Text => Pasted::said(place, self.typed.paste(text)),
            // They come in lines, and mean the same without.
            BlobForm::Base64 | BlobForm::Hex => {
                Pasted::said(place, self.typed.paste_squeezed(text))
            }
            BlobForm::File => {
                let mut name = Input::default();
                let said = name.paste(text);
                let too_many = self.typed.paste_squeezed(name.text());
                Pasted::said(place, said.or(too_many))
            }
        }
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
            Action::BlobForm => {
                self.form = self.form.turned(1);
                true
            }
            Action::BlobFormBack => {
                self.form = self.form.turned(-1);
                true
            }
            // Only text has lines of the user's own.
            Action::Accept if self.form != BlobForm::Text => false,
            _ => self.typed.act(action),
        };
        Ok(is_done.then_some(place))
    }

    fn path(&self) -> Option<String> {
        (self.form == BlobForm::File).then(|| self.typed.text())
    }

    fn set_path(&mut self, path: &str) {
        self.typed = TextArea::new(path);
    }

    fn unread_file(&self) -> Option<String> {
        let named = self.typed.text();
        let is_read = matches!(&self.read, Some((name, _)) if *name == named);
        (self.form == BlobForm::File && !named.is_empty() && !is_read).then_some(named)
    }

    fn file_read(&mut self, name: String, result: Result<Blob, String>) {
        self.read = Some((name, result));
    }
}
