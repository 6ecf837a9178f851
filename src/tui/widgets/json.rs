//! JSON in colours.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::kms::text::printable;
use crate::tui::theme::Theme;
use crate::tui::view;

/// Pretty JSON as lines of at most `columns`, with keys, strings and literals told apart.
pub fn lines(text: &str, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = printable(line).into_owned();
        let styles = styles(&line, theme);
        let mut from = 0;
        for piece in view::wrap(&line, columns as usize) {
            // Wrapping takes spaces away at the ends of pieces, and nothing else.
            let at = line[from..].find(&piece).map_or(from, |at| from + at);
            from = at + piece.len();
            lines.push(Line::from(spans(&line, at, from, &styles)));
        }
    }
    lines
}

/// JSON laid out for people; as it is, where it is none.
pub fn pretty(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.to_owned(),
    }
}

/// Whether two texts say the same: with other spaces and line ends, where they are JSON.
pub fn is_same(a: &str, b: &str) -> bool {
    let value = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    match (value(a), value(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Where a style begins in a line, in bytes.
type Begins = Vec<(usize, Style)>;

fn styles(line: &str, theme: &Theme) -> Begins {
    let mut begins = vec![(0, theme.text)];
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                let is_key = line[end..].trim_start().starts_with(':');
                let style = if is_key {
                    theme.json_key
                } else {
                    theme.json_string
                };
                begins.push((at, style));
                begins.push((end, theme.text));
                at = end;
            }
            b'a'..=b'z' | b'0'..=b'9' | b'-' => {
                let end = at
                    + line[at..]
                        .find([',', ' ', ']', '}'])
                        .unwrap_or(line.len() - at);
                begins.push((at, theme.json_literal));
                begins.push((end, theme.text));
                at = end.max(at + 1);
            }
            _ => at += 1,
        }
    }
    begins
}

/// The place after the string that begins at `from`.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn spans(line: &str, from: usize, to: usize, begins: &Begins) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (place, (begin, style)) in begins.iter().enumerate() {
        let end = begins.get(place + 1).map_or(line.len(), |(next, _)| *next);
        let (begin, end) = ((*begin).max(from), end.min(to));
        if begin < end {
            spans.push(Span::styled(line[begin..end].to_owned(), *style));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_kept_and_keys_differ_from_strings() {
        let (theme, _) = Theme::load("dark", None).unwrap();
        let text = "{\n  \"Ac\\\"tion\": \"kms:*\",\n  \"n\": [1, true]\n}";
        let shown = lines(text, 80, &theme);
        let whole: Vec<String> = shown.iter().map(Line::to_string).collect();
        assert_eq!(whole.join("\n"), text);
        let style_of = |part: &str| {
            let spans = shown.iter().flat_map(|line| &line.spans);
            spans
                .clone()
                .find(|span| span.content == part)
                .map(|span| span.style)
        };
        assert_eq!(style_of("\"Ac\\\"tion\""), Some(theme.json_key));
        assert_eq!(style_of("\"kms:*\""), Some(theme.json_string));
        assert_eq!(style_of("true"), Some(theme.json_literal));
        // Narrow: nothing is lost but the spaces where a line is broken.
        let narrow: String = lines(text, 9, &theme).iter().map(Line::to_string).collect();
        let bare = |text: &str| text.replace([' ', '\n'], "");
        assert_eq!(bare(&narrow), bare(text));
    }
}
