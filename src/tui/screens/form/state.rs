//! What is typed in a form, and the places that the cursor goes through.

use crate::kms::encoding::base64;
use crate::kms::field::{FieldKind, MAX_GRANT_TOKENS};
use crate::kms::{Blob, BlobForm, Field, FieldError, Request, Value, encryption_context};
use crate::ops::{OneOf, OpSpec};
use crate::tui::widgets::input::Input;

/// A place for the cursor. The first number is the field's place in the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A text, a choice, a number or a switch.
    Field(usize),
    PairKey(usize, usize),
    PairValue(usize, usize),
    Token(usize, usize),
    /// "+ add a pair", "+ add a token".
    Add(usize),
    Submit,
}

/// What is typed or chosen in a field.
pub enum FieldState {
    Text(Input),
    Choice(Choice),
    /// The chosen ones of several names, and which of them is under the cursor.
    Names(Vec<&'static str>, usize),
    Blob(BlobInput),
    Number(Input),
    Pairs(Vec<(Input, Input)>),
    Tokens(Vec<Input>),
    Flag(bool),
}

/// One of several names, or none where the field may be left out.
pub struct Choice {
    chosen: Option<&'static str>,
    /// Those that the key allows, where that is known.
    options: Vec<&'static str>,
    may_be_none: bool,
}

impl Choice {
    /// The name that is chosen. One that the key does not allow counts as the first that it does.
    pub fn name(&self) -> Option<&'static str> {
        match self.chosen {
            Some(name) if self.options.contains(&name) => Some(name),
            _ if self.may_be_none => None,
            _ => self.options.first().copied(),
        }
    }

    /// What can be chosen, none where that can be.
    pub fn options(&self) -> impl Iterator<Item = Option<&'static str>> + '_ {
        let none = self.may_be_none.then_some(None);
        none.into_iter()
            .chain(self.options.iter().map(|name| Some(*name)))
    }

    fn turn(&mut self, by: isize) {
        let all: Vec<_> = self.options().collect();
        let now = self.name();
        let at = all.iter().position(|name| *name == now).unwrap_or(0) as isize;
        self.chosen = all[(at + by).rem_euclid(all.len().max(1) as isize) as usize];
    }
}

/// Bytes being typed, or the name of the file that holds them.
pub struct BlobInput {
    pub input: Input,
    pub form: BlobForm,
    /// What was read from a file: its name as typed, and its bytes or why there are none.
    pub read: Option<(String, Result<Blob, String>)>,
}

impl BlobInput {
    fn of(blob: &Blob) -> Self {
        // Bytes of a file stay that: they may be more, and more secret, than a line should show.
        if let Some(name) = blob.file.as_ref().and_then(|file| file.to_str()) {
            return BlobInput {
                input: Input::new(name),
                form: BlobForm::File,
                read: Some((name.to_owned(), Ok(blob.clone()))),
            };
        }
        BlobInput {
            input: Input::new(&base64(blob.bytes.reveal())),
            form: BlobForm::Base64,
            read: None,
        }
    }

    /// The file that is named and not read yet.
    pub fn unread(&self) -> Option<&str> {
        let named = self.input.text();
        let is_read = matches!(&self.read, Some((name, _)) if name == named);
        (self.form == BlobForm::File && !named.is_empty() && !is_read).then_some(named)
    }

    /// The bytes as they stand; None where nothing was typed, or the file is not read yet.
    ///
    /// Errors: what is typed is not in the form that is chosen, or the file cannot be read.
    pub fn blob(&self, field: &str) -> Result<Option<Blob>, FieldError> {
        let text = self.input.text();
        if text.is_empty() {
            return Ok(None);
        }
        if self.form != BlobForm::File {
            return self
                .form
                .read(field, text)
                .map(|bytes| Some(Blob::new(bytes)));
        }
        match &self.read {
            Some((name, Ok(blob))) if name == text => Ok(Some(blob.clone())),
            Some((name, Err(why))) if name == text => Err(FieldError::new(
                field,
                &format!("cannot be read from that file ({why})"),
                "check the path",
            )),
            _ => Ok(None),
        }
    }
}

