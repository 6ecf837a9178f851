//! The menu of what can be copied.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{cut_end, cut_middle, fit, printable, width};
use crate::tui::copy_items::{CopyDoes, CopyItem};
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// Columns of what would be copied.
const PREVIEW: usize = 40;

pub struct CopyMenu {
    items: Vec<CopyItem>,
    chosen: usize,
}

impl CopyMenu {
    pub fn new(items: Vec<CopyItem>) -> Self {
        CopyMenu { items, chosen: 0 }
    }
}

impl Popup for CopyMenu {
    fn context(&self) -> Context {
        Context::Menu
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action == Action::Accept {
            return match self.items.get(self.chosen).map(|item| &item.does) {
                Some(CopyDoes::Copy(text)) => {
                    core.copy(text.clone());
                    Flow::Close
                }
                Some(CopyDoes::CopySecret(bytes, encode)) => {
                    core.copy_secret(CopyDoes::encoded(bytes, *encode));
                    Flow::Close
                }
                Some(CopyDoes::Save(name, bytes)) => {
                    Flow::Open(Route::Prompt(Asks::Save(name, bytes.clone())))
                }
                None => Flow::Close,
            };
        }
        scroll::step(&mut self.chosen, action, 5, self.items.len());
        Flow::Stay
    }

    fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let labels = self
            .items
            .iter()
            .map(|item| width(&item.label))
            .max()
            .unwrap_or(0);
        let columns = labels + 3 + PREVIEW;
        let inside = open_box(frame, body, "Copy", columns, self.items.len(), theme);
        let room = (inside.width as usize).saturating_sub(labels + 4);
        let lines: Vec<Line> = self
            .items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let preview = match &item.does {
                    CopyDoes::Copy(text) if text.contains('\n') => {
                        let squeezed: String =
                            text.split_whitespace().collect::<Vec<_>>().join(" ");
                        cut_end(&printable(&squeezed), room).into_owned()
                    }
                    CopyDoes::Copy(text) => cut_middle(&printable(text), room).into_owned(),
                    CopyDoes::CopySecret(bytes, _) => format!("•••••••• {} bytes", bytes.len()),
                    CopyDoes::Save(_, bytes) => format!("{} bytes", bytes.len()),
                };
                let chosen = at == self.chosen;
                let style = if chosen { theme.selected } else { theme.text };
                Line::from(vec![
                    Span::styled(if chosen { "▌" } else { " " }, style),
                    Span::styled(format!("{}  ", fit(&item.label, labels)), style),
                    Span::styled(fit(&preview, room), if chosen { style } else { theme.dim }),
                ])
            })
            .collect();
        let offset = scroll::follow(0, self.chosen, inside.height as usize, lines.len());
        scroll::text(frame, inside, &lines, offset, theme);
    }
}
