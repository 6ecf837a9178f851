//! A question before something is lost.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::open_box;
use crate::kms::text::printable;
use crate::tui::app::Core;
use crate::tui::jobs::Job;
use crate::tui::keymap::{Action, Context};
use crate::tui::screens::Flow;
use crate::tui::theme::Theme;
use crate::tui::view;

pub struct Confirm {
    title: &'static str,
    question: String,
    path: PathBuf,
    bytes: Vec<u8>,
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
            path,
            bytes,
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action == Action::Yes {
            core.start(Job::Save {
                path: self.path.clone(),
                bytes: std::mem::take(&mut self.bytes),
                overwrite: true,
            });
            return Flow::Close;
        }
        Flow::Stay
    }

    pub fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 60.min(body.width.saturating_sub(4));
        let mut lines = view::wrapped(&self.question, columns, theme.text);
        lines.push(Line::default());
        let mut choices = Vec::new();
        for (does, text) in [
            (Action::Yes, " replace it    "),
            (Action::Back, " leave it as it is"),
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
