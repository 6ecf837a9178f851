//! Why somebody may or may not do something with a key: the statements and grants with the policy's
//! text, and the smallest changes that would allow it.

use kmsdeck_policy::{AnswerKind, Change, KeyGrant, Told};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::access::row::{glyph, in_words};
use crate::access::why::{Proposal, Why};
use crate::kms::KeyRef;
use crate::kms::text::printable;
use crate::ops::grant_request;
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::scroll;

/// Lines of a policy that are shown of a statement.
const MOST_LINES: usize = 14;

pub struct WhyScreen {
    why: Why,
    key: KeyRef,
    /// What people call the key.
    name: String,
    scroll: usize,
}

impl WhyScreen {
    pub fn new(why: Why, key: KeyRef, name: String) -> Self {
        WhyScreen {
            why,
            key,
            name,
            scroll: 0,
        }
    }

    fn change<'a, T>(&'a self, of: impl Fn(&'a Change) -> Option<T>) -> Option<T> {
        let mut proposals = self.why.proposals.iter();
        proposals.find_map(|one| of(&one.change))
    }

    fn grant(&self) -> Option<&KeyGrant> {
        self.change(|change| match change {
            Change::Grant(grant) => Some(grant),
            _ => None,
        })
    }

    /// The key policy with a statement that would allow it.
    fn policy(&self) -> Option<&String> {
        self.change(|change| match change {
            Change::KeyPolicy { policy, .. } | Change::KeyAndIdentityPolicy { policy, .. } => {
                Some(policy)
            }
            _ => None,
        })
    }

    fn lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let columns = columns.saturating_sub(2);
        let why = &self.why;
        let answer = &why.explained.answer;
        let style = match answer.kind {
            AnswerKind::Allowed => theme.good,
            AnswerKind::AllowedIf => theme.warn,
            AnswerKind::Denied => theme.bad,
            AnswerKind::CannotTell => theme.accent,
            AnswerKind::NotAllowed => theme.title,
        };
        let mut lines = view::wrapped(
            &format!("{} · {}", why.operation, self.name),
            columns,
            theme.title,
        );
        lines.extend(view::wrapped(&why.who, columns, theme.text));
        let verdict = format!("{} {}", glyph(Some(answer)), in_words(answer));
        lines.extend(view::wrapped(&verdict, columns, style));
        for denied in &why.denied_by {
            lines.extend(view::wrapped(
                &format!("denied by {denied}"),
                columns,
                theme.bad,
            ));
        }
        for layer in &why.layers {
            lines.push(Line::default());
            lines.push(Line::styled(
                printable(&layer.title).into_owned(),
                theme.title,
            ));
            for (told, words) in &layer.lines {
                let text = format!("{told}: {}", words.join("; "));
                lines.extend(indented(view::wrapped(
                    &text,
                    columns.saturating_sub(2),
                    theme.text,
                )));
                let applies = words
                    .iter()
                    .any(|word| word.starts_with("applies") || word.starts_with("allows"));
                if applies {
                    lines.extend(excerpt(told, columns, theme));
                }
            }
            let text = match (layer.lines.is_empty(), layer.others) {
                (_, 0) => continue,
                (true, others) => format!("none of {others} names {}", why.operation),
                (false, others) => format!("{others} more name other operations"),
            };
            lines.extend(indented(view::wrapped(
                &text,
                columns.saturating_sub(2),
                theme.dim,
            )));
        }
        if let Some((told, words)) = &why.nearest {
            lines.push(Line::default());
            lines.push(Line::styled("Nearest to allowing it", theme.title));
            let text = format!("{told}: {}", words.join("; "));
            lines.extend(indented(view::wrapped(
                &text,
                columns.saturating_sub(2),
                theme.text,
            )));
            lines.extend(excerpt(told, columns, theme));
        }
        if !why.proposals.is_empty() {
            lines.push(Line::default());
            lines.push(Line::styled(
                "What would allow it, the smallest change first",
                theme.title,
            ));
        }
        for (at, one) in why.proposals.iter().enumerate() {
            lines.extend(proposal(at + 1, one, columns, theme));
        }
        lines
    }
}

fn proposal(number: usize, one: &Proposal, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let inner = columns.saturating_sub(4);
    let mut lines = view::wrapped(
        &format!("{number}. {}: then {}", one.title, one.then),
        columns,
        theme.text,
    );
    let mut details = Vec::new();
    for text in one.text.lines() {
        details.extend(view::wrapped(text, inner, theme.dim));
    }
    match one.others.as_slice() {
        [] => details.push(Line::styled(
            "Nobody else gains by it, of those that are known.",
            theme.good,
        )),
        others => {
            details.push(Line::styled("Gains by it, too:", theme.warn));
            for other in others {
                details.extend(view::wrapped(&format!("  {other}"), inner, theme.warn));
            }
        }
    }
    lines.extend(indented(details));
    lines
}

fn indented(lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let lines = lines.into_iter().map(|mut line| {
        line.spans.insert(0, Span::raw("  "));
        line
    });
    lines.collect()
}

/// The policy's text at a statement, with its line numbers.
fn excerpt(told: &Told, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Told::Statement { text, line, .. } = told else {
        return Vec::new();
    };
    let from = line.saturating_sub(1);
    let mut depth = 0_i32;
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate().skip(from).take(MOST_LINES) {
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        let shown = printable(text.trim_end()).into_owned();
        let room = (columns as usize).saturating_sub(8);
        let shown = crate::kms::text::cut_end(&shown, room).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("  {:>4} ", at + 1), theme.dim),
            Span::styled(shown, theme.json_string),
        ]));
        if depth <= 0 {
            break;
        }
    }
    lines
}

impl Screen for WhyScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Why]
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::NewGrant => self.grant().is_some(),
            Action::Edit => self.policy().is_some(),
            _ => true,
        }
    }

    fn subject(&self, _core: &Core) -> KeyRef {
        self.key.clone()
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::NewGrant => {
                if let Some(grant) = self.grant() {
                    let request = Box::new(grant_request(&self.key.id, grant));
                    return Flow::Open(Route::FilledForm(request, self.key.clone()));
                }
            }
            Action::Edit => {
                if let Some(policy) = self.policy() {
                    let (key, name) = (self.key.clone(), self.name.clone());
                    return Flow::Open(Route::EditPolicy(key, name, Some(policy.clone())));
                }
            }
            Action::OpenDetails => return Flow::Open(Route::KeyDetail(self.key.clone())),
            Action::Copy => {
                let mut items = vec![
                    CopyItem::text("Principal", &self.why.who),
                    CopyItem::text("Verdict", &self.why.verdict),
                ];
                let proposals = self.why.proposals.iter().filter(|one| !one.text.is_empty());
                items.extend(proposals.map(|one| CopyItem::text(&one.title, &one.text)));
                return Flow::Open(Route::Copy(items));
            }
            _ => {
                let rows = layout::body_rows(core.size) as usize;
                let lines = self.lines(core.size.0, &Theme::default()).len();
                scroll::step(
                    &mut self.scroll,
                    action,
                    rows,
                    scroll::furthest(lines, rows) + 1,
                );
            }
        }
        Flow::Stay
    }

    fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let lines = self.lines(area.width, theme);
        scroll::text(frame, view::pad(area, 1, 0), &lines, self.scroll, theme);
    }
}
