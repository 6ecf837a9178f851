//! The form of an operation, built from its row in `OPS`.

mod draw;
pub mod fields;
mod layout;
mod snippets;
pub mod state;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use crate::kms::field::FieldKind;
use crate::kms::key_id::{self, Notation};
use crate::kms::text::{cut_middle, printable};
use crate::kms::{Blob, FieldError, KeyRef, Request};
use crate::ops::fields::KEY_ID;
use crate::ops::new_key::{self, NEW_KEY};
use crate::ops::policy_template::TemplateFacts;
use crate::ops::{CREATE_GRANT, IMPORT_KEY_MATERIAL, Misfit, OpSpec, operations_for};
use crate::tui::core::Core;
use crate::tui::core::kept::DraftOf;
use crate::tui::core::listing::ListState;
use crate::tui::core::note::Tone;
use crate::tui::core::submit::{Submit, SubmitAll};
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::widgets::path_completion::{Completed, PathCompletion};
use crate::tui::widgets::scroll;
use fields::{KeyIdNote, MarkedKeysEditor};
use state::{Fields, Slot};

/// Keys offered under the KeyId at once.
const OFFERED: usize = 6;

/// See the [module](self).
pub struct FormScreen {
    spec: &'static OpSpec,
    /// The key that the form was opened for, and the Region where it sends. Its draft is kept by
    /// it.
    key: KeyRef,
    fields: Fields,
    focus: Slot,
    /// Fields whose mistakes are shown: those that were typed in and left, and all once a
    /// submit was tried.
    shown_errors: Vec<&'static str>,
    completion: Completion,
    pending: Option<JobId>,
    /// What it was filled in with, where it was: as long as it holds just that, nothing was typed.
    filled_with: Option<Request>,
    /// Of the path under the cursor.
    paths: PathCompletion,
    /// Files being read, by the field that they are for.
    reading: Vec<(JobId, usize)>,
    /// Whether to send once the files are read.
    sends_when_read: bool,
    /// When the call in flight began.
    began: jiff::Timestamp,
    /// Whether a call of it went well.
    was_sent: bool,
    /// The keys that it is for, where it is for all that were marked.
    marked: Vec<KeyRef>,
}

/// What the draft of a form for marked keys is kept by, in the place of a key.
const MARKED: &str = "marked keys";

/// The keys that complete what is typed in the KeyId.
#[derive(Default)]
struct Completion {
    open: bool,
    /// Alias or key ID, and what is said of it.
    offers: Vec<(String, String)>,
    chosen: Option<usize>,
}

impl FormScreen {
    /// The form as it was left, for the key where one is meant; the first time an empty one.
    pub fn new(spec: &'static OpSpec, key: &KeyRef, core: &mut Core) -> Self {
        let spec = form_spec(spec);
        let draft: Option<Fields> = core.kept.drafts.take(&draft_of(spec, key, core));
        let fields = match draft {
            Some(mut draft) => {
                // Whatever was typed there: the form is about the key that it is opened for.
                if !key.is_none() {
                    draft.set_key_id(&key.id);
                }
                if draft.has_more_than_a_key() {
                    let clear = match core.keymap.key_of(Context::Form, Action::ClearForm) {
                        Some(key) => format!(" {key} clears it."),
                        None => String::new(),
                    };
                    core.say(
                        Tone::Plain,
                        format!("Filled in as you left it for this key.{clear}"),
                    );
                }
                draft
            }
            None => Fields::new(spec, &key.id),
        };
        FormScreen::of(spec, fields, key.clone(), core)
    }

    /// The form for all marked keys, as it was left.
    pub fn of_marked(spec: &'static OpSpec, core: &mut Core) -> Self {
        let marked = core.marked_keys();
        let key = KeyRef::new(core.region(), MARKED);
        let draft: Option<Fields> = core.kept.drafts.take(&draft_of(spec, &key, core));
        let mut fields = draft.unwrap_or_else(|| Fields::new(spec, ""));
        fields.set_marked(marked_keys(&marked, core));
        let mut form = FormScreen::of(spec, fields, key, core);
        form.marked = marked;
        form
    }

    /// The form, filled in with a request: what an outcome leads to.
    pub fn filled(request: &Request, key: &KeyRef, core: &mut Core) -> Self {
        let spec = form_spec(crate::ops::spec(request.op));
        let mut fields = Fields::new(spec, "");
        fields.fill(request);
        let key = key.with_id(fields.key_id());
        let mut form = FormScreen::of(spec, fields, key, core);
        let (filled_with, errors) = form.request();
        form.focus = form.first_to_fill(&errors).unwrap_or(Slot::Submit);
        form.filled_with = Some(filled_with);
        form
    }

