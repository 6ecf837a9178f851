//! Why somebody may or may not do something with a key, or why KMS refused it: the statements and
//! grants with the policy's text, and the smallest changes that would allow it.

use std::sync::Arc;

use kmsdeck_policy::{AnswerKind, Change, KeyGrant, Told};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::access::refused::{self, Refused};
use crate::access::row::{AccessRow, Evaluation, glyph, in_words};
use crate::access::run::AccessEvent;
use crate::access::why::{Proposal, Why};
use crate::kms::KeyRef;
use crate::kms::text::{counted, grouped, printable};
use crate::ops::grant_request;
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::scroll;

/// Lines of a policy that are shown of a statement.
const MOST_LINES: usize = 14;

pub struct WhyScreen {
    /// None as long as it is not known, or where it cannot be.
    why: Option<Why>,
    /// What KMS refused, where that is what is asked about.
    refused: Option<Refused>,
    key: KeyRef,
    /// What people call the key.
    name: String,
    /// Reads what a refusal is explained by.
    job: Option<JobId>,
    /// Users and roles that were read so far.
    counted: usize,
    evaluation: Option<Arc<Evaluation>>,
    /// What could not be read, and weakens what is said of a refusal.
    missing: Vec<String>,
    scroll: usize,
}

impl WhyScreen {
    pub fn new(why: Why, key: KeyRef, name: String) -> Self {
        WhyScreen {
            why: Some(why),
            refused: None,
            key,
            name,
            job: None,
            counted: 0,
            evaluation: None,
            missing: Vec::new(),
            scroll: 0,
        }
    }

    /// Of a request that KMS refused: begins by reading the key, and users and roles where that was
    /// not done before.
    pub fn of_refused(mut refused: Refused, core: &mut Core) -> Self {
        if refused.who.is_none() {
            refused.who = core.connection.principal().map(str::to_owned);
        }
        let key = refused.key.clone();
        let mut screen = WhyScreen {
            why: None,
            name: key
                .as_ref()
                .map(|key| core.name_of(key))
                .unwrap_or_default(),
            key: key.unwrap_or_else(|| KeyRef::none(core.region())),
            job: None,
            counted: 0,
            evaluation: None,
            missing: Vec::new(),
            scroll: 0,
            refused: None,
        };
        let can_be_asked = refused.permission.is_some() && !screen.key.is_none();
        if let Some(who) = refused.who.clone().filter(|_| can_be_asked) {
            let keys = vec![(screen.key.clone(), screen.name.clone())];
            let question = core.access_question(keys, Some(who));
            screen.job = question.map(|question| core.start(Job::Access(Box::new(question))));
        }
        screen.refused = Some(refused);
        screen
    }

    fn told(&mut self, event: AccessEvent, core: &mut Core) {
        match event {
            AccessEvent::Read(count) => self.counted = count,
            AccessEvent::Principals(principals, evaluation) => {
                core.keep_principals(&principals);
                self.missing.clone_from(&principals.missing);
                self.missing.extend(evaluation.missing());
                self.missing
                    .push("resource control, session and VPC endpoint policies".to_owned());
                self.evaluation = Some(evaluation);
            }
            AccessEvent::Rows(rows) => self.explain(&rows),
            AccessEvent::Failed(_, (operation, error)) => self
                .missing
                .insert(0, format!("the key ({operation}: {})", error.code)),
            AccessEvent::Done => self.job = None,
        }
    }

    /// Explains what was refused by the row of who asked.
    fn explain(&mut self, rows: &[AccessRow]) {
        let refused = self.refused.as_ref();
        let column = refused.and_then(|refused| refused.permission);
        if let (Some(row), Some(column), Some(evaluation), Some(refused)) =
            (rows.first(), column, &self.evaluation, refused)
        {
            self.why = Some(Why::of(row, evaluation, column, refused.pairs.as_deref()));
            self.key = self.key.with_id(row.key.read.facts.arn.clone());
            let of_key = row.key.read.missing.iter().cloned();
            self.missing.splice(0..0, of_key);
        }
    }

    fn change<'a, T>(&'a self, of: impl Fn(&'a Change) -> Option<T>) -> Option<T> {
        let mut proposals = self.why.iter().flat_map(|why| &why.proposals);
        proposals.find_map(|one| of(&one.change))
    }

    fn grant(&self) -> Option<&KeyGrant> {
        self.change(|change| match change {
            Change::Grant(grant) => Some(grant),
            _ => None,
        })
    }

    /// The key policy with a statement that would allow it.
    fn policy(&self) -> Option<&String> {
        self.change(|change| match change {
            Change::KeyPolicy { policy, .. } | Change::KeyAndIdentityPolicy { policy, .. } => {
                Some(policy)
            }
            _ => None,
        })
    }

