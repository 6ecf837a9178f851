//! The form of an operation, built from its row in `OPS`.

mod draw;
pub mod state;

use crossterm::event::KeyEvent;

use super::outcome::OutcomeScreen;
use super::{Flow, Screen};
use crate::kms::field::FieldKind;
use crate::kms::inventory::RegionIndex;
use crate::kms::key_id::{self, Notation};
use crate::kms::text::printable;
use crate::kms::{FieldError, Request, encryption_context};
use crate::ops::OpSpec;
use crate::tui::app::{Core, Tone};
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::listing::ListState;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::scroll;
use state::{FieldState, Fields, Slot};

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
    pending: Option<JobId>,
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
        let fields = match core.drafts.remove(&spec.id) {
            Some(mut draft) => {
                if !key_id.is_empty() {
                    draft.set_key_id(key_id);
                }
                if draft.has_more_than_a_key() {
                    core.say(
                        Tone::Plain,
                        "Filled in as you left it, but for the KeyId. Alt-C clears it.",
                    );
                }
                draft
            }
            None => Fields::new(spec, key_id),
        };
        let slots = fields.slots();
        // With the key given, the next question is the first that matters.
        let first = usize::from(!key_id.is_empty()).min(slots.len() - 1);
        FormScreen {
            focus: slots[first],
            spec,
            region,
            fields,
            shown_errors: Vec::new(),
            completion: Completion::default(),
            pending: None,
            began: core.now,
        }
    }

    pub fn pending(&self) -> Option<JobId> {
        self.pending
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
            Action::Submit => self.pending.is_none(),
            Action::ToggleDryRun => self.spec.field("DryRun").is_some(),
            Action::RemoveRow | Action::RowUp | Action::RowDown => rows,
            Action::AddRow => rows || matches!(self.focus, Slot::Add(_)),
            Action::Complete => self.on_key_id(),
            Action::Toggle | Action::Left | Action::Right => {
                self.fields.input(self.focus).is_none()
            }
            _ => true,
        }
    }

    /// The request as it stands, and what is wrong with it.
    fn request(&self) -> (Request, Vec<FieldError>) {
        self.fields.request(self.spec)
    }

    fn on_key_id(&self) -> bool {
        matches!(self.focus, Slot::Field(at) if self.spec.fields[at].kind == FieldKind::KeyId)
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if self.completion.open && self.act_on_completion(action) {
            return Flow::Stay;
        }
        match action {
            Action::Back => return self.back(core),
            Action::Submit => self.submit(core),
            Action::ToggleDryRun => self.fields.toggle_flag("DryRun"),
            Action::NextField => self.go(self.fields.after(self.focus)),
            Action::PrevField => self.go(self.fields.before(self.focus)),
            Action::Down => self.go(self.fields.below(self.focus)),
            Action::Up => self.go(self.fields.above(self.focus)),
            Action::Left => self.fields.turn(self.focus, -1),
            Action::Right => self.fields.turn(self.focus, 1),
            Action::Toggle => self.toggle(core),
            Action::Accept => self.accept(core),
            Action::AddRow => self.add_row(core),
            Action::RemoveRow => self.focus = self.fields.remove_row(self.focus),
            Action::ClearForm => self.clear(),
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
        Flow::Stay
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

    fn toggle(&mut self, core: &mut Core) {
        match self.focus {
            Slot::Add(_) => self.add_row(core),
            Slot::Submit => self.submit(core),
            slot => self.fields.toggle(slot),
        }
    }

    fn accept(&mut self, core: &mut Core) {
        match self.focus {
            Slot::Submit => self.submit(core),
            Slot::Add(_) => self.add_row(core),
            slot if self.fields.input(slot).is_none() && self.fields.is_flag(slot) => {
                self.fields.toggle(slot)
            }
            slot => self.go(self.fields.after(slot)),
        }
    }

    fn add_row(&mut self, core: &mut Core) {
        match self.fields.add_row(self.focus) {
            Ok(slot) => self.go(slot),
            Err(error) => core.say(Tone::Warn, error.to_string()),
        }
    }

    fn back(&mut self, core: &mut Core) -> Flow {
        match self.pending.take() {
            Some(id) => {
                core.cancel(id);
                // Cancelling is only on this side: a request that was sent may be carried out.
                core.say(
                    Tone::Warn,
                    match self.spec.impact {
                        crate::ops::Impact::Read | crate::ops::Impact::Use => {
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
            ..*self
        };
    }

    fn submit(&mut self, core: &mut Core) {
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
            return;
        }
        if let Some(why) = core.refuses(&request) {
            core.say(Tone::Warn, why);
            return;
        }
        let Some(session) = core.session_of(self.region).cloned() else {
            core.say(
                Tone::Bad,
                "Not connected: go back (Esc) and press r to try again.",
            );
            return;
        };
        self.began = core.now;
        self.completion = Completion::default();
        self.pending = Some(core.start(Job::Run(session, request)));
    }

    /// The answer of the call in flight.
    pub fn answer(&mut self, event: JobEvent, _core: &mut Core) -> Flow {
        self.pending = None;
        match event {
            JobEvent::Ran(outcome) => {
                Flow::push(Screen::Outcome(Box::new(OutcomeScreen::new(*outcome))))
            }
            _ => Flow::Stay,
        }
    }

    pub fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.pending.take() {
            core.cancel(id);
        }
        let fields = std::mem::replace(&mut self.fields, Fields::new(self.spec, ""));
        core.drafts.insert(self.spec.id, fields);
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
            match encryption_context::parse(text) {
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
        if let Some(input) = self.fields.input_mut(self.focus) {
            let dropped = input.insert(text.trim_matches(['\n', '\r']));
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

    /// What is known of the KeyId as typed: good, a hint, or a mistake.
    fn key_id_note(&self, core: &Core) -> KeyIdNote {
        let Some(at) = self
            .spec
            .fields
            .iter()
            .position(|f| f.kind == FieldKind::KeyId)
        else {
            return KeyIdNote::Nothing;
        };
        let FieldState::Text(input) = &self.fields.states[at] else {
            return KeyIdNote::Nothing;
        };
        let Ok(parsed) = key_id::parse(input.text()) else {
            return KeyIdNote::Nothing;
        };
        let notation = parsed.notation.name();
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
        let Some(entry) = core.keys.resolve(self.region, input.text()) else {
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
        match entry.metadata() {
            None => KeyIdNote::Good(notation.to_owned()),
            Some(key) if !key.is_symmetric_encryption() => KeyIdNote::Warn(format!(
                "{notation} of a {} key: this operation needs a symmetric one",
                key.key_spec.as_deref().unwrap_or("different")
            )),
            Some(key) if key.key_state.as_deref() != Some("Enabled") => KeyIdNote::Warn(format!(
                "{notation} of a key that is {}",
                key.key_state.as_deref().unwrap_or("in no known state")
            )),
            Some(_) => KeyIdNote::Good(format!("{notation}, Enabled")),
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