    /// The first place that is still to be filled: one that is required, or without which the request
    /// breaks a rule.
    fn first_to_fill(&self, errors: &[FieldError]) -> Option<Slot> {
        let broken = errors.iter().filter_map(|error| self.fields.slot_of(error));
        let wanted: Vec<Slot> = broken.chain(self.fields.first_missing()).collect();
        let slots = self.fields.slots();
        slots.into_iter().find(|slot| wanted.contains(slot))
    }

    fn of(spec: &'static OpSpec, fields: Fields, key: KeyRef, core: &mut Core) -> Self {
        let slots = fields.slots();
        // With the key given, the next question is the first that matters.
        let first = match fields.key_field() {
            Some(0) if !key.is_none() => 1,
            _ => 0,
        };
        FormScreen {
            focus: slots[first.min(slots.len() - 1)],
            spec,
            key,
            fields,
            shown_errors: Vec::new(),
            completion: Completion::default(),
            pending: None,
            filled_with: None,
            paths: PathCompletion::default(),
            reading: Vec::new(),
            sends_when_read: false,
            began: core.now,
            was_sent: false,
            marked: Vec::new(),
        }
    }

    pub fn is_pending(&self) -> bool {
        self.pending.is_some() || self.sends_when_read
    }

    /// The request as it stands, and what is wrong with it.
    fn request(&self) -> (Request, Vec<FieldError>) {
        self.fields.request(self.spec)
    }

    /// Whether nothing is to be chosen: the operation changes the key that it was opened for, takes
    /// nothing else, and does for it. Its question is all that is missing.
    fn only_asks(&self, core: &Core) -> bool {
        let is_all = self.spec.changes_account()
            && self.spec.fields == [&KEY_ID]
            && self.filled_with.is_none();
        let key = core.listing.keys.find(&self.key);
        let fits = key
            .and_then(|entry| entry.metadata())
            .is_some_and(|key| self.spec.misfit(key).is_none());
        is_all && fits && self.request().1.is_empty()
    }

    fn on_key_id(&self) -> bool {
        self.fields
            .field(self.focus)
            .is_some_and(|field| field.kind == FieldKind::KeyId)
    }

    /// An action that is the field's own, and what it is else: to go on from the field.
    fn act_on_field(&mut self, action: Action, core: &mut Core) {
        match self.fields.act(self.focus, action) {
            // The rows have moved, and the cursor with its own.
            Ok(Some(slot))
                if matches!(action, Action::RemoveRow | Action::RowUp | Action::RowDown) =>
            {
                self.focus = slot;
            }
            Ok(Some(slot)) => self.go(slot),
            Ok(None) => match action {
                Action::Down => self.go(self.fields.below(self.focus)),
                Action::Up => self.go(self.fields.above(self.focus)),
                Action::Accept => self.go(self.fields.after(self.focus)),
                _ => {}
            },
            Err(error) => core.say(Tone::Warn, error.to_string()),
        }
    }

    /// Completes the path under the cursor.
    fn complete_path(&mut self, core: &mut Core) {
        if let Some(typed) = self.fields.path(self.focus)
            && let Some(path) = self.paths.next(&typed, core)
        {
            self.fields.set_path(self.focus, &path);
        }
    }

    fn path_completed(&mut self, typed: &str, paths: Vec<String>, core: &mut Core) {
        let Some(now) = self.fields.path(self.focus) else {
            return self.paths.stop(core);
        };
        match self.paths.answer(typed, paths, &now) {
            Some(Completed::To(path)) => self.fields.set_path(self.focus, &path),
            Some(Completed::Whole | Completed::Nothing) => {
                self.go(self.fields.after(self.focus));
                self.read_files(core);
            }
            Some(Completed::Several) | None => {}
        }
    }

    /// Begins to read the files that are named, but for the one being typed.
    fn read_files(&mut self, core: &mut Core) {
        for (at, name) in self.fields.unread_files() {
            let is_typed =
                matches!(self.focus, Slot::Field(on, _) if on == at) && !self.sends_when_read;
            if is_typed || self.reading.iter().any(|(_, other)| *other == at) {
                continue;
            }
            let job = core.start(Job::ReadFile(name));
            self.reading.push((job, at));
        }
    }

