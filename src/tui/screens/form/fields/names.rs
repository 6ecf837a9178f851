//! Any of several names.

use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Place};
use crate::kms::text::width;
use crate::kms::{Field, FieldError, Value};
use crate::tui::keymap::Action;

/// See the [module](self).
pub(super) struct NamesEditor {
    names: &'static [&'static str],
    /// In the API's order, whichever was chosen first.
    chosen: Vec<&'static str>,
    /// Which of the names Space is for.
    cursor: usize,
}

impl NamesEditor {
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        NamesEditor {
            names,
            chosen: Vec::new(),
            cursor: 0,
        }
    }

    fn toggle(&mut self) {
        let name = self.names[self.cursor];
        match self.chosen.iter().position(|other| *other == name) {
            Some(place) => drop(self.chosen.remove(place)),
            None => self.chosen.push(name),
        }
        let names = self.names;
        self.chosen
            .sort_by_key(|name| names.iter().position(|other| other == name));
    }

    fn turn(&mut self, by: isize) {
        self.cursor = (self.cursor as isize + by).rem_euclid(self.names.len() as isize) as usize;
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
        for (at, name) in self.names.iter().enumerate() {
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
}
