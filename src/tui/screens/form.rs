//! The form of an operation, built from its row in `OPS`.

mod draw;
mod snippets;
pub mod state;

use crossterm::event::KeyEvent;

use super::outcome::OutcomeScreen;
use super::{Flow, Screen};
use crate::catalog::inventory::RegionIndex;
use crate::kms::field::FieldKind;
use crate::kms::key_id::{self, Notation};
use crate::kms::text::printable;
use crate::kms::{Blob, BlobForm, FieldError, Request, encryption_context};
use crate::ops::fields::DRY_RUN;
use crate::ops::{Cleared, Gate, Impact, Misfit, OpSpec};
use crate::tui::app::{Core, Tone};
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::listing::ListState;
use crate::tui::popups::Popup;
use crate::tui::popups::confirm::Confirm;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::scroll;
use state::{Fields, Slot};

/// Keys offered under the KeyId at once.
const OFFERED: usize = 6;

/// See the [module](self).
pub struct FormScreen {
    spec: &'static OpSpec,
    region: RegionIndex,
    fields: Fields,
    focus: Slot,
    /// Fields whose mistakes are shown: those that were typed in and left, and all once a
    /// submit was tried.
    shown_errors: Vec<&'static str>,
    completion: Completion,
    /// The key that the form was opened for, by which its draft is kept.
    opened_for: String,
    pending: Option<JobId>,
    /// Files being read, by the field that they are for.
    reading: Vec<(JobId, usize)>,
    /// Whether to send once the files are read.
    sends_when_read: bool,
    /// When the call in flight began.
    began: jiff::Timestamp,
}

/// The keys that complete what is typed in the KeyId.
#[derive(Default)]
struct Completion {
    open: bool,
    /// Alias or key ID, and what is said of it.
    offers: Vec<(String, String)>,
    chosen: Option<usize>,
}

impl FormScreen {
    /// The form as it was left, for the key `key_id` where that is not empty; the first time an
    /// empty one.
    pub fn new(spec: &'static OpSpec, key_id: &str, region: RegionIndex, core: &mut Core) -> Self {
        let fields = match core.drafts.remove(&(spec.id, key_id.to_owned())) {
            Some(draft) => {
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
            None => Fields::new(spec, key_id),
        };
        FormScreen::of(spec, fields, key_id, region, core)
    }

    /// The form, filled in with a request: what an outcome leads to.
    pub fn filled(request: &Request, region: RegionIndex, core: &mut Core) -> Self {
        let spec = crate::ops::spec(request.op);
        let mut fields = Fields::new(spec, "");
        fields.fill(request);
        let key_id = fields.key_id().to_owned();
        let mut form = FormScreen::of(spec, fields, &key_id, region, core);
        form.focus = Slot::Submit;
        form
    }

    fn of(
        spec: &'static OpSpec,
        fields: Fields,
        key_id: &str,
        region: RegionIndex,
        core: &mut Core,
    ) -> Self {
        let slots = fields.slots();
        // With the key given, the next question is the first that matters.
        let first = match fields.key_field().map(Slot::Field) {
            Some(key) if slots[0] == key && !key_id.is_empty() => 1,
            _ => 0,
        };
        FormScreen {
            focus: slots[first.min(slots.len() - 1)],
            spec,
            region,
            fields,
            shown_errors: Vec::new(),
            completion: Completion::default(),
            opened_for: key_id.to_owned(),
            pending: None,
            reading: Vec::new(),
            sends_when_read: false,
            began: core.now,
        }
    }

    /// Brings the choices up to date with what is known of the key; its place, to be described.
    pub fn settle(&mut self, core: &Core) -> Vec<u32> {
        let mut seen = Vec::new();
        for (at, field) in self.spec.fields.iter().enumerate() {
            match field.kind {
                FieldKind::KeyId => seen.extend(
                    core.keys
                        .resolve_place(self.region, self.fields.text_at(Some(at))),
                ),
                FieldKind::Algorithm { list, .. } => {
                    let key_id = self.fields.text_at(self.fields.key_field_for(field.name));
                    let allowed = core
                        .keys
                        .resolve(self.region, key_id)
                        .and_then(|entry| entry.metadata())
                        .and_then(|key| key.algorithms.iter().find(|(name, _)| *name == list))
                        .map(|(_, names)| names.clone());
                    self.fields.narrow(at, allowed.as_deref());
                }
                _ => {}
            }
        }
        seen
    }

    pub fn region(&self) -> RegionIndex {
        self.region
    }

    pub fn is_pending(&self) -> bool {
        self.pending.is_some() || self.sends_when_read
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        self.pending == Some(id) || self.reading.iter().any(|(job, _)| *job == id)
    }

    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = Vec::new();
        if self.completion.open && !self.completion.offers.is_empty() {
            contexts.push(Context::Completion);
        }
        if self.fields.input(self.focus).is_none() {
            contexts.push(Context::FormChoice);
        }
        contexts.push(Context::Form);
        contexts
    }

