//! Where things stand on the terminal: known once, for those that draw and those that act.

use ratatui::layout::{Constraint, Layout, Rect};

/// The smallest terminal that the screens fit in, columns and rows.
pub const MINIMUM: (u16, u16) = (60, 16);

/// Header, a gap, the screen's body, status, hints.
const ROWS: [Constraint; 5] = [
    Constraint::Length(1),
    Constraint::Length(1),
    Constraint::Fill(1),
    Constraint::Length(1),
    Constraint::Length(1),
];

/// The parts of the terminal.
pub struct Parts {
    pub header: Rect,
    pub body: Rect,
    pub status: Rect,
    pub hints: Rect,
}

impl Parts {
    pub fn of(area: Rect) -> Self {
        let [header, _, body, status, hints] = Layout::vertical(ROWS).areas(area);
        Parts {
            header,
            body,
            status,
            hints,
        }
    }
}

/// The screen's body in a terminal of `size`.
fn body(size: (u16, u16)) -> Rect {
    Parts::of(Rect::new(0, 0, size.0, size.1)).body
}

/// Rows of a screen's body in a terminal of `size`.
pub fn body_rows(size: (u16, u16)) -> u16 {
    body(size).height
}

/// The row of the body that is row `y` of the terminal, if it is one.
pub fn row_of_body(size: (u16, u16), y: u16) -> Option<u16> {
    let body = body(size);
    (body.top()..body.bottom()).contains(&y).then(|| y - body.y)
}
