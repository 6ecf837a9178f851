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

    fn lines(&self, keymap: &KeyMap, theme: &Theme) -> Vec<Line<'static>> {
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
                lines.push(Line::from(vec![
                    Span::styled(fit(&keys_of(binding), columns), theme.key),
                    Span::raw(binding.text),
                ]));
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
        let furthest = scroll::furthest(self.lines(&core.keymap, &Theme::mono()).len(), rows);
        scroll::step(&mut self.scroll, action, rows, furthest + 1);
        Flow::Stay
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let lines = self.lines(&core.keymap, theme);
        let columns = lines.iter().map(Line::width).max().unwrap_or(0);
        let inside = open_box(frame, body, "Keys", columns, lines.len(), theme);
        scroll::text(frame, inside, &lines, self.scroll, theme);
    }
}
