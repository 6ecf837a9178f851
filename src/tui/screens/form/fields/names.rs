//! Any of several names.

use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Place};
use crate::kms::text::width;
use crate::kms::{Field, FieldError, Value};
use crate::tui::keymap::Action;

/// See the [module](self).
pub(super) struct NamesEditor {
    names: &'static [&'static str],
    /// Those that the key can have, where that is known.
    options: Vec<&'static str>,
    /// In the API's order, whichever was chosen first.
    chosen: Vec<&'static str>,
    /// Which of the names Space is for.
    cursor: usize,
}

impl NamesEditor {
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        NamesEditor {
            names,
            options: names.to_vec(),
            chosen: Vec::new(),
            cursor: 0,
        }
    }

    fn toggle(&mut self) {
        let Some(name) = self.options.get(self.cursor).copied() else {
            return;
        };
        match self.chosen.iter().position(|other| *other == name) {
            Some(place) => drop(self.chosen.remove(place)),
            None => self.chosen.push(name),
        }
        let names = self.names;
        self.chosen
            .sort_by_key(|name| names.iter().position(|other| other == name));
    }

    fn turn(&mut self, by: isize) {
        let all = self.options.len().max(1) as isize;
        self.cursor = (self.cursor as isize + by).rem_euclid(all) as usize;
    }
}

impl FieldEditor for NamesEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::List(list) = value {
            self.chosen = self
                .names
                .iter()
                .filter(|name| list.iter().any(|given| given == *name))
                .copied()
                .collect();
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        let names = self.chosen.iter().map(|name| (*name).to_owned());
        Ok((!self.chosen.is_empty()).then(|| Value::List(names.collect())))
    }

    /// The names with their marks, in as many lines as they need.
    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let theme = look.theme;
        let mut lines: Vec<FieldLine> = Vec::new();
        let mut used = 0;
        for (at, name) in self.options.iter().enumerate() {
            let is_chosen = self.chosen.contains(name);
            let has_cursor = look.focus.is_some() && self.cursor == at;
            let text = format!("{} {name}", if is_chosen { "[x]" } else { "[ ]" });
            let columns = width(&text) + 2;
            if lines.is_empty() || (used > 0 && used + columns > look.room) {
                lines.push(FieldLine {
                    places: vec![(0, Place::default())],
                    ..FieldLine::default()
                });
                used = 0;
            }
            used += columns;
            let style = match (has_cursor, is_chosen) {
                (true, _) => theme.selected,
                (false, true) => theme.bold,
                (false, false) => theme.dim,
            };
            if let Some(line) = lines.last_mut() {
                line.is_focused |= has_cursor;
                line.spans.push(Span::styled(text, style));
                line.spans.push(Span::raw("  "));
            }
        }
        lines
    }

    fn is_filled(&self) -> bool {
        !self.chosen.is_empty()
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        match action {
            Action::Toggle => self.toggle(),
            Action::Right => self.turn(1),
            Action::Left => self.turn(-1),
            _ => return Ok(None),
        }
        Ok(Some(place))
    }

    /// What was chosen and cannot be is chosen no longer: it would be sent unseen.
    fn narrow(&mut self, allowed: Option<&[String]>) {
        let is_allowed = |name: &&&str| allowed.is_none_or(|all| all.iter().any(|a| a == **name));
        self.options = self.names.iter().filter(is_allowed).copied().collect();
        let options = &self.options;
        self.chosen.retain(|name| options.contains(name));
        self.cursor = self.cursor.min(self.options.len().saturating_sub(1));
    }
}