/// The fields of a form.
pub struct Fields {
    pub states: Vec<FieldState>,
    specs: &'static [&'static Field],
    /// Of each group of which exactly one is given: the one that is.
    given: Vec<&'static Field>,
    groups: &'static [OneOf],
}

impl Fields {
    pub fn new(spec: &'static OpSpec, key_id: &str) -> Self {
        let states = spec
            .fields
            .iter()
            .map(|field| match field.kind {
                FieldKind::KeyId | FieldKind::Text { .. } => FieldState::Text(Input::default()),
                FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => {
                    FieldState::Choice(Choice {
                        chosen: None,
                        options: names.to_vec(),
                        may_be_none: !field.required && spec.choice_of(field).is_none(),
                    })
                }
                FieldKind::Names(_) => FieldState::Names(Vec::new(), 0),
                FieldKind::Blob { .. } => FieldState::Blob(BlobInput {
                    input: Input::default(),
                    form: BlobForm::Base64,
                    read: None,
                }),
                FieldKind::Integer { .. } => FieldState::Number(Input::default()),
                FieldKind::EncryptionContext => FieldState::Pairs(Vec::new()),
                FieldKind::GrantTokens => FieldState::Tokens(Vec::new()),
                FieldKind::Flag => FieldState::Flag(spec.dry_run_first()),
            })
            .collect();
        let mut fields = Fields {
            states,
            specs: spec.fields,
            given: spec
                .exactly_one
                .iter()
                .map(|choice| choice.fields[0])
                .collect(),
            groups: spec.exactly_one,
        };
        fields.set_key_id(key_id);
        fields
    }

    /// Fills in what a request holds.
    pub fn fill(&mut self, request: &Request) {
        for (at, field) in self.specs.iter().enumerate() {
            let Some(value) = request.get(field) else {
                continue;
            };
            self.give(Slot::Field(at));
            match (&mut self.states[at], value) {
                (FieldState::Text(input), Value::Text(text)) => *input = Input::new(text),
                (FieldState::Choice(choice), Value::Text(text)) => {
                    choice.chosen = choice.options.iter().find(|name| *name == text).copied();
                }
                (FieldState::Number(input), Value::Number(n)) => {
                    *input = Input::new(&n.to_string())
                }
                (FieldState::Blob(input), Value::Blob(blob)) => *input = BlobInput::of(blob),
                (FieldState::Flag(on), Value::Flag(value)) => *on = *value,
                (FieldState::Pairs(rows), Value::Pairs(pairs)) => {
                    *rows = pairs
                        .iter()
                        .map(|(key, value)| (Input::new(key), Input::new(value)))
                        .collect();
                }
                (FieldState::Tokens(rows), Value::List(list)) => {
                    *rows = list.iter().map(|token| Input::new(token)).collect();
                }
                (FieldState::Names(chosen, _), Value::List(list)) => {
                    if let FieldKind::Names(names) = field.kind {
                        *chosen = names
                            .iter()
                            .filter(|name| list.iter().any(|given| given == *name))
                            .copied()
                            .collect();
                    }
                }
                _ => {}
            }
        }
    }

    /// Narrows a choice to what the key allows; to all where that is not known.
    pub fn narrow(&mut self, at: usize, allowed: Option<&[String]>) {
        let Some(names) = self.specs[at].kind.choices() else {
            return;
        };
        if let FieldState::Choice(choice) = &mut self.states[at] {
            choice.options = names
                .iter()
                .filter(|name| allowed.is_none_or(|allowed| allowed.iter().any(|a| a == *name)))
                .copied()
                .collect();
            if choice.options.is_empty() {
                choice.options = names.to_vec();
            }
        }
    }

    /// The bytes under the cursor.
    pub fn blob_mut(&mut self, slot: Slot) -> Option<&mut BlobInput> {
        match (slot, self.field_of(slot).map(|at| &mut self.states[at])?) {
            (Slot::Field(_), FieldState::Blob(blob)) => Some(blob),
            _ => None,
        }
    }

