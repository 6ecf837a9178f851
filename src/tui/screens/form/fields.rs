//! The editors of a form's fields: one file a kind of field. [`editor`] is the one place that
//! knows them all.

mod blob;
mod choice;
mod document;
mod field_editor;
mod flag;
mod key_id;
mod multi_line;
mod names;
mod number;
mod pairs;
mod text;
mod tokens;

use crate::kms::{Field, FieldKind};
use crate::ops::OpSpec;
pub use field_editor::*;

/// The editor of a field.
pub fn editor(spec: &'static OpSpec, field: &'static Field) -> Box<dyn FieldEditor> {
    match field.kind {
        FieldKind::KeyId => Box::<key_id::KeyId>::default(),
        FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => {
            let may_be_none = !field.required && spec.choice_of(field).is_none();
            Box::new(choice::Choice::new(names, may_be_none))
        }
        FieldKind::Names(names) => Box::new(names::Names::new(names)),
        FieldKind::Text { .. } => Box::<text::Text>::default(),
        FieldKind::MultiLine { .. } => Box::<multi_line::MultiLine>::default(),
        FieldKind::Document { .. } => Box::<document::Document>::default(),
        FieldKind::Blob { min, max } => Box::new(blob::BlobEditor::new(min, max)),
        FieldKind::Integer { min, max } => Box::new(number::Number::new(min, max)),
        FieldKind::EncryptionContext => Box::<pairs::Pairs>::default(),
        FieldKind::GrantTokens => Box::<tokens::Tokens>::default(),
        FieldKind::Flag => Box::new(flag::Flag::new(spec.dry_run_first())),
    }
}
