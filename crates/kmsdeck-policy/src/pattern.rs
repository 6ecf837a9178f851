//! Text with wildcards: `*` any run of characters, `?` any one.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Resource" and "String condition operators".

use std::borrow::Cow;

/// Whether something of a request meets what a policy wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Meets,
    Differs,
    /// On what is not known of the request.
    Depends,
}

impl Match {
    pub(crate) fn of(meets: bool) -> Match {
        match meets {
            true => Match::Meets,
            false => Match::Differs,
        }
    }
}

/// A policy's value with its variables resolved: characters that came from a variable are never
/// wildcards.
pub(crate) struct Pattern<'a> {
    /// Text, and whether its wildcards are some.
    pub(crate) parts: Vec<(Cow<'a, str>, bool)>,
}

impl Pattern<'_> {
    pub(crate) fn plain(text: &str) -> Pattern<'_> {
        Pattern {
            parts: vec![(text.into(), true)],
        }
    }

    pub(crate) fn literal(&self) -> String {
        self.parts.iter().map(|(text, _)| text.as_ref()).collect()
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self.parts.as_slice() {
            [(pattern, true)] => text_matches(pattern, text, |wanted, given| wanted == given),
            _ => glob_matches(&self.pieces(), text),
        }
    }

    /// ARNs match segment by segment: a wildcard does not reach past a colon of the first five. An
    /// ARN with fewer segments is filled up with `*`.
    pub(crate) fn matches_arn(&self, actual: &str) -> bool {
        if let [(pattern, true)] = self.parts.as_slice() {
            return text_matches_arn(pattern, actual);
        }
        let pieces = self.pieces();
        if pieces == [Piece::Many] {
            return true;
        }
        let actual: Vec<&str> = actual.splitn(6, ':').collect();
        let wanted: Vec<&[Piece]> = pieces
            .splitn(6, |piece| *piece == Piece::Char(':'))
            .collect();
        if wanted.len() == 1 && actual.len() > 1 {
            return false;
        }
        if actual.len() != 6 {
            return actual.len() == wanted.len()
                && wanted
                    .iter()
                    .zip(&actual)
                    .all(|(glob, text)| glob_matches(glob, text));
        }
        actual.iter().enumerate().all(|(index, text)| {
            wanted
                .get(index)
                .is_none_or(|glob| glob_matches(glob, text))
        })
    }

    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (text, wild) in &self.parts {
            for c in text.chars() {
                pieces.push(match c {
                    '*' if *wild => Piece::Many,
                    '?' if *wild => Piece::One,
                    c => Piece::Char(c),
                });
            }
        }
        pieces
    }
}

/// Whether an action, whose case does not count, is one that the pattern names.
pub(crate) fn matches_any_case(pattern: &str, text: &str) -> bool {
    text_matches(pattern, text, |wanted, given| {
        wanted.eq_ignore_ascii_case(&given)
    })
}

/// As [`Pattern::matches_arn`], of a pattern without variables, without taking it to pieces.
fn text_matches_arn(pattern: &str, actual: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let matches = |(wanted, given)| text_matches(wanted, given, |wanted, given| wanted == given);
    let of_actual = actual.splitn(6, ':').count();
    let of_pattern = pattern.splitn(6, ':').count();
    let is_comparable = match of_actual {
        6 => of_pattern > 1,
        _ => of_pattern == of_actual,
    };
    is_comparable
        && pattern
            .splitn(6, ':')
            .zip(actual.splitn(6, ':'))
            .all(matches)
}

/// As [`glob_matches`], by bytes: a byte that begins a character is no other byte of one.
fn text_matches(pattern: &str, text: &str, is_same: impl Fn(u8, u8) -> bool) -> bool {
    let (glob, bytes) = (pattern.as_bytes(), text.as_bytes());
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < bytes.len() {
        match glob.get(g) {
            Some(b'*') => {
                star = Some((g, t));
                g += 1;
                continue;
            }
            Some(b'?') if text.is_char_boundary(t) => {
                g += 1;
                t += text[t..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            Some(wanted) if *wanted != b'?' && is_same(*wanted, bytes[t]) => {
                (g, t) = (g + 1, t + 1);
                continue;
            }
            _ => {}
        }
        let Some((at, from)) = star else {
            return false;
        };
        star = Some((at, from + 1));
        (g, t) = (at + 1, from + 1);
    }
    glob[g..].iter().all(|byte| *byte == b'*')
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Many,
    One,
    Char(char),
}

/// Linear in practice: on a mismatch only the last `*` takes one more.
fn glob_matches(glob: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match glob.get(g) {
            Some(Piece::Many) => {
                star = Some((g, t));
                g += 1;
            }
            Some(Piece::One) => (g, t) = (g + 1, t + 1),
            Some(Piece::Char(c)) if *c == text[t] => (g, t) = (g + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (g, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|piece| *piece == Piece::Many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_do_not_blow_up() {
        let pattern = "a*".repeat(40) + "b";
        let text = "a".repeat(4000);
        assert!(!Pattern::plain(&pattern).matches(&text));
    }
}
