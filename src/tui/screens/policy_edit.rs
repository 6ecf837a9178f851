//! A key policy that is changed: in the user's own editor, then with what is wrong with it and what
//! is different, and put by the one gate. What was written stays as a draft until it is put.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kmsdeck_policy::{
    AccessChangeKind, Lint, LintFacts, MOST_BYTES, PolicyDocument, lint_key_policy_of,
};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::access::what_if::{WhatIf, WhatIfQuestion};
use crate::kms::text::{counted, grouped, printable};
use crate::kms::{Cause, KeyRef, KmsError, Outcome, Request, Value, key_id};
use crate::ops::PUT_KEY_POLICY;
use crate::ops::fields::{KEY_ID, POLICY};
use crate::ops::lockout::{Keeper, keeper};
use crate::platform::drafts::Draft;
use crate::platform::editor::{EditError, Edited};
use crate::reads::{GET_KEY_POLICY, ReadAnswer};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::Submit;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::diff::Diff;
use crate::tui::widgets::{json, policy_text, scroll};

/// An editor that ends as fast as this has hardly been used: it went into the background.
const AT_ONCE_MS: i128 = 1_500;

/// See the [module](self).
pub struct PolicyEditScreen {
    /// By its ARN, where that is known.
    key: KeyRef,
    /// What people call it.
    name: String,
    draft_name: String,
    doing: Option<(JobId, Doing)>,
    began: Timestamp,
    /// The policy that the key has.
    there: Option<String>,
    /// A text that is to be put in its place as it is, without an editor.
    put_back: Option<String>,
    /// A draft that was there when this began; as long as nobody has said what to do with it.
    offered: Option<Offered>,
    review: Option<Review>,
    /// Tells what the reviewed text would change.
    what_if: Option<JobId>,
    /// Why there is nothing to see.
    failed: Option<Failure>,
    scroll: usize,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    ReadingPolicy,
    ReadingDraft,
    KeepingDraft,
    Editing,
    /// Looks whether the policy is still the one that was edited.
    Checking,
    Putting,
}

/// A draft, and what is different in it from the policy that is there.
struct Offered {
    draft: Draft,
    diff: Diff,
}

enum Failure {
    Read(Box<KmsError>),
    /// There is no place for the text while it is edited.
    NoDraft(String),
    NoEditor(String),
}

/// A text, and what is to be said of it before it is put.
struct Review {
    text: String,
    lints: Vec<Lint>,
    keeper: Keeper,
    diff: Diff,
    /// What it would change, once that is known.
    what_if: Option<Box<WhatIf>>,
    /// Why KMS did not take it.
    refused: Option<Box<KmsError>>,
}

impl PolicyEditScreen {
    /// Begins by reading the policy as it is now. `put_back` is what is to be put without an editor.
    pub fn new(key: KeyRef, name: String, put_back: Option<String>, core: &mut Core) -> Self {
        let mut screen = PolicyEditScreen {
            draft_name: draft_name(&key, core),
            key,
            name,
            doing: None,
            began: core.now,
            there: None,
            put_back,
            offered: None,
            review: None,
            what_if: None,
            failed: None,
            scroll: 0,
        };
        screen.read_policy(Doing::ReadingPolicy, core);
        screen
    }

    fn read_policy(&mut self, doing: Doing, core: &mut Core) {
        let Some(session) = core.session_in(&self.key.region).cloned() else {
            return core.say(
                Tone::Bad,
                "There is no session in the key's Region any more.",
            );
        };
        let job = Job::Read(session, &GET_KEY_POLICY, self.key.id.clone());
        self.doing = Some((core.start(job), doing));
    }

    /// What an editor begins with: the text that was reviewed, the draft, else the policy.
    fn text(&self) -> Option<String> {
        let reviewed = self.review.as_ref().map(|review| review.text.clone());
        let draft = || {
            self.offered
                .as_ref()
                .map(|offered| offered.draft.text.clone())
        };
        let there = || Some(format!("{}\n", json::pretty(self.there.as_deref()?)));
        reviewed.or_else(draft).or_else(there)
    }

