//! What came back from an operation: the response, a dry run's verdict, or an error explained.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::access::refused::Refused;
use crate::kms::encoding::{base64, hex_dump, readable};
use crate::kms::field::Sensitivity;
use crate::kms::outcome::latency_text;
use crate::kms::tags;
use crate::kms::text::counted;
use crate::kms::text::printable;
use crate::kms::{
    FieldKind, KeyRef, KmsError, Outcome, OutcomeKind, ResponseValue, SecretBytes, Value, Verdict,
};
use crate::ops::chain::{self, Next};
use crate::ops::fields::{DRY_RUN, KEY_ID, key_in};
use crate::ops::spec;
use crate::tui::copy_items;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::Submit;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view::{self, labelled};
use crate::tui::widgets::{json, scroll};

pub struct OutcomeScreen {
    outcome: Outcome,
    /// The key that it is about, and where it was sent.
    key: KeyRef,
    /// The same request, under way once more.
    pending: Option<JobId>,
    /// What can be done next with it.
    next: Vec<Next>,
    dump: bool,
    /// Whether nothing follows from it here.
    to_read: bool,
    /// Whether secrets are shown.
    reveals: bool,
    scroll: usize,
}

impl OutcomeScreen {
    pub fn new(outcome: Outcome, key: KeyRef) -> Self {
        OutcomeScreen {
            next: chain::next(&outcome),
            outcome,
            key,
            pending: None,
            dump: false,
            to_read: false,
            reveals: false,
            scroll: 0,
        }
    }

    /// One to be read alone: it cannot be sent again from here, and leads nowhere.
    pub fn to_read(outcome: Outcome) -> Self {
        OutcomeScreen {
            next: Vec::new(),
            to_read: true,
            ..OutcomeScreen::new(outcome, KeyRef::none(""))
        }
    }

    /// The request that an action leads to.
    fn next_of(&self, action: Action) -> Option<&Next> {
        let fits = |op: &str| match action {
            Action::UseInDecrypt => matches!(op, "Decrypt" | "Decapsulate"),
            Action::UseInReEncrypt => op == "ReEncrypt",
            Action::UseInVerify => matches!(op, "Verify" | "VerifyMac"),
            Action::RevokeGrant => op == "RevokeGrant",
            Action::RetireGrant => op == "RetireGrant",
            _ => false,
        };
        self.next.iter().find(|next| fits(next.spec.id.0))
    }

    /// What is asked about, where KMS refused it.
    fn refused(&self) -> Option<Refused> {
        let error = self.outcome.result.as_ref().err()?;
        let refused = Refused::of_request(&self.outcome.request, error, &self.key)?;
        Some(match self.to_read {
            // It was in a sandbox that nothing is asked from outside.
            true => Refused {
                key: None,
                ..refused
            },
            false => refused,
        })
    }

    /// Whether it changed the account: such a request is sent from its form alone, after its
    /// question.
    fn changes(&self) -> bool {
        let request = &self.outcome.request;
        spec(request.op).changes_account() && !request.dry_run()
    }

    fn has_secrets(&self) -> bool {
        self.outcome.secrets().next().is_some()
    }

