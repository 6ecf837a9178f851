//! Colours by meaning. They are the terminal's own sixteen, so that they fit the user's palette,
//! light or dark; whatever a colour says, a glyph or a word says too.

use ratatui::style::{Color, Modifier, Style};

/// What each part of the screen looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    pub text: Style,
    /// Names of things, labels, what is beside the point.
    pub dim: Style,
    pub bold: Style,
    /// The one accent: what the keyboard acts on.
    pub accent: Style,
    /// The row or item under the cursor.
    pub selected: Style,
    /// Keys in hints.
    pub key: Style,
    /// Column heads and titles.
    pub title: Style,
    pub badge: Style,
    pub good: Style,
    pub warn: Style,
    pub bad: Style,
    /// What a filter matched.
    pub matched: Style,
    /// A text field being typed in.
    pub field: Style,
}

impl Theme {
    /// The theme for this environment: without colours where NO_COLOR is set (no-color.org).
    pub fn from_env() -> Self {
        match std::env::var_os("NO_COLOR") {
            Some(value) if !value.is_empty() => Theme::mono(),
            _ => Theme::colour(),
        }
    }

    pub fn colour() -> Self {
        let fg = |color| Style::new().fg(color);
        Theme {
            text: Style::new(),
            dim: fg(Color::DarkGray),
            bold: Style::new().add_modifier(Modifier::BOLD),
            accent: fg(Color::Cyan),
            selected: Style::new().fg(Color::Black).bg(Color::Cyan),
            key: fg(Color::Cyan).add_modifier(Modifier::BOLD),
            title: Style::new().add_modifier(Modifier::BOLD),
            badge: Style::new()
                .fg(Color::Black)
                .bg(Color::Yellow)
                .add_modifier(Modifier::BOLD),
            good: fg(Color::Green),
            warn: fg(Color::Yellow),
            bad: fg(Color::Red),
            matched: fg(Color::Yellow).add_modifier(Modifier::BOLD),
            field: Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// No colour at all: crossterm answers a colour under NO_COLOR with a reset that would take
    /// bold and reverse away, too.
    pub fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Theme {
            text: plain,
            dim: plain.add_modifier(Modifier::DIM),
            bold,
            accent: bold,
            selected: plain.add_modifier(Modifier::REVERSED),
            key: bold,
            title: bold,
            badge: plain.add_modifier(Modifier::REVERSED),
            good: bold,
            warn: bold,
            bad: bold,
            matched: plain.add_modifier(Modifier::UNDERLINED),
            field: plain.add_modifier(Modifier::UNDERLINED),
        }
    }
}