    pub fn can(&self, action: Action) -> bool {
        let rows = matches!(
            self.focus,
            Slot::PairKey(..) | Slot::PairValue(..) | Slot::Token(..)
        );
        match action {
            // A second submit would be a second call.
            Action::Submit => !self.is_pending(),
            Action::BlobForm | Action::BlobFormBack => {
                self.on_kind(|kind| matches!(kind, FieldKind::Blob { .. }))
            }
            Action::ToggleDryRun => self.spec.has_dry_run(),
            Action::RemoveRow | Action::RowUp | Action::RowDown => rows,
            Action::AddRow => rows || matches!(self.focus, Slot::Add(_)),
            Action::Complete => self.on_key_id(),
            Action::Toggle | Action::Left | Action::Right => {
                self.fields.input(self.focus).is_none()
            }
            _ => true,
        }
    }

    fn on_kind(&self, is: impl Fn(FieldKind) -> bool) -> bool {
        matches!(self.focus, Slot::Field(at) if is(self.spec.fields[at].kind))
    }

    /// The request as it stands, and what is wrong with it.
    fn request(&self) -> (Request, Vec<FieldError>) {
        self.fields.request(self.spec)
    }

    fn on_key_id(&self) -> bool {
        self.on_kind(|kind| kind == FieldKind::KeyId)
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if self.completion.open && self.act_on_completion(action) {
            return Flow::Stay;
        }
        match action {
            Action::Back => return self.back(core),
            Action::Submit => return self.submit(core),
            Action::ToggleDryRun => self.fields.toggle_flag(&DRY_RUN),
            Action::NextField => self.go(self.fields.after(self.focus)),
            Action::PrevField => self.go(self.fields.before(self.focus)),
            Action::BlobForm => self.turn_blob_form(1),
            Action::BlobFormBack => self.turn_blob_form(-1),
            Action::Down => self.go(self.fields.below(self.focus)),
            Action::Up => self.go(self.fields.above(self.focus)),
            Action::Left => self.fields.turn(self.focus, -1),
            Action::Right => self.fields.turn(self.focus, 1),
            Action::Toggle => {
                let flow = self.toggle(core);
                self.read_files(core);
                return flow;
            }
            Action::Accept => {
                let flow = self.accept(core);
                self.read_files(core);
                return flow;
            }
            Action::AddRow => self.add_row(core),
            Action::RemoveRow => self.focus = self.fields.remove_row(self.focus),
            Action::ClearForm => self.clear(),
            Action::NextSnippet => self.next_snippet(core),
            Action::CopySnippet => self.copy_snippet(core),
            Action::RowUp => self.focus = self.fields.move_row(self.focus, -1),
            Action::RowDown => self.focus = self.fields.move_row(self.focus, 1),
            Action::Complete => {
                self.offer(core);
                if self.completion.offers.is_empty() {
                    core.say(
                        Tone::Plain,
                        "No key that is known by now fits what is typed.",
                    );
                }
            }
            _ => {}
        }
        // Whoever has gone on from the name of a file sees what is in it.
        self.read_files(core);
        Flow::Stay
    }

    fn turn_blob_form(&mut self, by: isize) {
        if let Some(blob) = self.fields.blob_mut(self.focus) {
            blob.form = blob.form.turned(by);
        }
    }

