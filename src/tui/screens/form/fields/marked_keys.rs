//! The keys of a form for several: how many they are, and the first of them.

use ratatui::text::Span;

use super::field_editor::{FieldEditor, FieldLine, Look, Place};
use crate::kms::text::{counted, cut_end, printable};
use crate::kms::{Field, FieldError, Value};
use crate::tui::keymap::Action;

/// See the [module](self).
pub struct MarkedKeysEditor {
    count: usize,
    /// What the first of them are called, one after the other.
    names: String,
    /// The ID of one, in the place of all: each request gets its own.
    stand_in: String,
}

impl MarkedKeysEditor {
    pub fn new(names: &[String], stand_in: String) -> Self {
        const NAMED: usize = 20;
        let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
        let more = if names.len() > NAMED { ", …" } else { "" };
        MarkedKeysEditor {
            count: names.len(),
            names: format!("{}{more}", first.join(", ")),
            stand_in,
        }
    }
}

impl FieldEditor for MarkedKeysEditor {
    fn fill(&mut self, _: &Value) {}

    fn can(&self, _: Place, _: Action) -> bool {
        false
    }

    fn value(&self, _: &Field, _: bool) -> Result<Option<Value>, FieldError> {
        Ok(Some(Value::Text(self.stand_in.clone())))
    }

    fn draw(&self, _: &Field, look: &Look) -> Vec<FieldLine> {
        let style = match look.focus.is_some() {
            true => look.theme.selected,
            false => look.theme.bold,
        };
        let count = counted(self.count, "marked key");
        let names = cut_end(&printable(&self.names), look.room).into_owned();
        vec![
            FieldLine::at(Place::default(), vec![Span::styled(count, style)], look),
            FieldLine {
                is_focused: false,
                ..FieldLine::at(
                    Place::default(),
                    vec![Span::styled(names, look.theme.dim)],
                    look,
                )
            },
        ]
    }
}