    fn lines(&self, columns: u16, theme: &Theme, core: &Core) -> Vec<Line<'static>> {
        let columns = columns.saturating_sub(2);
        let mut lines = match &self.why {
            Some(why) => self.why_lines(why, columns, theme),
            None => self.unread_lines(columns, theme, core),
        };
        if self.refused.is_some() && self.job.is_none() && !self.missing.is_empty() {
            let text = format!("Not read: {}.", self.missing.join("; "));
            lines.push(Line::default());
            lines.extend(view::wrapped(&text, columns, theme.dim));
        }
        lines
    }

    /// Where nothing but the refusal is known, or nothing yet.
    fn unread_lines(&self, columns: u16, theme: &Theme, core: &Core) -> Vec<Line<'static>> {
        let Some(refused) = &self.refused else {
            return Vec::new();
        };
        let title = match self.name.is_empty() {
            true => refused.operation.clone(),
            false => format!("{} · {}", refused.operation, self.name),
        };
        let mut lines = view::wrapped(&title, columns, theme.title);
        let who = refused.who.as_deref().unwrap_or_default();
        lines.extend(view::wrapped(who, columns, theme.text));
        match self.job {
            Some(_) => {
                let users = match self.counted {
                    0 => String::new(),
                    count => format!(" {}", grouped(count)),
                };
                let text = format!(" The key, users and roles ...{users}");
                lines.push(Line::from(vec![
                    Span::styled(spinner(core.ticks), theme.accent),
                    Span::styled(text, theme.dim),
                ]));
            }
            None => {
                let why = match self.key.is_none() {
                    true => "there is no key to read",
                    false => "what it is about cannot be read",
                };
                let text = format!("! This is what the refusal itself says: {why}.");
                lines.extend(view::wrapped(&text, columns, theme.warn));
            }
        }
        lines.push(Line::default());
        match refused.refusal() {
            Some(refusal) => {
                for (label, value) in refused::facts(&refusal) {
                    lines.extend(view::labelled(&label, &value, columns, theme));
                }
                lines.push(Line::default());
                lines.extend(view::wrapped(&refusal.advice(), columns, theme.text));
            }
            None if refused.message.is_empty() => lines.push(Line::styled(
                "KMS said no more than that it is refused.",
                theme.text,
            )),
            None => lines.extend(view::wrapped(&refused.message, columns, theme.text)),
        }
        lines
    }

    /// What KMS said, beside the verdict of what was read.
    fn said_lines(
        refused: &Refused,
        answer: AnswerKind,
        columns: u16,
        theme: &Theme,
    ) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if answer == AnswerKind::Allowed {
            let text = "! KMS refused it, and what was read allows it: what was not read is the suspect, or it has changed since.";
            lines.extend(view::wrapped(text, columns, theme.warn));
        }
        if !refused.message.is_empty() {
            let text = format!("KMS said: {}", refused.message);
            lines.extend(view::wrapped(&text, columns, theme.dim));
        }
        lines
    }

    fn why_lines(&self, why: &Why, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let answer = &why.explained.answer;
        let style = match answer.kind {
            AnswerKind::Allowed => theme.good,
            AnswerKind::AllowedIf => theme.warn,
            AnswerKind::Denied => theme.bad,
            AnswerKind::CannotTell => theme.accent,
            AnswerKind::NotAllowed => theme.title,
        };
        let mut lines = view::wrapped(
            &format!("{} · {}", why.operation, self.name),
            columns,
            theme.title,
        );
        lines.extend(view::wrapped(&why.who, columns, theme.text));
        let verdict = format!("{} {}", glyph(Some(answer)), in_words(answer));
        lines.extend(view::wrapped(&verdict, columns, style));
        for denied in &why.denied_by {
            lines.extend(view::wrapped(
                &format!("denied by {denied}"),
                columns,
                theme.bad,
            ));
        }
        if let Some(refused) = &self.refused {
            lines.extend(WhyScreen::said_lines(refused, answer.kind, columns, theme));
        }
        for layer in &why.layers {
            lines.push(Line::default());
            lines.push(Line::styled(
                printable(&layer.title).into_owned(),
                theme.title,
            ));
            for (told, words) in &layer.lines {
                let text = format!("{told}: {}", words.join("; "));
                lines.extend(indented(view::wrapped(
                    &text,
                    columns.saturating_sub(2),
                    theme.text,
                )));
                let applies = words
                    .iter()
                    .any(|word| word.starts_with("applies") || word.starts_with("allows"));
                if applies {
                    lines.extend(excerpt(told, columns, theme));
                }
            }
            let text = match (layer.lines.is_empty(), layer.others) {
                (_, 0) => continue,
                (true, others) => format!(
                    "{}: none is about {}",
                    counted(others, "statement"),
                    why.operation
                ),
                (false, others) => format!("{others} more are about other operations"),
            };
            lines.extend(indented(view::wrapped(
                &text,
                columns.saturating_sub(2),
                theme.dim,
            )));
        }
        if let Some((told, words)) = &why.nearest {
            lines.push(Line::default());
            lines.push(Line::styled("Nearest to allowing it", theme.title));
            let text = format!("{told}: {}", words.join("; "));
            lines.extend(indented(view::wrapped(
                &text,
                columns.saturating_sub(2),
                theme.text,
            )));
            lines.extend(excerpt(told, columns, theme));
        }
        if !why.proposals.is_empty() {
            lines.push(Line::default());
            lines.push(Line::styled(
                "What would allow it, the smallest change first",
                theme.title,
            ));
        }
        for (at, one) in why.proposals.iter().enumerate() {
            lines.extend(proposal(at + 1, one, columns, theme));
        }
        lines
    }
}