    fn file_read(
        &mut self,
        id: JobId,
        name: String,
        result: Result<Blob, String>,
        core: &mut Core,
    ) {
        let Some(place) = self.reading.iter().position(|(job, _)| *job == id) else {
            return;
        };
        let (_, at) = self.reading.remove(place);
        self.fields.file_read(at, name, result);
        let field = self.spec.fields[at].name;
        if !self.shown_errors.contains(&field) {
            self.shown_errors.push(field);
        }
        // The name may have changed meanwhile.
        self.read_files(core);
    }

    fn act_on_completion(&mut self, action: Action) -> bool {
        let completion = &mut self.completion;
        match action {
            Action::Up | Action::Down => {
                let mut at = completion.chosen.unwrap_or(0);
                if completion.chosen.is_some() {
                    scroll::step(&mut at, action, 1, completion.offers.len());
                }
                completion.chosen = Some(at);
            }
            Action::Accept => match completion.chosen {
                Some(at) => {
                    let key = completion.offers[at].0.clone();
                    if let Slot::Field(at, _) = self.focus {
                        self.fields.set_text(at, &key);
                    }
                    self.completion = Completion::default();
                    self.go(self.fields.after(self.focus));
                }
                None => {
                    self.completion.open = false;
                    return false;
                }
            },
            Action::Back => self.completion = Completion::default(),
            _ => {
                self.completion = Completion::default();
                return false;
            }
        }
        true
    }

    fn go(&mut self, to: Slot) {
        if to == self.focus {
            return;
        }
        // Leaving a field is the time to say what is wrong with it.
        if let Some(field) = self.fields.field(self.focus)
            && !self.shown_errors.contains(&field.name)
            && !self.fields.is_blank(self.focus)
        {
            self.shown_errors.push(field.name);
        }
        self.completion = Completion::default();
        self.focus = to;
    }

    fn back(&mut self, core: &mut Core) -> Flow {
        if std::mem::take(&mut self.sends_when_read) {
            core.say(Tone::Plain, "Nothing was sent.");
            return Flow::Stay;
        }
        match self.pending.take() {
            Some(id) => {
                core.cancel(id);
                // Cancelling is only on this side: a request that was sent may be carried out.
                core.say(
                    Tone::Warn,
                    match self.spec.changes_account() {
                        false => "Cancelled; nothing in the account changes by it.",
                        true => "Cancelled; whether it was carried out is not known.",
                    },
                );
                Flow::Stay
            }
            None => Flow::Back,
        }
    }

    /// Empties the form, but for the key.
    fn clear(&mut self, core: &Core) {
        let key_id = self.fields.key_id().to_owned();
        let mut fields = Fields::new(self.spec, &key_id);
        if !self.marked.is_empty() {
            fields.set_marked(marked_keys(&self.marked, core));
        }
        *self = FormScreen {
            fields,
            focus: self.fields.slots()[0],
            shown_errors: Vec::new(),
            completion: Completion::default(),
            key: self.key.clone(),
            filled_with: None,
            paths: PathCompletion::default(),
            reading: Vec::new(),
            marked: std::mem::take(&mut self.marked),
            ..*self
        };
    }

    /// Sends the request, after a question where it changes the account.
    fn submit(&mut self, core: &mut Core) -> Flow {
        // A second submit would be a second call.
        if self.pending.is_some() {
            return Flow::Stay;
        }
        self.sends_when_read = !self.fields.unread_files().is_empty();
        if self.sends_when_read {
            self.read_files(core);
            return Flow::Stay;
        }
        let (request, errors) = self.request();
        if !errors.is_empty() {
            self.shown_errors = self.spec.fields.iter().map(|field| field.name).collect();
            if let Some(slot) = self.fields.slot_of(&errors[0]) {
                self.completion = Completion::default();
                self.focus = slot;
            }
            let more = match errors.len() {
                1 => String::new(),
                n => format!(" ({} more)", n - 1),
            };
            core.say(Tone::Bad, format!("{}{more}", errors[0]));
            return Flow::Stay;
        }
        if !self.marked.is_empty() {
            return match core.submit_all(self.spec, request, &self.marked) {
                SubmitAll::Ask(question) => Flow::Open(Route::BulkQuestion(question)),
                SubmitAll::Refused(why) => {
                    core.say(Tone::Warn, why);
                    Flow::Stay
                }
            };
        }
        let (first, then) = steps(request);
        match core.submit_steps(first, then, &self.key) {
            Submit::Refused(why) => core.say(Tone::Warn, why),
            Submit::Ask(question) => return Flow::Open(Route::Question(question)),
            Submit::Sent(job) => self.sent(job, core),
        }
        Flow::Stay
    }

