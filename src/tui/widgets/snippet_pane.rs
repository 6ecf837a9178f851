//! A pane with a request as something to run elsewhere: of a form as it is typed, of a lesson's
//! step.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use zeroize::Zeroizing;

use crate::kms::Request;
use crate::kms::text::{cut_end, printable, width};
use crate::snippet::{Destination, Language};
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;

/// The lines of the pane below its head; None where there is to be none.
pub fn lines(requests: &[Request], to: &Destination, core: &Core) -> Option<Vec<String>> {
    let language = core.kept.snippets.language?;
    let mut lines: Vec<String> = Vec::new();
    for request in requests {
        let text = language.preview(request, to);
        lines.extend(text.lines().map(|line| printable(line).into_owned()));
    }
    // A comment would be no word of some shells: it is said here alone.
    if language == Language::AwsCli {
        lines.extend(to.note.as_ref().map(|note| format!("# {note}")));
    }
    Some(lines)
}

/// Copies what the pane shows, whole; the AWS CLI's where it shows nothing.
pub fn copy(requests: &[Request], to: &Destination, core: &mut Core) {
    let language = core.kept.snippets.language.unwrap_or(Language::AwsCli);
    let mut text = Zeroizing::new(String::new());
    for request in requests {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&language.write(request, to));
    }
    if requests.iter().any(Request::holds_secret) {
        core.copy_secret(text);
    } else {
        core.copy(text.to_string());
    }
}

/// Draws the pane. `at` is where its keys are bound.
pub fn draw(
    at: Context,
    core: &Core,
    lines: &[String],
    theme: &Theme,
    frame: &mut Frame,
    area: Rect,
) {
    let Some(rows) = (area.height as usize).checked_sub(1) else {
        return;
    };
    let head = head(at, core, area.width, theme);
    frame.render_widget(head, Rect { height: 1, ..area });
    let room = (area.width as usize).saturating_sub(1);
    for row in 0..rows.min(lines.len()) {
        let below = lines.len() - row;
        let line = if row + 1 == rows && below > 1 {
            let how = match core.keymap.key_of(at, Action::CopySnippet) {
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

/// A rule with the languages, the shown one marked, and the key for the next.
fn head(at: Context, core: &Core, columns: u16, theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::styled("─ ", theme.dim)];
    for (place, language) in Language::ALL.into_iter().enumerate() {
        if place > 0 {
            spans.push(Span::styled(" · ", theme.dim));
        }
        let is_shown = core.kept.snippets.language == Some(language);
        spans.push(match is_shown {
            true => Span::styled(format!("▸{}", language.name()), theme.bold),
            false => Span::styled(language.name(), theme.dim),
        });
    }
    let keys: Vec<String> = [(Action::NextSnippet, "next"), (Action::CopySnippet, "copy")]
        .into_iter()
        .filter_map(|(action, text)| {
            let key = core.keymap.key_of(at, action)?;
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