    /// Writes the text to a file, which the editor is then started on.
    fn edit(&mut self, core: &mut Core) {
        let Some(text) = self.text() else {
            return;
        };
        let Some(drafts) = core.kept.policy_drafts.clone() else {
            let why = "There is no folder to keep a draft in: neither $XDG_STATE_HOME nor $HOME is an absolute path.";
            return self.fail(Failure::NoDraft(why.to_owned()));
        };
        let job = Job::KeepDraft(drafts, self.draft_name.clone(), text);
        self.doing = Some((core.start(job), Doing::KeepingDraft));
    }

    fn fail(&mut self, failure: Failure) {
        self.failed = Some(failure);
        self.scroll = 0;
    }

    fn drop_draft(&self, core: &mut Core) {
        if let Some(drafts) = core.kept.policy_drafts.clone() {
            core.start(Job::DropDraft(drafts, self.draft_name.clone()));
        }
    }

    fn is_there(&self, text: &str) -> bool {
        self.there
            .as_deref()
            .is_some_and(|there| json::is_same(there, text))
    }

    fn look_at(&mut self, text: String, core: &mut Core) {
        let there = json::pretty(self.there.as_deref().unwrap_or_default());
        let arn = Some(&*self.key.id).filter(|id| id.starts_with("arn:"));
        let account = arn.and_then(key_id::account_of).or(core.account());
        let shown = self.shown(&text);
        let facts = LintFacts {
            key_arn: arn,
            accounts: &[],
        };
        let lints = lint_key_policy_of(&shown, facts);
        let is_policy = PolicyDocument::parse_key_policy(&shown).is_ok();
        let before = self.there.clone().filter(|_| is_policy);
        let keeper = keeper(&shown, account, arn, core.connection.principal());
        self.ask_what_if(before, shown.clone(), core);
        let mut review = Review {
            lints: Vec::new(),
            keeper,
            diff: Diff::of(&there, &shown),
            what_if: None,
            refused: None,
            text,
        };
        review.set_lints(lints);
        self.review = Some(review);
        (self.offered, self.failed, self.scroll) = (None, None, 0);
    }

    /// Asks in the background for whom the text would change what.
    fn ask_what_if(&mut self, before: Option<String>, after: String, core: &mut Core) {
        if let Some(job) = self.what_if.take() {
            core.cancel(job);
        }
        let keys = vec![(self.key.clone(), self.name.clone())];
        if let (Some(before), Some(access)) = (before, core.access_question(keys, None)) {
            let question = WhatIfQuestion {
                access,
                before,
                after,
            };
            self.what_if = Some(core.start(Job::WhatIf(Box::new(question))));
        }
    }

    /// A text as it is shown: one that comes from KMS may be all in one line.
    fn shown(&self, text: &str) -> String {
        match self.put_back.as_deref() {
            Some(put_back) if put_back == text => json::pretty(text),
            _ => text.to_owned(),
        }
    }

    fn policy_read(&mut self, answer: Result<ReadAnswer, KmsError>, core: &mut Core) -> Flow {
        let policy = match answer {
            Ok(ReadAnswer::Policy(policy)) => policy,
            Ok(_) => return Flow::Stay,
            Err(error) => {
                self.fail(Failure::Read(Box::new(error)));
                return Flow::Stay;
            }
        };
        self.there = Some(policy);
        if let Some(text) = self.put_back.clone() {
            if self.is_there(&text) {
                core.say(Tone::Plain, "The policy is the one before already.");
                return Flow::Back;
            }
            self.look_at(text, core);
            return Flow::Stay;
        }
        match core.kept.policy_drafts.clone() {
            Some(drafts) => {
                let job = Job::ReadDraft(drafts, self.draft_name.clone());
                self.doing = Some((core.start(job), Doing::ReadingDraft));
            }
            None => self.edit(core),
        }
        Flow::Stay
    }

