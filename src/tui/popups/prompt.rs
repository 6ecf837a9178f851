//! One line of text, asked for.

use std::path::Path;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::open_box;
use crate::gateway::check_mfa_code;
use crate::kms::encryption_context;
use crate::kms::field::check_grant_tokens;
use crate::kms::key_id;
use crate::kms::text::width;
use crate::lessons::Lesson;
use crate::matrix::report::{Format, Subject, render};
use crate::matrix::{Matrix, Variant};
use crate::platform::dirs::with_home;
use crate::tui::app::Core;
use crate::tui::jobs::Job;
use crate::tui::keymap::Action;
use crate::tui::screens::key_detail::KeyDetailScreen;
use crate::tui::screens::lesson::LessonScreen;
use crate::tui::screens::{Flow, Screen};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::input::Input;

/// Contexts that have room beside each other in a matrix.
const MOST_CONTEXTS: usize = 6;

/// What the line is for.
enum Purpose {
    /// A file for these bytes.
    Save(Vec<u8>),
    /// A KeyId, to open its details.
    OpenKey,
    /// A KeyId, to run a lesson on.
    LessonKey(Arc<Lesson>),
    /// The code of an MFA device, for a new connection.
    Mfa,
    /// A file for a matrix, in the format that its name says.
    Matrix(Box<(Matrix, Subject)>),
    /// An exported matrix, to compare with.
    Baseline,
    /// The encryption contexts of a matrix.
    Contexts,
    /// The grant tokens of a matrix.
    GrantTokens,
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

    /// Another file, after one that could not be written.
    pub fn save_elsewhere(path: &Path, bytes: Vec<u8>, why: String) -> Self {
        Prompt {
            purpose: Purpose::Save(bytes),
            title: "Save to another file",
            note: "Mode 0600. It asks before it overwrites.",
            input: Input::new(&path.display().to_string()),
            error: Some(why),
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

    /// A file for a permission matrix.
    pub fn matrix(matrix: Matrix, subject: Subject) -> Self {
        Prompt {
            purpose: Purpose::Matrix(Box::new((matrix, subject))),
            title: "Export the matrix",
            note: ".csv, .md or .json. JSON can be compared with, and expected in CI.",
            input: Input::new("kmsdeck-matrix.json"),
            error: None,
        }
    }

    /// A matrix of another day, to compare with.
    pub fn baseline() -> Self {
        Prompt {
            purpose: Purpose::Baseline,
            title: "Compare with an exported matrix",
            note: "A JSON file.",
            input: Input::new("kmsdeck-matrix.json"),
            error: None,
        }
    }

    /// The encryption contexts to ask a matrix with.
    pub fn contexts(variants: &[Variant]) -> Self {
        let text: Vec<String> = variants
            .iter()
            .map(|variant| match variant.pairs.is_empty() {
                true => "none".to_owned(),
                false => variant.name.clone(),
            })
            .collect();
        Prompt {
            purpose: Purpose::Contexts,
            title: "EncryptionContexts to ask with",
            note: "k=v,k=v; several between semicolons; none is no context.",
            input: Input::new(&text.join("; ")),
            error: None,
        }
    }

    /// The grant tokens to ask a matrix with.
    pub fn grant_tokens(tokens: &[String]) -> Self {
        Prompt {
            purpose: Purpose::GrantTokens,
            title: "GrantTokens to ask with",
            note: "Up to 10, with spaces between them; empty for none.",
            input: Input::new(&tokens.join(" ")),
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

    /// A key of the user's own for a lesson; `place` names account and Region.
    pub fn lesson_key(lesson: Arc<Lesson>, place: String) -> Self {
        Prompt {
            purpose: Purpose::LessonKey(lesson),
            title: "Run the lesson on a key of yours",
            note: "It is used to encrypt and decrypt, and is not changed.",
            input: Input::default(),
            error: Some(place),
        }
    }

    /// A file for a lesson's handout.
    pub fn handout(name: &str, text: Vec<u8>) -> Self {
        Prompt {
            purpose: Purpose::Save(text),
            title: "Save the handout",
            note: "Markdown, with real values; data keys by length alone. Mode 0600.",
            input: Input::new(name),
            error: None,
        }
    }

    pub fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            self.error = None;
        }
    }

    /// See [`Input::paste`] for what it says.
    #[must_use]
    pub fn paste(&mut self, text: &str) -> Option<String> {
        self.error = None;
        self.input.paste(text)
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
            Purpose::LessonKey(lesson) => {
                let key = self.input.text().trim();
                match (key_id::parse(key), core.session()) {
                    (Err(error), _) => self.refuse(error.to_string()),
                    (_, None) => self.refuse("Not connected.".to_owned()),
                    (Ok(_), Some(session)) => {
                        let (lesson, session) = (lesson.clone(), session.clone());
                        let screen = LessonScreen::on_real_key(lesson, key.to_owned(), session);
                        Flow::push(Screen::Lesson(Box::new(screen)))
                    }
                }
            }
            Purpose::Matrix(made) => {
                let name = self.input.text().trim();
                let Some(format) = Format::of_name(name) else {
                    return self.refuse("The name ends in .csv, .md or .json.".into());
                };
                core.start(Job::Save {
                    path: with_home(name),
                    bytes: render(&made.0, &made.1, format).into_bytes(),
                    overwrite: false,
                });
                Flow::Close
            }
            Purpose::Baseline => {
                core.open_baseline(self.input.text().trim().to_owned());
                Flow::Close
            }
            Purpose::Contexts => match contexts(self.input.text()) {
                Ok(variants) => {
                    core.matrix.variants = variants;
                    Flow::Close
                }
                Err(rule) => self.refuse(rule),
            },
            Purpose::GrantTokens => {
                let tokens: Vec<String> = self
                    .input
                    .text()
                    .split([' ', ','])
                    .filter(|token| !token.is_empty())
                    .map(str::to_owned)
                    .collect();
                match check_grant_tokens(&tokens) {
                    Ok(()) => {
                        core.matrix.grant_tokens = tokens;
                        Flow::Close
                    }
                    Err(error) => self.refuse(error.to_string()),
                }
            }
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

/// Contexts between semicolons; `none` is one with no pairs.
fn contexts(text: &str) -> Result<Vec<Variant>, String> {
    let mut variants: Vec<Variant> = Vec::new();
    for part in text.split(';').map(str::trim) {
        let pairs = match part {
            "none" | "" => Vec::new(),
            part => encryption_context::parse("EncryptionContext", part)
                .map_err(|error| error.to_string())?,
        };
        let variant = Variant::new(pairs);
        if variants.contains(&variant) {
            return Err(format!(
                "{} comes twice: leave one of the two out.",
                variant.name
            ));
        }
        variants.push(variant);
    }
    if variants.len() > MOST_CONTEXTS {
        return Err(format!(
            "At most {MOST_CONTEXTS} contexts stand side by side: leave some out."
        ));
    }
    Ok(variants)
}
