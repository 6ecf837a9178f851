//! Words, one a row: grant tokens, the keys of tags.

use crossterm::event::KeyEvent;

use super::field_editor::{FieldEditor, FieldLine, Look, Pasted, Place};
use super::rows;
use crate::kms::field::{MAX_GRANT_TOKEN_CHARS, MAX_GRANT_TOKENS, check_grant_tokens};
use crate::kms::tags;
use crate::kms::text::{counted, grouped};
use crate::kms::{Field, FieldError, Value};
use crate::tui::core::note::Tone;
use crate::tui::keymap::Action;
use crate::tui::widgets::input::Input;

/// What the words are.
pub(super) struct Words {
    /// What one is called, and what adds one.
    noun: &'static str,
    adds: &'static str,
    /// How many a request takes.
    most: usize,
    /// The longest, in characters.
    most_chars: usize,
    /// What stands between two of them in a text.
    between: &'static [char],
    check: fn(&str) -> Result<(), FieldError>,
}

pub(super) static GRANT_TOKENS: Words = Words {
    noun: "token",
    adds: "+ add a token",
    most: MAX_GRANT_TOKENS,
    most_chars: MAX_GRANT_TOKEN_CHARS,
    between: &[' ', ',', '\n', '\r', '\t', '"', '[', ']'],
    check: |token| check_grant_tokens(&[token.to_owned()]),
};

/// A key of a tag may hold spaces.
pub(super) static TAG_KEYS: Words = Words {
    noun: "key",
    adds: "+ add a key",
    most: tags::MAX_TAGS,
    most_chars: tags::MAX_KEY_CHARS,
    between: &['\n', '\r', '\t'],
    check: |key| tags::check_key("TagKeys", key),
};

/// See the [module](self). Below the rows is a place that adds one.
pub(super) struct WordsEditor {
    of: &'static Words,
    rows: Vec<Input>,
}

fn at(row: usize) -> Place {
    Place { row, column: 0 }
}

impl WordsEditor {
    pub(super) fn of(of: &'static Words) -> Self {
        WordsEditor {
            of,
            rows: Vec::new(),
        }
    }

    /// A new word below the cursor's.
    fn add(&mut self, place: Place, field: &Field) -> Result<Place, FieldError> {
        let most = self.of.most;
        if self.rows.len() == most {
            let rule = format!("takes at most {}", counted(most, self.of.noun));
            return Err(field.error(&rule, "remove one first"));
        }
        let row = (place.row + 1).min(self.rows.len());
        self.rows.insert(row, Input::default());
        Ok(at(row))
    }
}

impl FieldEditor for WordsEditor {
    fn places(&self) -> Vec<Place> {
        (0..=self.rows.len()).map(at).collect()
    }

    fn fill(&mut self, value: &Value) {
        if let Value::List(list) = value {
            self.rows = list.iter().map(|token| Input::new(token)).collect();
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let tokens: Vec<String> = self
            .rows
            .iter()
            .map(|token| token.text().trim().to_owned())
            .filter(|token| !token.is_empty())
            .collect();
        Ok((!tokens.is_empty()).then_some(Value::List(tokens)))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let rows = self.rows.iter().enumerate();
        let mut lines: Vec<FieldLine> = rows
            .map(|(row, input)| FieldLine::typed(input, at(row), (vec![], look.room, vec![]), look))
            .collect();
        let last = at(self.rows.len());
        lines.push(FieldLine::adds(last, self.of.adds, None, look));
        lines
    }

    fn is_filled(&self) -> bool {
        !self.rows.is_empty()
    }

    fn is_blank(&self, place: Place) -> bool {
        self.rows.get(place.row).is_none_or(Input::is_empty)
    }

    fn takes_text(&self, place: Place) -> bool {
        place.row < self.rows.len()
    }

    fn key(&mut self, place: Place, key: KeyEvent) -> bool {
        let input = self.rows.get_mut(place.row);
        input.is_some_and(|input| input.key(key))
    }

    /// Each word of what is pasted is one. All are taken, or none.
    fn paste(&mut self, place: Place, text: &str, _: &Field) -> Pasted {
        let words = || {
            text.split(self.of.between)
                .filter(|word| !word.trim().is_empty())
        };
        let not_pasted =
            |why: String| Pasted::saying(place, Tone::Bad, format!("Not pasted: {why}"));
        let on_row = self.takes_text(place);
        let new_rows = words().count() - usize::from(on_row && words().next().is_some());
        let tokens = self.rows.len() + new_rows;
        let Words {
            noun,
            most,
            most_chars,
            ..
        } = *self.of;
        if tokens > most {
            let tokens = counted(tokens, noun);
            return not_pasted(format!(
                "with it there are {tokens}, and a request takes {most}."
            ));
        }
        let longest = words().map(|token| token.chars().count()).max();
        if let Some(longest) = longest.filter(|longest| *longest > most_chars) {
            let longest = counted(longest, "character");
            let most = grouped(most_chars);
            return not_pasted(format!(
                "a {noun} of it has {longest}, and may have {most}."
            ));
        }
        let mut said = None;
        let mut place = place;
        let mut tokens = words();
        if let Some(input) = self.rows.get_mut(place.row)
            && let Some(first) = tokens.next()
        {
            said = input.insert(first);
        }
        for token in tokens {
            self.rows.push(Input::new(token));
            place = at(self.rows.len() - 1);
        }
        Pasted::said(place, said)
    }

    fn can(&self, place: Place, action: Action) -> bool {
        rows::can(action, self.takes_text(place))
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        field: &Field,
    ) -> Result<Option<Place>, FieldError> {
        let on_row = self.takes_text(place);
        let to = match action {
            Action::AddRow => self.add(place, field)?,
            Action::Toggle | Action::Accept if !on_row => self.add(place, field)?,
            _ => return Ok(rows::act(&mut self.rows, place, action)),
        };
        Ok(Some(to))
    }

    fn is_wrong_already(&self, _: &Field) -> bool {
        let typed = self.rows.iter().map(|row| row.text().trim());
        typed
            .filter(|word| !word.is_empty())
            .any(|word| (self.of.check)(word).is_err())
    }

    fn place_of_mistake(&self, _: &Field) -> Place {
        let is_bad = |row: &Input| (self.of.check)(row.text().trim()).is_err();
        let bad = self.rows.iter().position(is_bad);
        at(bad.unwrap_or(self.rows.len().saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::FieldKind;

    static TOKENS: Field = Field::optional("GrantTokens", FieldKind::GrantTokens, "");

    #[test]
    fn tokens_that_are_too_many_or_too_long_are_refused_whole() {
        let mut editor = WordsEditor::of(&GRANT_TOKENS);
        assert!(
            editor
                .paste(at(0), "[\"a\", \"b\"]", &TOKENS)
                .said
                .is_none()
        );
        for (text, why) in [
            ("t ".repeat(10), "there are 11 tokens"),
            ("t ".repeat(1 << 20), "there are 1,048,577 tokens"),
            ("x".repeat(8193), "has 8,193 characters"),
        ] {
            let (_, said) = editor.paste(at(0), &text, &TOKENS).said.expect("why");
            assert!(said.contains(why), "{said}");
        }
        let tokens = Value::List(vec!["a".into(), "b".into()]);
        assert_eq!(editor.value(&TOKENS, false), Ok(Some(tokens)));
        assert!(editor.paste(at(1), &"t ".repeat(9), &TOKENS).said.is_none());
    }
}