    /// Offers the keys that fit what is typed in the KeyId.
    fn offer(&mut self, core: &Core) {
        let Slot::Field(at, _) = self.focus else {
            return;
        };
        let typed = self.fields.text_at(Some(at)).to_lowercase();
        let bare = typed.strip_prefix("alias/").unwrap_or(&typed).to_owned();
        let mut offers = Vec::new();
        // Aliases that begin so come before those that hold it, and both before key IDs.
        for rank in 0..3 {
            for entry in core.listing.keys.entries() {
                if core.listing.keys.region_name(entry.region) != self.key.region {
                    continue;
                }
                if offers.len() == OFFERED {
                    break;
                }
                // Of the few that are offered alone: there may be thousands of keys.
                let about = || {
                    let id = printable(&entry.key_id);
                    let state = entry.metadata().and_then(|m| m.key_state.clone());
                    format!("{} {}", cut_middle(&id, 13), state.unwrap_or_default())
                };
                if rank == 2 {
                    if !bare.is_empty() && entry.key_id.to_lowercase().starts_with(&bare) {
                        offers.push((entry.key_id.to_string(), about()));
                    }
                    continue;
                }
                for alias in &entry.aliases {
                    let name = alias.strip_prefix("alias/").unwrap_or(alias).to_lowercase();
                    let fits = match rank {
                        0 => name.starts_with(&bare),
                        _ => !name.starts_with(&bare) && name.contains(&bare),
                    };
                    if fits && offers.len() < OFFERED {
                        offers.push((alias.to_string(), about()));
                    }
                }
            }
        }
        // Nothing to offer when it is typed out.
        if let [(only, _)] = offers.as_slice()
            && only.to_lowercase() == typed
        {
            offers.clear();
        }
        self.completion = Completion {
            open: !offers.is_empty(),
            offers,
            chosen: None,
        };
    }

    /// What is known of the key as typed in the field at that place: good, a hint, or a mistake.
    fn key_id_note(&self, at: usize, core: &Core) -> Option<KeyIdNote> {
        let typed = self.fields.text_at(Some(at));
        let parsed = key_id::parse(typed).ok()?;
        let notation = parsed.notation.name();
        if !self.spec.takes_alias()
            && matches!(parsed.notation, Notation::AliasName | Notation::AliasArn)
        {
            return Some(KeyIdNote::Warn(format!(
                "{notation}: this operation takes a key ID or a key ARN"
            )));
        }
        if let (Some(region), Some(session)) = (parsed.region, core.session_in(&self.key.region))
            && region != session.region
        {
            return Some(KeyIdNote::Warn(format!(
                "{notation} of {region}, but the session is in {}: KMS will not find it",
                session.region
            )));
        }
        if let (Some(account), Some(own)) = (parsed.account, core.account())
            && account != own
        {
            return Some(KeyIdNote::Hint(format!(
                "{notation} of another account ({account}): its key policy and your IAM policy must both allow this"
            )));
        }
        let Some(entry) = core.listing.keys.find(&self.key.with_id(typed)) else {
            let listed = *core.listing.keys_list() == ListState::Done
                && *core.listing.aliases_list() == ListState::Done;
            return Some(if listed {
                KeyIdNote::Warn(match parsed.notation {
                    Notation::AliasName | Notation::AliasArn => {
                        format!("{notation}, not one of those listed here")
                    }
                    _ => format!(
                        "{notation}, not one of those listed here; another account's key needs its ARN"
                    ),
                })
            } else {
                KeyIdNote::Good(notation.to_owned())
            });
        };
        let Some(key) = entry.metadata() else {
            return Some(KeyIdNote::Good(notation.to_owned()));
        };
        let state = key.key_state.as_deref().unwrap_or("in no known state");
        Some(match self.spec.misfit(key) {
            None => KeyIdNote::Good(format!("{notation}, {state}")),
            Some(Misfit::State(_)) => {
                KeyIdNote::Warn(format!("{notation} of a key that is {state}"))
            }
            Some(Misfit::Kind(needs)) => KeyIdNote::Warn(format!(
                "{notation} of a {} key: this operation {needs}",
                key.key_spec.as_deref().unwrap_or("different")
            )),
        })
    }
}

