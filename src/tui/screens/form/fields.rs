//! The editors of a form's fields: one file a kind of field. [`editor`] is the one place that
//! knows them all.

mod blob;
mod choice;
mod document;
mod field_editor;
mod flag;
mod key_id;
mod marked_keys;
mod multi_line;
mod names;
mod number;
mod pairs;
mod path;
mod policy;
mod rows;
mod text;
mod time;
mod words;

use crate::kms::{BlobForm, Field, FieldKind};
use crate::ops::fields::{DRY_RUN, POLICY};
use crate::ops::new_key::NEW_KEY;
use crate::ops::{IMPORT_KEY_MATERIAL, OpSpec};
pub use field_editor::*;
pub use marked_keys::MarkedKeysEditor;

/// The editor of a field.
pub fn editor(spec: &'static OpSpec, field: &'static Field) -> Box<dyn FieldEditor> {
    match field.kind {
        FieldKind::KeyId => Box::<key_id::KeyIdEditor>::default(),
        FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => {
            let may_be_none = !field.required && spec.choice_of(field).is_none();
            Box::new(choice::ChoiceEditor::new(names, may_be_none))
        }
        FieldKind::Names(names) => Box::new(names::NamesEditor::new(names)),
        FieldKind::Text { .. } | FieldKind::FreeText { .. } | FieldKind::AliasName => {
            Box::<text::TextEditor>::default()
        }
        FieldKind::MultiLine { .. } => Box::<multi_line::MultiLineEditor>::default(),
        FieldKind::Document { .. } if *field == POLICY && spec.id == NEW_KEY.id => {
            Box::<policy::PolicyEditor>::default()
        }
        FieldKind::Document { .. } => Box::<document::DocumentEditor>::default(),
        FieldKind::Blob { min, max } => {
            // Nobody has key material but in a file.
            let form = match spec.id == IMPORT_KEY_MATERIAL.id {
                true => BlobForm::File,
                false => BlobForm::Base64,
            };
            Box::new(blob::BlobEditor::new(form, min, max))
        }
        FieldKind::Integer { min, max } => Box::new(number::NumberEditor::new(min, max)),
        FieldKind::EncryptionContext => {
            Box::new(pairs::PairsEditor::of(&pairs::ENCRYPTION_CONTEXT))
        }
        FieldKind::GrantTokens => Box::new(words::WordsEditor::of(&words::GRANT_TOKENS)),
        FieldKind::Tags => Box::new(pairs::PairsEditor::of(&pairs::TAGS)),
        FieldKind::TagKeys => Box::new(words::WordsEditor::of(&words::TAG_KEYS)),
        FieldKind::Time => Box::<time::TimeEditor>::default(),
        FieldKind::Path => Box::<path::PathEditor>::default(),
        FieldKind::Flag => Box::new(flag::FlagEditor::new(
            *field == DRY_RUN && spec.dry_run_first(),
        )),
    }
}