    fn draft_read(&mut self, read: Result<Option<Draft>, String>, core: &mut Core) {
        match read {
            Ok(Some(draft)) if !self.is_there(&draft.text) => {
                let there = json::pretty(self.there.as_deref().unwrap_or_default());
                let diff = Diff::of(&there, &draft.text);
                self.offered = Some(Offered { draft, diff });
            }
            Ok(_) => self.edit(core),
            Err(why) => {
                let text = format!("The draft that is there cannot be read: {why}.");
                core.say(Tone::Warn, printable(&text));
                self.edit(core);
            }
        }
    }

    fn edited(&mut self, edited: Result<Edited, EditError>, core: &mut Core) -> Flow {
        let edited = match edited {
            Ok(edited) => edited,
            Err(EditError::NoEditor(why)) => {
                if self.text().is_some_and(|text| self.is_there(&text)) {
                    self.drop_draft(core);
                }
                self.fail(Failure::NoEditor(why));
                return Flow::Stay;
            }
            Err(error) => {
                core.say(Tone::Bad, printable(&error.to_string()));
                return self.unchanged();
            }
        };
        let is_there = self.is_there(&edited.text);
        if is_there {
            self.drop_draft(core);
        }
        if let Some(why) = edited.failed {
            let kept = match is_there {
                true => "",
                false => " What it has written stays as a draft.",
            };
            core.say(Tone::Warn, printable(&format!("Not changed: {why}{kept}")));
            return self.unchanged();
        }
        if is_there {
            let took = core.now.duration_since(self.began).as_millis();
            let waits = match took < AT_ONCE_MS {
                true => {
                    " An editor with a window of its own takes an option to wait: code --wait, gvim -f."
                }
                false => "",
            };
            core.say(Tone::Plain, format!("Not changed.{waits}"));
            return Flow::Back;
        }
        self.look_at(edited.text, core);
        Flow::Stay
    }

    /// Where nothing came of editing: what was looked at before, or back.
    fn unchanged(&self) -> Flow {
        match self.review.is_some() || self.offered.is_some() {
            true => Flow::Stay,
            false => Flow::Back,
        }
    }

    /// Asks before the text is put, where the policy is still the one that it was made of.
    fn checked(&mut self, answer: Result<ReadAnswer, KmsError>, core: &mut Core) -> Flow {
        let policy = match answer {
            Ok(ReadAnswer::Policy(policy)) => policy,
            Ok(_) => return Flow::Stay,
            Err(error) => {
                let text = format!(
                    "Not sent: the policy cannot be read again. {}",
                    error.message
                );
                core.say(Tone::Bad, printable(&text));
                return Flow::Stay;
            }
        };
        if self.there.as_ref() != Some(&policy) {
            self.there = Some(policy);
            if let Some(text) = self.text() {
                self.look_at(text, core);
            }
            core.say(
                Tone::Warn,
                "Not sent: the policy was changed meanwhile. This is the difference to what is there now.",
            );
            return Flow::Stay;
        }
        let Some(request) = self.request() else {
            return Flow::Stay;
        };
        if let Some(error) = PUT_KEY_POLICY.validate(&request).first() {
            core.say(Tone::Bad, error.to_string());
            return Flow::Stay;
        }
        match core.submit(request, &self.key) {
            Submit::Sent(job) => self.doing = Some((job, Doing::Putting)),
            Submit::Refused(why) => core.say(Tone::Warn, why),
            Submit::Ask(question) => return Flow::Open(Route::Question(question)),
        }
        Flow::Stay
    }

    fn request(&self) -> Option<Request> {
        let request =
            Request::new(PUT_KEY_POLICY.id).with(&KEY_ID, Value::Text(self.key.id.clone()));
        Some(request.with(&POLICY, Value::Text(self.text()?)))
    }

