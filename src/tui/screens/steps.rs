//! What came of requests that one yes was for: what was done, what stands, and what is left, which
//! its form takes up again.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::kms::outcome::latency_text;
use crate::kms::text::printable;
use crate::kms::{KeyRef, Outcome, Request, ResponseValue, Value};
use crate::ops::fields::{ALIAS_NAME, KEY_ID, TARGET_KEY_ID};
use crate::ops::{StepsOutcome, made_key, spec};
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::scroll;

/// See the [module](self).
pub struct StepsScreen {
    steps: StepsOutcome,
    key: KeyRef,
    /// The step under the cursor: of those that were sent, then of those that are left.
    at: usize,
    /// Steps that were left, and were done since from their forms.
    done_since: Vec<usize>,
    /// Changes of the account that this takes in.
    changes_seen: usize,
}

impl StepsScreen {
    /// The cursor is on the first step that is left.
    pub fn new(steps: StepsOutcome, key: KeyRef, core: &Core) -> Self {
        let made = steps.outcomes.first().and_then(made_key);
        let key = key.with_id(made.unwrap_or_default());
        let failed = steps.outcomes.iter().position(|step| step.result.is_err());
        StepsScreen {
            at: failed.unwrap_or(0),
            steps,
            key,
            done_since: Vec::new(),
            changes_seen: core.changes_so_far(),
        }
    }

    fn len(&self) -> usize {
        self.steps.outcomes.len() + self.steps.left.len()
    }

    fn headline(&self, theme: &Theme) -> Line<'static> {
        let undone = self.undone();
        let (glyph, style, text) = match (self.key.is_none(), undone) {
            (true, _) => ("✗ ", theme.bad, "No key was made".to_owned()),
            (false, 0) => (
                "✓ ",
                theme.good,
                "Key created, and all that was asked for".to_owned(),
            ),
            (false, undone) => (
                "! ",
                theme.warn,
                format!("Key created; {undone} of {} steps left to do", self.len()),
            ),
        };
        Line::from(vec![
            Span::styled(glyph, style),
            Span::styled(text, theme.title),
        ])
    }

    /// How many steps are not done.
    fn undone(&self) -> usize {
        (0..self.len()).filter(|at| self.is_left(*at)).count()
    }

    /// Whether a step is not done.
    fn is_left(&self, at: usize) -> bool {
        let outcome = self.steps.outcomes.get(at);
        outcome.is_none_or(|step| step.result.is_err()) && !self.done_since.contains(&at)
    }

    /// The request of a step, and what came of it where it was sent.
    fn step(&self, at: usize) -> Option<(&Request, Option<&Outcome>)> {
        match self.steps.outcomes.get(at) {
            Some(outcome) => Some((&outcome.request, Some(outcome))),
            None => {
                let left = self.steps.left.get(at - self.steps.outcomes.len())?;
                Some((left, None))
            }
        }
    }

    /// All lines, and the line of the step under the cursor.
    fn lines(&self, columns: u16, theme: &Theme, core: &Core) -> (Vec<Line<'static>>, usize) {
        let mut lines = vec![self.headline(theme), Line::default()];
        if !self.key.is_none() {
            lines.extend(view::labelled("Key", &self.key.id, columns, theme));
            lines.push(Line::default());
        }
        let mut here = 0;
        for at in 0..self.len() {
            if at == self.at {
                here = lines.len();
            }
            let Some((request, outcome)) = self.step(at) else {
                continue;
            };
            lines.push(self.step_line(at, request, outcome, theme));
            if let Some(Err(error)) = outcome
                .filter(|_| self.is_left(at))
                .map(|outcome| &outcome.result)
            {
                let indented = |text: &str, style| {
                    let rows = view::wrapped(&printable(text), columns.saturating_sub(6), style);
                    rows.into_iter().map(|mut row| {
                        row.spans.insert(0, Span::raw("      "));
                        row
                    })
                };
                let advice = error.advice();
                lines.extend(indented(
                    &format!("{}: {}", error.code, error.message),
                    theme.text,
                ));
                lines.extend(indented(&advice.means, theme.dim));
                lines.extend(indented(&advice.todo, theme.accent));
                if let Some(text) = spec(request.op).left_open(request, error) {
                    lines.extend(indented(text, theme.warn));
                }
            }
        }
        if self.undone() > 0 && !self.key.is_none() {
            lines.push(Line::default());
            let how = core.keymap.key_of(Context::Steps, Action::Accept);
            let how = how.map_or(String::new(), |key| {
                format!(" {key} on a step that is left opens its form, filled in.")
            });
            let text =
                format!("What is done stands: the key is there, and costs what it costs.{how}");
            lines.extend(view::wrapped(&text, columns, theme.text));
        }
        (lines, here)
    }

    fn step_line(
        &self,
        at: usize,
        request: &Request,
        outcome: Option<&Outcome>,
        theme: &Theme,
    ) -> Line<'static> {
        let (mark, mark_style) = match at == self.at {
            true => ("▌ ", theme.accent),
            false => ("  ", theme.text),
        };
        let (glyph, style, told) = match outcome {
            _ if self.done_since.contains(&at) => ("✓ ", theme.good, "done since".to_owned()),
            None => ("· ", theme.dim, "not sent".to_owned()),
            Some(outcome) => match &outcome.result {
                Ok(_) => ("✓ ", theme.good, latency_text(outcome.meta.latency)),
                Err(_) => ("✗ ", theme.bad, latency_text(outcome.meta.latency)),
            },
        };
        let about = match about(request) {
            about if about.is_empty() => String::new(),
            about => format!("  {about}"),
        };
        Line::from(vec![
            Span::styled(mark, mark_style),
            Span::styled(glyph, style),
            Span::styled(request.op.0, theme.bold),
            Span::raw(format!("{}  ", printable(&about))),
            Span::styled(told, theme.dim),
        ])
    }

    /// The request of the step under the cursor, where that is left.
    fn left(&self) -> Option<Request> {
        let (request, _) = self.step(self.at).filter(|_| self.is_left(self.at))?;
        Some(request.clone())
    }

    fn copy_items(&self) -> Vec<CopyItem> {
        let mut items = vec![CopyItem::text("KeyId", &*self.key.id)];
        let made = self.steps.outcomes.first();
        let fields = made.and_then(|made| made.result.as_ref().ok());
        for field in fields.into_iter().flatten() {
            if let ResponseValue::Metadata(key) = &field.value {
                items.extend(key.arn.as_deref().map(|arn| CopyItem::text("Arn", arn)));
            }
        }
        items
    }
}