impl Screen for FormScreen {
    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        self.draw_all(core, theme, frame, area);
    }

    fn takes_wheel(&self) -> bool {
        // A field's own Up and Down go from field to field, which no wheel is meant to do.
        false
    }

    fn moves(&self) -> bool {
        self.is_pending()
    }

    fn sent(&mut self, job: JobId, core: &mut Core) {
        self.began = core.now;
        self.completion = Completion::default();
        self.pending = Some(job);
    }

    fn contexts(&self) -> Vec<Context> {
        let mut contexts = Vec::new();
        if self.completion.open && !self.completion.offers.is_empty() {
            contexts.push(Context::Completion);
        }
        if !self.fields.takes_text(self.focus) {
            contexts.push(Context::FormChoice);
        }
        // An empty one has nothing to complete: it is gone on from.
        if self
            .fields
            .path(self.focus)
            .is_some_and(|path| !path.is_empty())
        {
            contexts.push(Context::FormPath);
        }
        contexts.push(Context::Form);
        contexts
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            // A second submit would be a second call.
            Action::Submit => !self.is_pending(),
            Action::ToggleDryRun => self.spec.has_dry_run(),
            Action::Complete => self.on_key_id() && self.marked.is_empty() && !self.completion.open,
            Action::Toggle | Action::Left | Action::Right if self.focus == Slot::Submit => true,
            Action::BlobForm
            | Action::BlobFormBack
            | Action::AddRow
            | Action::RemoveRow
            | Action::RowUp
            | Action::RowDown
            | Action::Toggle
            | Action::Left
            | Action::Right => self.fields.can(self.focus, action),
            _ => true,
        }
    }

    fn opened(&mut self, core: &mut Core) -> Flow {
        match self.only_asks(core) {
            true => self.submit(core),
            false => Flow::Stay,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        match self.marked.is_empty() {
            true => self.key.clone(),
            false => KeyRef::none(core.region()),
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if self.completion.open && self.act_on_completion(action) {
            return Flow::Stay;
        }
        if action != Action::CompletePath {
            self.paths.stop(core);
        }
        match action {
            Action::Back => return self.back(core),
            Action::Submit => return self.submit(core),
            Action::ToggleDryRun => self.fields.switch_dry_run(),
            Action::NextField => self.go(self.fields.after(self.focus)),
            Action::PrevField => self.go(self.fields.before(self.focus)),
            Action::Accept | Action::Toggle if self.focus == Slot::Submit => {
                return self.submit(core);
            }
            Action::ClearForm => self.clear(core),
            Action::NextSnippet => self.next_snippet(core),
            Action::CopySnippet => self.copy_snippet(core),
            Action::CompletePath => self.complete_path(core),
            Action::Complete => {
                self.offer(core);
                if self.completion.offers.is_empty() {
                    core.say(
                        Tone::Plain,
                        "No key that is known by now fits what is typed.",
                    );
                }
            }
            _ => self.act_on_field(action, core),
        }
        // Whoever has gone on from the name of a file sees what is in it.
        self.read_files(core);
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent, core: &mut Core) {
        if self.fields.key(self.focus, key) {
            self.paths.forget();
            if self.on_key_id() {
                self.offer(core);
            }
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        let Slot::Field(at, place) = self.focus else {
            core.say(
                Tone::Plain,
                "Nothing takes text here: go to a field, then paste.",
            );
            return;
        };
        self.paths.forget();
        let pasted = self.fields.paste(at, place, text);
        self.focus = Slot::Field(at, pasted.place);
        if let Some((tone, said)) = pasted.said {
            core.say(tone, said);
        }
        if self.on_key_id() {
            self.offer(core);
        }
    }

    fn click(&mut self, x: u16, y: u16, core: &mut Core) -> bool {
        let slot = self.layout_of_body(core).slot_at(x, y);
        if let Some(slot) = slot {
            self.paths.stop(core);
            self.go(slot);
        }
        false
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let mut seen = core.undescribed(&self.marked);
        for (at, field) in self.spec.fields.iter().enumerate() {
            match field.kind {
                FieldKind::KeyId => {
                    let key = self.key.with_id(self.fields.text_at(Some(at)));
                    seen.extend(core.listing.keys.find_place(&key));
                }
                FieldKind::Algorithm { list, .. } => {
                    let key_id = self.fields.text_at(self.fields.key_field_for(field.name));
                    let allowed = core
                        .listing
                        .keys
                        .find(&self.key.with_id(key_id))
                        .and_then(|entry| entry.metadata())
                        .and_then(|key| key.algorithms.iter().find(|(name, _)| *name == list))
                        .map(|(_, names)| names.clone());
                    self.fields.narrow(at, allowed.as_deref());
                }
                FieldKind::Names(_) if self.spec.id == CREATE_GRANT.id => {
                    let key = self.key.with_id(self.fields.key_id());
                    let entry = core.listing.keys.find(&key);
                    let metadata = entry.and_then(|entry| entry.metadata());
                    let possible = metadata.and_then(operations_for);
                    self.fields.narrow(at, possible.as_deref());
                }
                FieldKind::Choice(_) if self.spec.id == NEW_KEY.id => {
                    let (request, _) = self.fields.request(self.spec);
                    let fitting = new_key::fitting(field, &request);
                    self.fields.narrow(at, fitting.as_deref());
                }
                _ => {}
            }
        }
        let (request, _) = self.fields.request(self.spec);
        self.fields.hide(&request);
        if matches!(self.focus, Slot::Field(at, _) if self.fields.is_hidden(at)) {
            self.focus = self.fields.after(self.focus);
        }
        self.fields.know(&TemplateFacts {
            account: core.account().map(str::to_owned),
            region: self.key.region.clone(),
            caller: core.connection.principal().map(str::to_owned),
        });
        Some(seen)
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.pending == Some(id)
            || self.paths.waits_for(id)
            || self.reading.iter().any(|(job, _)| *job == id)
    }

    fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        match event {
            JobEvent::Ran(outcome) => {
                self.pending = None;
                self.was_sent |= outcome.result.is_ok();
                let key = self.key.with_id(self.fields.key_id());
                Flow::Open(Route::Outcome(outcome, key))
            }
            JobEvent::PathCompleted(typed, paths) => {
                self.path_completed(&typed, paths, core);
                Flow::Stay
            }
            JobEvent::RanSteps(steps) => {
                self.pending = None;
                self.was_sent |= steps.outcomes.iter().any(|step| step.result.is_ok());
                Flow::Open(Route::Steps(steps, self.key.clone()))
            }
            JobEvent::FileRead(name, result) => {
                self.file_read(id, name, result, core);
                if self.sends_when_read && self.reading.is_empty() {
                    return self.submit(core);
                }
                Flow::Stay
            }
            _ => Flow::Stay,
        }
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.pending.take() {
            core.cancel(id);
        }
        self.paths.stop(core);
        for (id, _) in std::mem::take(&mut self.reading) {
            core.cancel(id);
        }
        if self.filled_with.as_ref() == Some(&self.request().0) {
            return;
        }
        // The key is there: nobody wants the next one to be named and described like it.
        if self.was_sent && self.spec.id == NEW_KEY.id {
            return;
        }
        let mut fields = std::mem::replace(&mut self.fields, Fields::new(self.spec, ""));
        // It has served, and is no longer in the memory then.
        if self.was_sent && fields.forget_secrets(self.spec) {
            let text = match self.spec.id == IMPORT_KEY_MATERIAL.id {
                true => "The key material that was sent is not kept with the form.",
                false => "What was sent to be encrypted or signed is not kept with the form.",
            };
            core.say(Tone::Plain, text);
        }
        let of = draft_of(self.spec, &self.key, core);
        core.kept.drafts.put(of, fields);
    }
}

/// The keys of a form for several, as it shows them.
fn marked_keys(keys: &[KeyRef], core: &Core) -> MarkedKeysEditor {
    let names: Vec<String> = keys.iter().map(|key| core.bulk_key(key).name()).collect();
    let first = keys.first().map(|key| key.id.clone());
    MarkedKeysEditor::new(&names, first.unwrap_or_default())
}

/// What a form is of: a key is made with all that is done to it at once.
fn form_spec(spec: &'static OpSpec) -> &'static OpSpec {
    match spec.id == NEW_KEY.id {
        true => &NEW_KEY,
        false => spec,
    }
}

/// The requests that a form's own stands for: the first, and those that follow on it.
pub(super) fn steps(request: Request) -> (Request, Vec<Request>) {
    match request.op == NEW_KEY.id {
        true => new_key::steps(&request),
        false => (request, Vec::new()),
    }
}

/// What a form's draft is kept by.
fn draft_of(spec: &OpSpec, key: &KeyRef, core: &Core) -> DraftOf {
    DraftOf {
        operation: spec.id,
        key: key.clone(),
        account: core.account().map(str::to_owned),
    }
}
