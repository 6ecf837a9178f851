//! All keys of a place, out of the table that dispatches them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{fit, width};
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Binding, Context, KeyMap};
use crate::tui::layout;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

pub struct Help {
    contexts: Vec<Context>,
    scroll: usize,
}

impl Help {
    pub fn new(contexts: Vec<Context>) -> Self {
        Help {
            contexts,
            scroll: 0,
        }
    }

    /// In that many columns.
    fn lines(&self, room: usize, keymap: &KeyMap, theme: &Theme) -> Vec<Line<'static>> {
        let bindings = keymap.active(&self.contexts);
        let keys_of = |binding: &Binding| {
            let keys: Vec<String> = keymap
                .keys_for(binding, &self.contexts)
                .map(|key| key.to_string())
                .collect();
            keys.join(" ")
        };
        let columns = bindings
            .iter()
            .map(|b| width(&keys_of(b)))
            .max()
            .unwrap_or(0)
            + 2;
        let mut lines = Vec::new();
        for context in &self.contexts {
            let mut titled = false;
            for binding in bindings.iter().filter(|binding| binding.at == *context) {
                if !titled {
                    if !lines.is_empty() {
                        lines.push(Line::default());
                    }
                    lines.push(Line::styled(context.title(), theme.title));
                    titled = true;
                }
                let mut keys = keys_of(binding);
                for text in view::wrap(binding.text, room.saturating_sub(columns)) {
                    lines.push(Line::from(vec![
                        Span::styled(fit(&std::mem::take(&mut keys), columns), theme.key),
                        Span::raw(text),
                    ]));
                }
            }
        }
        lines
    }
}

impl Popup for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let rows = layout::body_rows(core.size).saturating_sub(2) as usize;
        let room = room(core.size.0);
        let lines = self.lines(room, &core.keymap, &Theme::mono());
        let furthest = scroll::furthest(lines.len(), rows);
        scroll::step(&mut self.scroll, action, rows, furthest + 1);
        Flow::Stay
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let lines = self.lines(room(body.width), &core.keymap, theme);
        let columns = lines.iter().map(Line::width).max().unwrap_or(0);
        let inside = open_box(frame, body, "Keys", columns, lines.len(), theme);
        scroll::text(frame, inside, &lines, self.scroll, theme);
    }
}

/// Columns of the text, in a body of so many: the rest is the box's border.
fn room(body: u16) -> usize {
    body.saturating_sub(4).into()
}
