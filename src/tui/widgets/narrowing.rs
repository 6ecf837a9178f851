//! The field above a list that narrows it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::input::Input;
use crate::tui::theme::Theme;

/// Draws the field in the first row of `area`, with the cursor in it.
pub fn draw(input: &Input, theme: &Theme, frame: &mut Frame, area: Rect) {
    let row = Rect { height: 1, ..area };
    let (field, cursor) = input.spans(area.width as usize, theme.field);
    frame.render_widget(field, row);
    if input.is_empty() {
        let hint = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(1),
            ..row
        };
        frame.render_widget(Span::styled("type to narrow the list", theme.dim), hint);
    }
    frame.set_cursor_position((area.x + cursor as u16, area.y));
}
