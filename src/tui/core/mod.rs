//! What all screens share, in parts: each owns its fields, and its jobs.

pub mod access;
pub mod call_log;
pub mod changed;
pub mod clipboard;
pub mod connection;
pub mod history;
pub mod jobs;
pub mod kept;
pub mod listing;
pub mod note;
pub mod snippets;
pub mod submit;

use std::path::PathBuf;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::catalog::facts::{Fact, FactSet};
use crate::config::Config;
use crate::gateway::{Session, Target};
use crate::kms::key::CallerIdentity;
use crate::kms::{CallRecord, KeyRef, KmsError, SecretBytes, Signer, key_id, text};
use crate::matrix::report::Verdicts;
use crate::snippet::Destination;
use crate::tui::effect::Effect;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context, KeyMap};
use crate::tui::setup::Setup;

use call_log::CallLog;
use changed::Changed;
use clipboard::ClipboardCare;
use connection::{Connection, ConnectionState};
use jobs::{JobBook, Owner, Purpose};
use kept::Kept;
use listing::{ListState, Listing};
use note::{Note, Tone};

/// See the [module](self).
pub struct Core {
    pub connection: Connection,
    pub listing: Listing,
    pub calls: CallLog,
    clipboard: ClipboardCare,
    pub(in crate::tui) jobs: JobBook,
    pub kept: Kept,
    /// What kmsdeck has changed in this run, in order.
    changed: Vec<Changed>,
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Steps since something began to move.
    pub ticks: usize,
    pub note: Option<Note>,
    pub config: Config,
    pub keymap: KeyMap,
    /// All that is wrong in the user's files.
    pub config_problems: Vec<String>,
    /// Whether the mouse is taken.
    pub mouse: bool,
}

impl Core {
    pub(in crate::tui) fn new(
        target: Target,
        setup: Setup,
        size: (u16, u16),
        now: Timestamp,
    ) -> Self {
        let note = first_note(&setup, size.0).map(|text| Note::new(Tone::Warn, text));
        Core {
            connection: Connection::new(target),
            listing: Listing::new(now),
            calls: CallLog::default(),
            clipboard: ClipboardCare::default(),
            jobs: JobBook::default(),
            kept: Kept {
                columns: setup.columns,
                journals: setup.journals,
                cut_off: setup.cut_off,
                ..Kept::new(setup.history, setup.policy_drafts)
            },
            changed: Vec::new(),
            now,
            size,
            ticks: 0,
            note,
            mouse: setup.config.mouse,
            config: setup.config,
            keymap: setup.keymap,
            config_problems: setup.problems,
        }
    }

    pub fn session(&self) -> Option<&Session> {
        self.connection.session()
    }

    /// The session of a Region: of the list's, else the connection's own where that is its Region.
    pub fn session_in(&self, region: &str) -> Option<&Session> {
        let own = || self.session().filter(|session| session.region == region);
        self.listing.session_in(region).or_else(own)
    }

    /// The Region where a key is looked for whose name tells none; empty where there is no
    /// connection.
    pub fn region(&self) -> &str {
        self.session().map_or("", |session| &session.region)
    }

    /// A key that the user has typed, in any of the four notations.
    ///
    /// Errors: a sentence that names the rule and the fix, or says that there is no connection.
    pub fn parse_typed_key(&self, key_id: &str) -> Result<KeyRef, String> {
        let parsed = key_id::parse(key_id).map_err(|error| error.to_string())?;
        let Some(session) = self.session() else {
            return Err(self.no_session_text(""));
        };
        // An ARN says where its key is; where no calls go there, the form and KMS say so.
        let named = parsed
            .region
            .filter(|region| self.session_in(region).is_some());
        Ok(KeyRef::new(named.unwrap_or(&session.region), key_id))
    }

    /// The account: of the caller, else of the first key that has an ARN.
    pub fn account(&self) -> Option<&str> {
        self.connection.own_account().or_else(|| {
            let arn = self.listing.keys.entries().first()?.arn.as_deref()?;
            key_id::account_of(arn)
        })
    }

    /// Starts a job whose answer goes to the screen or popup that keeps the ID.
    pub fn start(&mut self, job: Job) -> JobId {
        self.jobs.start(Purpose::Screen, job)
    }

    /// Opens a file in the user's own editor; what came of it goes to the screen that keeps the ID.
    pub fn edit_file(&mut self, path: PathBuf) -> JobId {
        self.jobs.edit(path)
    }

    /// Gives a job up; its answer, should there be one, is dropped.
    pub fn cancel(&mut self, id: JobId) {
        if let Some(Purpose::Request(key, what)) = self.jobs.cancel(id) {
            // Cancelling is only on this side: KMS may have carried it out.
            self.has_changed(key, what);
        }
    }