/// What a step is about, beside the key.
fn about(request: &Request) -> String {
    if let Some(alias) = request.text(&ALIAS_NAME) {
        return alias.to_owned();
    }
    let told = request.values().filter_map(|(field, value)| match value {
        _ if *field == KEY_ID || *field == TARGET_KEY_ID => None,
        Value::Text(text) if !text.contains('\n') && text.len() <= 32 => Some(text.clone()),
        Value::Number(number) => Some(format!("{} {number}", field.name)),
        _ => Some(field.name.to_owned()),
    });
    told.collect::<Vec<_>>().join(", ")
}

impl Screen for StepsScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Steps]
    }

    fn can(&self, action: Action, _: &Core) -> bool {
        match action {
            Action::Copy => !self.key.is_none(),
            // Where nothing was made, the form below has it all still.
            Action::Accept => !self.key.is_none(),
            _ => true,
        }
    }

    fn subject(&self, _: &Core) -> KeyRef {
        self.key.clone()
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let mut seen = self.changes_seen;
        for change in core.changed_since(&mut seen) {
            let is_it = |at: &usize| {
                let step = self.step(*at).filter(|_| self.is_left(*at));
                step.is_some_and(|(request, _)| spec(request.op).changes == change.what)
            };
            if !self.key.is_none()
                && change.key.id.ends_with(&*self.key.id)
                && let Some(at) = (1..self.len()).find(is_it)
            {
                self.done_since.push(at);
            }
        }
        self.changes_seen = seen;
        None
    }

    fn act(&mut self, action: Action, _: &mut Core) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Copy => return Flow::Open(Route::Copy(self.copy_items())),
            Action::Accept => {
                if let Some(request) = self.left() {
                    return Flow::Open(Route::FilledForm(Box::new(request), self.key.clone()));
                }
                return Flow::Open(Route::KeyDetail(self.key.clone()));
            }
            _ => {
                let len = self.len();
                scroll::step(&mut self.at, action, len, len);
            }
        }
        Flow::Stay
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let body = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(3),
            ..area
        };
        let (lines, here) = self.lines(body.width, theme, core);
        let rows = layout::body_rows(core.size) as usize;
        let offset = scroll::follow(0, here, rows, lines.len());
        scroll::text(frame, body, &lines, offset, theme);
    }
}
