//! A verdict's colour.

use ratatui::style::Style;

use crate::kms::Verdict;
use crate::tui::theme::Theme;

pub fn verdict_style(verdict: Verdict, theme: &Theme) -> Style {
    match verdict {
        Verdict::WouldSucceed => theme.good,
        Verdict::Denied => theme.bad,
        Verdict::WouldFail => theme.warn,
        Verdict::NotKnown => theme.accent,
    }
}
