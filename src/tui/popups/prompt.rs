//! One line of text, asked for.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::gateway::check_mfa_code;
use crate::kms::SecretBytes;
use crate::kms::encoding::public_key_pem;
use crate::kms::encryption_context;
use crate::kms::field::check_grant_tokens;
use crate::kms::table_file::Format;
use crate::kms::text::{cut_middle, printable};
use crate::matrix::Variant;
use crate::matrix::report::render;
use crate::platform::dirs::with_home;
use crate::platform::path_completion::name_in_folder;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::path_completion::{Completed, PathCompletion};
use crate::tui::widgets::popup_box::open_box;

/// Contexts that have room beside each other in a matrix.
const MOST_CONTEXTS: usize = 6;
/// Paths that are seen below the line.
const PATHS_SEEN: usize = 6;
/// Characters that are taken: more than so many contexts, or all grant tokens, can have.
const MOST: usize = 100_000;

pub struct Prompt {
    asks: Asks,
    title: &'static str,
    note: &'static str,
    input: Input,
    error: Option<String>,
    /// Whether what is typed was refused as it stands.
    refused: bool,
    /// Of a path.
    completion: PathCompletion,
}

impl Prompt {
    pub fn new(asks: Asks) -> Self {
        let (title, note, text, error) = match &asks {
            Asks::Save("PublicKey", _) => (
                "Save the public key to a file",
                "PEM where the name ends in .pem, else DER. Mode 0600.",
                "PublicKey.pem".to_owned(),
                None,
            ),
            Asks::Save(field, _) => (
                "Save the raw bytes to a file",
                "Mode 0600. It asks before it overwrites.",
                format!("{field}.bin"),
                None,
            ),
            Asks::SaveElsewhere(path, _, why) => (
                "Save to another file",
                "Mode 0600. It asks before it overwrites.",
                path.display().to_string(),
                Some(why.clone()),
            ),
            Asks::ExportCalls(_) => (
                "Export the calls as JSON lines",
                "Those that the filter shows. Mode 0600.",
                "kmsdeck-calls.jsonl".to_owned(),
                None,
            ),
            Asks::ExportMatrix(_) => (
                "Export the matrix",
                ".csv, .md or .json. JSON can be compared with, and expected in CI.",
                "kmsdeck-matrix.json".to_owned(),
                None,
            ),
            Asks::ExportList(table, unknown) => (
                "Export the list",
                table.about(),
                table.file_name(),
                unknown.clone(),
            ),
            Asks::Handout(name, _) => (
                "Save the handout",
                "Markdown, with real values; data keys by length alone. Mode 0600.",
                name.clone(),
                None,
            ),
            Asks::OpenKey => (
                "Open a key",
                "A key ID, key ARN, alias name or alias ARN.",
                String::new(),
                None,
            ),
            Asks::LessonKey(_, place) => (
                "Run the lesson on a key of yours",
                "It is used to encrypt and decrypt, and is not changed.",
                String::new(),
                Some(place.clone()),
            ),
            Asks::MfaCode(question) => (
                "MFA code",
                "Six digits. They go to sts:AssumeRole, and nowhere else.",
                String::new(),
                Some(question.clone()),
            ),
            Asks::Baseline => (
                "Compare with an exported matrix",
                "A JSON file.",
                "kmsdeck-matrix.json".to_owned(),
                None,
            ),
            Asks::Contexts(variants) => (
                "EncryptionContexts to ask with",
                "k=v,k=v; several between semicolons; none is no context.",
                contexts_text(variants),
                None,
            ),
            Asks::GrantTokens(tokens) => (
                "GrantTokens to ask with",
                "Up to 10, with spaces between them; empty for none.",
                tokens.join(" "),
                None,
            ),
        };
        Prompt {
            asks,
            title,
            note,
            input: Input::new(&text).holding(MOST),
            error,
            refused: false,
            completion: PathCompletion::default(),
        }
    }

    /// Whether it asks for a file.
    fn takes_path(&self) -> bool {
        match self.asks {
            Asks::Save(..)
            | Asks::SaveElsewhere(..)
            | Asks::ExportCalls(_)
            | Asks::ExportMatrix(_)
            | Asks::ExportList(..)
            | Asks::Handout(..)
            | Asks::Baseline => true,
            Asks::OpenKey
            | Asks::LessonKey(..)
            | Asks::MfaCode(_)
            | Asks::Contexts(_)
            | Asks::GrantTokens(_) => false,
        }
    }

    /// Takes a path that was completed.
    fn complete_to(&mut self, path: &str) {
        self.input = Input::new(path).holding(MOST);
        (self.error, self.refused) = (None, false);
    }

    /// Saves to the file that was typed.
    fn save(&mut self, bytes: SecretBytes, core: &mut Core) -> Flow {
        let name = self.input.text().trim();
        if name.is_empty() {
            return self.refuse("Type the name of a file.".to_owned());
        }
        core.save(with_home(name), bytes, false);
        Flow::Close
    }

    /// The paths that fit what is typed, where there are several: those around the chosen one.
    fn path_lines(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let (paths, chosen) = self.completion.paths();
        if paths.is_empty() {
            return Vec::new();
        }
        let from = chosen.unwrap_or(0).saturating_sub(PATHS_SEEN - 1);
        let mut lines = vec![Line::default()];
        for (at, path) in paths.iter().enumerate().skip(from).take(PATHS_SEEN) {
            let style = match chosen == Some(at) {
                true => theme.selected,
                false => theme.text,
            };
            let name = cut_middle(&printable(name_in_folder(path)), columns).into_owned();
            lines.push(Line::from(Span::styled(name, style)));
        }
        let left = paths.len().saturating_sub(from + PATHS_SEEN);
        if left > 0 {
            lines.push(Line::styled(format!("… {left} more"), theme.dim));
        }
        lines
    }