fn proposal(number: usize, one: &Proposal, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let inner = columns.saturating_sub(4);
    let mut lines = view::wrapped(
        &format!("{number}. {}: then {}", one.title, one.then),
        columns,
        theme.text,
    );
    let mut details = Vec::new();
    for text in one.text.lines() {
        details.extend(view::wrapped(text, inner, theme.dim));
    }
    match one.others.as_slice() {
        [] => details.push(Line::styled(
            "Nobody else gains by it, of those that are known.",
            theme.good,
        )),
        others => {
            details.push(Line::styled("Gains by it, too:", theme.warn));
            for other in others {
                details.extend(view::wrapped(&format!("  {other}"), inner, theme.warn));
            }
        }
    }
    lines.extend(indented(details));
    lines
}

fn indented(lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let lines = lines.into_iter().map(|mut line| {
        line.spans.insert(0, Span::raw("  "));
        line
    });
    lines.collect()
}

/// The policy's text at a statement, with its line numbers.
fn excerpt(told: &Told, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Told::Statement { text, line, .. } = told else {
        return Vec::new();
    };
    let from = line.saturating_sub(1);
    let mut depth = 0_i32;
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate().skip(from).take(MOST_LINES) {
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        let shown = printable(text.trim_end()).into_owned();
        let room = (columns as usize).saturating_sub(8);
        let shown = crate::kms::text::cut_end(&shown, room).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("  {:>4} ", at + 1), theme.dim),
            Span::styled(shown, theme.json_string),
        ]));
        if depth <= 0 {
            break;
        }
    }
    lines
}

impl Screen for WhyScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Why]
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::NewGrant => self.grant().is_some(),
            Action::Edit => self.policy().is_some(),
            Action::OpenDetails => !self.key.is_none(),
            _ => true,
        }
    }

    fn subject(&self, _core: &Core) -> KeyRef {
        self.key.clone()
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::NewGrant => {
                if let Some(grant) = self.grant() {
                    let request = Box::new(grant_request(&self.key.id, grant));
                    return Flow::Open(Route::FilledForm(request, self.key.clone()));
                }
            }
            Action::Edit => {
                if let Some(policy) = self.policy() {
                    let (key, name) = (self.key.clone(), self.name.clone());
                    return Flow::Open(Route::EditPolicy(key, name, Some(policy.clone())));
                }
            }
            Action::OpenDetails => return Flow::Open(Route::KeyDetail(self.key.clone())),
            Action::Copy => {
                let mut items = Vec::new();
                if let Some(why) = &self.why {
                    items.push(CopyItem::text("Principal", &why.who));
                    items.push(CopyItem::text("Verdict", &why.verdict));
                    let proposals = why.proposals.iter().filter(|one| !one.text.is_empty());
                    items.extend(proposals.map(|one| CopyItem::text(&one.title, &one.text)));
                }
                let said = self.refused.iter().filter(|one| !one.message.is_empty());
                items.extend(said.map(|one| CopyItem::text("What KMS said", &one.message)));
                return Flow::Open(Route::Copy(items));
            }
            _ => {
                let rows = layout::body_rows(core.size) as usize;
                let lines = self.lines(core.size.0, &Theme::default(), core).len();
                scroll::step(
                    &mut self.scroll,
                    action,
                    rows,
                    scroll::furthest(lines, rows) + 1,
                );
            }
        }
        Flow::Stay
    }

    fn moves(&self) -> bool {
        self.job.is_some()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.job == Some(job)
    }

    fn answer(&mut self, _job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if let JobEvent::Access(event) = event {
            self.told(event, core);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.job.take() {
            core.cancel(job);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let lines = self.lines(area.width, theme, core);
        scroll::text(frame, view::pad(area, 1, 0), &lines, self.scroll, theme);
    }
}
