//! What is typed in a form, and the places that the cursor goes through.

use crossterm::event::KeyEvent;

use super::fields::{FieldEditor, MarkedKeysEditor, Pasted, Place, editor};
use crate::kms::field::Sensitivity;
use crate::kms::{Blob, Field, FieldError, FieldKind, Request, Value};
use crate::ops::fields::DRY_RUN;
use crate::ops::policy_template::TemplateFacts;
use crate::ops::{OneOf, OpSpec, applies};
use crate::tui::keymap::Action;

/// Where the cursor is: at a place of a field, which is named by its place in the operation, or on
/// the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Field(usize, Place),
    Submit,
}

/// The fields of a form.
pub struct Fields {
    editors: Vec<Box<dyn FieldEditor>>,
    specs: &'static [&'static Field],
    /// Of each group of which exactly one is given: the one that is.
    given: Vec<&'static Field>,
    groups: &'static [OneOf],
    /// Of each field, whether it means nothing beside what else is there, and is not shown.
    hidden: Vec<bool>,
}

impl Fields {
    pub fn new(spec: &'static OpSpec, key_id: &str) -> Self {
        let fields = spec.fields.iter();
        let groups = spec.exactly_one.iter();
        let mut fields = Fields {
            editors: fields.map(|field| editor(spec, field)).collect(),
            specs: spec.fields,
            given: groups.map(|choice| choice.fields[0]).collect(),
            groups: spec.exactly_one,
            hidden: vec![false; spec.fields.len()],
        };
        fields.set_key_id(key_id);
        fields
    }

    /// Puts these keys in the place of the one that the form would name.
    pub fn set_marked(&mut self, keys: MarkedKeysEditor) {
        if let Some(at) = self.key_field() {
            self.editors[at] = Box::new(keys);
        }
    }

    /// Empties what holds the user's own data; whether there was some.
    pub fn forget_secrets(&mut self, spec: &'static OpSpec) -> bool {
        let mut had = false;
        for (at, field) in self.specs.iter().enumerate() {
            if field.sensitivity == Sensitivity::Secret {
                had |= self.editors[at].is_filled();
                self.editors[at] = editor(spec, field);
            }
        }
        had
    }

    /// Fills in what a request holds.
    pub fn fill(&mut self, request: &Request) {
        for (at, field) in self.specs.iter().enumerate() {
            if let Some(value) = request.get(field) {
                self.give(at);
                self.editors[at].fill(value);
            }
        }
    }

    pub fn editor(&self, at: usize) -> &dyn FieldEditor {
        self.editors[at].as_ref()
    }

    /// Hides what means nothing beside what else is there; but nothing that was filled in.
    pub fn hide(&mut self, request: &Request) {
        for (at, field) in self.specs.iter().enumerate() {
            let is_empty = || matches!(self.editors[at].value(field, false), Ok(None));
            self.hidden[at] = !field.required && !applies(field, request) && is_empty();
        }
    }

    pub fn is_hidden(&self, at: usize) -> bool {
        self.hidden[at]
    }

    /// The places for the cursor in a field.
    fn places(&self, at: usize) -> Vec<Place> {
        match self.hidden[at] {
            true => Vec::new(),
            false => self.editors[at].places(),
        }
    }

    /// Narrows a choice to what the key allows; to all where that is not known.
    pub fn narrow(&mut self, at: usize, allowed: Option<&[String]>) {
        self.editors[at].narrow(allowed);
    }

    /// Tells every field what its templates are filled in with.
    pub fn know(&mut self, facts: &TemplateFacts) {
        for editor in &mut self.editors {
            editor.know(facts);
        }
    }

    /// Files that are named and not read yet, with the place of their field.
    pub fn unread_files(&self) -> Vec<(usize, String)> {
        self.editors
            .iter()
            .enumerate()
            .filter_map(|(at, editor)| Some((at, editor.unread_file()?)))
            .collect()
    }

    /// The path that is being typed there, where a file is named.
    pub fn path(&self, slot: Slot) -> Option<String> {
        match slot {
            Slot::Field(at, _) => self.editors[at].path(),
            Slot::Submit => None,
        }
    }

    pub fn set_path(&mut self, slot: Slot, path: &str) {
        if let Slot::Field(at, _) = slot {
            self.editors[at].set_path(path);
        }
    }

    pub fn file_read(&mut self, at: usize, name: String, result: Result<Blob, String>) {
        self.editors[at].file_read(name, result);
    }

