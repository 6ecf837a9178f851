//! One of several names, or none where the field may be left out.

use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Place};
use crate::kms::text::width;
use crate::kms::{Field, FieldError, Value};
use crate::tui::keymap::Action;

/// See the [module](self).
pub(super) struct ChoiceEditor {
    chosen: Option<&'static str>,
    names: &'static [&'static str],
    /// Those that the key allows, where that is known.
    options: Vec<&'static str>,
    may_be_none: bool,
}

impl ChoiceEditor {
    pub(super) fn new(names: &'static [&'static str], may_be_none: bool) -> Self {
        ChoiceEditor {
            chosen: None,
            names,
            options: names.to_vec(),
            may_be_none,
        }
    }

    /// The name that is chosen. One that the key does not allow counts as the first that it does.
    fn name(&self) -> Option<&'static str> {
        match self.chosen {
            Some(name) if self.options.contains(&name) => Some(name),
            _ if self.may_be_none => None,
            _ => self.options.first().copied(),
        }
    }

    /// What can be chosen, none where that can be.
    fn all(&self) -> Vec<Option<&'static str>> {
        let none = self.may_be_none.then_some(None);
        none.into_iter()
            .chain(self.options.iter().map(|name| Some(*name)))
            .collect()
    }

    fn turn(&mut self, by: isize) {
        let all = self.all();
        let now = self.name();
        let at = all.iter().position(|name| *name == now).unwrap_or(0) as isize;
        self.chosen = all[(at + by).rem_euclid(all.len().max(1) as isize) as usize];
    }

    /// The names side by side, or only the chosen one where they do not fit.
    fn spans(&self, look: &Look) -> Vec<Span<'static>> {
        let theme = look.theme;
        let all = self.all();
        let chosen = self.name();
        let text = |name: &Option<&'static str>| name.unwrap_or("not given");
        let wanted: usize = all.iter().map(|name| width(text(name)) + 3).sum();
        let style_of = |is_chosen: bool| match (is_chosen, look.focus.is_some()) {
            (true, true) => theme.selected,
            (true, false) => theme.bold,
            _ => theme.dim,
        };
        if wanted > look.room {
            let at = all.iter().position(|name| *name == chosen).unwrap_or(0);
            return vec![
                Span::styled(format!("◂ {} ▸", text(&chosen)), style_of(look.is_given)),
                Span::styled(format!("  {} of {}", at + 1, all.len()), theme.dim),
            ];
        }
        let mut spans = Vec::new();
        for name in &all {
            let is_chosen = *name == chosen && look.is_given;
            let marker = if is_chosen { "▸" } else { " " };
            spans.push(Span::styled(
                format!("{marker}{} ", text(name)),
                style_of(is_chosen),
            ));
            spans.push(Span::raw(" "));
        }
        spans
    }
}

impl FieldEditor for ChoiceEditor {
    fn fill(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            self.chosen = self.options.iter().find(|name| *name == text).copied();
        }
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        Ok(self.name().map(|name| Value::Text(name.to_owned())))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        vec![FieldLine::at(Place::default(), self.spans(look), look)]
    }

    fn can(&self, _: Place, action: Action) -> bool {
        let turns = matches!(action, Action::Toggle | Action::Left | Action::Right);
        turns && self.all().len() > 1
    }

    fn act(
        &mut self,
        place: Place,
        action: Action,
        _: &Field,
    ) -> Result<Option<Place>, FieldError> {
        match action {
            Action::Toggle | Action::Right => self.turn(1),
            Action::Left => self.turn(-1),
            _ => return Ok(None),
        }
        Ok(Some(place))
    }

    fn narrow(&mut self, allowed: Option<&[String]>) {
        self.options = self
            .names
            .iter()
            .filter(|name| allowed.is_none_or(|allowed| allowed.iter().any(|a| a == *name)))
            .copied()
            .collect();
        if self.options.is_empty() {
            self.options = self.names.to_vec();
        }
    }
}
