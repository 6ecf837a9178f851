//! Pairs of text: an encryption context, tags.

use crossterm::event::KeyEvent;
use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place};
use super::rows;
use crate::kms::encryption_context::{self, Pair};
use crate::kms::field::Sensitivity;
use crate::kms::tags;
use crate::kms::text::{counted, cut_end, fit, grouped, printable};
use crate::kms::{Field, FieldError, Value};
use crate::tui::core::note::Tone;
use crate::tui::keymap::Action;
use crate::tui::widgets::input::Input;

/// The column of the keys, and that of the values.
const KEY: usize = 0;
const VALUE: usize = 1;
/// Columns of a key: at least, and at most.
const KEYS: (usize, usize) = (10, 40);
/// What stands between a key and its value.
const BETWEEN: &str = " = ";

/// Checks the pairs of a field, by its name; an error comes with the place of the pair.
type Check = fn(&str, &[Pair]) -> Result<(), (usize, FieldError)>;

/// What the pairs are.
pub(super) struct Pairs {
    /// What adds one.
    adds: &'static str,
    /// The most characters that all may have.
    most_chars: usize,
    value: fn(Vec<Pair>) -> Value,
    check: Check,
}

pub(super) static ENCRYPTION_CONTEXT: Pairs = Pairs {
    adds: "+ add a pair",
    most_chars: encryption_context::MAX_CHARS,
    value: Value::Pairs,
    check: encryption_context::check,
};

pub(super) static TAGS: Pairs = Pairs {
    adds: "+ add a tag",
    most_chars: tags::MAX_TAGS * (tags::MAX_KEY_CHARS + tags::MAX_VALUE_CHARS),
    value: Value::Tags,
    check: tags::check,
};

impl Pairs {
    /// Pairs of a text: as `k=v`, as a JSON object, and tags also as the API's list of them.
    fn parse(&self, field: &Field, text: &str) -> Result<Vec<Pair>, FieldError> {
        let text = text.trim();
        let pairs = match text.starts_with('[') || text.starts_with("TagKey=") {
            true => tags::parse(field.name, &[text.to_owned()])?,
            false => encryption_context::parse(field.name, text)?,
        };
        (self.check)(field.name, &pairs).map_err(|(_, error)| error)?;
        Ok(pairs)
    }
}

/// See the [module](self). Below the rows is a place that adds one.
pub(super) struct PairsEditor {
    of: &'static Pairs,
    rows: Vec<[Input; 2]>,
}

impl PairsEditor {
    pub(super) fn of(of: &'static Pairs) -> Self {
        PairsEditor {
            of,
            rows: Vec::new(),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.rows
            .iter()
            .map(|[key, value]| (key.text().to_owned(), value.text().to_owned()))
    }

    fn input(&self, place: Place) -> Option<&Input> {
        self.rows.get(place.row)?.get(place.column)
    }

    fn input_mut(&mut self, place: Place) -> Option<&mut Input> {
        self.rows.get_mut(place.row)?.get_mut(place.column)
    }

    /// A new pair below the cursor's.
    fn add(&mut self, place: Place) -> Place {
        let row = (place.row + 1).min(self.rows.len());
        self.rows.insert(row, Default::default());
        Place { row, column: KEY }
    }

    /// Adds pasted pairs: in place of the cursor's pair where that is empty, else at the end.
    fn extend(&mut self, place: Place, pairs: &[Pair]) -> Place {
        let is_empty = |row: &[Input; 2]| row.iter().all(Input::is_empty);
        if self.rows.get(place.row).is_some_and(is_empty) {
            self.rows.remove(place.row);
        }
        let rows = pairs.iter();
        self.rows
            .extend(rows.map(|(key, value)| [Input::new(key), Input::new(value)]));
        Place {
            row: self.rows.len(),
            column: KEY,
        }
    }

    fn line(&self, row: usize, look: &Look) -> FieldLine {
        let [key, value] = &self.rows[row];
        let room = look.room.saturating_sub(4);
        let key_room = (room / 3).clamp(KEYS.0, KEYS.1);
        let value_room = room.saturating_sub(key_room);
        let at = |column| Place { row, column };
        let between = Span::styled(BETWEEN, look.theme.dim);
        let mut line = if look.focus == Some(at(VALUE)) {
            let key = Span::raw(fit(&printable(key.text()), key_room));
            let typed = (vec![key, between], value_room, vec![]);
            FieldLine::typed(value, at(VALUE), typed, look)
        } else {
            let value = cut_end(&printable(value.text()), value_room).into_owned();
            let typed = (vec![], key_room, vec![between, Span::raw(value)]);
            FieldLine::typed(key, at(KEY), typed, look)
        };
        line.places = vec![(0, at(KEY)), (key_room + BETWEEN.len(), at(VALUE))];
        line
    }
}

impl FieldEditor for PairsEditor {
    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = (0..self.rows.len())
            .flat_map(|row| [KEY, VALUE].map(|column| Place { row, column }))
            .collect();
        places.push(Place {
            row: self.rows.len(),
            column: KEY,
        });
        places
    }

