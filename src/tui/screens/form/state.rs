//! What is typed in a form, and the places that the cursor goes through.

use crate::kms::field::{FieldKind, MAX_GRANT_TOKENS};
use crate::kms::{Field, FieldError, Request, Value, encryption_context};
use crate::ops::OpSpec;
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
    Choice(usize),
    Number(Input),
    Pairs(Vec<(Input, Input)>),
    Tokens(Vec<Input>),
    Flag(bool),
}

/// The fields of a form.
pub struct Fields {
    pub states: Vec<FieldState>,
    specs: &'static [Field],
    /// Of each group of which exactly one is given: the one that is.
    pub given: Vec<&'static str>,
    groups: &'static [(&'static str, &'static [&'static str])],
}

impl Fields {
    pub fn new(spec: &'static OpSpec, key_id: &str) -> Self {
        let states = spec
            .fields
            .iter()
            .map(|field| match field.kind {
                FieldKind::KeyId => FieldState::Text(Input::new(key_id)),
                FieldKind::Choice(_) => FieldState::Choice(0),
                FieldKind::Integer { .. } => FieldState::Number(Input::default()),
                FieldKind::EncryptionContext => FieldState::Pairs(Vec::new()),
                FieldKind::GrantTokens => FieldState::Tokens(Vec::new()),
                FieldKind::Flag => FieldState::Flag(false),
            })
            .collect();
        Fields {
            states,
            specs: spec.fields,
            given: spec.exactly_one.iter().map(|(_, names)| names[0]).collect(),
            groups: spec.exactly_one,
        }
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

    /// What is typed in the KeyId.
    pub fn key_id(&self) -> &str {
        let at = self
            .specs
            .iter()
            .position(|field| field.kind == FieldKind::KeyId);
        match at.map(|at| &self.states[at]) {
            Some(FieldState::Text(input)) => input.text(),
            _ => "",
        }
    }

    pub fn set_key_id(&mut self, key_id: &str) {
        if let Some(at) = self
            .specs
            .iter()
            .position(|field| field.kind == FieldKind::KeyId)
        {
            self.set_text(Slot::Field(at), key_id);
        }
    }

    /// Whether anything but the KeyId and the choices is filled in.
    pub fn has_more_than_a_key(&self) -> bool {
        self.states.iter().any(|state| match state {
            FieldState::Pairs(rows) => !rows.is_empty(),
            FieldState::Tokens(rows) => !rows.is_empty(),
            FieldState::Number(input) => !input.is_empty(),
            FieldState::Flag(on) => *on,
            FieldState::Text(_) | FieldState::Choice(_) => false,
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
    pub fn is_given(&self, name: &str) -> bool {
        match self
            .groups
            .iter()
            .position(|(_, names)| names.contains(&name))
        {
            Some(group) => self.given[group] == name,
            None => true,
        }
    }

    fn give(&mut self, slot: Slot) {
        let Some(name) = self.name(slot) else {
            return;
        };
        if let Some(group) = self
            .groups
            .iter()
            .position(|(_, names)| names.contains(&name))
        {
            self.given[group] = name;
        }
    }

    /// Space on a choice or a switch.
    pub fn toggle(&mut self, slot: Slot) {
        let was_given = self.name(slot).is_some_and(|name| self.is_given(name));
        self.give(slot);
        let Slot::Field(at) = slot else {
            return;
        };
        match &mut self.states[at] {
            FieldState::Flag(on) => *on = !*on,
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
            (FieldState::Choice(chosen), FieldKind::Choice(names)) => {
                *chosen = (*chosen as isize + by).rem_euclid(names.len() as isize) as usize;
            }
            (FieldState::Flag(on), _) => *on = by > 0,
            _ => {}
        }
    }

    pub fn toggle_flag(&mut self, name: &str) {
        if let Some(at) = self.specs.iter().position(|field| field.name == name)
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
        for (field, state) in self.specs.iter().zip(&self.states) {
            if !self.is_given(field.name) {
                continue;
            }
            let value = match state {
                FieldState::Text(input) if input.is_empty() => None,
                FieldState::Text(input) => Some(Value::Text(input.text().to_owned())),
                FieldState::Choice(chosen) => match field.kind {
                    FieldKind::Choice(names) => Some(Value::Text(names[*chosen].to_owned())),
                    _ => None,
                },
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
                            request.set(field.name, Value::Number(1));
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
                request.set(field.name, value);
            }
        }
        errors.extend(spec.validate(&request));
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
        Some(match &self.states[at] {
            FieldState::Pairs(rows) => {
                let pairs: Vec<_> = rows
                    .iter()
                    .map(|(key, value)| (key.text().to_owned(), value.text().to_owned()))
                    .collect();
                match encryption_context::check(&pairs) {
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