    /// Every place for the cursor, from top to bottom.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for at in 0..self.editors.len() {
            let places = self.places(at).into_iter();
            slots.extend(places.map(|place| Slot::Field(at, place)));
        }
        slots.push(Slot::Submit);
        slots
    }

    /// The first field that must be given and is not.
    pub fn first_missing(&self) -> Option<Slot> {
        let is_missing = |(at, field): &(usize, &&Field)| {
            let value = self.editors[*at].value(field, false);
            let is_wanted =
                field.required || (self.group_of(field).is_some() && self.is_given(field));
            is_wanted && !matches!(value, Ok(Some(_)))
        };
        let mut fields = self.specs.iter().enumerate();
        let (at, _) = fields.find(is_missing)?;
        Some(self.first_of_row(at, 0))
    }

    pub fn after(&self, slot: Slot) -> Slot {
        self.neighbour(slot, 1)
    }

    pub fn before(&self, slot: Slot) -> Slot {
        self.neighbour(slot, -1)
    }

    /// The next line's place; in the same column of it, where it has one.
    pub fn below(&self, slot: Slot) -> Slot {
        let Slot::Field(at, place) = slot else {
            return self.after(slot);
        };
        match self.in_row(at, place.row + 1, place.column) {
            Some(below) => below,
            None => match (at + 1..self.editors.len()).find(|at| !self.hidden[*at]) {
                Some(next) => self.first_of_row(next, 0),
                None => Slot::Submit,
            },
        }
    }

    pub fn above(&self, slot: Slot) -> Slot {
        let before = match slot {
            Slot::Field(at, place) if place.row > 0 => {
                return self
                    .in_row(at, place.row - 1, place.column)
                    .unwrap_or_else(|| self.before(slot));
            }
            Slot::Field(at, _) => at,
            Slot::Submit => self.editors.len(),
        };
        let Some(before) = (0..before).rev().find(|at| !self.hidden[*at]) else {
            return Slot::Submit;
        };
        let rows = self.places(before).into_iter();
        let last = rows.map(|place| place.row).max().unwrap_or(0);
        self.first_of_row(before, last)
    }

    fn first_of_row(&self, at: usize, row: usize) -> Slot {
        Slot::Field(at, Place { row, column: 0 })
    }

    /// The place in that row and column of a field; the row's first where it has no such column.
    fn in_row(&self, at: usize, row: usize, column: usize) -> Option<Slot> {
        let places = self.places(at);
        let place = places.iter().find(|p| p.row == row && p.column == column);
        let place = place.or_else(|| places.iter().find(|p| p.row == row));
        place.map(|place| Slot::Field(at, *place))
    }

    fn neighbour(&self, slot: Slot, by: isize) -> Slot {
        let slots = self.slots();
        let at = slots.iter().position(|other| *other == slot).unwrap_or(0) as isize;
        slots[(at + by).rem_euclid(slots.len() as isize) as usize]
    }

    /// The field that the place belongs to.
    pub fn field(&self, slot: Slot) -> Option<&'static Field> {
        match slot {
            Slot::Field(at, _) => Some(self.specs[at]),
            Slot::Submit => None,
        }
    }

    /// The place of a field in the operation.
    fn place_of(&self, field: &Field) -> Option<usize> {
        self.specs.iter().position(|other| *other == field)
    }

    /// Whether text is typed there.
    pub fn takes_text(&self, slot: Slot) -> bool {
        match slot {
            Slot::Field(at, place) => self.editors[at].takes_text(place),
            Slot::Submit => false,
        }
    }

    /// Whether nothing was typed there.
    pub fn is_blank(&self, slot: Slot) -> bool {
        match slot {
            Slot::Field(at, place) => self.editors[at].is_blank(place),
            Slot::Submit => true,
        }
    }

    /// Whether the key changed the text there. A field of a group becomes the one that is given.
    pub fn key(&mut self, slot: Slot, key: KeyEvent) -> bool {
        match slot {
            Slot::Field(at, place) if self.editors[at].takes_text(place) => {
                self.give(at);
                self.editors[at].key(place, key)
            }
            _ => false,
        }
    }

    pub fn paste(&mut self, at: usize, place: Place, text: &str) -> Pasted {
        if self.editors[at].takes_text(place) {
            self.give(at);
        }
        self.editors[at].paste(place, text, self.specs[at])
    }

    /// Whether the field there has a use of its own for the action.
    pub fn can(&self, slot: Slot, action: Action) -> bool {
        match slot {
            Slot::Field(at, place) => {
                // That which is not given of a group can be chosen, though it leaves no choice.
                let is_chosen = action == Action::Toggle
                    && !self.is_given(self.specs[at])
                    && !self.editors[at].takes_text(place);
                is_chosen || self.editors[at].can(place, action)
            }
            Slot::Submit => false,
        }
    }

    /// What an action does in the field there; where the cursor is then. None where it means
    /// nothing of the field's own.
    ///
    /// Errors: why it is not done.
    pub fn act(&mut self, slot: Slot, action: Action) -> Result<Option<Slot>, FieldError> {
        let Slot::Field(at, place) = slot else {
            return Ok(None);
        };
        let field = self.specs[at];
        if matches!(action, Action::Toggle | Action::Left | Action::Right) {
            let was_given = self.is_given(field);
            self.give(at);
            // The first press on the group's other field only chooses the field.
            if action == Action::Toggle && !was_given {
                return Ok(Some(slot));
            }
        }
        let place = self.editors[at].act(place, action, field)?;
        Ok(place.map(|place| Slot::Field(at, place)))
    }

    /// What is typed in the field that names the key: KeyId, or the first of its kind.
    pub fn key_id(&self) -> &str {
        self.text_at(self.key_field())
    }

    /// The place of the field that names the key.
    pub fn key_field(&self) -> Option<usize> {
        self.specs
            .iter()
            .position(|field| field.kind == FieldKind::KeyId)
    }

    /// What is typed in the line of text at that place.
    pub fn text_at(&self, at: Option<usize>) -> &str {
        at.map_or("", |at| self.editors[at].text())
    }

    pub fn set_text(&mut self, at: usize, text: &str) {
        self.editors[at].set_text(text);
    }

    pub fn set_key_id(&mut self, key_id: &str) {
        if let Some(at) = self.key_field() {
            self.set_text(at, key_id);
        }
    }

    /// The field with the key that a choice of algorithms is about: `SourceKeyId` for
    /// `SourceEncryptionAlgorithm`.
    pub fn key_field_for(&self, algorithm: &str) -> Option<usize> {
        let prefixed = ["Source", "Destination"]
            .into_iter()
            .find(|prefix| algorithm.starts_with(prefix))
            .map(|prefix| format!("{prefix}KeyId"));
        match prefixed {
            Some(name) => self.specs.iter().position(|field| field.name == name),
            None => self.key_field(),
        }
    }

    /// Whether anything but the KeyId and the choices is filled in.
    pub fn has_more_than_a_key(&self) -> bool {
        self.editors.iter().any(|editor| editor.is_filled())
    }

    /// The group that a field is of.
    fn group_of(&self, field: &Field) -> Option<usize> {
        self.groups
            .iter()
            .position(|choice| choice.fields.contains(&field))
    }

    /// Whether the field is given: true where it is in no group.
    pub fn is_given(&self, field: &Field) -> bool {
        self.group_of(field)
            .is_none_or(|group| self.given[group] == field)
    }

    fn give(&mut self, at: usize) {
        if let Some(group) = self.group_of(self.specs[at]) {
            self.given[group] = self.specs[at];
        }
    }

    /// Whether DryRun is on; None where the operation has none.
    pub fn dry_run(&self) -> Option<bool> {
        self.editors[self.place_of(&DRY_RUN)?].is_on()
    }

    pub fn switch_dry_run(&mut self) {
        if let Some(at) = self.place_of(&DRY_RUN) {
            self.editors[at].switch();
        }
    }

    /// The request as it stands, and what is wrong with it, in the order of the fields.
    pub fn request(&self, spec: &'static OpSpec) -> (Request, Vec<FieldError>) {
        let mut request = Request::new(spec.id);
        let mut errors: Vec<FieldError> = Vec::new();
        let mut stand_ins = Vec::new();
        for (field, editor) in self.specs.iter().copied().zip(&self.editors) {
            if !self.is_given(field) {
                continue;
            }
            // In a group, the field that is given cannot be empty.
            let in_group = self.group_of(field).is_some();
            match editor.value(field, field.required || in_group) {
                Ok(Some(value)) => request.set(field, value),
                Ok(None) => {}
                Err(error) => {
                    errors.push(error);
                    if in_group {
                        // Something must stand here, or the group would miss it too.
                        request.set(field, Value::Number(1));
                        stand_ins.push(field);
                    }
                }
            }
        }
        // Of a field only the first mistake is told: what is not in its form is missing, too.
        for error in spec.validate(&request) {
            if !errors.iter().any(|other| other.field == error.field) {
                errors.push(error);
            }
        }
        for field in stand_ins {
            request.unset(field);
        }
        let place = |error: &FieldError| {
            self.specs
                .iter()
                .position(|field| field.name == error.field)
        };
        errors.sort_by_key(place);
        (request, errors)
    }

    /// Where the cursor goes to mend a mistake.
    pub fn slot_of(&self, error: &FieldError) -> Option<Slot> {
        let at = self
            .specs
            .iter()
            .position(|field| field.name == error.field)?;
        let place = self.editors[at].place_of_mistake(self.specs[at]);
        Some(Slot::Field(at, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::VERIFY;
    use crate::ops::fields::{KEY_ID, MESSAGE, SIGNING_ALGORITHM};

    #[test]
    fn a_form_that_is_filled_with_a_request_gives_it_back_and_files_stay_files() {
        let file = Blob::of_file(b"bytes".to_vec(), "a file".into());
        let signature = VERIFY.field("Signature").expect("a field of Verify");
        let request = Request::new(VERIFY.id)
            .with(&KEY_ID, Value::Text("alias/signing".into()))
            .with(&MESSAGE, Value::Blob(file))
            .with(signature, Value::Blob(Blob::new(vec![1, 2, 3])))
            .with(&SIGNING_ALGORITHM, Value::Text("ECDSA_SHA_256".into()));
        let mut fields = Fields::new(&VERIFY, "");
        fields.fill(&request);
        assert_eq!(fields.request(&VERIFY), (request, vec![]));
        assert!(fields.unread_files().is_empty());
    }
}
