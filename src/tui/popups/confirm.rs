//! A question before something is lost.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::open_box;
use crate::catalog::inventory::RegionIndex;
use crate::kms::text::printable;
use crate::ops::Unanswered;
use crate::ops::fields::{GRANT_TOKEN, KEY_ID};
use crate::tui::app::Core;
use crate::tui::jobs::Job;
use crate::tui::keymap::{Action, Context};
use crate::tui::screens::Flow;
use crate::tui::theme::Theme;
use crate::tui::view;

/// What is done after a yes.
enum Purpose {
    Overwrite { path: PathBuf, bytes: Vec<u8> },
    Send(Option<Unanswered>, RegionIndex),
}

pub struct Confirm {
    title: &'static str,
    question: String,
    /// What the two answers mean.
    yes: &'static str,
    no: &'static str,
    purpose: Purpose,
}

impl Confirm {
    /// Whether the file that is there may be replaced.
    pub fn overwrite(path: PathBuf, bytes: Vec<u8>) -> Self {
        Confirm {
            title: "Overwrite?",
            question: format!(
                "{} exists already. Replace it?",
                printable(&path.display().to_string())
            ),
            yes: "replace it",
            no: "leave it as it is",
            purpose: Purpose::Overwrite { path, bytes },
        }
    }

    /// Whether a request may change the account: names the account, the Region and the key.
    pub fn send(unanswered: Unanswered, region: RegionIndex, core: &Core) -> Self {
        let request = unanswered.request();
        let spec = crate::ops::spec(request.op);
        let account = core.account().unwrap_or("not known");
        let place = match core.session_of(region) {
            Some(session) => match &session.endpoint {
                Some(endpoint) => format!("{} at {endpoint}", session.region),
                None => session.region.clone(),
            },
            None => "not connected".to_owned(),
        };
        let key = match (request.text(&KEY_ID), request.get(&GRANT_TOKEN).is_some()) {
            (Some(key), _) => key,
            (None, true) => "that of the grant token",
            (None, false) => "none",
        };
        let question = format!(
            "{} changes the account. {}.\n\nAccount  {account}\nRegion   {place}\nKey      {key}",
            spec.id, spec.summary
        );
        Confirm {
            title: "Change the account?",
            question: question
                .lines()
                .map(|line| printable(line).into_owned())
                .collect::<Vec<_>>()
                .join("\n"),
            yes: "do it",
            no: "leave it",
            purpose: Purpose::Send(Some(unanswered), region),
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action != Action::Yes {
            return Flow::Stay;
        }
        match &mut self.purpose {
            Purpose::Overwrite { path, bytes } => {
                core.start(Job::Save {
                    path: path.clone(),
                    bytes: std::mem::take(bytes),
                    overwrite: true,
                });
                Flow::Close
            }
            Purpose::Send(unanswered, region) => {
                match (unanswered.take(), core.session_of(*region)) {
                    (Some(unanswered), Some(session)) => {
                        Flow::Send(Box::new(unanswered.confirmed(session)))
                    }
                    _ => Flow::Close,
                }
            }
        }
    }

    pub fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 60.min(body.width.saturating_sub(4));
        let mut lines: Vec<Line> = self
            .question
            .lines()
            .flat_map(|line| view::wrapped(line, columns, theme.text))
            .collect();
        lines.push(Line::default());
        let mut choices = Vec::new();
        for (does, text) in [
            (Action::Yes, format!(" {}    ", self.yes)),
            (Action::Back, format!(" {}", self.no)),
        ] {
            if let Some(key) = core.keymap.key_of(Context::Confirm, does) {
                choices.push(Span::styled(key.to_string(), theme.key));
                choices.push(Span::raw(text));
            }
        }
        lines.push(Line::from(choices));
        let inside = open_box(frame, body, self.title, columns.into(), lines.len(), theme);
        crate::tui::widgets::scroll::text(frame, inside, &lines, 0, theme);
    }
}
