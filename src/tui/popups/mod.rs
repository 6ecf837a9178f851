//! What opens over a screen and takes the keyboard.

pub mod actions;
pub mod command_line;
pub mod confirm;
pub mod copy;
pub mod help;
pub mod picker;
pub mod prompt;
pub mod text;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use super::app::Core;
use super::keymap::{Action, Context};
use super::screens::Flow;
use super::theme::Theme;
use super::view;
use crate::kms::text::width;

pub enum Popup {
    Help(help::Help),
    Copy(copy::CopyMenu),
    Actions(actions::ActionMenu),
    Prompt(prompt::Prompt),
    Picker(picker::Picker),
    Confirm(confirm::Confirm),
    Text(text::TextPopup),
    CommandLine(command_line::CommandLine),
}

impl Popup {
    pub fn context(&self) -> Context {
        match self {
            Popup::Help(_) => Context::Help,
            Popup::Copy(_) | Popup::Actions(_) => Context::Menu,
            Popup::Prompt(_) => Context::Prompt,
            Popup::Picker(_) => Context::Picker,
            Popup::Confirm(_) => Context::Confirm,
            Popup::Text(_) => Context::Help,
            Popup::CommandLine(_) => Context::CommandLine,
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match self {
            _ if action == Action::Back => {
                if let Popup::Picker(picker) = self {
                    picker.leave(core);
                }
                Flow::Close
            }
            Popup::Help(help) => help.act(action, core),
            Popup::Copy(menu) => menu.act(action, core),
            Popup::Actions(menu) => menu.act(action, core),
            Popup::Prompt(prompt) => prompt.act(action, core),
            Popup::Picker(picker) => picker.act(action, core),
            Popup::Confirm(confirm) => confirm.act(action, core),
            Popup::Text(text) => text.act(action, core),
            Popup::CommandLine(line) => line.act(action, core),
        }
    }

    pub fn key(&mut self, key: KeyEvent) {
        match self {
            Popup::Prompt(prompt) => prompt.key(key),
            Popup::Picker(picker) => picker.key(key),
            Popup::CommandLine(line) => line.key(key),
            Popup::Help(_)
            | Popup::Copy(_)
            | Popup::Actions(_)
            | Popup::Confirm(_)
            | Popup::Text(_) => {}
        }
    }

    /// What it says is for the user: why nothing was pasted, or what was left out.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        match self {
            Popup::Prompt(prompt) => prompt.paste(text),
            Popup::Picker(picker) => picker.paste(text),
            Popup::CommandLine(line) => line.paste(text),
            Popup::Help(_)
            | Popup::Copy(_)
            | Popup::Actions(_)
            | Popup::Confirm(_)
            | Popup::Text(_) => None,
        }
    }

    pub fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        match self {
            Popup::Help(help) => help.draw(core, theme, frame, body),
            Popup::Copy(menu) => menu.draw(theme, frame, body),
            Popup::Actions(menu) => menu.draw(core, theme, frame, body),
            Popup::Prompt(prompt) => prompt.draw(theme, frame, body),
            Popup::Picker(picker) => picker.draw(core, theme, frame, body),
            Popup::Confirm(confirm) => confirm.draw(core, theme, frame, body),
            Popup::Text(text) => text.draw(theme, frame, body),
            Popup::CommandLine(line) => line.draw(core, theme, frame, body),
        }
    }
}

/// An empty box in the middle of `body` with room for `columns` x `rows`; its inside.
fn open_box(
    frame: &mut Frame,
    body: Rect,
    title: &str,
    columns: usize,
    rows: usize,
    theme: &Theme,
) -> Rect {
    let columns = (columns.max(width(title) + 2) as u16 + 4).min(body.width);
    let rows = (rows as u16 + 2).min(body.height);
    let area = Rect::new(
        body.x + (body.width - columns) / 2,
        body.y + (body.height - rows) / 2,
        columns,
        rows,
    );
    view::clear(frame, area, theme);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.accent)
        .title(Line::from(vec![
            Span::raw(" "),
            Span::styled(title.to_owned(), theme.title),
            Span::raw(" "),
        ]));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    }
}