    fn put(&mut self, outcome: Outcome, core: &mut Core) -> Flow {
        if let Err(error) = outcome.result {
            if let Some(review) = &mut self.review {
                review.refused = Some(Box::new(error));
            }
            self.scroll = 0;
            return Flow::Stay;
        }
        self.drop_draft(core);
        if let Some(there) = self.there.take() {
            core.kept.policies_before.insert(self.key.clone(), there);
        }
        let undo = match core.keymap.key_of(Context::KeyDetail, Action::Undo) {
            Some(key) => format!(" {key} puts the one before back."),
            None => String::new(),
        };
        core.say(Tone::Good, format!("Policy put.{undo}"));
        Flow::Back
    }

    fn back(&mut self, core: &mut Core) -> Flow {
        match self.doing.take() {
            Some((job, Doing::Putting)) => {
                core.cancel(job);
                core.say(
                    Tone::Warn,
                    "Cancelled; whether it was carried out is not known.",
                );
                return Flow::Stay;
            }
            Some((job, _)) => core.cancel(job),
            None => {}
        }
        let is_kept = self.review.is_some() && self.put_back.is_none() || self.offered.is_some();
        if is_kept {
            let edit = core.keymap.key_of(Context::KeyDetail, Action::Edit);
            let how = edit.map_or(String::new(), |key| format!(" {key} offers it again."));
            core.say(Tone::Plain, format!("Not put; it stays as a draft.{how}"));
        }
        Flow::Back
    }

    fn lines(&self, columns: u16, theme: &Theme, core: &Core) -> Vec<Line<'static>> {
        if let Some((_, doing)) = self.doing {
            let text = match doing {
                Doing::ReadingPolicy | Doing::Checking => "kms:GetKeyPolicy …",
                Doing::ReadingDraft | Doing::KeepingDraft => "The draft …",
                Doing::Editing => "In the editor …",
                Doing::Putting => "kms:PutKeyPolicy …",
            };
            let mut lines = vec![Line::from(vec![
                Span::styled(spinner(core.ticks), theme.accent),
                Span::styled(format!(" {text}"), theme.dim),
            ])];
            if let Some(review) = &self.review {
                lines.push(Line::default());
                lines.extend(self.review_lines(review, columns, theme, core));
            }
            return lines;
        }
        match (&self.failed, &self.offered, &self.review) {
            (Some(Failure::Read(error)), ..) => view::failure(
                "The policy cannot be read, and so not edited",
                error,
                columns,
                theme,
            ),
            (Some(Failure::NoDraft(why)), ..) => {
                let todo =
                    "Set XDG_STATE_HOME to a folder that you can write before you start kmsdeck.";
                not_edited(
                    "There is no place to edit it in",
                    why,
                    todo,
                    columns,
                    theme,
                    core,
                )
            }
            (Some(Failure::NoEditor(why)), ..) => {
                let todo = "Set one of them before you start kmsdeck: export EDITOR=nano.";
                not_edited(
                    "There is no editor to edit it in",
                    why,
                    todo,
                    columns,
                    theme,
                    core,
                )
            }
            (_, Some(offered), _) => offered.lines(columns, theme, core),
            (_, _, Some(review)) => self.review_lines(review, columns, theme, core),
            _ => Vec::new(),
        }
    }

    fn review_lines(
        &self,
        review: &Review,
        columns: u16,
        theme: &Theme,
        core: &Core,
    ) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(error) = &review.refused {
            let title = match error.cause {
                Cause::Service => "KMS did not take it",
                _ => "No answer",
            };
            lines.extend(view::failure(title, error, columns, theme));
            let request = Request::new(PUT_KEY_POLICY.id);
            if let Some(text) = PUT_KEY_POLICY.left_open(&request, error) {
                lines.extend(view::wrapped(text, columns, theme.warn));
            }
            lines.push(Line::default());
        }
        let shown = self.shown(&review.text);
        for lint in &review.lints {
            let place = format!("line {}, column {}: ", lint.line(), lint.column());
            lines.extend(policy_text::told(lint, &place, columns, theme));
            lines.extend(pointed_at(&shown, lint, columns, theme));
        }
        if let Some(text) = review.keeper.text() {
            let (glyph, style) = match review.keeper {
                Keeper::Nobody => ("✗ ", theme.bad),
                Keeper::OnlyIf(_) => ("! ", theme.warn),
                _ => ("✓ ", theme.good),
            };
            let rows = view::wrapped(&text, columns.saturating_sub(2), theme.text);
            lines.extend(view::behind_sign(Span::styled(glyph, style), rows));
        }
        if self.what_if.is_some() {
            lines.push(Line::from(vec![
                Span::styled(spinner(core.ticks), theme.accent),
                Span::styled(" For whom access changes ...", theme.dim),
            ]));
        }
        if let Some(what_if) = &review.what_if {
            lines.extend(what_if_lines(what_if, columns, theme));
        }
        lines.push(Line::default());
        let size = format!(
            "{} of {} bytes · {}",
            grouped(review.text.len()),
            grouped(MOST_BYTES),
            review.diff.text()
        );
        lines.push(Line::styled(size, theme.dim));
        lines.push(Line::default());
        let beside = columns.saturating_sub(13);
        let notes = |line| policy_text::below(&review.lints, line, beside, theme);
        lines.extend(review.diff.lines(columns, notes, theme));
        lines
    }

    fn len(&self, core: &Core) -> usize {
        let columns = text_columns(core.size.0);
        self.lines(columns, &Theme::mono(), core).len()
    }
}

