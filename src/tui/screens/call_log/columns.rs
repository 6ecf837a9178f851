//! The columns of the call log, as many as there is room for.

use ratatui::text::{Line, Span};

use crate::kms::outcome::latency_text;
use crate::kms::text::{cut_end, cut_middle, printable};
use crate::kms::{CallEnd, CallRecord, key_id};
use crate::tui::theme::Theme;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Time,
    Region,
    Operation,
    Account,
    Principal,
    Key,
    Result,
    Latency,
    Tries,
    RequestId,
}

/// The columns that a screen has room for, with their widths. The key tells more than the request
/// ID: that has to wait for room, and whose call it was for more than 80 columns.
pub(super) fn columns(width: u16, several_regions: bool) -> Vec<(Column, u16)> {
    use Column as C;
    let (narrow, wide) = (width < 80, width >= 120);
    let (wider, widest) = (width >= 150, width >= 180);
    let tight = narrow || (several_regions && !wide);
    let operation = match (tight, wide) {
        (true, _) => 16,
        (_, false) => 20,
        (_, true) => 32,
    };
    let result = match (tight, widest) {
        (true, _) => 14,
        (_, false) => 18,
        (_, true) => 26,
    };
    let all = [
        (C::Time, 10, true),
        (C::Region, 12, !narrow && several_regions || wider),
        (C::Operation, operation, true),
        (C::Account, 12, wide && (wider || !several_regions)),
        (C::Principal, if widest { 24 } else { 16 }, wide),
        (C::Key, 0, true),
        (C::Result, result, true),
        (C::Latency, 10, !narrow),
        (C::Tries, 5, widest),
        (C::RequestId, 18, widest),
    ];
    let seen = all.iter().filter(|(.., is_seen)| *is_seen);
    let mut columns: Vec<(Column, u16)> =
        seen.map(|(column, width, _)| (*column, *width)).collect();
    let others: u16 = columns.iter().map(|(_, width)| width + 1).sum();
    for (column, columns) in &mut columns {
        if *column == C::Key {
            *columns = (width + 1).saturating_sub(others);
        }
    }
    columns
}

impl Column {
    pub(super) fn head(self) -> &'static str {
        match self {
            Column::Time => "  TIME",
            Column::Region => "REGION",
            Column::Operation => "OPERATION",
            Column::Account => "ACCOUNT",
            Column::Principal => "PRINCIPAL",
            Column::Key => "KEY",
            Column::Result => "RESULT",
            Column::Latency => "LATENCY",
            Column::Tries => "TRIES",
            Column::RequestId => "REQUEST ID",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Column::Latency | Column::Tries)
    }

    /// What a call has in the column, in `room` columns.
    pub(super) fn cell(
        self,
        record: &CallRecord,
        marker: &str,
        room: u16,
        theme: &Theme,
    ) -> Line<'static> {
        let room = room.into();
        let end = |text: &str| Line::raw(cut_end(&printable(text), room).into_owned());
        let middle = |text: &str| Line::raw(cut_middle(&printable(text), room).into_owned());
        let caller = record.caller.as_deref();
        match self {
            Column::Time => Line::raw(format!("{marker}{}", record.at.strftime("%H:%M:%S"))),
            Column::Region => end(&record.region),
            Column::Operation => {
                let dry = if record.dry_run { " (dry run)" } else { "" };
                end(&format!("{}{dry}", record.operation))
            }
            Column::Account => end(caller.map_or("–", |caller| &caller.account)),
            Column::Principal if record.in_lesson => end("(lesson)"),
            Column::Principal => middle(caller.map_or("–", |caller| caller.short_name())),
            Column::Key => {
                // Of an ARN, what tells it from others; the details have it whole.
                let key = record.key.as_deref().unwrap_or("–");
                middle(key_id::parse(key).map_or(key, |id| id.resource))
            }
            Column::Result => {
                let (glyph, style) = match record.end() {
                    CallEnd::Done | CallEnd::WouldSucceed => ("✓", theme.good),
                    CallEnd::Cancelled => ("–", theme.dim),
                    CallEnd::Failed => ("✗", theme.bad),
                };
                let text = printable(record.result_text());
                Line::from(vec![
                    Span::styled(format!("{glyph} "), style),
                    Span::raw(cut_end(&text, room.saturating_sub(2)).into_owned()),
                ])
            }
            Column::Latency => Line::raw(latency_text(record.latency)).right_aligned(),
            Column::Tries => Line::raw(record.attempts.to_string()).right_aligned(),
            Column::RequestId => middle(record.request_id.as_deref().unwrap_or("–")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_has_room_at_every_width() {
        for width in 60..260 {
            for several in [false, true] {
                let columns = columns(width, several);
                let all: u16 = columns.iter().map(|(_, columns)| columns + 1).sum();
                assert_eq!(all, width + 1, "{width}");
                let key = columns.iter().find(|(column, _)| *column == Column::Key);
                assert!(key.is_some_and(|(_, columns)| width < 80 || *columns >= 8));
            }
        }
    }
}