    fn lines(&self, columns: u16, theme: &Theme, core: &Core) -> Vec<Line<'static>> {
        let outcome = &self.outcome;
        let mut lines = Vec::new();
        let (glyph, style, title) = self.headline(theme);
        lines.push(Line::from(vec![
            Span::styled(format!("{glyph} "), style),
            Span::styled(title, theme.title),
            Span::styled(format!("   {}", self.call_text()), theme.dim),
        ]));
        let op = outcome.request.op;
        let subject = match key_in(&outcome.request) {
            Some(key) => format!("{op} with {key}"),
            None => op.to_string(),
        };
        lines.extend(indented(view::wrapped(
            &printable(&subject),
            columns.saturating_sub(2),
            theme.dim,
        )));
        lines.push(Line::default());
        match (&outcome.result, outcome.kind()) {
            (Ok(fields), kind) => {
                if kind == OutcomeKind::DryRunIgnored {
                    let text = "This endpoint does not know DryRun: it carried the call out. That proves nothing about permissions in AWS.";
                    lines.extend(indented(view::wrapped(
                        text,
                        columns.saturating_sub(2),
                        theme.warn,
                    )));
                    lines.push(Line::default());
                }
                for field in fields {
                    lines.extend(indented(self.field_lines(
                        field.name,
                        &field.value,
                        columns.saturating_sub(2),
                        theme,
                        core,
                    )));
                }
                if fields.is_empty() {
                    let text =
                        "The answer of this operation has no fields: that it came is the news.";
                    lines.extend(indented(view::wrapped(
                        text,
                        columns.saturating_sub(2),
                        theme.dim,
                    )));
                }
            }
            (Err(_), OutcomeKind::DryRun(Verdict::WouldSucceed)) => {
                let text = "KMS answered DryRunOperationException: the call is allowed, the key's state and the parameters are fine, and nothing was carried out. It is billed and logged.";
                lines.extend(indented(view::wrapped(
                    text,
                    columns.saturating_sub(2),
                    theme.text,
                )));
                if let Some(endpoint) = core
                    .session()
                    .and_then(|session| session.endpoint.as_deref())
                {
                    lines.push(Line::default());
                    let text = format!(
                        "This is what {endpoint} says; it is no proof of permission in AWS."
                    );
                    lines.extend(indented(view::wrapped(
                        &printable(&text),
                        columns.saturating_sub(2),
                        theme.warn,
                    )));
                }
            }
            (Err(error), _) => {
                let columns = columns.saturating_sub(2);
                lines.extend(indented(error_lines(error, columns, theme)));
                let request = &outcome.request;
                if let Some(text) = spec(request.op).left_open(request, error) {
                    lines.extend(indented(view::wrapped(text, columns, theme.warn)));
                }
            }
        }
        lines.push(Line::default());
        lines.extend(indented(
            self.request_lines(columns.saturating_sub(2), theme),
        ));
        if let Some(id) = &outcome.meta.request_id {
            lines.extend(indented(labelled(
                "Request ID",
                id,
                columns.saturating_sub(2),
                theme,
            )));
        }
        lines
    }

    /// Sign, colour and words that say at once how it went.
    fn headline(&self, theme: &Theme) -> (&'static str, ratatui::style::Style, String) {
        let code = || match &self.outcome.result {
            Err(error) => printable(&error.code).into_owned(),
            Ok(_) => String::new(),
        };
        match self.outcome.kind() {
            OutcomeKind::Success => ("✓", theme.good, spec(self.outcome.request.op).done.into()),
            OutcomeKind::DryRunIgnored => {
                ("!", theme.warn, "Carried out, though DryRun was on".into())
            }
            OutcomeKind::DryRun(verdict) => {
                let style = match verdict {
                    Verdict::WouldSucceed => theme.good,
                    Verdict::Denied => theme.bad,
                    Verdict::WouldFail | Verdict::NotKnown => theme.warn,
                };
                let title = match verdict {
                    Verdict::WouldSucceed => verdict.text().to_owned(),
                    _ => format!("{}: {}", verdict.text(), code()),
                };
                (verdict.glyph(), style, title)
            }
            OutcomeKind::Refused => ("✗", theme.bad, code()),
            OutcomeKind::NotKnown => ("?", theme.warn, format!("No answer: {}", code())),
        }
    }

    /// `DryRun · 9 ms · 2 attempts`.
    fn call_text(&self) -> String {
        let meta = &self.outcome.meta;
        let mut parts = Vec::new();
        if self.pending.is_some() {
            parts.push("asked again …".to_owned());
        }
        if self.outcome.request.dry_run() {
            parts.push("DryRun".to_owned());
        }
        parts.push(latency_text(meta.latency));
        if meta.attempts > 1 {
            parts.push(format!("{} attempts", meta.attempts));
        }
        parts.join(" · ")
    }

    fn field_lines(
        &self,
        name: &'static str,
        value: &ResponseValue,
        columns: u16,
        theme: &Theme,
        core: &Core,
    ) -> Vec<Line<'static>> {
        match value {
            ResponseValue::Text(text) => labelled(name, text, columns, theme),
            ResponseValue::List(names) => labelled(name, &names.join(", "), columns, theme),
            ResponseValue::Tags(given) => labelled(name, &tags::shown(given), columns, theme),
            ResponseValue::Metadata(key) => key
                .texts()
                .flat_map(|(name, text)| labelled(name, &text, columns, theme))
                .collect(),
            ResponseValue::Flag(on) => labelled(name, &on.to_string(), columns, theme),
            ResponseValue::Absent => vec![Line::from(vec![
                Span::styled(fit_label(name), theme.dim),
                Span::styled("not in the answer of this endpoint", theme.dim),
            ])],
            ResponseValue::Blob(bytes) => self.bytes_lines(name, bytes, columns, theme),
            ResponseValue::Secret(bytes) if self.reveals => {
                self.bytes_lines(name, bytes.reveal(), columns, theme)
            }
            ResponseValue::Secret(bytes) => {
                let how = match core.keymap.key_of(Context::Outcome, Action::Reveal) {
                    Some(key) => format!(" · {key} shows it"),
                    None => String::new(),
                };
                let about = format!("•••••••• {}{how}", counted(bytes.len(), "byte"));
                vec![
                    Line::from(vec![
                        Span::styled(fit_label(name), theme.dim),
                        Span::styled(about, theme.text),
                    ]),
                    Line::default(),
                ]
            }
        }
    }

    /// Bytes as base64 or a dump, with what they say where they are text.
    fn bytes_lines(
        &self,
        name: &'static str,
        bytes: &[u8],
        columns: u16,
        theme: &Theme,
    ) -> Vec<Line<'static>> {
        let form = if self.dump { "hex dump" } else { "base64" };
        let about = format!("{} · {form}", counted(bytes.len(), "byte"));
        let mut lines = vec![Line::from(vec![
            Span::styled(fit_label(name), theme.dim),
            Span::styled(about, theme.dim),
        ])];
        let indent = " ".repeat(view::LABEL);
        let room = (columns as usize).saturating_sub(view::LABEL).max(1);
        if self.dump {
            // A dump line is 72 columns: at 80 it does without the indent.
            let indent = if room >= 72 { indent.as_str() } else { "" };
            lines.extend(
                hex_dump(bytes)
                    .into_iter()
                    .map(|row| Line::from(format!("{indent}{row}"))),
            );
        } else {
            lines.extend(
                view::wrap(&base64(bytes), room)
                    .into_iter()
                    .map(|row| Line::from(format!("{indent}{row}"))),
            );
        }
        if let Some(text) = readable(bytes) {
            lines.extend(labelled("  as text", text, columns, theme));
        }
        lines.push(Line::default());
        lines
    }

    /// What was asked, beside the key.
    fn request_lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (field, value) in self.outcome.request.values() {
            if let (FieldKind::Document { .. }, Value::Text(text)) = (field.kind, value) {
                let bytes = counted(text.len(), "byte");
                lines.extend(labelled(field.name, &bytes, columns, theme));
                lines.extend(json::lines(text, columns, theme));
                continue;
            }
            let text = match value {
                _ if field == &KEY_ID || field == &DRY_RUN => continue,
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Time(at) => at.to_string(),
                Value::Pairs(pairs) | Value::Tags(pairs) => pairs
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect::<Vec<_>>()
                    .join(", "),
                Value::List(list) if field.sensitivity == Sensitivity::Token => {
                    format!("{} given", list.len())
                }
                Value::List(list) => list.join(", "),
                Value::Blob(blob) => counted(blob.bytes.len(), "byte"),
                Value::Flag(on) => on.to_string(),
            };
            lines.extend(labelled(field.name, &text, columns, theme));
        }
        lines
    }
}

