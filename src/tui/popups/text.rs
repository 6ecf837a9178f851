//! Something to read.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Popup;
use crate::kms::text::printable;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// Columns of the text where the terminal has them.
const COLUMNS: u16 = 76;

pub struct TextPopup {
    title: &'static str,
    /// Label and value; a line without a label is a paragraph.
    fields: Vec<(String, String)>,
    scroll: usize,
}

impl TextPopup {
    pub fn new(title: &'static str, fields: Vec<(String, String)>) -> Self {
        TextPopup {
            title,
            fields,
            scroll: 0,
        }
    }

    fn lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        self.fields
            .iter()
            .flat_map(|(label, value)| match label.is_empty() {
                true => view::wrapped(&printable(value), columns, theme.text),
                false => view::labelled(label, value, columns, theme),
            })
            .collect()
    }
}

impl Popup for TextPopup {
    fn context(&self) -> Context {
        Context::Help
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let rows = layout::body_rows(core.size).saturating_sub(2) as usize;
        let columns = COLUMNS.min(core.size.0.saturating_sub(4));
        let furthest = scroll::furthest(self.lines(columns, &Theme::mono()).len(), rows);
        scroll::step(&mut self.scroll, action, rows, furthest + 1);
        Flow::Stay
    }

    fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = COLUMNS.min(body.width.saturating_sub(4));
        let lines = self.lines(columns, theme);
        let inside = open_box(frame, body, self.title, columns.into(), lines.len(), theme);
        scroll::text(frame, inside, &lines, self.scroll, theme);
    }
}
