//! Lists and texts that are longer than the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::kms::text::width;
use crate::tui::keymap::Action;
use crate::tui::theme::Theme;

/// Moves `at` in `0..len` by an action of the arrow keys; whether it was one.
pub fn step(at: &mut usize, action: Action, page: usize, len: usize) -> bool {
    let last = len.saturating_sub(1);
    *at = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => *at + 1,
        Action::PageUp => at.saturating_sub(page.max(1)),
        Action::PageDown => *at + page.max(1),
        Action::First => 0,
        Action::Last => last,
        _ => return false,
    }
    .min(last);
    true
}

/// The first line to show, so that `at` stays in a window of `height` that was at `offset`.
pub fn follow(offset: usize, at: usize, height: usize, len: usize) -> usize {
    let height = height.max(1);
    let lowest = (at + 1).saturating_sub(height);
    offset.clamp(lowest, at).min(len.saturating_sub(height))
}

/// Draws `lines` from `offset` on, with a count of what is below where that is something.
pub fn text(frame: &mut Frame, area: Rect, lines: &[Line<'_>], offset: usize, theme: &Theme) {
    let height = area.height as usize;
    let offset = offset.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(offset).take(height).enumerate() {
        let place = Rect::new(area.x, area.y + row as u16, area.width, 1);
        frame.render_widget(line, place);
    }
    let below = lines.len().saturating_sub(offset + height);
    if below > 0 && height > 0 {
        let note = format!(" ↓ {below} more ");
        let columns = (width(&note) as u16).min(area.width);
        let place = Rect::new(area.right() - columns, area.bottom() - 1, columns, 1);
        frame.render_widget(Span::styled(note, theme.dim), place);
    }
}

/// The furthest that a text of `len` lines can be scrolled in a window of `height`.
pub fn furthest(len: usize, height: usize) -> usize {
    len.saturating_sub(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_stays_full() {
        assert_eq!(follow(0, 9, 10, 100), 0);
        assert_eq!(follow(0, 10, 10, 100), 1);
        assert_eq!(follow(50, 20, 10, 100), 20);
        assert_eq!(follow(95, 99, 10, 100), 90);
        assert_eq!(follow(3, 0, 10, 4), 0);
        let mut at = 5;
        assert!(step(&mut at, Action::PageDown, 10, 12));
        assert_eq!(at, 11);
        assert!(!step(&mut at, Action::Copy, 10, 12));
    }
}
