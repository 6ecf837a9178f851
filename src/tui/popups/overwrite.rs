//! A question before a file is replaced.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Popup;
use crate::kms::SecretBytes;
use crate::kms::text::printable;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::choices::choices;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

pub struct OverwritePopup {
    path: PathBuf,
    bytes: SecretBytes,
}

impl OverwritePopup {
    pub fn new(path: PathBuf, bytes: SecretBytes) -> Self {
        OverwritePopup { path, bytes }
    }
}

impl Popup for OverwritePopup {
    fn context(&self) -> Context {
        Context::Confirm
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action != Action::Yes {
            return Flow::Stay;
        }
        core.save(self.path.clone(), std::mem::take(&mut self.bytes), true);
        Flow::Close
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 60.min(body.width.saturating_sub(4));
        let question = format!(
            "{} exists already. Replace it?",
            printable(&self.path.display().to_string())
        );
        let mut lines = view::wrapped(&question, columns, theme.text);
        lines.push(Line::default());
        lines.push(choices(
            Context::Confirm,
            "replace it",
            "leave it as it is",
            core,
            theme,
        ));
        let rows = lines.len();
        let inside = open_box(frame, body, "Overwrite?", columns.into(), rows, theme);
        scroll::text(frame, inside, &lines, 0, theme);
    }
}
