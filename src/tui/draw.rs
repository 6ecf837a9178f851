//! Draws the frame around the screens: header, body, status line, hints.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::App;
use super::core::Core;
use super::core::connection::ConnectionState;
use super::core::listing::ListState;
use super::core::note::Tone;
use super::header;
use super::keymap::{Action, Context};
use super::layout::{MINIMUM, Parts};
use super::theme::Theme;
use super::view;
use super::widgets::hint_bar;
use crate::gateway::Session;
use crate::kms::outcome::latency_text;
use crate::kms::text::{counted, cut_end, is_unsafe, printable, width};

/// Draws everything.
pub fn draw(app: &App, theme: &Theme, frame: &mut Frame) {
    draw_all(app, theme, frame);
    for cell in &mut frame.buffer_mut().content {
        // Whatever stands here was to be made printable where it came from. Where that was
        // forgotten, no terminal is to obey it.
        if !cell.symbol().is_ascii() && cell.symbol().chars().any(is_unsafe) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

fn draw_all(app: &App, theme: &Theme, frame: &mut Frame) {
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
        for (row, line) in view::wrapped(&text, area.width, theme.text)
            .into_iter()
            .enumerate()
        {
            if (row as u16) < area.height {
                frame.render_widget(line, Rect::new(area.x, area.y + row as u16, area.width, 1));
            }
        }
        return;
    }
    let Parts {
        header,
        body,
        status,
        hints,
    } = Parts::of(area);
    header::draw(app, theme, frame, header);
    app.screen().draw(&app.core, theme, frame, body);
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

/// What just happened, and what is under the cursor; on the list of keys, else how the lists stand.
fn draw_status(app: &App, theme: &Theme, frame: &mut Frame, area: Rect) {
    let core = &app.core;
    let progress = core.progress_text();
    let mut room = area.width as usize;
    // Elsewhere a screen says how far that is itself.
    let is_free = core.note.is_none() && (progress.is_none() || !app.is_home());
    if is_free && let Some(current) = app.screen().current_text(core) {
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
        None if core
            .session()
            .is_some_and(|session| session.waits_for().is_some()) =>
        {
            let what = core.session().and_then(Session::waits_for);
            let text = format!("Waiting for {}.", what.unwrap_or_default());
            (view::spinner(core.ticks), theme.warn, format!(" {text}"))
        }
        None if app.is_home() => standing_status(core, progress, theme),
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
    if !matches!(core.connection.state, ConnectionState::Ready(_)) {
        return ("", theme.text, String::new());
    }
    if let Some(text) = progress {
        return (
            "",
            theme.text,
            format!("{} {text}", view::spinner(core.ticks)),
        );
    }
    let keys = counted(core.listing.keys.len(), "key");
    let aliases = counted(core.listing.keys.alias_count(), "alias");
    let again = match core.keymap.key_of(Context::Keys, Action::Refresh) {
        Some(key) => format!("; {key} lists again"),
        None => String::new(),
    };
    match (core.listing.keys_list(), core.listing.aliases_list()) {
        (ListState::Failed(error), _) if !core.listing.keys.is_empty() => {
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
            let time = core.listing.time.map(latency_text).unwrap_or_default();
            let age = core.listing.age_text(core.now);
            ("✓ ", theme.good, format!("{keys}, {aliases} · {time}{age}"))
        }
        _ => {
            let text = format!(
                "{} Listing: {keys}, {aliases} so far",
                view::spinner(core.ticks)
            );
            ("", theme.dim, text)
        }
    }
}
