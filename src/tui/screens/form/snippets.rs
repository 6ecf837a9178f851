//! The pane below the form's fields: the request as something to run elsewhere, as it is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::FormScreen;
use crate::kms::Request;
use crate::kms::text::{cut_end, printable, width};
use crate::snippet::Language;
use crate::tui::app::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;

/// Rows that the pane wants, its head included: with fewer it would say nothing.
const ENOUGH: usize = 8;

/// What the forms show the request in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnippetChoice {
    /// None where the user wants no pane.
    pub language: Option<Language>,
    /// Whether the user asked for it: then it is also there where room is scarce.
    pub asked: bool,
}

impl Default for SnippetChoice {
    fn default() -> Self {
        SnippetChoice {
            language: Some(Language::AwsCli),
            asked: false,
        }
    }
}

impl SnippetChoice {
    /// The next language, or none after the last; the first where nothing was to be seen.
    fn turn(&mut self, was_seen: bool) {
        let next = match self.language {
            Some(language) if was_seen => Language::ALL
                .iter()
                .position(|other| *other == language)
                .and_then(|at| Language::ALL.get(at + 1))
                .copied(),
            Some(language) => Some(language),
            None => Some(Language::ALL[0]),
        };
        *self = SnippetChoice {
            language: next,
            asked: true,
        };
    }
}

/// How the rows of the form are shared out.
pub struct Shares {
    /// Rows of the pane; 0 for none.
    pub pane: u16,
    /// Whether the help below the fields has its rows.
    pub help: bool,
}

/// Shares `rows` out among `fields` lines of the form, the help's `help` rows (0 where it stands
/// elsewhere) and a pane of `wanted` lines, its head included.
pub fn shares(rows: u16, fields: usize, help: u16, wanted: usize, asked: bool) -> Shares {
    let spare = usize::from(rows.saturating_sub(help)).saturating_sub(fields + 1);
    let enough = wanted.min(ENOUGH);
    if spare >= enough {
        return Shares {
            pane: wanted.min(spare) as u16,
            help: true,
        };
    }
    if !asked {
        return Shares {
            pane: 0,
            help: true,
        };
    }
    // Whoever asks for the pane gets it in place of the help, and half of the rows at most.
    let pane = enough.max(usize::from(rows).saturating_sub(fields + 1));
    Shares {
        pane: wanted.min(pane).min(usize::from(rows) / 2) as u16,
        help: false,
    }
}

impl FormScreen {
    /// The lines of the pane below its head; None where there is to be none.
    pub(super) fn snippet_lines(&self, core: &Core) -> Option<Vec<String>> {
        let language = core.snippets.language?;
        let to = core.destination(core.session_of(self.region));
        let (request, _) = self.request();
        let text = language.preview(&request, &to);
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| printable(line).into_owned())
            .collect();
        // A comment would be no word of some shells: it is said here alone.
        if language == Language::AwsCli {
            lines.extend(to.note.map(|note| format!("# {note}")));
        }
        Some(lines)
    }

    /// Shows the request in the next language.
    pub(super) fn next_snippet(&mut self, core: &mut Core) {
        let was_seen = self.pane_is_seen(core);
        core.snippets.turn(was_seen);
    }

    /// Copies what the pane shows, whole; the AWS CLI's where it shows nothing.
    pub(super) fn copy_snippet(&self, core: &mut Core) {
        let language = core.snippets.language.unwrap_or(Language::AwsCli);
        let (request, _) = self.request();
        let to = core.destination(core.session_of(self.region));
        let text = language.write(&request, &to);
        if holds_secret(&request) {
            core.copy_secret(text);
        } else {
            core.copy(text.to_string());
        }
    }

    pub(super) fn draw_snippet(
        &self,
        core: &Core,
        lines: &[String],
        theme: &Theme,
        frame: &mut Frame,
        area: Rect,
    ) {
        let Some(rows) = (area.height as usize).checked_sub(1) else {
            return;
        };
        frame.render_widget(head(core, area.width, theme), Rect { height: 1, ..area });
        let room = (area.width as usize).saturating_sub(1);
        for row in 0..rows.min(lines.len()) {
            let below = lines.len() - row;
            let line = if row + 1 == rows && below > 1 {
                let how = match core.keymap.key_of(Context::Form, Action::CopySnippet) {
                    Some(key) => format!("; {key} copies all"),
                    None => String::new(),
                };
                Line::styled(format!("… {below} more lines{how}"), theme.dim)
            } else {
                let style = match lines[row].starts_with('#') {
                    true => theme.dim,
                    false => theme.text,
                };
                Line::styled(cut_end(&lines[row], room).into_owned(), style)
            };
            let place = Rect::new(area.x + 1, area.y + 1 + row as u16, room as u16, 1);
            frame.render_widget(line, place);
        }
    }
}

/// Whether a snippet of the request holds what must not stay in the clipboard.
pub fn holds_secret(request: &Request) -> bool {
    request.blob("Plaintext").is_some()
}

/// A rule with the languages, the shown one marked, and the key for the next.
fn head(core: &Core, columns: u16, theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::styled("─ ", theme.dim)];
    for (at, language) in Language::ALL.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::styled(" · ", theme.dim));
        }
        let is_shown = core.snippets.language == Some(language);
        spans.push(match is_shown {
            true => Span::styled(format!("▸{}", language.name()), theme.bold),
            false => Span::styled(language.name(), theme.dim),
        });
    }
    let keys: Vec<String> = [(Action::NextSnippet, "next"), (Action::CopySnippet, "copy")]
        .into_iter()
        .filter_map(|(action, text)| {
            let key = core.keymap.key_of(Context::Form, action)?;
            Some(format!("{key} {text}"))
        })
        .collect();
    let keys = match keys.is_empty() {
        true => String::new(),
        false => format!(" {} ", keys.join("  ")),
    };
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    let rule = (columns as usize).saturating_sub(used + 2 + width(&keys));
    spans.push(Span::styled(
        format!(" {}{keys}─", "─".repeat(rule)),
        theme.dim,
    ));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_terminal_shows_the_pane_only_when_asked_and_never_takes_more_than_half() {
        assert_eq!(shares(18, 12, 4, 7, false).pane, 0);
        let asked = shares(18, 12, 4, 7, true);
        assert_eq!((asked.pane, asked.help), (7, false));
        assert_eq!(shares(18, 12, 4, 40, true).pane, 8);
        let wide = shares(34, 12, 0, 7, false);
        assert_eq!((wide.pane, wide.help), (7, true));
        assert_eq!(shares(12, 12, 4, 40, true).pane, 6);
    }

    #[test]
    fn the_languages_turn_and_end_in_none() {
        let mut choice = SnippetChoice::default();
        choice.turn(false);
        assert_eq!(choice.language, Some(Language::AwsCli));
        let mut seen = Vec::new();
        for _ in 0..5 {
            choice.turn(true);
            seen.push(choice.language.map(Language::name));
        }
        let names = [
            Some("boto3"),
            Some("Rust"),
            Some("JSON"),
            None,
            Some("AWS CLI"),
        ];
        assert_eq!(seen, names);
    }
}
