//! Where the parts of the details stand: known once, for drawing and for the mouse.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::tui::widgets::list_window;

/// The row of the tabs' titles in the body.
pub(super) const TABS_ROW: u16 = 2;

/// Columns from which the key's metadata stands beside another tab.
const TWO_PANES: u16 = 160;

/// Where the text of a tab stands in the rows below the titles, and the key's metadata beside it.
pub(super) fn panes(area: Rect, has_second: bool) -> (Rect, Option<Rect>) {
    let (tab, second) = match has_second && area.width >= TWO_PANES {
        true => list_window::beside(area),
        false => (area, None),
    };
    let tab = Rect {
        x: tab.x + 2,
        width: tab.width.saturating_sub(3),
        ..tab
    };
    (tab, second)
}

/// The titles of the tabs, side by side.
#[derive(Debug, PartialEq)]
pub(super) struct TabRow {
    /// Those that have room, by their places among all that are shown, each with its columns.
    pub titles: Vec<(usize, Range<u16>)>,
    /// Whether there are more before and after them.
    pub more: (bool, bool),
}

/// Places titles of these widths, so that the one at `current` is seen: close together where they
/// have no room else, and then only some of them.
pub(super) fn tab_row(widths: &[u16], current: usize, columns: u16) -> TabRow {
    let (all, count) = (widths.iter().sum::<u16>(), widths.len() as u16);
    let gap = u16::from(all + count < columns);
    if all + 1 + gap * count <= columns {
        return TabRow {
            titles: place(widths, 0, gap, columns),
            more: (false, false),
        };
    }
    // The last column says that there are more.
    let from = (0..current).find(|from| {
        let seen = place(widths, *from, 0, columns - 1);
        seen.iter().any(|(at, _)| *at == current)
    });
    let from = from.unwrap_or(current);
    let titles = place(widths, from, 0, columns - 1);
    let more_after = from + titles.len() < widths.len();
    TabRow {
        titles,
        more: (from > 0, more_after),
    }
}

/// As many titles from `from` on as have room; the first column stays free.
fn place(widths: &[u16], from: usize, gap: u16, columns: u16) -> Vec<(usize, Range<u16>)> {
    let mut titles = Vec::new();
    let mut x = 1;
    for (at, width) in widths.iter().enumerate().skip(from) {
        if x + width > columns {
            break;
        }
        titles.push((at, x..x + width));
        x += width + gap;
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_title_is_seen_whole_at_every_width() {
        let widths = [10, 8, 10, 8, 10, 10, 12];
        for columns in 30..90 {
            for current in 0..widths.len() {
                let row = tab_row(&widths, current, columns);
                let found = row.titles.iter().find(|(at, _)| *at == current);
                let (_, place) = found.expect("the current one");
                assert!(place.end <= columns, "{columns} {current}: {row:?}");
                let is_first = row.titles[0].0 == 0;
                assert_eq!(row.more.0, !is_first, "{columns} {current}");
            }
        }
        let all = tab_row(&widths, 0, 80);
        assert_eq!((all.titles.len(), all.more), (7, (false, false)));
        assert_eq!(all.titles[1].1, 12..20);
        // Close together, they all have room.
        assert_eq!(tab_row(&widths, 0, 69).titles.len(), 7);
        assert_eq!(tab_row(&widths, 0, 60).more, (false, true));
    }
}