    pub fn effect(&mut self, effect: Effect) {
        self.jobs.effect(effect);
    }

    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.note = Some(Note::new(tone, text));
    }

    /// Says what a paste said: why nothing was pasted, or what was left out.
    pub fn say_pasted(&mut self, said: Option<String>) {
        if let Some(said) = said {
            self.say(Tone::Warn, said);
        }
    }

    /// Writes a file of mode 0600; the status line tells how it went.
    pub fn save(&mut self, path: PathBuf, bytes: SecretBytes, overwrite: bool) {
        let job = Job::Save {
            path,
            bytes,
            overwrite,
        };
        self.jobs.start(Purpose::Save, job);
    }

    /// Takes files away that kmsdeck itself has written.
    pub fn remove(&mut self, paths: Vec<PathBuf>) {
        self.jobs.start(Purpose::Remove, Job::Remove(paths));
    }

    /// Lists again, after connecting again where there is no connection.
    pub fn refresh(&mut self) {
        // Those on the disk may be others now: signed in meanwhile, rewritten, a new session.
        if self.connection.credentials_failed {
            return self.reconnect();
        }
        self.connection.ask_identity_again();
        self.kept.details.clear();
        self.listing.clear(&mut self.jobs);
        match self.session() {
            Some(_) => self.list_anew(),
            None => {
                self.jobs.cancel_of(Owner::Connection);
                self.connection.connect(&mut self.jobs);
            }
        }
    }

    /// Whether it connects or lists, which can be given up.
    pub fn can_give_up(&self) -> bool {
        matches!(self.connection.state, ConnectionState::Connecting) || self.listing.is_listing()
    }

    /// Gives connecting and listing up; what was listed stays.
    pub fn give_up(&mut self) {
        if matches!(self.connection.state, ConnectionState::Connecting) {
            self.jobs.cancel_of(Owner::Connection);
            self.connection.connected(Err(KmsError::cancelled()));
        }
        self.listing.give_up(&mut self.jobs);
        self.say(Tone::Plain, "Given up; r begins again.");
    }

    /// Lists all Regions from the start.
    fn list_anew(&mut self) {
        self.listing.clear(&mut self.jobs);
        self.listing
            .begin(&self.connection, &mut self.jobs, self.now);
    }

    /// Connects anew, to what the target says now. Nothing of the old session comes any more.
    pub fn reconnect(&mut self) {
        self.connection.credentials_failed = false;
        self.connection.forget(&mut self.jobs);
        self.listing.is_of_account(None);
        // What another principal may do is another matrix.
        self.kept.matrix.last = None;
        self.refresh();
    }

    /// Takes in the answer of a job that no screen waits for.
    pub(in crate::tui) fn answer(&mut self, purpose: Purpose, event: JobEvent) {
        match (event, purpose) {
            (JobEvent::Connected(answer), _) => {
                self.connection.connected(answer);
                self.list_anew();
            }
            (JobEvent::CallerIdentity(identity, signer), _) => self.identified(identity, signer),
            (JobEvent::Copied(copied, secret), _) => {
                let instead = match self.keymap.key_of(Context::Outcome, Action::Save) {
                    Some(key) => format!(" On an outcome, {key} saves to a file."),
                    None => String::new(),
                };
                let after = self.config.clipboard_clear;
                let jobs = &mut self.jobs;
                let note = self.clipboard.copied(copied, secret, after, &instead, jobs);
                self.note = Some(note);
            }
            (JobEvent::ClipboardCleared(sequence), _) => {
                self.note = Some(self.clipboard.cleared(sequence, &mut self.jobs));
            }
            (JobEvent::BaselineRead(name, read), Purpose::Baseline) => {
                self.baseline_read(&name, read);
            }
            (event, purpose) => {
                let jobs = &mut self.jobs;
                if let Some(note) = self.listing.answer(&purpose, event, jobs, self.now) {
                    self.note = Some(note);
                }
            }
        }
        // Who the caller is, is asked once the first page of keys is there: the call would delay
        // it.
        let asked_first = match self.listing.keys_list() {
            ListState::Waiting => false,
            ListState::Loading => !self.listing.keys.is_empty(),
            _ => true,
        };
        if asked_first {
            self.connection.ask_identity(&mut self.jobs, self.now);
        }
    }

    /// Says which keys are or will soon be seen, what is shown of them, and what order and filter
    /// must know of all.
    pub(in crate::tui) fn want(&mut self, seen: Vec<u32>, shown: FactSet, needs: FactSet) {
        self.listing
            .want(seen, shown, needs, &mut self.jobs, self.now);
    }

    /// Begins to ask the facts of every key, or stops where that is under way.
    pub fn toggle_sweep(&mut self, facts: FactSet) {
        let note = self.listing.toggle_sweep(facts, &mut self.jobs, self.now);
        if note.is_some() {
            self.note = note;
        }
    }

    /// Asks a fact of every key again, as soon as it is wanted.
    pub(in crate::tui) fn forget_all(&mut self, fact: Fact) {
        self.listing.forget_all(fact, &mut self.jobs);
    }

    /// What is to be said of what is asked of all keys, of throttling, and of a page that is tried
    /// again.
    pub fn progress_text(&self) -> Option<String> {
        self.listing.progress_text(&self.jobs, self.now)
    }

    pub(in crate::tui) fn called(&mut self, record: CallRecord) {
        self.connection.credentials_failed |= record.failed_by_credentials() && !record.in_lesson;
        self.connection.signed(&record);
        let caller = match &self.connection.identity {
            Some(Ok(caller)) if self.connection.is_by_caller(&record) => Some(caller),
            _ => None,
        };
        self.calls.add(record, caller);
        self.ask_who_took_over();
    }

    /// Says whose the calls are that the caller has made so far.
    fn name_callers(&mut self) {
        if let Some(Ok(caller)) = &self.connection.identity {
            let connection = &self.connection;
            self.calls
                .made_by(caller, |call| connection.is_by_caller(call));
        }
    }

    /// Asks STS who the caller is now, where other credentials sign.
    fn ask_who_took_over(&mut self) {
        if self.connection.forget_former() {
            self.connection.ask_identity(&mut self.jobs, self.now);
        }
    }

    /// Takes in who the caller is; says so where somebody else was until now.
    fn identified(&mut self, identity: Result<CallerIdentity, KmsError>, signer: Option<Signer>) {
        let former = self.connection.identified(identity, signer);
        self.name_callers();
        self.listing.is_of_account(self.connection.own_account());
        if let Some(former) = former
            && let Some(Ok(caller)) = &self.connection.identity
        {
            let text = format!("The credentials are others now: you act as {}.", caller.arn);
            let is_elsewhere = former.account != caller.account;
            self.say(Tone::Warn, text);
            // What another principal may do, or sees, is another matrix and other details.
            self.kept.matrix.last = None;
            self.kept.details.clear();
            if is_elsewhere {
                self.list_anew();
            }
        }
        self.ask_who_took_over();
    }

    /// Whether nothing but reads and dry runs may be sent.
    pub fn is_read_only(&self) -> bool {
        let name = self.connection.target.name();
        self.connection.read_only_asked || self.config.is_read_only(name.as_deref())
    }

    pub fn toggle_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.effect(Effect::Mouse(self.mouse));
        let text = match self.mouse {
            true => "The mouse is kmsdeck's: click, wheel. Most terminals select with Shift held.",
            false => "The mouse is the terminal's own again.",
        };
        self.say(Tone::Plain, text);
    }

    /// Keeps what was typed for later runs.
    pub(in crate::tui) fn keep_history(&mut self) {
        if let Some(text) = self.kept.history.take_changes() {
            self.jobs.start(Purpose::History, Job::KeepHistory(text));
        }
    }

    /// Reads an exported matrix, to compare with.
    pub fn open_baseline(&mut self, path: String) {
        self.jobs.start(Purpose::Baseline, Job::ReadBaseline(path));
    }

    fn baseline_read(&mut self, name: &str, read: Result<Box<Verdicts>, String>) {
        match read {
            Ok(verdicts) => {
                let cells = text::counted(verdicts.cells.len(), "cell");
                let who = verdicts.principal.as_deref().unwrap_or("a file");
                self.say(
                    Tone::Good,
                    format!("Compares with {cells} of {}.", text::printable(who)),
                );
                self.kept.matrix.baseline = Some(*verdicts);
                self.kept.matrix.baseline_is_new = true;
            }
            Err(why) => self.say(
                Tone::Bad,
                format!(
                    "{} is no exported matrix: {}.",
                    text::printable(name),
                    text::printable(&why)
                ),
            ),
        }
    }

    /// Where the calls of a Region go, as a snippet says it.
    pub fn destination(&self, region: &str) -> Destination {
        // Of a Region that was left, the session of another knows profile and endpoint.
        let session = self.session_in(region).or_else(|| self.session());
        let mut to = session.map_or_else(Destination::default, |session| {
            Destination::of(session, &self.connection.target)
        });
        if !region.is_empty() {
            to.region = Some(region.to_owned());
        }
        to
    }

    /// Copies a text; the status line tells how it went.
    pub fn copy(&mut self, text: String) {
        self.clipboard.copy(text, &mut self.jobs);
    }

    /// Copies a secret, which is taken out of the clipboard again.
    pub fn copy_secret(&mut self, text: Zeroizing<String>) {
        self.clipboard.copy_secret(text, &mut self.jobs);
    }
}

/// What is to be said first: of a job that was cut off, else of what is wrong in the user's files.
fn first_note(setup: &Setup, columns: u16) -> Option<String> {
    match setup.cut_off.first() {
        Some(cut_off) => Some(format!("{} :cut-off tells more.", cut_off.text())),
        None => problems_note(&setup.problems, columns),
    }
}

/// The first problem, as much of it as `columns` leave, and how many there are beside.
fn problems_note(problems: &[String], columns: u16) -> Option<String> {
    let first = text::printable(problems.first()?);
    let room = |rest: &str| (columns as usize).saturating_sub(4 + text::width(rest));
    let rest = match problems.len() {
        1 if text::width(&first) <= room("") => String::new(),
        1 => " (:config shows it whole)".to_owned(),
        n => format!(" (and {} more; :config lists them)", n - 1),
    };
    Some(format!("{}{rest}", text::cut_end(&first, room(&rest))))
}
