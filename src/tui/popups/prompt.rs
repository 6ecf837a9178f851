//! One line of text, asked for.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::open_box;
use crate::gateway::check_mfa_code;
use crate::kms::text::width;
use crate::tui::app::Core;
use crate::tui::jobs::Job;
use crate::tui::keymap::Action;
use crate::tui::screens::key_detail::KeyDetailScreen;
use crate::tui::screens::{Flow, Screen};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::input::Input;
use crate::user_files::with_home;

/// What the line is for.
enum Purpose {
    /// A file for these bytes.
    Save(Vec<u8>),
    /// A KeyId, to open its details.
    OpenKey,
    /// The code of an MFA device, for a new connection.
    Mfa,
}

pub struct Prompt {
    purpose: Purpose,
    title: &'static str,
    note: &'static str,
    input: Input,
    error: Option<String>,
}

impl Prompt {
    pub fn save(field: &'static str, bytes: &[u8]) -> Self {
        Prompt {
            purpose: Purpose::Save(bytes.to_vec()),
            title: "Save the raw bytes to a file",
            note: "Mode 0600. It asks before it overwrites.",
            input: Input::new(&format!("{field}.bin")),
            error: None,
        }
    }

    /// A file for the call log.
    pub fn export(lines: Vec<u8>) -> Self {
        Prompt {
            purpose: Purpose::Save(lines),
            title: "Export the calls as JSON lines",
            note: "Those that the filter shows. Mode 0600.",
            input: Input::new("kmsdeck-calls.jsonl"),
            error: None,
        }
    }

    pub fn mfa(question: String) -> Self {
        Prompt {
            purpose: Purpose::Mfa,
            title: "MFA code",
            note: "Six digits. They go to sts:AssumeRole, and nowhere else.",
            input: Input::default(),
            error: Some(question),
        }
    }

    pub fn open_key() -> Self {
        Prompt {
            purpose: Purpose::OpenKey,
            title: "Open a key",
            note: "A key ID, key ARN, alias name or alias ARN.",
            input: Input::default(),
            error: None,
        }
    }

    pub fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            self.error = None;
        }
    }

    pub fn paste(&mut self, text: &str) {
        self.input.insert(text.trim());
        self.error = None;
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action != Action::Accept {
            return Flow::Stay;
        }
        match &self.purpose {
            Purpose::Mfa => match check_mfa_code(self.input.text().trim()) {
                Ok(code) => {
                    core.target.mfa_code = Some(code);
                    Flow::Reconnect
                }
                Err(rule) => self.refuse(rule),
            },
            Purpose::OpenKey => match KeyDetailScreen::open_typed(self.input.text().trim(), core) {
                Ok(screen) => Flow::push(Screen::KeyDetail(Box::new(screen))),
                Err(rule) => self.refuse(rule),
            },
            Purpose::Save(bytes) => {
                if self.input.text().trim().is_empty() {
                    self.error = Some("Type the name of a file.".into());
                    return Flow::Stay;
                }
                core.start(Job::Save {
                    path: with_home(self.input.text().trim()),
                    bytes: bytes.clone(),
                    overwrite: false,
                });
                Flow::Close
            }
        }
    }

    /// Says what is wrong, and keeps what was typed.
    fn refuse(&mut self, rule: String) -> Flow {
        self.error = Some(rule);
        Flow::Stay
    }

    pub fn draw(&self, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 66;
        let error = self.error.as_deref().unwrap_or_default();
        let error_lines = view::wrapped(error, columns, theme.bad);
        let rows = 3 + if error.is_empty() {
            0
        } else {
            error_lines.len()
        };
        let inside = open_box(frame, body, self.title, columns.into(), rows, theme);
        let row = |y: u16| Rect::new(inside.x, inside.y + y, inside.width, 1);
        let (field, cursor) = self.input.spans(inside.width as usize, theme.field);
        frame.render_widget(field, row(0));
        frame.set_cursor_position((inside.x + cursor as u16, inside.y));
        if inside.height > 2 {
            frame.render_widget(Line::styled(self.note, theme.dim), row(2));
        }
        debug_assert!(width(self.note) <= columns.into());
        for (at, line) in error_lines.into_iter().enumerate() {
            if 3 + (at as u16) < inside.height {
                frame.render_widget(line, row(3 + at as u16));
            }
        }
    }
}