    /// Says what is wrong, and keeps what was typed.
    fn refuse(&mut self, rule: String) -> Flow {
        self.error = Some(rule);
        self.refused = true;
        Flow::Stay
    }
}

impl Popup for Prompt {
    fn context(&self) -> Context {
        Context::Prompt
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::Accept => !self.refused,
            Action::Complete => self.takes_path(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action == Action::Complete {
            if let Some(path) = self.completion.next(self.input.text(), core) {
                self.complete_to(&path);
            }
            return Flow::Stay;
        }
        if action != Action::Accept {
            return Flow::Stay;
        }
        let text = self.input.text().trim().to_owned();
        match &self.asks {
            Asks::MfaCode(_) => match check_mfa_code(&text) {
                Ok(code) => {
                    core.connection.target.mfa_code = Some(code);
                    Flow::Reconnect
                }
                Err(rule) => self.refuse(rule),
            },
            Asks::OpenKey => match core.parse_typed_key(&text) {
                Ok(key) => Flow::Open(Route::KeyDetail(key)),
                Err(rule) => self.refuse(rule),
            },
            Asks::LessonKey(lesson, _) => match core.parse_typed_key(&text) {
                Ok(key) => Flow::Open(Route::LessonOnKey(lesson.clone(), key)),
                Err(rule) => self.refuse(rule),
            },
            Asks::ExportMatrix(made) => {
                let Some(format) = Format::of_name(&text) else {
                    return self.refuse("The name ends in .csv, .md or .json.".into());
                };
                let bytes = render(&made.0, &made.1, format).into_bytes();
                self.save(SecretBytes::new(bytes), core)
            }
            Asks::ExportList(table, _) => {
                let Some(format) = Format::of_name(&text) else {
                    return self.refuse("The name ends in .csv, .md or .json.".into());
                };
                let bytes = table.render(format).into_bytes();
                self.save(SecretBytes::new(bytes), core)
            }
            Asks::Baseline => {
                core.open_baseline(text);
                Flow::Close
            }
            Asks::Contexts(_) => match contexts(&text) {
                Ok(variants) => {
                    core.kept.matrix.variants = variants;
                    Flow::Close
                }
                Err(rule) => self.refuse(rule),
            },
            Asks::GrantTokens(_) => {
                let tokens: Vec<String> = text
                    .split([' ', ','])
                    .filter(|token| !token.is_empty())
                    .map(str::to_owned)
                    .collect();
                match check_grant_tokens(&tokens) {
                    Ok(()) => {
                        core.kept.matrix.grant_tokens = tokens;
                        Flow::Close
                    }
                    Err(error) => self.refuse(error.to_string()),
                }
            }
            Asks::Save("PublicKey", der) if text.to_lowercase().ends_with(".pem") => {
                let pem = public_key_pem(der.reveal());
                self.save(SecretBytes::new(pem.into_bytes()), core)
            }
            Asks::Save(_, bytes) | Asks::SaveElsewhere(_, bytes, _) => {
                let bytes = bytes.clone();
                self.save(bytes, core)
            }
            Asks::ExportCalls(text) | Asks::Handout(_, text) => {
                let bytes = SecretBytes::new(text.clone().into_bytes());
                self.save(bytes, core)
            }
        }
    }

    fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            (self.error, self.refused) = (None, false);
            self.completion.forget();
        }
    }

    fn moves(&self) -> bool {
        self.completion.is_reading()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.completion.waits_for(job)
    }

    fn answer(&mut self, event: JobEvent, core: &mut Core) {
        let JobEvent::PathCompleted(typed, paths) = event else {
            return;
        };
        match self.completion.answer(&typed, paths, self.input.text()) {
            Some(Completed::To(path)) => self.complete_to(&path),
            Some(Completed::Nothing) => core.say(Tone::Plain, "No file begins with that."),
            Some(Completed::Several | Completed::Whole) | None => {}
        }
    }

    fn leave(&mut self, core: &mut Core) {
        self.completion.stop(core);
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.input.paste(text));
        (self.error, self.refused) = (None, false);
        self.completion.forget();
    }

    fn draw(&self, _core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let columns = 66.min(body.width.saturating_sub(4));
        let error = self.error.as_deref().unwrap_or_default();
        let error_lines = view::wrapped(error, columns, theme.bad);
        let mut below = error_lines;
        below.extend(self.path_lines(columns.into(), theme));
        let rows = 3 + below.len();
        let inside = open_box(frame, body, self.title, columns.into(), rows, theme);
        let row = |y: u16| Rect::new(inside.x, inside.y + y, inside.width, 1);
        let (field, cursor) = self.input.spans(inside.width as usize, theme.field);
        frame.render_widget(field, row(0));
        frame.set_cursor_position((inside.x + cursor as u16, inside.y));
        if inside.height > 2 {
            frame.render_widget(Line::styled(self.note, theme.dim), row(2));
        }
        for (at, line) in below.into_iter().enumerate() {
            if 3 + (at as u16) < inside.height {
                frame.render_widget(line, row(3 + at as u16));
            }
        }
    }
}

/// What [`contexts`] reads.
fn contexts_text(variants: &[Variant]) -> String {
    let names: Vec<&str> = variants
        .iter()
        .map(|variant| match variant.pairs.is_empty() {
            true => "none",
            false => &variant.name,
        })
        .collect();
    names.join("; ")
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