    /// Files that are named and not read yet, with the place of their field.
    pub fn unread_files(&self) -> Vec<(usize, String)> {
        self.states
            .iter()
            .enumerate()
            .filter_map(|(at, state)| match state {
                FieldState::Blob(blob) => Some((at, blob.unread()?.to_owned())),
                _ => None,
            })
            .collect()
    }

    /// Every place for the cursor, from top to bottom.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for (at, state) in self.states.iter().enumerate() {
            match state {
                FieldState::Pairs(rows) => {
                    for row in 0..rows.len() {
                        slots.extend([Slot::PairKey(at, row), Slot::PairValue(at, row)]);
                    }
                    slots.push(Slot::Add(at));
                }
                FieldState::Tokens(rows) => {
                    slots.extend((0..rows.len()).map(|row| Slot::Token(at, row)));
                    slots.push(Slot::Add(at));
                }
                _ => slots.push(Slot::Field(at)),
            }
        }
        slots.push(Slot::Submit);
        slots
    }

    pub fn after(&self, slot: Slot) -> Slot {
        self.neighbour(slot, 1)
    }

    pub fn before(&self, slot: Slot) -> Slot {
        self.neighbour(slot, -1)
    }

    /// The next line's place; in pairs, the same column of it.
    pub fn below(&self, slot: Slot) -> Slot {
        match slot {
            Slot::PairKey(..) => self.neighbour(slot, 2),
            Slot::PairValue(at, row) => self.keep_column(at, row + 1, self.after(slot)),
            _ => self.after(slot),
        }
    }

    pub fn above(&self, slot: Slot) -> Slot {
        match (slot, self.before(slot)) {
            (Slot::PairValue(at, row), _) if row > 0 => self.keep_column(at, row - 1, slot),
            (Slot::PairValue(_, 0), key) => self.before(key),
            (_, Slot::PairValue(at, row)) => Slot::PairKey(at, row),
            (_, before) => before,
        }
    }

    fn keep_column(&self, at: usize, row: usize, otherwise: Slot) -> Slot {
        match &self.states[at] {
            FieldState::Pairs(rows) if row < rows.len() => Slot::PairValue(at, row),
            _ => otherwise,
        }
    }

    fn neighbour(&self, slot: Slot, by: isize) -> Slot {
        let slots = self.slots();
        let at = slots.iter().position(|other| *other == slot).unwrap_or(0) as isize;
        slots[(at + by).rem_euclid(slots.len() as isize) as usize]
    }

    pub fn field_of(&self, slot: Slot) -> Option<usize> {
        match slot {
            Slot::Field(at)
            | Slot::PairKey(at, _)
            | Slot::PairValue(at, _)
            | Slot::Token(at, _)
            | Slot::Add(at) => Some(at),
            Slot::Submit => None,
        }
    }

    /// The name of the field that the place belongs to.
    pub fn name(&self, slot: Slot) -> Option<&'static str> {
        self.field_of(slot).map(|at| self.specs[at].name)
    }

    pub fn input(&self, slot: Slot) -> Option<&Input> {
        match (slot, self.field_of(slot).map(|at| &self.states[at])?) {
            (Slot::Field(_), FieldState::Text(input) | FieldState::Number(input)) => Some(input),
            (Slot::Field(_), FieldState::Blob(blob)) => Some(&blob.input),
            (Slot::PairKey(_, row), FieldState::Pairs(rows)) => rows.get(row).map(|(key, _)| key),
            (Slot::PairValue(_, row), FieldState::Pairs(rows)) => {
                rows.get(row).map(|(_, value)| value)
            }
            (Slot::Token(_, row), FieldState::Tokens(rows)) => rows.get(row),
            _ => None,
        }
    }

    /// The text under the cursor, to be typed in. A field of a group becomes the one that is
    /// given.
    pub fn input_mut(&mut self, slot: Slot) -> Option<&mut Input> {
        self.input(slot)?;
        self.give(slot);
        let at = self.field_of(slot)?;
        match (slot, &mut self.states[at]) {
            (Slot::Field(_), FieldState::Text(input) | FieldState::Number(input)) => Some(input),
            (Slot::Field(_), FieldState::Blob(blob)) => Some(&mut blob.input),
            (Slot::PairKey(_, row), FieldState::Pairs(rows)) => {
                rows.get_mut(row).map(|(key, _)| key)
            }
            (Slot::PairValue(_, row), FieldState::Pairs(rows)) => {
                rows.get_mut(row).map(|(_, value)| value)
            }
            (Slot::Token(_, row), FieldState::Tokens(rows)) => rows.get_mut(row),
            _ => None,
        }
    }

    pub fn set_text(&mut self, slot: Slot, text: &str) {
        if let Some(input) = self.input_mut(slot) {
            *input = Input::new(text);
        }
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

    /// What is typed in the text field at that place.
    pub fn text_at(&self, at: Option<usize>) -> &str {
        match at.map(|at| &self.states[at]) {
            Some(FieldState::Text(input)) => input.text(),
            _ => "",
        }
    }

    pub fn set_key_id(&mut self, key_id: &str) {
        if let Some(at) = self.key_field() {
            self.set_text(Slot::Field(at), key_id);
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
        self.states.iter().any(|state| match state {
            FieldState::Pairs(rows) => !rows.is_empty(),
            FieldState::Tokens(rows) => !rows.is_empty(),
            FieldState::Number(input) => !input.is_empty(),
            FieldState::Names(chosen, _) => !chosen.is_empty(),
            FieldState::Blob(blob) => !blob.input.is_empty(),
            FieldState::Text(_) | FieldState::Choice(_) | FieldState::Flag(_) => false,
        })
    }

    /// Whether nothing was typed there.
    pub fn is_blank(&self, slot: Slot) -> bool {
        self.input(slot).is_none_or(Input::is_empty)
    }

    pub fn is_flag(&self, slot: Slot) -> bool {
        matches!(
            self.field_of(slot).map(|at| &self.states[at]),
            Some(FieldState::Flag(_))
        )
    }

    /// Whether the field is given: true where it is in no group.
    pub fn is_given(&self, field: &Field) -> bool {
        match self
            .groups
            .iter()
            .position(|choice| choice.fields.contains(&field))
        {
            Some(group) => self.given[group] == field,
            None => true,
        }
    }

    fn give(&mut self, slot: Slot) {
        let Some(at) = self.field_of(slot) else {
            return;
        };
        let field = self.specs[at];
        if let Some(group) = self
            .groups
            .iter()
            .position(|choice| choice.fields.contains(&field))
        {
            self.given[group] = field;
        }
    }

    /// Space on a choice or a switch.
    pub fn toggle(&mut self, slot: Slot) {
        let was_given = self
            .field_of(slot)
            .is_some_and(|at| self.is_given(self.specs[at]));
        self.give(slot);
        let Slot::Field(at) = slot else {
            return;
        };
        match &mut self.states[at] {
            FieldState::Flag(on) => *on = !*on,
            FieldState::Names(chosen, cursor) => {
                if let FieldKind::Names(names) = self.specs[at].kind {
                    let name = names[*cursor];
                    match chosen.iter().position(|other| *other == name) {
                        Some(place) => drop(chosen.remove(place)),
                        None => chosen.push(name),
                    }
                    // In the API's order, whichever was chosen first.
                    chosen.sort_by_key(|name| names.iter().position(|other| other == name));
                }
            }
            // The first press on the group's other field only chooses the field.
            FieldState::Choice(_) if was_given => self.turn(slot, 1),
            _ => {}
        }
    }

    /// The choice to the left (-1) or the right (1).
    pub fn turn(&mut self, slot: Slot, by: isize) {
        self.give(slot);
        let Slot::Field(at) = slot else {
            return;
        };
        match (&mut self.states[at], self.specs[at].kind) {
            (FieldState::Choice(choice), _) => choice.turn(by),
            (FieldState::Names(_, cursor), FieldKind::Names(names)) => {
                *cursor = (*cursor as isize + by).rem_euclid(names.len() as isize) as usize;
            }
            (FieldState::Flag(on), _) => *on = by > 0,
            _ => {}
        }
    }

    pub fn toggle_flag(&mut self, flag: &Field) {
        if let Some(at) = self.specs.iter().position(|field| *field == flag)
            && let FieldState::Flag(on) = &mut self.states[at]
        {
            *on = !*on;
        }
    }

    /// A new pair or token below the cursor's; where the cursor goes.
    pub fn add_row(&mut self, slot: Slot) -> Result<Slot, FieldError> {
        let Some(at) = self.field_of(slot) else {
            return Ok(slot);
        };
        let name = self.specs[at].name;
        let below = |len: usize| match slot {
            Slot::PairKey(_, row) | Slot::PairValue(_, row) | Slot::Token(_, row) => row + 1,
            _ => len,
        };
        match &mut self.states[at] {
            FieldState::Pairs(rows) => {
                let row = below(rows.len());
                rows.insert(row, Default::default());
                Ok(Slot::PairKey(at, row))
            }
            FieldState::Tokens(rows) if rows.len() == MAX_GRANT_TOKENS => Err(FieldError::new(
                name,
                "takes at most 10 tokens",
                "remove one first",
            )),
            FieldState::Tokens(rows) => {
                let row = below(rows.len());
                rows.insert(row, Input::default());
                Ok(Slot::Token(at, row))
            }
            _ => Ok(slot),
        }
    }

    pub fn remove_row(&mut self, slot: Slot) -> Slot {
        match slot {
            Slot::PairKey(at, row) | Slot::PairValue(at, row) => {
                if let FieldState::Pairs(rows) = &mut self.states[at] {
                    rows.remove(row);
                    return match rows.len() {
                        0 => Slot::Add(at),
                        len => Slot::PairKey(at, row.min(len - 1)),
                    };
                }
            }
            Slot::Token(at, row) => {
                if let FieldState::Tokens(rows) = &mut self.states[at] {
                    rows.remove(row);
                    return match rows.len() {
                        0 => Slot::Add(at),
                        len => Slot::Token(at, row.min(len - 1)),
                    };
                }
            }
            _ => {}
        }
        slot
    }

    pub fn move_row(&mut self, slot: Slot, by: isize) -> Slot {
        let (Slot::PairKey(at, row) | Slot::PairValue(at, row) | Slot::Token(at, row)) = slot
        else {
            return slot;
        };
        let Some(to) = row.checked_add_signed(by) else {
            return slot;
        };
        let swapped = match &mut self.states[at] {
            FieldState::Pairs(rows) if to < rows.len() => {
                rows.swap(row, to);
                true
            }
            FieldState::Tokens(rows) if to < rows.len() => {
                rows.swap(row, to);
                true
            }
            _ => false,
        };
        match slot {
            _ if !swapped => slot,
            Slot::PairKey(..) => Slot::PairKey(at, to),
            Slot::PairValue(..) => Slot::PairValue(at, to),
            _ => Slot::Token(at, to),
        }
    }

    /// Adds pasted pairs: in place of the cursor's pair where that is empty, else at the end.
    pub fn add_pairs(
        &mut self,
        at: usize,
        slot: Slot,
        pairs: Vec<encryption_context::Pair>,
    ) -> Slot {
        let FieldState::Pairs(rows) = &mut self.states[at] else {
            return slot;
        };
        if let Slot::PairKey(_, row) | Slot::PairValue(_, row) = slot
            && rows[row].0.is_empty()
            && rows[row].1.is_empty()
        {
            rows.remove(row);
        }
        rows.extend(
            pairs
                .iter()
                .map(|(key, value)| (Input::new(key), Input::new(value))),
        );
        Slot::Add(at)
    }

    /// Adds pasted tokens, one a word.
    pub fn add_tokens(&mut self, at: usize, slot: Slot, text: &str) -> Slot {
        let FieldState::Tokens(rows) = &mut self.states[at] else {
            return slot;
        };
        let mut tokens = text
            .split([' ', ',', '\n', '\r', '\t', '"', '[', ']'])
            .filter(|token| !token.is_empty());
        let mut slot = slot;
        if let Slot::Token(_, row) = slot
            && let Some(first) = tokens.next()
        {
            rows[row].insert(first);
        }
        for token in tokens {
            rows.push(Input::new(token));
            slot = Slot::Token(at, rows.len() - 1);
        }
        slot
    }

    /// The request as it stands, and what is wrong with it, in the order of the fields.
    pub fn request(&self, spec: &'static OpSpec) -> (Request, Vec<FieldError>) {
        let mut request = Request::new(spec.id);
        let mut errors = Vec::new();
        let mut stand_ins = Vec::new();
        for (field, state) in self.specs.iter().copied().zip(&self.states) {
            if !self.is_given(field) {
                continue;
            }
            let value = match state {
                FieldState::Text(input) if input.is_empty() => None,
                FieldState::Text(input) => Some(Value::Text(input.text().to_owned())),
                FieldState::Choice(choice) => {
                    choice.name().map(|name| Value::Text(name.to_owned()))
                }
                FieldState::Names(chosen, _) => (!chosen.is_empty())
                    .then(|| Value::List(chosen.iter().map(|name| (*name).to_owned()).collect())),
                FieldState::Blob(blob) => match blob.blob(field.name) {
                    Ok(blob) => blob.map(Value::Blob),
                    Err(error) => {
                        errors.push(error);
                        None
                    }
                },
                // An optional number may be left out, but not one of a group.
                FieldState::Number(input) if input.is_empty() && self.is_free(field) => None,
                FieldState::Number(input) => {
                    // In a group, the field that is given cannot be empty.
                    let text = if input.is_empty() {
                        "none"
                    } else {
                        input.text()
                    };
                    match field.parse(text) {
                        Ok(value) => value,
                        Err(error) => {
                            errors.push(error);
                            // Something must stand here, or the group would miss it too.
                            request.set(field, Value::Number(1));
                            stand_ins.push(field);
                            continue;
                        }
                    }
                }
                FieldState::Pairs(rows) => {
                    let pairs: Vec<_> = rows
                        .iter()
                        .map(|(key, value)| (key.text().to_owned(), value.text().to_owned()))
                        .filter(|(key, value)| !(key.is_empty() && value.is_empty()))
                        .collect();
                    (!pairs.is_empty()).then_some(Value::Pairs(pairs))
                }
                FieldState::Tokens(rows) => {
                    let tokens: Vec<_> = rows
                        .iter()
                        .map(|token| token.text().trim().to_owned())
                        .filter(|token| !token.is_empty())
                        .collect();
                    (!tokens.is_empty()).then_some(Value::List(tokens))
                }
                FieldState::Flag(on) => on.then_some(Value::Flag(true)),
            };
            if let Some(value) = value {
                request.set(field, value);
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

    /// Whether a field may be left out by itself.
    fn is_free(&self, field: &Field) -> bool {
        !field.required
            && !self
                .groups
                .iter()
                .any(|choice| choice.fields.contains(&field))
    }

    /// Where the cursor goes to mend a mistake.
    pub fn slot_of(&self, error: &FieldError) -> Option<Slot> {
        let at = self
            .specs
            .iter()
            .position(|field| field.name == error.field)?;
        Some(match &self.states[at] {
            FieldState::Pairs(rows) => {
                let pairs: Vec<_> = rows
                    .iter()
                    .map(|(key, value)| (key.text().to_owned(), value.text().to_owned()))
                    .collect();
                match encryption_context::check(self.specs[at].name, &pairs) {
                    Err((row, _)) => Slot::PairKey(at, row),
                    Ok(()) => Slot::Add(at),
                }
            }
            FieldState::Tokens(rows) if !rows.is_empty() => {
                let bad = rows.iter().position(|token| {
                    crate::kms::field::check_grant_tokens(&[token.text().trim().to_owned()])
                        .is_err()
                });
                Slot::Token(at, bad.unwrap_or(rows.len() - 1))
            }
            FieldState::Tokens(_) => Slot::Add(at),
            _ => Slot::Field(at),
        })
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