impl Review {
    /// That nobody is left is said once, by the keeper.
    fn set_lints(&mut self, mut lints: Vec<Lint>) {
        lints.retain(|lint| self.keeper != Keeper::Nobody || lint.rule() != "nobody-left");
        self.lints = lints;
    }
}

impl Offered {
    fn lines(&self, columns: u16, theme: &Theme, core: &Core) -> Vec<Line<'static>> {
        let key = |action| core.keymap.key_of(Context::PolicyDraft, action);
        let at = day_and_time(self.draft.at, core.now);
        let mut text = format!("A draft of {at} is there");
        if let (Some(edit), Some(discard)) = (key(Action::Edit), key(Action::DiscardDraft)) {
            text = format!("{text}: {edit} edits it, {discard} throws it away");
        }
        let mut lines = view::wrapped(&format!("{text}."), columns, theme.text);
        lines.push(Line::default());
        let told = format!("To the policy that is there: {}.", self.diff.text());
        lines.push(Line::styled(told, theme.dim));
        lines.push(Line::default());
        lines.extend(self.diff.lines(columns, |_| Vec::new(), theme));
        lines
    }
}

/// Why the text cannot be edited, and what can be done.
fn not_edited(
    title: &'static str,
    why: &str,
    todo: &str,
    columns: u16,
    theme: &Theme,
    core: &Core,
) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(vec![
        Span::styled("! ", theme.warn),
        Span::styled(title, theme.title),
    ])];
    lines.push(Line::default());
    lines.extend(view::wrapped(why, columns, theme.text));
    lines.push(Line::default());
    let mut todo = todo.to_owned();
    if let Some(key) = core.keymap.key_of(Context::PolicyReview, Action::OpenForm) {
        todo = format!("{todo} Or edit it here, in a field of the form: {key} opens it.");
    }
    lines.extend(view::wrapped(&todo, columns, theme.accent));
    lines
}

/// The most principals of whom each change is said.
const MOST_PRINCIPALS: usize = 40;

