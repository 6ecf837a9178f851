//! Draws the frame around the screens: header, body, status line, hints. And what several screens
//! draw alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::app::{App, Connection, Core, MINIMUM, Tone};
use super::keymap::{Action, Context};
use super::listing::ListState;
use super::screens::Screen;
use super::theme::Theme;
use super::widgets::hint_bar;
use crate::kms::KmsError;
use crate::kms::outcome::latency_text;
use crate::kms::text::counted;
use crate::kms::text::{cut_end, printable, width};

/// Header, a gap, the screen's body, status, hints.
const ROWS: [Constraint; 5] = [
    Constraint::Length(1),
    Constraint::Length(1),
    Constraint::Fill(1),
    Constraint::Length(1),
    Constraint::Length(1),
];

/// The screen's body in a terminal of `size`.
fn body(size: (u16, u16)) -> Rect {
    let [_, _, body, _, _] = Layout::vertical(ROWS).areas(Rect::new(0, 0, size.0, size.1));
    body
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

/// Draws everything.
pub fn draw(app: &App, theme: &Theme, frame: &mut Frame) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.text);
    if area.width < MINIMUM.0 || area.height < MINIMUM.1 {
        let text = format!(
            "kmsdeck needs {} x {}; this is {} x {}. Enlarge the terminal{}.",
            MINIMUM.0,
            MINIMUM.1,
            area.width,
            area.height,
            match app.core.keymap.key_of(Context::Global, Action::Quit) {
                Some(key) => format!(", or {key} quits"),
                None => String::new(),
            }
        );
        for (row, line) in wrapped(&text, area.width, theme.text)
            .into_iter()
            .enumerate()
        {
            if (row as u16) < area.height {
                frame.render_widget(line, Rect::new(area.x, area.y + row as u16, area.width, 1));
            }
        }
        return;
    }
    let [header, _, body, status, hints] = Layout::vertical(ROWS).areas(area);
    draw_header(app, theme, frame, header);
    if let Some(screen) = app.screens.last() {
        match screen {
            Screen::Keys(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::KeyDetail(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Form(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Outcome(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Aliases(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::CallLog(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Matrix(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Lessons(screen) => screen.draw(&app.core, theme, frame, body),
            Screen::Lesson(screen) => screen.draw(&app.core, theme, frame, body),
        }
    }
    draw_status(app, theme, frame, status);
    let contexts = app.contexts();
    frame.render_widget(
        hint_bar::line(
            &app.core.keymap,
            &contexts,
            |action| app.can(action),
            hints.width,
            theme,
        ),
        hints,
    );
    if let Some(popup) = &app.popup {
        popup.draw(&app.core, theme, frame, body);
    }
}

/// Who and where, and how many.
fn draw_header(app: &App, theme: &Theme, frame: &mut Frame, area: Rect) {
    let core = &app.core;
    let mut spans = vec![Span::styled(" kmsdeck ", theme.title)];
    if core.target.is_sandbox() {
        spans.push(Span::styled(" SANDBOX ", theme.badge));
    }
    if core.is_read_only() {
        spans.push(Span::raw(" "));
        spans.push(Span::styled(" READ-ONLY ", theme.badge));
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(session) = core.session() {
        let account = core.account().unwrap_or("account not known").to_owned();
        match &core.identity {
            Some(Ok(identity)) => parts.push(format!("{account} {}", identity.short_name())),
            _ => parts.push(account),
        }
        if let Some(profile) = session.profile.as_deref().filter(|_| !session.is_sandbox) {
            parts.push(format!("profile {profile}"));
        }
        match core.lists.len() {
            0 | 1 => parts.push(session.region.clone()),
            n => parts.push(format!("{n} Regions")),
        }
        parts.extend(session.endpoint.clone());
    } else {
        parts.extend(core.target.name().map(str::to_owned));
        parts.extend(core.target.region.clone());
    }
    let count = match app.screens.first() {
        Some(Screen::Keys(keys)) if core.session().is_some() => keys.count_text(core),
        _ => String::new(),
    };
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    let room = (area.width as usize).saturating_sub(used + width(&count) + 4);
    let place = printable(&parts.join(" · ")).into_owned();
    spans.push(Span::raw(format!(" {}", cut_end(&place, room))));
    // A line's style is that of its whole row: the other way round, the badge would lose its own.
    frame.render_widget(
        Line::styled(format!("{count} "), theme.dim).right_aligned(),
        area,
    );
    frame.render_widget(Line::from(spans), area);
}

/// What just happened; else, on the list of keys, how the lists stand and what is under the
/// cursor.
fn draw_status(app: &App, theme: &Theme, frame: &mut Frame, area: Rect) {
    let core = &app.core;
    let progress = core.progress_text();
    let mut room = area.width as usize;
    if let (Some(Screen::Keys(keys)), None) = (app.screens.last(), &core.note)
        && progress.is_none()
        && let Some(current) = keys.current_text(core)
    {
        let text = format!("{} ", printable(&current));
        room = room.saturating_sub(width(&text) + 2);
        frame.render_widget(Line::styled(text, theme.dim).right_aligned(), area);
    }
    let place = Rect {
        width: room as u16,
        ..area
    };
    frame.render_widget(status_line(app, progress, place.width, theme), place);
}

fn status_line(app: &App, progress: Option<String>, columns: u16, theme: &Theme) -> Line<'static> {
    let core = &app.core;
    let (glyph, style, text) = match &core.note {
        Some(note) => {
            let (glyph, style) = match note.tone {
                Tone::Plain => ("", theme.text),
                Tone::Good => ("✓ ", theme.good),
                Tone::Warn => ("! ", theme.warn),
                Tone::Bad => ("✗ ", theme.bad),
            };
            (glyph, style, note.text.clone())
        }
        None if app.screens.len() == 1 => standing_status(core, progress, theme),
        None => return Line::default(),
    };
    let room = (columns as usize).saturating_sub(2 + width(glyph));
    Line::from(vec![
        Span::raw(" "),
        Span::styled(glyph, style),
        Span::raw(cut_end(&printable(&text), room).into_owned()),
    ])
}

/// How the lists stand, when there is nothing else to say.
fn standing_status(
    core: &Core,
    progress: Option<String>,
    theme: &Theme,
) -> (&'static str, Style, String) {
    if !matches!(core.connection, Connection::Ready(_)) {
        return ("", theme.text, String::new());
    }
    if let Some(text) = progress {
        return ("", theme.text, format!("{} {text}", spinner(core.ticks)));
    }
    let keys = counted(core.keys.len(), "key");
    let aliases = counted(core.keys.alias_count(), "alias");
    let again = match core.keymap.key_of(Context::Keys, Action::Refresh) {
        Some(key) => format!("; {key} lists again"),
        None => String::new(),
    };
    match (core.keys_list(), core.aliases_list()) {
        (ListState::Failed(error), _) if !core.keys.is_empty() => {
            let why = if error.is_access_denied() {
                "ListKeys is denied; these are the keys that aliases point to.".to_owned()
            } else {
                format!("The list of keys is partial ({}){again}.", error.code)
            };
            ("! ", theme.warn, why)
        }
        (ListState::Failed(_), _) => ("", theme.text, String::new()),
        (_, ListState::Failed(error)) => (
            "! ",
            theme.warn,
            if error.is_access_denied() {
                format!("{keys}; no aliases, since ListAliases is denied.")
            } else {
                format!(
                    "{keys}; the list of aliases is partial ({}){again}.",
                    error.code
                )
            },
        ),
        (ListState::Done, ListState::Done) => {
            let time = core.listing_time.map(latency_text).unwrap_or_default();
            ("✓ ", theme.good, format!("{keys}, {aliases} · {time}"))
        }
        _ => {
            let text = format!("{} Listing: {keys}, {aliases} so far", spinner(core.ticks));
            ("", theme.dim, text)
        }
    }
}

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

/// Breaks `text` into lines of at most `columns`: at spaces, and inside a word that is longer
/// than a line. Leading spaces of the text stay.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation;
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

/// `3 d ago`: a time in a list.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return format!("in {}", short_span(now, at));
    }
    format!("{} ago", short_span(at, now))
}

/// `6 d`, `2 y`: the time from one to the other, in its largest unit.
pub fn short_span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    let (number, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        86_400..31_536_000 => (seconds / 86_400, "d"),
        _ => (seconds / 31_536_000, "y"),
    };
    format!("{number} {unit}")
}

/// A time in details: local with its offset, UTC, and how long ago.
pub fn exact_time(at: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let utc = at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let local = at.to_zoned_datetime(zone);
    if local.offset().seconds() == 0 {
        return format!("{utc} ({})", ago(at, now));
    }
    format!(
        "{} · {utc} ({})",
        local.strftime("%Y-%m-%d %H:%M:%S %:z"),
        ago(at, now)
    )
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

    #[test]
    fn times_are_short_in_lists() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let before: Timestamp = "2026-01-07T00:00:00Z".parse().unwrap();
        assert_eq!(ago(before, now), "3 d ago");
        assert_eq!(ago(now, before), "in 3 d");
    }
}
