//! What several screens draw alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::theme::Theme;
use crate::kms::KmsError;
use crate::kms::text::{printable, width};
use crate::kms::times::{ago, countdown};

/// One step of what shows that something is under way.
pub fn spinner(ticks: usize) -> &'static str {
    const STEPS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    STEPS[ticks % STEPS.len()]
}

/// `area` without `x` columns at its sides and `y` rows at its top.
pub fn pad(area: Rect, x: u16, y: u16) -> Rect {
    Rect {
        x: area.x + x,
        y: area.y + y.min(area.height),
        width: area.width.saturating_sub(2 * x),
        height: area.height.saturating_sub(y),
    }
}

/// Makes room for what opens over a screen.
pub fn clear(frame: &mut Frame, area: Rect, theme: &Theme) {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.text);
}

/// A vertical rule at the left edge.
pub fn rule(frame: &mut Frame, area: Rect, theme: &Theme) {
    for y in area.top()..area.bottom() {
        frame.render_widget(Span::styled("│", theme.dim), Rect::new(area.x, y, 1, 1));
    }
}

/// `text` in lines of at most `columns`, broken at spaces where there are any.
pub fn wrapped(text: &str, columns: u16, style: Style) -> Vec<Line<'static>> {
    wrap(text, columns as usize)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// Lines of at most `columns` behind a sign of two columns, which stands before the first alone.
pub fn behind_sign(
    sign: Span<'static>,
    lines: impl IntoIterator<Item = Line<'static>>,
) -> Vec<Line<'static>> {
    let mut signs = std::iter::once(sign).chain(std::iter::repeat(Span::raw("  ")));
    let lines = lines.into_iter().map(|mut line| {
        line.spans.splice(0..0, signs.next());
        line
    });
    lines.collect()
}

/// Breaks `text`, made printable, into lines of at most `columns`: at spaces, and inside a word that
/// is longer than a line. Leading spaces of the text stay.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation;
    let text = &*printable(text);
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ').flat_map(arn_parts) {
        let bare = width(word.trim_end());
        if used > 0 && used + bare > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let columns_of = width(grapheme);
            if used + columns_of > columns {
                if grapheme == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += columns_of;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// An ARN in the parts between which it is best broken: up to the slash, and the rest. Any other
/// word is one part.
fn arn_parts(word: &str) -> impl Iterator<Item = &str> {
    let (head, tail) = match word.find('/') {
        Some(slash) if word.starts_with("arn:") => word.split_at(slash + 1),
        _ => (word, ""),
    };
    [head, tail].into_iter().filter(|part| !part.is_empty())
}

/// Columns of the labels of [`labelled`].
pub const LABEL: usize = 21;

/// A label and its value, which goes on below itself where it is long.
pub fn labelled(label: &str, value: &str, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let label = printable(label);
    let room = (columns as usize).saturating_sub(LABEL).max(10);
    let value = printable(value);
    let mut lines = Vec::new();
    // In a narrow place, an ARN is better whole below its label than in crumbs beside it.
    if columns < 60 && width(&value) > room && !value.contains(' ') {
        lines.push(Line::styled(label.into_owned(), theme.dim));
        let parts = wrap(&value, (columns as usize).saturating_sub(1));
        lines.extend(parts.into_iter().map(|part| Line::raw(format!(" {part}"))));
        return lines;
    }
    // A label with no space left before its value gets a line of its own.
    let own_line = width(&label) >= LABEL;
    if own_line {
        lines.push(Line::styled(label.clone().into_owned(), theme.dim));
    }
    for (row, part) in wrap(&value, room).into_iter().enumerate() {
        let head = if row == 0 && !own_line { &*label } else { "" };
        lines.push(Line::from(vec![
            Span::styled(crate::kms::text::fit(head, LABEL), theme.dim),
            Span::raw(part),
        ]));
    }
    lines
}

/// An error with all that the user can make use of: title, code, the service's words, what it
/// means, what to do, the request ID.
pub fn failure(title: &str, error: &KmsError, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let advice = error.advice();
    let mut lines = vec![Line::from(vec![
        Span::styled("✗ ", theme.bad),
        Span::styled(title.to_owned(), theme.title),
    ])];
    lines.push(Line::default());
    lines.extend(wrapped(
        &printable(&format!("{}: {}", error.code, error.message)),
        columns,
        theme.text,
    ));
    if error.status.is_some() {
        lines.extend(wrapped(&advice.means, columns, theme.text));
    }
    lines.push(Line::default());
    lines.extend(wrapped(&advice.todo, columns, theme.accent));
    if let Some(id) = &error.request_id {
        lines.extend(wrapped(
            &format!("Request ID {}", printable(id)),
            columns,
            theme.dim,
        ));
    }
    lines
}

/// A time in details: local with its offset, UTC, and how long ago.
pub fn exact_time(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", clock_time(at), ago(at, now))
}

/// When something expires, and in how long.
pub fn expiry_time(at: Timestamp, now: Timestamp) -> String {
    let left = match at > now {
        true => format!("expires in {}", countdown(now, at)),
        false => format!("expired {}", ago(at, now)),
    };
    format!("{} ({left})", clock_time(at))
}

fn clock_time(at: Timestamp) -> String {
    let utc = at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let local = at.to_zoned_datetime(TimeZone::system());
    match local.offset().seconds() {
        0 => utc,
        _ => format!("{} · {utc}", local.strftime("%Y-%m-%d %H:%M:%S %:z")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_spaces_and_long_words_break() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  \"a\": 1", 20), ["  \"a\": 1"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(
            wrap("arn:aws:kms:x:1:key/1234abcd", 24),
            ["arn:aws:kms:x:1:key/", "1234abcd"]
        );
    }
}
