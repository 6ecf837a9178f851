//! The text of a key policy, with what is wrong with it below the lines where that is.

use kmsdeck_policy::{Lint, Severity, lint_key_policy};
use ratatui::text::{Line, Span};

use super::json;
use crate::kms::text::printable;
use crate::tui::theme::Theme;
use crate::tui::view;

/// A policy as lines of at most `columns`, with its lints; before it which of its lines have some.
pub fn lines(text: &str, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let lints = lint_key_policy(text);
    let mut lines = marked(&lints, columns, theme);
    for (at, line) in text.lines().enumerate() {
        lines.extend(json_lines(line, columns, theme));
        lines.extend(below(&lints, at + 1, columns, theme));
    }
    lines
}

/// A line of a policy; what it forbids stands out.
fn json_lines(line: &str, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = json::lines(line, columns, theme);
    let is_effect = line.trim_start().starts_with("\"Effect\"");
    for span in lines.iter_mut().flat_map(|line| &mut line.spans) {
        if is_effect && span.content.contains("\"Deny\"") {
            span.style = theme.bad;
        }
    }
    lines
}

/// Which lines of a policy have something below them, where some do.
fn marked(lints: &[Lint], columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut at: Vec<String> = lints.iter().map(|lint| lint.line().to_string()).collect();
    at.dedup();
    if at.is_empty() {
        return Vec::new();
    }
    let what = match lints
        .iter()
        .any(|lint| lint.severity() == Severity::Refused)
    {
        true => "✗ Something is wrong",
        false => "! Something is doubtful",
    };
    let line = if at.len() == 1 { "line" } else { "lines" };
    let told = format!("{what}, which is said below {line} {}.", at.join(", "));
    let mut lines = view::wrapped(&told, columns, theme.warn);
    lines.push(Line::default());
    lines
}

/// What is said below a line.
pub fn below(lints: &[Lint], line: usize, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let here = lints.iter().filter(|lint| lint.line() == line);
    here.flat_map(|lint| told(lint, "", columns, theme))
        .collect()
}

/// A lint behind its sign and what stands `before` it.
pub fn told(lint: &Lint, before: &str, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let (glyph, style) = match lint.severity() {
        Severity::Refused => ("✗ ", theme.bad),
        Severity::Doubtful => ("! ", theme.warn),
    };
    let text = printable(&format!("{before}{lint}")).into_owned();
    let rows = view::wrapped(&text, columns.saturating_sub(2), style);
    view::behind_sign(Span::styled(glyph, style), rows)
}
