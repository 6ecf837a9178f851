//! Which columns the list of keys has, and in which order.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::catalog::columns::{COLUMNS, ColumnId, column};
use crate::kms::text::{fit, width};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// See the [module](self).
pub struct ColumnsPopup {
    /// All columns: those that are shown first, in their order.
    order: Vec<ColumnId>,
    shown: Vec<ColumnId>,
    chosen: usize,
}

impl ColumnsPopup {
    pub fn new(core: &Core) -> Self {
        let shown = core.kept.columns.clone();
        let others = COLUMNS.iter().map(|column| column.id);
        let others = others.filter(|id| !shown.contains(id));
        ColumnsPopup {
            order: shown.iter().copied().chain(others).collect(),
            shown,
            chosen: 0,
        }
    }

    /// The line of `config.toml` that keeps the choice.
    fn setting(&self) -> String {
        let names = self
            .columns()
            .into_iter()
            .map(|id| format!("{:?}", column(id).name));
        format!("columns = [{}]", names.collect::<Vec<_>>().join(", "))
    }

    /// Those that are shown, in their order.
    fn columns(&self) -> Vec<ColumnId> {
        let is_shown = |id: &ColumnId| self.shown.contains(id);
        self.order.iter().copied().filter(is_shown).collect()
    }

    fn toggle(&mut self, core: &mut Core) {
        let id = self.order[self.chosen];
        match self.shown.iter().position(|shown| *shown == id) {
            Some(_) if self.shown.len() == 1 => {
                core.say(Tone::Plain, "One column stays.");
            }
            Some(at) => {
                self.shown.remove(at);
            }
            None => self.shown.push(id),
        }
    }

    /// Moves the column under the cursor, and the cursor with it.
    fn shift(&mut self, down: bool) {
        let to = match down {
            true => (self.chosen + 1).min(self.order.len() - 1),
            false => self.chosen.saturating_sub(1),
        };
        self.order.swap(self.chosen, to);
        self.chosen = to;
    }
}

impl Popup for ColumnsPopup {
    fn context(&self) -> Context {
        Context::Columns
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::RowUp => self.chosen > 0,
            Action::RowDown => self.chosen + 1 < self.order.len(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Toggle => self.toggle(core),
            Action::RowUp => self.shift(false),
            Action::RowDown => self.shift(true),
            Action::Copy => core.copy(self.setting()),
            Action::Accept => {
                core.kept.columns = self.columns();
                return Flow::Close;
            }
            _ => {
                scroll::step(&mut self.chosen, action, 8, self.order.len());
            }
        }
        Flow::Stay
    }

    fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let names = COLUMNS.iter().map(|column| width(column.name)).max();
        let names = names.unwrap_or(0);
        let columns = (body.width as usize).saturating_sub(6).min(names + 66);
        let rows = self.order.len() + 1;
        let inside = open_box(frame, body, "Columns of the list", columns, rows, theme);
        let room = (inside.width as usize).saturating_sub(names + 8);
        let lines: Vec<Line> = self
            .order
            .iter()
            .enumerate()
            .map(|(at, id)| {
                let column = column(*id);
                let is_chosen = at == self.chosen;
                let is_shown = self.shown.contains(id);
                let (style, note) = match (is_chosen, is_shown) {
                    (true, _) => (theme.selected, theme.selected),
                    (false, true) => (theme.bold, theme.dim),
                    (false, false) => (theme.text, theme.dim),
                };
                let cost = column.fact.map(|fact| format!(" ({})", fact.operation()));
                let about = format!("{}{}", column.about, cost.unwrap_or_default());
                Line::from(vec![
                    Span::styled(if is_chosen { "▌" } else { " " }, style),
                    Span::styled(if is_shown { "[x] " } else { "[ ] " }, style),
                    Span::styled(format!("{}  ", fit(column.name, names)), style),
                    Span::styled(fit(&about, room), note),
                ])
            })
            .collect();
        let list = Rect {
            height: inside.height.saturating_sub(1),
            ..inside
        };
        let offset = scroll::follow(0, self.chosen, list.height as usize, lines.len());
        scroll::text(frame, list, &lines, offset, theme);
        let last = Rect {
            y: list.bottom(),
            height: inside.height.min(1),
            ..inside
        };
        let text =
            "A column asks its call of the keys that are seen. y copies the line for config.toml.";
        let text = fit(text, inside.width as usize);
        frame.render_widget(Span::styled(text, theme.dim), last);
    }
}