/// For whom access changes, and who could put another policy.
fn what_if_lines(what_if: &WhatIf, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let beside = columns.saturating_sub(2);
    if let Some(changes) = &what_if.changes {
        let known = what_if.principals.text();
        let keepers = match changes.keepers {
            0 => "None of them could put another policy afterwards.".to_owned(),
            count => format!("{count} of them could put another policy afterwards."),
        };
        let (glyph, style) = match changes.keepers {
            0 => ("✗ ", theme.bad),
            _ => ("✓ ", theme.good),
        };
        let known = match what_if.principals.count() {
            0 => "Known are those alone whom the policy and the grants name".to_owned(),
            _ => format!("Known are {known}, and whom the policy names"),
        };
        let text = format!("{known}. {keepers}");
        let rows = view::wrapped(&text, beside, theme.text);
        lines.extend(view::behind_sign(Span::styled(glyph, style), rows));
        lines.push(Line::default());
        lines.extend(view::wrapped(&changes.text, columns, theme.title));
        for one in changes.of.iter().take(MOST_PRINCIPALS) {
            let who = match one.is_external {
                true => format!("⇄ {}", one.who),
                false => one.who.clone(),
            };
            lines.extend(view::wrapped(&format!("  {who}"), columns, theme.text));
            for (kind, text) in &one.parts {
                let (glyph, style) = match kind {
                    AccessChangeKind::Gained => ("    + ", theme.good),
                    AccessChangeKind::Lost => ("    - ", theme.bad),
                    _ => ("    ~ ", theme.warn),
                };
                let rows = view::wrapped(text, columns.saturating_sub(6), style);
                for (at, mut row) in rows.into_iter().enumerate() {
                    let sign = if at == 0 { glyph } else { "      " };
                    row.spans.insert(0, Span::styled(sign, style));
                    lines.push(row);
                }
            }
        }
        let more = changes.of.len().saturating_sub(MOST_PRINCIPALS);
        if more > 0 {
            let text = format!("  and for {}.", counted(more, "other principal"));
            lines.push(Line::styled(text, theme.text));
        }
    }
    let missing = format!("Not read: {}.", what_if.missing.join("; "));
    lines.extend(view::wrapped(&missing, columns, theme.dim));
    lines
}

/// The line of the text where a lint is, with a sign below its place.
fn pointed_at(text: &str, lint: &Lint, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    /// Columns before the text.
    const INDENT: usize = 4;
    let Some(line) = text.lines().nth(lint.line() - 1) else {
        return Vec::new();
    };
    let room = (columns as usize).saturating_sub(INDENT).max(1);
    let before = (lint.column() - 1).min(line.len());
    let before = line.get(..before).unwrap_or_default();
    let column = crate::kms::text::width(&printable(before));
    // A line that is longer is shown from somewhere before the place on.
    let from = match column < room {
        true => 0,
        false => before.len() - before.len().min(room / 2),
    };
    let (Some(head), Some(rest)) = (before.get(from..), line.get(from..)) else {
        return Vec::new();
    };
    let under = crate::kms::text::width(&printable(head));
    let shown = printable(rest);
    let shown = crate::kms::text::cut_end(&shown, room);
    let indent = " ".repeat(INDENT);
    vec![
        Line::styled(format!("{indent}{shown}"), theme.dim),
        Line::styled(format!("{indent}{}▲", " ".repeat(under)), theme.accent),
    ]
}

/// `12:03`, and the day where that is another.
fn day_and_time(at: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (at, now) = (
        at.to_zoned_datetime(zone.clone()),
        now.to_zoned_datetime(zone),
    );
    let form = match at.date() == now.date() {
        true => "%H:%M",
        false => "%Y-%m-%d %H:%M",
    };
    at.strftime(form).to_string()
}

/// The file of a key's draft: by whose key it is.
fn draft_name(key: &KeyRef, core: &Core) -> String {
    let place = match core.connection.target.is_sandbox() {
        true => "sandbox-",
        false => "",
    };
    let account = key_id::account_of(&key.id).or(core.account());
    let id = key_id::parse(&key.id).map_or(&*key.id, |id| id.resource);
    let name = format!("{}-{}-{id}", account.unwrap_or("account"), key.region);
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let name: String = name.chars().filter(is_plain).take(150).collect();
    format!("policy-{place}{name}.json")
}

