//! Rows that are added, taken out and moved: what fields of pairs and of tokens share.

use super::field_editor::Place;
use crate::tui::keymap::Action;

/// Whether an action does something in a field of rows, on a row or below the last.
pub(super) fn can(action: Action, on_row: bool) -> bool {
    match action {
        Action::AddRow => true,
        Action::RemoveRow | Action::RowUp | Action::RowDown => on_row,
        Action::Toggle | Action::Left | Action::Right => !on_row,
        _ => false,
    }
}

/// Takes the row of `place` out, or moves it; where the cursor is then, where the action did
/// that.
pub(super) fn act<T>(rows: &mut Vec<T>, place: Place, action: Action) -> Option<Place> {
    if place.row >= rows.len() {
        return None;
    }
    match action {
        Action::RemoveRow => {
            rows.remove(place.row);
            Some(Place {
                row: place.row.min(rows.len().saturating_sub(1)),
                column: 0,
            })
        }
        Action::RowUp => {
            let row = place.row.checked_sub(1)?;
            rows.swap(place.row, row);
            Some(Place { row, ..place })
        }
        Action::RowDown if place.row + 1 < rows.len() => {
            let row = place.row + 1;
            rows.swap(place.row, row);
            Some(Place { row, ..place })
        }
        _ => None,
    }
}