    fn fill(&mut self, value: &Value) {
        if let Value::Pairs(pairs) | Value::Tags(pairs) = value {
            self.rows.clear();
            self.extend(Place::default(), pairs);
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let pairs: Vec<Pair> = self
            .pairs()
            .filter(|(key, value)| !(key.is_empty() && value.is_empty()))
            .collect();
        Ok((!pairs.is_empty()).then(|| (self.of.value)(pairs)))
    }

    fn draw(&self, field: &Field, look: &Look) -> Vec<FieldLine> {
        let mut lines: Vec<FieldLine> = (0..self.rows.len())
            .map(|row| self.line(row, look))
            .collect();
        let last = Place {
            row: self.rows.len(),
            column: KEY,
        };
        let is_public = field.sensitivity == Sensitivity::InCloudTrail;
        let note = is_public.then_some("goes to CloudTrail in plain text");
        lines.push(FieldLine::adds(last, self.of.adds, note, look));
        lines
    }

    fn is_filled(&self) -> bool {
        !self.rows.is_empty()
    }

    fn is_blank(&self, place: Place) -> bool {
        self.input(place).is_none_or(Input::is_empty)
    }

    fn takes_text(&self, place: Place) -> bool {
        self.input(place).is_some()
    }

    fn key(&mut self, place: Place, key: KeyEvent) -> bool {
        self.input_mut(place).is_some_and(|input| input.key(key))
    }

    /// Pairs where pairs go, else text for the place under the cursor.
    fn paste(&mut self, place: Place, text: &str, field: &Field) -> Pasted {
        // In a value, `=` is part of the value: base64 ends in it.
        let on_value = self.takes_text(place) && place.column == VALUE;
        if text.trim_start().starts_with(['{', '[']) || (text.contains('=') && !on_value) {
            let length = text.chars().count();
            // With what stands between them: more than those that may be sent.
            let most = self.of.most_chars;
            if length > 8 * most {
                let length = counted(length, "character");
                let most = grouped(most);
                let said = format!("Not pasted: it has {length}, and pairs may have {most}.");
                return Pasted::saying(place, Tone::Bad, said);
            }
            return match self.of.parse(field, text) {
                Ok(pairs) => {
                    let said = format!("{} pairs pasted.", pairs.len());
                    Pasted::saying(self.extend(place, &pairs), Tone::Good, said)
                }
                Err(error) => Pasted::saying(place, Tone::Bad, format!("Not pasted: {error}")),
            };
        }
        match self.input_mut(place) {
            Some(input) => Pasted::said(place, input.paste(text)),
            None => Pasted::saying(
                place,
                Tone::Plain,
                "Nothing takes text here: go to a field, then paste.".to_owned(),
            ),
        }
    }

    fn can(&self, place: Place, action: Action) -> bool {
        rows::can(action, self.takes_text(place))
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        let on_row = self.takes_text(place);
        let to = match action {
            Action::AddRow => self.add(place),
            Action::Toggle | Action::Accept if !on_row => self.add(place),
            _ => return Ok(rows::act(&mut self.rows, place, action)),
        };
        Ok(Some(to))
    }

    fn is_wrong_already(&self, field: &Field) -> bool {
        let begun: Vec<Pair> = self.pairs().filter(|(key, _)| !key.is_empty()).collect();
        (self.of.check)(field.name, &begun).is_err()
    }

    fn place_of_mistake(&self, field: &Field) -> Place {
        let pairs: Vec<Pair> = self.pairs().collect();
        let row = match (self.of.check)(field.name, &pairs) {
            Err((row, _)) => row,
            Ok(()) => self.rows.len(),
        };
        Place { row, column: KEY }
    }
}
