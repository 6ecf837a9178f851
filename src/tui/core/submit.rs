//! The way of every request to KMS that the user makes: [`Core::submit`] sends it, refuses it or
//! asks first, and `Core::carried_out` sees to it that no screen goes on showing what it has
//! changed.

use std::sync::Arc;

use tokio::sync::watch;

use super::Core;
use super::changed::Changed;
use super::jobs::Purpose;
use super::note::Tone;
use crate::catalog::facts::Fact;
use crate::catalog::inventory::Details;
use crate::gateway::Session;
use crate::kms::key::Grant;
use crate::kms::key_store::StoreKeys;
use crate::kms::text::{counted, grouped};
use crate::kms::{CallRecord, KeyRef, OpId, Outcome, OutcomeKind, Request, Value, key_id};
use crate::ops::alias_use::in_accounts;
use crate::ops::bulk::{BulkJob, BulkKey, MOST_KEYS, Steering};
use crate::ops::bulk_question::BulkQuestion;
use crate::ops::facts::Facts;
use crate::ops::fields::{ALIAS_NAME, KEY_STORE_ID, key_in};
use crate::ops::question::Question;
use crate::ops::{
    AsWhom, CREATE_ALIAS, Changes, Cleared, Gate, Impact, KeyRequirement, OPS, OpSpec,
    StepsOutcome, spec,
};
use crate::tui::jobs::{Job, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;

/// What became of a request.
pub enum Submit {
    /// It is under way; the screen that submitted it gets the outcome.
    Sent(JobId),
    /// It is not sent: why, in a sentence.
    Refused(String),
    /// It changes the account: only with the user's yes.
    Ask(Box<Question>),
}

/// What became of a request for several keys: it always changes the account.
pub enum SubmitAll {
    /// It is not sent: why, in a sentence.
    Refused(String),
    Ask(Box<BulkQuestion>),
}

impl Core {
    /// Sends a request about a key, where it may be sent unasked.
    pub fn submit(&mut self, request: Request, key: &KeyRef) -> Submit {
        self.submit_knowing(request, key, None)
    }

    /// The same with the grant that the request names, where the screen knows it.
    pub fn submit_knowing(
        &mut self,
        request: Request,
        key: &KeyRef,
        grant: Option<&Grant>,
    ) -> Submit {
        let Some(session) = self.session_in(&key.region).cloned() else {
            return Submit::Refused(self.no_session_text(&key.region));
        };
        match Gate::of(request, self.is_read_only(), &session) {
            Gate::ReadOnly(operation) => Submit::Refused(self.read_only_text(operation)),
            Gate::Clear(cleared) => Submit::Sent(self.send(cleared, session, key.clone(), None)),
            Gate::Ask(unanswered) => {
                let named = named(unanswered.request(), key);
                let entry = self.listing.keys.find(&named);
                let aliases = entry.into_iter().flat_map(|entry| &entry.aliases);
                let store_keys = unanswered
                    .request()
                    .text(&KEY_STORE_ID)
                    .map(|id| self.store_keys(&named.region, id));
                let facts = Facts {
                    alias_used: self.alias_used(unanswered.request(), &named.region),
                    store_keys,
                    aliases: aliases.map(ToString::to_string).collect(),
                    metadata: entry.and_then(|entry| entry.metadata()).cloned(),
                    grant: grant.cloned(),
                    ..Facts::default()
                };
                Submit::Ask(Box::new(Question::new(
                    unanswered,
                    session,
                    named,
                    self.account().map(str::to_owned),
                    self.connection.principal().map(str::to_owned),
                    facts,
                )))
            }
        }
    }

    /// Who names the alias that a request is about, by the calls of this run and by the policies of
    /// users and roles, where those were read.
    fn alias_used(&self, request: &Request, region: &str) -> Vec<String> {
        let Some(alias) = request.text(&ALIAS_NAME) else {
            return Vec::new();
        };
        let is_use = |call: &CallRecord| {
            let is_of_alias = call.key.as_deref() == Some(alias);
            let uses = OPS
                .iter()
                .any(|spec| spec.id.0 == call.operation && spec.impact == Impact::Use);
            is_of_alias && uses && call.region == region && !call.in_lesson
        };
        let calls = self.calls.newest_first().filter(|(_, call)| is_use(call));
        let calls = calls.count();
        let of_calls =
            (calls > 0).then(|| format!("In this run, {} used it.", counted(calls, "call")));
        let known = self.kept.principals.as_ref();
        let of_policies = known.and_then(|(_, known)| in_accounts(&known.accounts, alias));
        of_calls.into_iter().chain(of_policies).collect()
    }

    /// Asks about an operation on several keys. Of `pattern` each key gets its own request.
    pub fn submit_all(
        &self,
        spec: &'static OpSpec,
        pattern: Request,
        keys: &[KeyRef],
    ) -> SubmitAll {
        if keys.len() > MOST_KEYS {
            return SubmitAll::Refused(format!(
                "At most {} keys at once: take the marks of some away.",
                grouped(MOST_KEYS)
            ));
        }
        let waits = self.undescribed(keys).len();
        if waits > 0 {
            return SubmitAll::Refused(format!(
                "Not yet: {} of {} are still to be described.",
                grouped(waits),
                counted(keys.len(), "key")
            ));
        }
        let mut known = Vec::new();
        for key in keys {
            let Some(session) = self.session_in(&key.region) else {
                return SubmitAll::Refused(self.no_session_text(&key.region));
            };
            known.push((self.bulk_key(key), session.clone()));
        }
        self.ask_all(spec, pattern, known)
    }

    fn ask_all(
        &self,
        spec: &'static OpSpec,
        pattern: Request,
        known: Vec<(BulkKey, Session)>,
    ) -> SubmitAll {
        let all = counted(known.len(), spec.noun());
        let question = BulkQuestion::new(
            spec,
            pattern,
            known,
            self.is_read_only(),
            self.account().map(str::to_owned),
            self.connection.principal().map(str::to_owned),
        );
        match question {
            Err(operation) => SubmitAll::Refused(self.read_only_text(operation)),
            Ok(question) if question.is_empty() => {
                let (name, why) = match question.left_out().first() {
                    Some((name, why)) => (name.as_str(), why.as_str()),
                    None => ("", "there are none"),
                };
                SubmitAll::Refused(format!("{} fits none of {all}. {name}: {why}.", spec.id))
            }
            Ok(question) => SubmitAll::Ask(Box::new(question)),
        }
    }

    /// Asks about ending several grants, each of a key.
    pub fn submit_grants(
        &self,
        spec: &'static OpSpec,
        grants: &[(KeyRef, Arc<Grant>)],
    ) -> SubmitAll {
        if grants.len() > MOST_KEYS {
            return SubmitAll::Refused(format!(
                "At most {} grants at once: take the marks of some away.",
                grouped(MOST_KEYS)
            ));
        }
        let mut known = Vec::new();
        for (key, grant) in grants {
            let Some(session) = self.session_in(&key.region) else {
                return SubmitAll::Refused(self.no_session_text(&key.region));
            };
            let of_grant = BulkKey {
                grant: Some(grant.clone()),
                ..self.bulk_key(key)
            };
            known.push((of_grant, session.clone()));
        }
        self.ask_all(spec, Request::new(spec.id), known)
    }

    /// What the list knows of a key.
    pub(in crate::tui) fn bulk_key(&self, key: &KeyRef) -> BulkKey {
        let Some(entry) = self.listing.keys.find(key) else {
            return BulkKey {
                id: key.id.clone(),
                ..BulkKey::default()
            };
        };
        let foreign = self.listing.foreign_account(entry);
        BulkKey {
            id: key.id.clone(),
            aliases: entry.aliases.iter().map(ToString::to_string).collect(),
            metadata: entry.metadata().cloned(),
            foreign_account: foreign.map(str::to_owned),
            grant: None,
        }
    }

    /// The places in the list of those keys that DescribeKey has not answered for.
    pub(in crate::tui) fn undescribed(&self, keys: &[KeyRef]) -> Vec<u32> {
        let is_open = |place: &u32| {
            let entry = &self.listing.keys.entries()[*place as usize];
            matches!(entry.details, Details::Unknown | Details::Loading)
        };
        let places = keys
            .iter()
            .filter_map(|key| self.listing.keys.find_place(key));
        places.filter(is_open).collect()
    }

    /// The marked keys of the list, named as calls name them.
    pub(in crate::tui) fn marked_keys(&self) -> Vec<KeyRef> {
        let entries = self.listing.keys.entries().iter();
        entries
            .filter(|entry| entry.is_marked)
            .map(|entry| self.listing.key_ref(entry))
            .collect()
    }

    /// Sends what the user has said yes to, each by the session that the question named.
    pub(in crate::tui) fn send_all(
        &mut self,
        job: BulkJob,
        steering: watch::Receiver<Steering>,
    ) -> JobId {
        let job = Job::Bulk {
            job: Box::new(job),
            journals: self.kept.journals.clone(),
            steering,
        };
        self.jobs.start(Purpose::Bulk, job)
    }

    /// Says that an operation leaves the marks out of account.
    pub(in crate::tui) fn say_one_key(&mut self, spec: &OpSpec) {
        let text = format!(
            "{} is for one key at a time: this form is for the one under the cursor.",
            spec.id
        );
        self.say(Tone::Plain, text);
    }

    /// Sends a request that makes a key, and after it those about that key, which name none yet:
    /// with one question for all of them.
    pub fn submit_steps(&mut self, first: Request, then: Vec<Request>, key: &KeyRef) -> Submit {
        let mut question = match self.submit(first, key) {
            Submit::Ask(question) => question,
            other => return other,
        };
        for request in then {
            let session = question.session();
            match Gate::of(request, self.is_read_only(), session) {
                Gate::Ask(unanswered) => question.and_then(unanswered),
                Gate::ReadOnly(operation) => {
                    return Submit::Refused(self.read_only_text(operation));
                }
                Gate::Clear(cleared) => {
                    let operation = cleared.request().op;
                    let text = format!("{operation} changes nothing, and cannot follow on this.");
                    return Submit::Refused(text);
                }
            }
        }
        Submit::Ask(question)
    }

    /// The form of an operation for a key: by the key's ID where no alias is taken, and with the
    /// key's alias where that is what is changed.
    pub(in crate::tui) fn form_for(&self, spec: &'static OpSpec, key: &KeyRef) -> Route {
        let entry = self.listing.keys.find(key);
        if spec.has(&ALIAS_NAME) && spec.id != CREATE_ALIAS.id {
            let id = key_id::parse(&key.id).ok();
            let named = id
                .map(|id| id.resource)
                .filter(|id| id.starts_with("alias/"));
            let first = || entry?.aliases.first().map(ToString::to_string);
            let mut request = Request::new(spec.id);
            if let Some(alias) = named.map(str::to_owned).or_else(first) {
                request.set(&ALIAS_NAME, Value::Text(alias));
            }
            return Route::FilledForm(Box::new(request), key.clone());
        }
        let key = match (spec.key, entry) {
            (KeyRequirement::NoKey, _) => key.with_id(""),
            (_, Some(entry)) if !spec.takes_alias() => self.listing.key_ref(entry),
            _ => key.clone(),
        };
        Route::Form(spec, key)
    }

    /// Sends what the user has said yes to, to where the question said.
    pub(in crate::tui) fn confirmed(&mut self, question: Question) -> JobId {
        let key = question.key().clone();
        let (first, then, session) = question.confirmed();
        let whom = self.connection.as_whom();
        if then.is_empty() {
            return self.send(first, session, key, whom);
        }
        // What is given up on the way may have come as far as the making.
        let purpose = Purpose::Request(key, spec(first.request().op).changes);
        let job = Job::RunSteps(session, Box::new(first), then, whom);
        self.jobs.start(purpose, job)
    }

    fn send(
        &mut self,
        cleared: Cleared,
        session: Session,
        key: KeyRef,
        whom: Option<AsWhom>,
    ) -> JobId {
        let request = cleared.request();
        let what = match request.dry_run() {
            true => Changes::Nothing,
            false => spec(request.op).changes,
        };
        let key = named(request, &key);
        let purpose = Purpose::Request(key, what);
        self.jobs.start(purpose, Job::Run(session, cleared, whom))
    }

    /// Takes in what an outcome says of the account: what it has changed is read again.
    pub(in crate::tui) fn carried_out(&mut self, outcome: &Outcome, key: &KeyRef) {
        let was_carried_out = matches!(
            outcome.kind(),
            OutcomeKind::Success | OutcomeKind::DryRunIgnored
        );
        // No answer does not say that nothing was done.
        if !was_carried_out && outcome.kind() != OutcomeKind::NotKnown {
            return;
        }
        let spec = spec(outcome.request.op);
        if spec.impact == Impact::Use {
            self.listing.forget(Fact::LastUsage, key, &mut self.jobs);
        }
        self.has_changed(key.clone(), spec.changes);
    }

    /// The same of requests that one yes was for.
    pub(in crate::tui) fn steps_carried_out(&mut self, steps: &StepsOutcome, key: &KeyRef) {
        for outcome in &steps.outcomes {
            self.carried_out(outcome, &named(&outcome.request, key));
        }
    }

    /// Takes in that something of a key was changed, or may have been.
    pub(super) fn has_changed(&mut self, key: KeyRef, what: Changes) {
        match what {
            Changes::Nothing => return,
            Changes::Key => self.listing.forget(Fact::Details, &key, &mut self.jobs),
            // Key material is one for all replicas of a multi-Region key.
            Changes::Rotation => {
                for region in self.listing.keys.regions().to_vec() {
                    let replica = KeyRef::new(region, &*key.id);
                    for fact in [Fact::Details, Fact::Rotation] {
                        self.listing.forget(fact, &replica, &mut self.jobs);
                    }
                }
            }
            Changes::Tags => self.listing.forget(Fact::Tags, &key, &mut self.jobs),
            Changes::Grants => self.listing.forget(Fact::Grants, &key, &mut self.jobs),
            Changes::Policy => {}
            Changes::KeyStores => self.forget_keys_in_stores(&key.region),
            Changes::Aliases | Changes::List => self.list_anew(),
        }
        self.kept.details.clear();
        self.kept.matrix.last = None;
        self.changed.push(Changed { key, what });
    }

    /// Takes in that imported material of a key has expired.
    pub(in crate::tui) fn has_expired(&mut self, key: &KeyRef) {
        self.listing.forget(Fact::Details, key, &mut self.jobs);
    }

    /// The keys of a Region that are in a custom key store, as far as the list knows.
    pub(in crate::tui) fn store_keys(&self, region: &str, store_id: &str) -> StoreKeys {
        let keys = &self.listing.keys;
        let mut told = StoreKeys::default();
        for entry in keys.entries() {
            if keys.region_name(entry.region) != region {
                continue;
            }
            match entry.metadata() {
                None => told.not_described += 1,
                Some(key) if key.custom_key_store_id.as_deref() == Some(store_id) => {
                    told.names.push(entry.reference().to_owned());
                }
                Some(_) => {}
            }
        }
        told
    }

    /// The states of the keys in custom key stores are others now.
    pub(in crate::tui) fn forget_keys_in_stores(&mut self, region: &str) {
        let keys = &self.listing.keys;
        let in_stores = keys.entries().iter().filter(|entry| {
            let store = entry
                .metadata()
                .and_then(|key| key.custom_key_store_id.as_ref());
            store.is_some() && keys.region_name(entry.region) == region
        });
        let in_stores: Vec<KeyRef> = in_stores.map(|entry| self.listing.key_ref(entry)).collect();
        for key in in_stores {
            self.listing.forget(Fact::Details, &key, &mut self.jobs);
        }
    }

    /// What was changed since `seen`, which is then all.
    pub fn changed_since(&self, seen: &mut usize) -> &[Changed] {
        let from = (*seen).min(self.changed.len());
        *seen = self.changed.len();
        &self.changed[from..]
    }

    /// How many changes there were so far: what a screen that begins now has seen.
    pub fn changes_so_far(&self) -> usize {
        self.changed.len()
    }

    /// Whether two references mean the same key, as far as the list tells.
    pub fn is_same_key(&self, a: &KeyRef, b: &KeyRef) -> bool {
        let place = |key| self.listing.keys.find_place(key);
        a == b || (place(a).is_some() && place(a) == place(b))
    }

    pub(super) fn no_session_text(&self, region: &str) -> String {
        match self.session() {
            Some(_) => format!("There is no session in {region} any more: switch there first."),
            None => {
                let key = self.keymap.key_of(Context::Keys, Action::Refresh);
                let how = key.map_or(String::new(), |key| {
                    format!(" {key} on the list of keys tries again.")
                });
                format!("Not connected.{how}")
            }
        }
    }

    /// Why an operation is not sent in read-only mode.
    fn read_only_text(&self, operation: OpId) -> String {
        let switch = self.keymap.key_of(Context::Form, Action::ToggleDryRun);
        let how = switch.map_or(String::new(), |key| format!(" {key} switches DryRun on."));
        spec(operation).read_only_text(&how)
    }
}

/// The key that a request names: none where it names one by a grant's token alone, whatever the
/// form was opened for.
fn named(request: &Request, about: &KeyRef) -> KeyRef {
    about.with_id(key_in(request).unwrap_or_default())
}