impl Screen for PolicyEditScreen {
    fn contexts(&self) -> Vec<Context> {
        match self.offered.is_some() && self.failed.is_none() {
            true => vec![Context::PolicyDraft],
            false => vec![Context::PolicyReview],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let is_idle = self.doing.is_none();
        match action {
            Action::Submit => is_idle && self.review.is_some() && self.failed.is_none(),
            Action::Edit => is_idle && self.there.is_some() && core.kept.policy_drafts.is_some(),
            Action::DiscardDraft => {
                let reviewed = self.review.is_some() && self.put_back.is_none();
                is_idle && (reviewed || self.offered.is_some())
            }
            Action::OpenForm => is_idle && self.text().is_some(),
            _ => true,
        }
    }

    fn subject(&self, _: &Core) -> KeyRef {
        self.key.clone()
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => return self.back(core),
            Action::Edit => self.edit(core),
            Action::DiscardDraft => {
                self.drop_draft(core);
                core.say(Tone::Plain, "Thrown away; the policy is as it was.");
                return Flow::Back;
            }
            Action::Submit => self.read_policy(Doing::Checking, core),
            Action::OpenForm => {
                if let Some(request) = self.request() {
                    return Flow::Open(Route::FilledForm(Box::new(request), self.key.clone()));
                }
            }
            _ => {
                let height = text_rows(core);
                let furthest = scroll::furthest(self.len(core), height);
                let page = height.saturating_sub(1);
                scroll::step(&mut self.scroll, action, page, furthest + 1);
            }
        }
        Flow::Stay
    }

    fn moves(&self) -> bool {
        self.doing.is_some() || self.what_if.is_some()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.doing.is_some_and(|(id, _)| id == job) || self.what_if == Some(job)
    }

    fn answer(&mut self, _: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let event = match event {
            JobEvent::WhatIf(what_if) => {
                self.what_if = None;
                core.keep_principals(&what_if.principals);
                if let Some(review) = &mut self.review {
                    review.set_lints(what_if.lints.clone());
                    review.what_if = Some(what_if);
                }
                return Flow::Stay;
            }
            event => event,
        };
        let Some((_, doing)) = self.doing.take() else {
            return Flow::Stay;
        };
        match (event, doing) {
            (JobEvent::Read(answer), Doing::ReadingPolicy) => self.policy_read(answer, core),
            (JobEvent::Read(answer), Doing::Checking) => self.checked(answer, core),
            (JobEvent::DraftRead(read), _) => {
                self.draft_read(read, core);
                Flow::Stay
            }
            (JobEvent::DraftKept(Ok(path)), _) => {
                self.began = core.now;
                self.doing = Some((core.edit_file(path), Doing::Editing));
                Flow::Stay
            }
            (JobEvent::DraftKept(Err(why)), _) => {
                let why = format!("The file to edit cannot be written: {why}.");
                self.fail(Failure::NoDraft(why));
                Flow::Stay
            }
            (JobEvent::Edited(edited), _) => self.edited(edited, core),
            (JobEvent::Ran(outcome), _) => self.put(*outcome, core),
            _ => Flow::Stay,
        }
    }

    fn sent(&mut self, job: JobId, _: &mut Core) {
        self.doing = Some((job, Doing::Putting));
    }

    fn leave(&mut self, core: &mut Core) {
        let doing = self.doing.take().map(|(job, _)| job);
        for job in doing.into_iter().chain(self.what_if.take()) {
            core.cancel(job);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let title = match self.put_back.is_some() {
            true => "The policy before, put back to",
            false => "Policy of",
        };
        let title = printable(&format!("{title} {}", self.name)).into_owned();
        let row = Rect { height: 1, ..area };
        let title = vec![Span::raw(" "), Span::styled(title, theme.title)];
        frame.render_widget(Line::from(title), row);
        let body = Rect {
            x: area.x + 1,
            y: area.y + 2.min(area.height),
            width: text_columns(area.width),
            height: area.height.saturating_sub(2),
        };
        let lines = self.lines(body.width, theme, core);
        scroll::text(frame, body, &lines, self.scroll, theme);
    }
}

/// Columns that the text has in a screen of that many.
fn text_columns(columns: u16) -> u16 {
    columns.saturating_sub(3)
}

/// Rows that the text has.
fn text_rows(core: &Core) -> usize {
    layout::body_rows(core.size).saturating_sub(2) as usize
}