    /// Begins to read the files that are named, but for the one being typed.
    fn read_files(&mut self, core: &mut Core) {
        for (at, name) in self.fields.unread_files() {
            let is_typed = self.focus == Slot::Field(at) && !self.sends_when_read;
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
        if let Some(blob) = self.fields.blob_mut(Slot::Field(at)) {
            blob.read = Some((name, result));
        }
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
                    self.fields.set_text(self.focus, &key);
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
        if let Some(name) = self.fields.name(self.focus)
            && !self.shown_errors.contains(&name)
            && !self.fields.is_blank(self.focus)
        {
            self.shown_errors.push(name);
        }
        self.completion = Completion::default();
        self.focus = to;
    }

    fn toggle(&mut self, core: &mut Core) -> Flow {
        match self.focus {
            Slot::Add(_) => self.add_row(core),
            Slot::Submit => return self.submit(core),
            slot => self.fields.toggle(slot),
        }
        Flow::Stay
    }

    fn accept(&mut self, core: &mut Core) -> Flow {
        match self.focus {
            Slot::Submit => return self.submit(core),
            Slot::Add(_) => self.add_row(core),
            slot if self.fields.input(slot).is_none() && self.fields.is_flag(slot) => {
                self.fields.toggle(slot)
            }
            slot => self.go(self.fields.after(slot)),
        }
        Flow::Stay
    }

    fn add_row(&mut self, core: &mut Core) {
        match self.fields.add_row(self.focus) {
            Ok(slot) => self.go(slot),
            Err(error) => core.say(Tone::Warn, error.to_string()),
        }
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
                    match self.spec.impact {
                        Impact::Read | Impact::Use => {
                            "Cancelled; nothing in the account changes by it."
                        }
                        _ => "Cancelled; whether it was carried out is not known.",
                    },
                );
                Flow::Stay
            }
            None => Flow::Back,
        }
    }

    /// Empties the form, but for the key.
    fn clear(&mut self) {
        let key_id = self.fields.key_id().to_owned();
        *self = FormScreen {
            fields: Fields::new(self.spec, &key_id),
            focus: self.fields.slots()[0],
            shown_errors: Vec::new(),
            completion: Completion::default(),
            opened_for: std::mem::take(&mut self.opened_for),
            reading: Vec::new(),
            ..*self
        };
    }

    /// Sends the request, after a question where it changes the account.
    fn submit(&mut self, core: &mut Core) -> Flow {
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
        match Gate::of(request, core.is_read_only()) {
            Gate::ReadOnly(operation) => core.say(Tone::Warn, core.read_only_text(operation)),
            Gate::Ask(unanswered) => {
                let confirm = Confirm::send(unanswered, self.region, core);
                return Flow::popup(Popup::Confirm(confirm));
            }
            Gate::Clear(cleared) => self.send(cleared, core),
        }
        Flow::Stay
    }

    /// Sends a request that is checked, and confirmed where it must be.
    pub fn send(&mut self, cleared: Cleared, core: &mut Core) {
        let Some(session) = core.session_of(self.region).cloned() else {
            core.say(
                Tone::Bad,
                "Not connected: go back to the keys and refresh to try again.",
            );
            return;
        };
        self.began = core.now;
        self.completion = Completion::default();
        self.pending = Some(core.start(Job::Run(session, cleared)));
    }

    /// The answer of the call in flight, or a file that was read.
    pub fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        match event {
            JobEvent::Ran(outcome) => {
                self.pending = None;
                if !matches!(self.spec.impact, Impact::Read | Impact::Use) {
                    core.details.clear();
                }
                let screen = OutcomeScreen::new(*outcome, self.region);
                Flow::push(Screen::Outcome(Box::new(screen)))
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

    pub fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.pending.take() {
            core.cancel(id);
        }
        for (id, _) in std::mem::take(&mut self.reading) {
            core.cancel(id);
        }
        let fields = std::mem::replace(&mut self.fields, Fields::new(self.spec, ""));
        core.keep_draft((self.spec.id, std::mem::take(&mut self.opened_for)), fields);
    }

    pub fn key(&mut self, key: KeyEvent, core: &Core) {
        let on_key_id = self.on_key_id();
        if let Some(input) = self.fields.input_mut(self.focus)
            && input.key(key)
            && on_key_id
        {
            self.offer(core);
        }
    }

    /// Text pasted: pairs where pairs go, else text for the field under the cursor.
    pub fn paste(&mut self, text: &str, core: &mut Core) {
        let field = self.fields.field_of(self.focus);
        let is_context =
            field.is_some_and(|at| self.spec.fields[at].kind == FieldKind::EncryptionContext);
        let is_tokens = field.is_some_and(|at| self.spec.fields[at].kind == FieldKind::GrantTokens);
        // In a value, `=` is part of the value: base64 ends in it.
        let holds_pairs = text.trim_start().starts_with('{')
            || (text.contains('=') && !matches!(self.focus, Slot::PairValue(..)));
        if let Some(at) = field.filter(|_| is_context && holds_pairs) {
            match encryption_context::parse(self.spec.fields[at].name, text) {
                Ok(pairs) => {
                    let count = pairs.len();
                    self.focus = self.fields.add_pairs(at, self.focus, pairs);
                    core.say(Tone::Good, format!("{count} pairs pasted."));
                }
                Err(error) => core.say(Tone::Bad, format!("Not pasted: {error}")),
            }
            return;
        }
        if let Some(at) = field.filter(|_| is_tokens) {
            self.focus = self.fields.add_tokens(at, self.focus, text);
            return;
        }
        let on_key_id = self.on_key_id();
        let is_blob = self
            .fields
            .blob_mut(self.focus)
            .is_some_and(|blob| matches!(blob.form, BlobForm::Base64 | BlobForm::Hex));
        if let Some(input) = self.fields.input_mut(self.focus) {
            // base64 and hex come in lines; a line cannot hold their ends, nor miss them.
            let dropped = input.insert(text.trim_matches(['\n', '\r']));
            let dropped = if is_blob { 0 } else { dropped };
            if dropped > 0 {
                core.say(
                    Tone::Warn,
                    format!("{dropped} control characters left out of what was pasted."),
                );
            }
            if on_key_id {
                self.offer(core);
            }
        } else {
            core.say(
                Tone::Plain,
                "Nothing takes text here: go to a field, then paste.",
            );
        }
    }

    /// Offers the keys that fit what is typed in the KeyId.
    fn offer(&mut self, core: &Core) {
        let typed = self
            .fields
            .input(self.focus)
            .map_or("", Input::text)
            .to_lowercase();
        let bare = typed.strip_prefix("alias/").unwrap_or(&typed).to_owned();
        let mut offers = Vec::new();
        // Aliases that begin so come before those that hold it, and both before key IDs.
        for rank in 0..3 {
            for entry in core.keys.entries() {
                if entry.region != self.region {
                    continue;
                }
                if offers.len() == OFFERED {
                    break;
                }
                let state = entry.metadata().and_then(|m| m.key_state.clone());
                let about = format!(
                    "{} {}",
                    crate::kms::text::cut_middle(&printable(&entry.key_id), 13),
                    state.unwrap_or_default()
                );
                if rank == 2 {
                    if !bare.is_empty() && entry.key_id.to_lowercase().starts_with(&bare) {
                        offers.push((entry.key_id.to_string(), about));
                    }
                    continue;
                }
                for alias in &entry.aliases {
                    let name = alias["alias/".len().min(alias.len())..].to_lowercase();
                    let fits = match rank {
                        0 => name.starts_with(&bare),
                        _ => !name.starts_with(&bare) && name.contains(&bare),
                    };
                    if fits && offers.len() < OFFERED {
                        offers.push((alias.to_string(), about.clone()));
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
    fn key_id_note(&self, at: usize, core: &Core) -> KeyIdNote {
        let typed = self.fields.text_at(Some(at));
        let Ok(parsed) = key_id::parse(typed) else {
            return KeyIdNote::Nothing;
        };
        let notation = parsed.notation.name();
        if !self.spec.takes_alias()
            && matches!(parsed.notation, Notation::AliasName | Notation::AliasArn)
        {
            return KeyIdNote::Warn(format!(
                "{notation}: this operation takes a key ID or a key ARN"
            ));
        }
        if let (Some(region), Some(session)) = (parsed.region, core.session_of(self.region))
            && region != session.region
        {
            return KeyIdNote::Warn(format!(
                "{notation} of {region}, but the session is in {}: KMS will not find it",
                session.region
            ));
        }
        if let (Some(account), Some(own)) = (parsed.account, core.account())
            && account != own
        {
            return KeyIdNote::Hint(format!(
                "{notation} of another account ({account}): its key policy and your IAM policy must both allow this"
            ));
        }
        let Some(entry) = core.keys.resolve(self.region, typed) else {
            let listed =
                *core.keys_list() == ListState::Done && *core.aliases_list() == ListState::Done;
            return if listed {
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
            };
        };
        let Some(key) = entry.metadata() else {
            return KeyIdNote::Good(notation.to_owned());
        };
        let state = key.key_state.as_deref().unwrap_or("in no known state");
        match self.spec.misfit(key) {
            None => KeyIdNote::Good(format!("{notation}, {state}")),
            Some(Misfit::State(_)) => {
                KeyIdNote::Warn(format!("{notation} of a key that is {state}"))
            }
            Some(Misfit::Kind(needs)) => KeyIdNote::Warn(format!(
                "{notation} of a {} key: this operation {needs}",
                key.key_spec.as_deref().unwrap_or("different")
            )),
        }
    }
}

/// What is said beside the KeyId.
enum KeyIdNote {
    Nothing,
    Good(String),
    Hint(String),
    Warn(String),
}
