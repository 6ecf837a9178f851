//! Which columns of a list have room, and how much each gets.

/// Columns of the screen between two columns of the table.
pub const GAP: usize = 2;
/// Those before the first one, for the cursor and the mark.
pub const MARKER: usize = 2;

/// The columns that have room, each with its width. What has none is left out from the right. Then
/// each grows to what `natural` says its texts take, within the least and the most that `width` says
/// of it, in the order of the table, and the first one has the rest.
pub fn layout<Column: Copy>(
    columns: &[Column],
    width: impl Fn(Column) -> (usize, usize),
    natural: impl Fn(Column) -> usize,
    room: usize,
) -> Vec<(Column, usize)> {
    let mut shown = columns.to_vec();
    let least = |shown: &[Column]| {
        let widths: usize = shown.iter().map(|column| width(*column).0).sum();
        MARKER + widths + GAP * shown.len().saturating_sub(1)
    };
    while shown.len() > 1 && least(&shown) > room {
        shown.pop();
    }
    // Nothing touches what stands beside the table.
    let mut spare = room.saturating_sub(least(&shown) + 1);
    let mut widths: Vec<(Column, usize)> = shown
        .into_iter()
        .map(|column| {
            let (least, most) = width(column);
            let wanted = natural(column).clamp(least, most);
            let more = (wanted - least).min(spare);
            spare -= more;
            (column, least + more)
        })
        .collect();
    if let Some((_, first)) = widths.first_mut() {
        *first += spare;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::columns::{ColumnId, DEFAULT, column};

    fn laid_out(room: usize) -> Vec<(ColumnId, usize)> {
        let natural = |id| match id {
            ColumnId::Alias => 30,
            ColumnId::KeyId => 36,
            _ => 0,
        };
        layout(DEFAULT, |id| column(id).width, natural, room)
    }

    #[test]
    fn what_has_no_room_is_left_out_from_the_right_and_what_has_some_is_not_cut() {
        let ids =
            |room| -> Vec<ColumnId> { laid_out(room).into_iter().map(|(id, _)| id).collect() };
        assert_eq!(ids(60), DEFAULT[..3]);
        assert_eq!(ids(80), DEFAULT[..5]);
        assert_eq!(ids(140), DEFAULT);
        assert_eq!(ids(5), DEFAULT[..1]);
        let wide = laid_out(160);
        assert_eq!(wide[1].1, 36);
        assert!(wide[0].1 >= 30);
        for room in 30..200 {
            let widths = laid_out(room);
            let taken: usize = widths.iter().map(|(_, width)| width + GAP).sum();
            assert!(MARKER + taken - GAP <= room.max(MARKER + 22), "{room}");
        }
    }
}
