//! The box of a popup.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use crate::kms::text::width;
use crate::tui::theme::Theme;
use crate::tui::view;

/// An empty box in the middle of `body` with room for `columns` x `rows`; its inside.
pub fn open_box(
    frame: &mut Frame,
    body: Rect,
    title: &str,
    columns: usize,
    rows: usize,
    theme: &Theme,
) -> Rect {
    let columns = (columns.max(width(title) + 2) as u16 + 4).min(body.width);
    let rows = (rows as u16 + 2).min(body.height);
    let area = Rect::new(
        body.x + (body.width - columns) / 2,
        body.y + (body.height - rows) / 2,
        columns,
        rows,
    );
    view::clear(frame, area, theme);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.accent)
        .title(Line::from(vec![
            Span::raw(" "),
            Span::styled(title.to_owned(), theme.title),
            Span::raw(" "),
        ]));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    }
}
