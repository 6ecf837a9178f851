//! Text from KMS made safe for a terminal, and cut to a width.
//!
//! Aliases, descriptions, tags, policies and error messages are written by other people. A raw
//! control character could drive the terminal, a bidi mark could make `alias/evil` read as
//! `alias/safe`, so neither ever reaches the screen.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether `c` must not be written to a terminal as it is: C0 and C1 controls, DEL, the bidi
/// controls of UAX #9, and characters that take no room and so could hide text.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `text` on one line, with each unsafe character spelled out: controls as their Unicode control
/// picture (`␛`, `␊`), the others as `‹U+202E›`. Borrows when there is nothing to do.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\u{7f}' => safe.push('\u{2421}'),
            c if (c as u32) < 0x20 => {
                safe.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}'));
            }
            c if is_unsafe(c) => safe.push_str(&format!("‹U+{:04X}›", c as u32)),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// JSON with each unsafe character escaped, line ends between its values left alone: it says the
/// same, and neither a terminal nor a reader is misled by it.
pub fn harmless_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Columns that `text` takes on the screen. `text` should be [`printable`].
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `max` columns, cut at the end with `…`.
pub fn cut_end(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", head(text, max - 1)))
}

/// `text` in at most `max` columns, cut in the middle with `…`: for IDs, whose two ends are what
/// people compare.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let tail_room = (max - 1) / 2;
    let head_room = max - 1 - tail_room;
    Cow::Owned(format!(
        "{}…{}",
        head(text, head_room),
        tail(text, tail_room)
    ))
}

/// `text` cut or padded with spaces to exactly `columns`.
pub fn fit(text: &str, columns: usize) -> String {
    let cut = cut_end(text, columns);
    let pad = columns - width(&cut).min(columns);
    format!("{cut}{}", " ".repeat(pad))
}

fn head(text: &str, max: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width(grapheme);
        if used > max {
            return &text[..at];
        }
    }
    text
}

fn tail(text: &str, max: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += width(grapheme);
        if used > max {
            break;
        }
        from = at;
    }
    &text[from..]
}

/// `1024` as `1,024`.
pub fn grouped(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 key`, `1,024 keys`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = match (number, noun.strip_suffix('s')) {
        (1, _) => noun.to_owned(),
        (_, Some(_)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    };
    format!("{} {plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_reach_the_terminal() {
        assert_eq!(printable("\u{1b}[2Jalias\n"), "␛[2Jalias␊");
        assert_eq!(printable("\u{9b}31m"), "‹U+009B›31m");
        assert_eq!(printable("safe\u{202e}live"), "safe‹U+202E›live");
        assert!(matches!(printable("payments 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_after_it_was_made_safe() {
        let value = serde_json::json!({"Description": "a\u{9b}b\u{202e}c\u{e0001}\u{1b}"});
        let text = harmless_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.is_ascii());
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn a_cut_counts_columns_and_keeps_graphemes_whole() {
        assert_eq!(cut_end("日本語", 5), "日本…");
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(cut_end("e\u{301}tude", 3), "e\u{301}t…");
        assert_eq!(
            cut_middle("1234abcd-12ab-34cd-56ef-1234567890ab", 13),
            "1234ab…7890ab"
        );
        assert_eq!(cut_end("abc", 0), "");
        assert_eq!(fit("日本語", 4), "日… ");
    }
}