impl Screen for OutcomeScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Outcome]
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::Save => self.outcome.blob().is_some(),
            Action::Why => self.refused().is_some(),
            Action::ToggleDump => {
                self.outcome.blob().is_some() || (self.has_secrets() && self.reveals)
            }
            Action::Reveal => self.has_secrets(),
            Action::RunAgain => !self.to_read && self.pending.is_none() && !self.changes(),
            Action::UseInDecrypt
            | Action::UseInReEncrypt
            | Action::UseInVerify
            | Action::RevokeGrant
            | Action::RetireGrant => self.next_of(action).is_some(),
            _ => true,
        }
    }

    fn subject(&self, _: &Core) -> KeyRef {
        self.key.clone()
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => match self.pending.take() {
                Some(job) => {
                    core.cancel(job);
                    core.say(Tone::Plain, "Cancelled; this is the answer before.");
                }
                None => return Flow::Back,
            },
            Action::RunAgain => {
                return match core.submit(self.outcome.request.clone(), &self.key) {
                    Submit::Sent(job) => {
                        self.pending = Some(job);
                        Flow::Stay
                    }
                    Submit::Refused(why) => {
                        core.say(Tone::Warn, why);
                        Flow::Stay
                    }
                    Submit::Ask(question) => Flow::Open(Route::Question(question)),
                };
            }
            Action::Why => {
                if let Some(refused) = self.refused() {
                    return Flow::Open(Route::WhyRefused(Box::new(refused)));
                }
            }
            Action::ToggleDump => self.dump = !self.dump,
            Action::Reveal => self.reveals = !self.reveals,
            Action::UseInDecrypt
            | Action::UseInReEncrypt
            | Action::UseInVerify
            | Action::RevokeGrant
            | Action::RetireGrant => {
                if let Some(next) = self.next_of(action) {
                    let request = Box::new(next.request.clone());
                    return Flow::Open(Route::FilledForm(request, self.key.clone()));
                }
            }
            Action::Copy => {
                let to = core.destination(&self.key.region);
                let mut items = copy_items::of_outcome(&self.outcome);
                items.extend(copy_items::of_request(&self.outcome.request, &to));
                return Flow::Open(Route::Copy(items));
            }
            Action::Save => {
                if let Some((name, bytes)) = self.outcome.blob() {
                    let bytes = SecretBytes::new(bytes.to_vec());
                    return Flow::Open(Route::Prompt(Asks::Save(name, bytes)));
                }
            }
            _ => {
                let height = layout::body_rows(core.size) as usize;
                let len = self
                    .lines(text_columns(core.size.0), &Theme::mono(), core)
                    .len();
                let furthest = scroll::furthest(len, height);
                scroll::step(
                    &mut self.scroll,
                    action,
                    height.saturating_sub(1),
                    furthest + 1,
                );
            }
        }
        Flow::Stay
    }

    fn moves(&self) -> bool {
        self.pending.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.pending == Some(id)
    }

    fn answer(&mut self, _id: JobId, event: JobEvent, _core: &mut Core) -> Flow {
        if let JobEvent::Ran(outcome) = event {
            *self = OutcomeScreen {
                dump: self.dump,
                ..OutcomeScreen::new(*outcome, self.key.clone())
            };
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.pending.take() {
            core.cancel(job);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let body = Rect {
            x: area.x + 1,
            width: text_columns(area.width),
            ..area
        };
        let lines = self.lines(body.width, theme, core);
        scroll::text(frame, body, &lines, self.scroll, theme);
    }
}

/// Columns that the text has in a screen of that many.
fn text_columns(columns: u16) -> u16 {
    columns.saturating_sub(3)
}

fn fit_label(name: &str) -> String {
    crate::kms::text::fit(name, view::LABEL)
}

fn error_lines(error: &KmsError, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let advice = error.advice();
    let mut lines = Vec::new();
    if !error.message.is_empty() {
        lines.extend(view::wrapped(
            &printable(&error.message),
            columns,
            theme.text,
        ));
        lines.push(Line::default());
    }
    lines.extend(labelled("Means", &advice.means, columns, theme));
    lines.extend(labelled("What to do", &advice.todo, columns, theme));
    if let Some(status) = error.status {
        lines.extend(labelled("HTTP status", &status.to_string(), columns, theme));
    }
    lines
}

fn indented(lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    lines
        .into_iter()
        .map(|mut line| {
            line.spans.insert(0, Span::raw("  "));
            line
        })
        .collect()
}
