//! The cursor of a list that is longer than the screen, and the part of it that is seen. It stands
//! below a filter line and a second one, with column heads above its rows.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::scroll;
use crate::tui::core::Core;
use crate::tui::keymap::Action;
use crate::tui::layout;
use crate::tui::theme::Theme;

/// Rows above the list in the screen's body: the filter line, the second line, the column heads.
const HEAD_ROWS: u16 = 3;

/// Columns from which the preview stands beside a list.
pub const WIDE: u16 = 120;

/// The list, and the preview of its current row where there is room for one.
pub fn beside(area: Rect) -> (Rect, Option<Rect>) {
    if area.width < WIDE {
        return (area, None);
    }
    let preview = if area.width >= 160 { 56 } else { 42 };
    let [list, preview] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(preview)]).areas(area);
    (list, Some(preview))
}

/// See the [module](self).
#[derive(Default)]
pub struct ListWindow {
    /// Place of the row under the cursor.
    pub selected: usize,
    offset: usize,
}

/// The filter line, the second line, and the table with its heads.
pub fn areas(area: Rect) -> [Rect; 3] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area)
}

/// Rows of the list that are seen at once.
fn page_rows(core: &Core) -> usize {
    layout::body_rows(core.size)
        .saturating_sub(HEAD_ROWS)
        .max(1) as usize
}

impl ListWindow {
    /// Brings cursor and window into a list of `len` rows; the places that are seen come back.
    pub fn settle(&mut self, core: &Core, len: usize) -> Range<usize> {
        self.selected = self.selected.min(len.saturating_sub(1));
        let page = page_rows(core);
        self.offset = scroll::follow(self.offset, self.selected, page, len);
        self.offset..(self.offset + page).min(len)
    }

    /// Moves the cursor by an action of the arrow keys; whether it was one.
    pub fn step(&mut self, action: Action, core: &Core, len: usize) -> bool {
        let page = page_rows(core).saturating_sub(1);
        scroll::step(&mut self.selected, action, page, len)
    }

    /// Puts the cursor on the row at `y` of the body; false where there is none.
    pub fn click(&mut self, y: u16, len: usize) -> bool {
        let row = self.offset + y.saturating_sub(HEAD_ROWS) as usize;
        let is_row = y >= HEAD_ROWS && row < len;
        if is_row {
            self.selected = row;
        }
        is_row
    }

    /// Those of `rows` that a table in `area` shows, with their places.
    pub fn seen<'a, T>(&self, rows: &'a [T], area: Rect) -> impl Iterator<Item = (usize, &'a T)> {
        let page = area.height.saturating_sub(1) as usize;
        rows.iter().enumerate().skip(self.offset).take(page)
    }

    /// What stands before a row's first column.
    pub fn marker(&self, place: usize) -> &'static str {
        if place == self.selected { "▌ " } else { "  " }
    }

    /// Marks the row under the cursor in a table that was drawn in `area`: cells have colours of
    /// their own, which would stay there.
    pub fn mark(&self, theme: &Theme, frame: &mut Frame, area: Rect) {
        let y = area.y + 1 + (self.selected - self.offset.min(self.selected)) as u16;
        if y < area.bottom() {
            let line = Rect::new(area.x, y, area.width, 1);
            frame.buffer_mut().set_style(line, theme.selected);
        }
    }
}
