//! A question before something is lost.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::open_box;
use crate::kms::text::printable;
use crate::tui::app::Core;
use crate::tui::jobs::Job;
use crate::tui::keymap::Action;
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

    pub fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 60.min(body.width.saturating_sub(4));
        let mut lines = view::wrapped(&self.question, columns, theme.text);
        lines.push(Line::default());
        lines.push(Line::from(vec![
            Span::styled("y", theme.key),
            Span::raw(" replace it    "),
            Span::styled("n", theme.key),
            Span::raw(" leave it as it is"),
        ]));
        let inside = open_box(frame, body, self.title, columns.into(), lines.len(), theme);
        crate::tui::widgets::scroll::text(frame, inside, &lines, 0, theme);
    }
}
