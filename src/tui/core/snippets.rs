//! What the snippet panes show requests in.

use crate::snippet::Language;

/// What requests are shown in.
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
    pub fn turn(&mut self, was_seen: bool) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
