//! The state of the console, and what each event does to it. No I/O, and no clock of its own.

use std::collections::{HashMap, VecDeque};

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::effect::Effect;
use super::event::Event;
use super::history::History;
use super::jobs::{Job, JobEvent, JobId, SaveError};
use super::keymap::{Action, Context, Key, KeyMap};
use super::listing::{CALLS_AT_ONCE, ListState, RegionList, Sweep};
use super::popups::prompt::Prompt;
use super::popups::{self, Popup};
use super::screens::form::state::Fields;
use super::screens::key_detail::DetailCache;
use super::screens::lessons::LessonShelf;
use super::screens::matrix::MatrixSetup;
use super::screens::{Flow, Screen};
use super::setup::Setup;
use super::view;
use super::widgets::hint_bar;
use super::widgets::snippet_pane::SnippetChoice;
use crate::catalog::inventory::{Inventory, RegionIndex};
use crate::config::{Config, Start};
use crate::gateway::throttle::Throttle;
use crate::gateway::{MFA_CODE_NEEDED, Place, Session, Target};
use crate::kms::key::CallerIdentity;
use crate::kms::{Blob, CallRecord, KmsError, OpId, text};
use crate::matrix::report::parse_verdicts;
use crate::platform::clipboard::Copied;
use crate::snippet::Destination;

/// The smallest terminal that the screens fit in, columns and rows.
pub const MINIMUM: (u16, u16) = (60, 16);
/// Clicks on a row that are closer in time open it.
const DOUBLE_CLICK_MS: i128 = 400;
/// Calls that the call log keeps: the newest.
pub const CALLS_KEPT: usize = 20_000;
/// Forms of which what was typed is kept.
const DRAFTS_KEPT: usize = 200;

/// How the connection stands.
pub enum Connection {
    Connecting,
    Ready(Box<Session>),
    Failed(Box<KmsError>),
}

/// What the status line says, and how it is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub tone: Tone,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
}

/// Why a job was started: who gets its answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    Shared,
    Keys(RegionIndex),
    /// Keys that other accounts share.
    SharedKeys(RegionIndex),
    Aliases(RegionIndex),
    /// The key at this place of the inventory.
    Describe(u32),
    Tags(u32),
    /// The end of a pause that throttling made.
    Pause,
    /// A matrix to compare with.
    Baseline,
    /// The screen or popup that waits for it knows the job's ID.
    Local,
}

/// What all screens share.
pub struct Core {
    pub target: Target,
    pub connection: Connection,
    pub identity: Option<Result<CallerIdentity, KmsError>>,
    identity_asked: bool,
    pub keys: Inventory,
    /// Of each Region, in the order of the inventory's Regions.
    pub lists: Vec<RegionList>,
    /// Whether the keys that other accounts share are listed, too.
    pub shared_too: bool,
    pub sweep: Option<Sweep>,
    /// Whether the user stopped one since the list was begun.
    pub(super) sweep_stopped: bool,
    pub(super) throttle: Throttle,
    /// Places of keys that are or will soon be seen.
    pub(super) seen: Vec<u32>,
    /// Every SDK call of this run, the oldest first.
    pub calls: VecDeque<CallRecord>,
    /// Calls that ended, also those that are no longer kept.
    pub calls_seen: usize,
    /// From the start of the listing to its end.
    pub listing_time: Option<std::time::Duration>,
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
    pub history: History,
    /// What the forms show the request in, for this run.
    pub snippets: SnippetChoice,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether the user asked for read-only in the app.
    pub read_only_asked: bool,
    /// Whether the code was asked for since the last try to connect.
    mfa_asked: bool,
    last_click: Option<(Timestamp, u16)>,
    /// What was typed in forms that were left, by operation and the key they were opened for.
    pub drafts: HashMap<(OpId, String), Fields>,
    pub matrix: MatrixSetup,
    pub lessons: LessonShelf,
    pub details: DetailCache,
    /// The job that takes a copied secret out of the clipboard.
    clears_clipboard: Option<JobId>,
    pub(super) listing_since: Timestamp,
    pub(super) jobs: HashMap<JobId, Purpose>,
    next_job: u64,
    effects: Vec<Effect>,
}

/// The console.
pub struct App {
    pub core: Core,
    /// The last is the one that is seen; the first is always [`Screen::Keys`].
    pub screens: Vec<Screen>,
    pub popup: Option<Popup>,
}

impl Core {
    pub fn session(&self) -> Option<&Session> {
        match &self.connection {
            Connection::Ready(session) => Some(session),
            _ => None,
        }
    }

    /// The account: of the caller, else of the first key that has an ARN.
    pub fn account(&self) -> Option<&str> {
        if let Some(Ok(identity)) = &self.identity {
            return Some(&identity.account);
        }
        let arn = self.keys.entries().first()?.arn.as_deref()?;
        crate::kms::key_id::account_of(arn)
    }

    /// Starts a job whose answer goes to the screen or popup that keeps the ID.
    pub fn start(&mut self, job: Job) -> JobId {
        self.start_for(Purpose::Local, job)
    }

    pub(super) fn start_for(&mut self, purpose: Purpose, job: Job) -> JobId {
        let id = JobId(self.next_job);
        self.next_job += 1;
        self.jobs.insert(id, purpose);
        self.effects.push(Effect::Start(id, job));
        id
    }

    /// Gives a job up; its answer, should there be one, is dropped.
    pub fn cancel(&mut self, id: JobId) {
        if self.jobs.remove(&id).is_some() {
            self.effects.push(Effect::Cancel(id));
        }
    }

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.note = Some(Note {
            tone,
            text: text.into(),
        });
    }

    /// Lists again, after connecting again where there is no connection.
    pub fn refresh(&mut self) {
        let ids: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, purpose)| **purpose != Purpose::Local)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.cancel(id);
        }
        if !matches!(self.identity, Some(Ok(_))) {
            self.identity_asked = false;
        }
        self.keys.clear(Vec::new());
        self.details.clear();
        self.lists.clear();
        self.listing_time = None;
        self.throttle = Throttle::new(CALLS_AT_ONCE);
        match self.session() {
            Some(_) => self.list(),
            None => {
                self.connection = Connection::Connecting;
                self.mfa_asked = false;
                let mut target = self.target.clone();
                // A code counts once.
                target.mfa_code = self.target.mfa_code.take();
                self.start_for(Purpose::Shared, Job::Connect(Box::new(target)));
            }
        }
    }

    /// Asks who the caller is, once the first page of keys is there: a call that would delay it.
    fn ask_identity(&mut self) {
        if !self.identity_asked
            && let Some(session) = self.session().cloned()
        {
            self.identity_asked = true;
            self.start_for(Purpose::Shared, Job::CallerIdentity(session));
        }
    }

    /// Takes in the answer of a job that no screen waits for.
    fn shared_answer(&mut self, purpose: Purpose, event: JobEvent) {
        match (event, purpose) {
            (JobEvent::Connected(Ok(session)), _) => {
                self.connection = Connection::Ready(session);
                self.list();
            }
            (JobEvent::Connected(Err(error)), _) => {
                self.connection = Connection::Failed(Box::new(error));
            }
            (JobEvent::CallerIdentity(identity), _) => self.identity = Some(identity),
            (JobEvent::Copied(copied, secret), _) => self.copied(copied, secret),
            (JobEvent::ClipboardCleared(sequence), _) => {
                self.clears_clipboard = None;
                if let Some(sequence) = sequence {
                    self.effect(Effect::WriteTerminal(sequence));
                }
                self.say(Tone::Plain, "The secret was taken out of the clipboard.");
            }
            (JobEvent::FileRead(name, file), Purpose::Baseline) => self.baseline_read(&name, file),
            (event, purpose) => self.list_answer(&purpose, event),
        }
        let asked_first = match self.keys_list() {
            ListState::Waiting => false,
            ListState::Loading => !self.keys.is_empty(),
            _ => true,
        };
        if asked_first {
            self.ask_identity();
        }
    }

    /// Connects anew, to what the target says now. Nothing of the old session comes any more.
    pub fn reconnect(&mut self) {
        let ids: Vec<JobId> = self.jobs.keys().copied().collect();
        for id in ids {
            self.cancel(id);
        }
        self.identity = None;
        self.identity_asked = false;
        // What another principal may do is another matrix.
        self.matrix.last = None;
        self.connection = Connection::Connecting;
        self.refresh();
    }

    fn called(&mut self, record: CallRecord) {
        if self.calls.len() == CALLS_KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(record);
        self.calls_seen += 1;
    }

    /// Another profile; in the sandbox, another principal.
    pub fn switch_profile(&mut self, name: String) {
        match &mut self.target.place {
            Place::Sandbox { principal, .. } => *principal = Some(name),
            Place::Aws { profile, .. } => {
                *profile = Some(name);
                // The other profile's own Region counts now.
                self.target.region = None;
                self.target.more_regions.clear();
            }
        }
    }

    /// Another Region, or several in one list.
    pub fn switch_regions(&mut self, regions: Vec<String>) {
        let mut regions = regions.into_iter();
        self.target.region = regions.next();
        self.target.more_regions = regions.collect();
    }

    /// Whether nothing but reads and dry runs may be sent.
    pub fn is_read_only(&self) -> bool {
        self.read_only_asked || self.config.is_read_only(self.target.name())
    }

    /// Why an operation is not sent in read-only mode.
    pub fn read_only_text(&self, operation: OpId) -> String {
        let switch = self.keymap.key_of(Context::Form, Action::ToggleDryRun);
        let how = switch.map_or(String::new(), |key| format!(" {key} switches DryRun on."));
        format!("Read-only: {operation} is sent as a dry run only.{how}")
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
    fn keep_history(&mut self) {
        if let Some(text) = self.history.take_changes() {
            self.start_for(Purpose::Shared, Job::KeepHistory(text));
        }
    }

    /// Reads an exported matrix, to compare with.
    pub fn open_baseline(&mut self, path: String) {
        self.start_for(Purpose::Baseline, Job::ReadFile(path));
    }

    fn baseline_read(&mut self, name: &str, file: Result<Blob, String>) {
        let read = file.and_then(|blob| {
            let text = std::str::from_utf8(blob.bytes.reveal())
                .map_err(|_| "it is no UTF-8 text".to_owned())?;
            parse_verdicts(text).map_err(|rule| format!("it {rule}"))
        });
        match read {
            Ok(verdicts) => {
                let cells = crate::kms::text::counted(verdicts.cells.len(), "cell");
                let who = verdicts.principal.as_deref().unwrap_or("a file");
                self.say(
                    Tone::Good,
                    format!("Compares with {cells} of {}.", text::printable(who)),
                );
                self.matrix.baseline = Some(verdicts);
                self.matrix.baseline_is_new = true;
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

    /// Keeps what was typed in a form that is left.
    pub fn keep_draft(&mut self, of: (OpId, String), fields: Fields) {
        if self.drafts.len() == DRAFTS_KEPT {
            self.drafts.clear();
        }
        self.drafts.insert(of, fields);
    }

    /// Where the calls of a session go, as a snippet says it.
    pub fn destination(&self, session: Option<&Session>) -> Destination {
        session.map_or_else(Destination::default, |session| {
            Destination::of(session, &self.target)
        })
    }

    /// Copies a text; the status line tells how it went.
    pub fn copy(&mut self, text: String) {
        self.start_for(
            Purpose::Shared,
            Job::Copy {
                text: Zeroizing::new(text),
                secret: false,
            },
        );
    }

    /// Copies a secret, which is taken out of the clipboard again.
    pub fn copy_secret(&mut self, text: Zeroizing<String>) {
        self.start_for(Purpose::Shared, Job::Copy { text, secret: true });
    }

    /// Sees to it that a copied secret goes, and says when.
    fn clear_later(&mut self, secret: bool) -> String {
        if let Some(id) = self.clears_clipboard.take() {
            self.cancel(id);
        }
        match self.config.clipboard_clear {
            _ if !secret => String::new(),
            None => " It stays there: clipboard-clear is 0.".to_owned(),
            Some(after) => {
                let id = self.start_for(Purpose::Shared, Job::ClearClipboard(after));
                self.clears_clipboard = Some(id);
                format!(
                    " It is cleared in {} s, or when kmsdeck ends.",
                    after.as_secs()
                )
            }
        }
    }

    fn copied(&mut self, copied: Copied, secret: bool) {
        match copied {
            Copied::Local => {
                let clear = self.clear_later(secret);
                self.say(Tone::Good, format!("Copied to the clipboard.{clear}"));
            }
            Copied::Osc52 { sequence, through } => {
                let clear = self.clear_later(secret);
                self.effect(Effect::WriteTerminal(sequence));
                self.say(
                    Tone::Good,
                    match clear.is_empty() {
                        true => format!("Copied by OSC 52 through {through}, if it allows that."),
                        // Both must fit 80 columns.
                        false => format!("Copied by OSC 52.{clear}"),
                    },
                );
            }
            Copied::Unavailable(why) => {
                let instead = match self.keymap.key_of(Context::Outcome, Action::Save) {
                    Some(key) => format!(" On an outcome, {key} saves to a file."),
                    None => String::new(),
                };
                self.say(
                    Tone::Warn,
                    format!("Nothing copied: no clipboard here, and {why}.{instead}"),
                );
            }
        }
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

impl App {
    pub fn new(target: Target, setup: Setup, size: (u16, u16), now: Timestamp) -> Self {
        let note = problems_note(&setup.problems, size.0).map(|text| Note {
            tone: Tone::Warn,
            text,
        });
        App {
            core: Core {
                target,
                connection: Connection::Connecting,
                identity: None,
                identity_asked: false,
                keys: Inventory::default(),
                lists: Vec::new(),
                shared_too: false,
                sweep: None,
                sweep_stopped: false,
                throttle: Throttle::new(CALLS_AT_ONCE),
                seen: Vec::new(),
                calls: VecDeque::new(),
                calls_seen: 0,
                listing_time: None,
                now,
                size,
                ticks: 0,
                note,
                history: setup.history,
                snippets: SnippetChoice::default(),
                mouse: setup.config.mouse,
                read_only_asked: false,
                mfa_asked: false,
                last_click: None,
                config: setup.config,
                keymap: setup.keymap,
                config_problems: setup.problems,
                drafts: HashMap::new(),
                matrix: MatrixSetup::default(),
                lessons: LessonShelf::default(),
                details: DetailCache::default(),
                clears_clipboard: None,
                listing_since: now,
                jobs: HashMap::new(),
                next_job: 0,
                effects: Vec::new(),
            },
            screens: vec![Screen::Keys(Box::default())],
            popup: None,
        }
    }

    /// What is to be done first: connect.
    pub fn start(&mut self) -> Vec<Effect> {
        if self.core.config.start == Start::Aliases {
            self.screens.push(Screen::Aliases(Box::default()));
        }
        self.core.refresh();
        std::mem::take(&mut self.core.effects)
    }

    /// Whether something on the screen moves by itself.
    pub fn moves(&self) -> bool {
        matches!(self.core.connection, Connection::Connecting)
            || self.core.is_listing()
            || self.core.sweep.is_some()
            || self.screens.last().is_some_and(Screen::moves)
            || matches!(&self.popup, Some(Popup::Picker(picker)) if picker.moves())
    }

    /// Whether the call log is seen.
    pub fn shows_calls(&self) -> bool {
        matches!(self.screens.last(), Some(Screen::CallLog(_)))
    }

    /// The contexts of the keyboard, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = match &self.popup {
            Some(popup) => vec![popup.context()],
            None => self
                .screens
                .last()
                .map(Screen::contexts)
                .unwrap_or_default(),
        };
        contexts.push(Context::Global);
        contexts
    }

    /// Whether `action` can be done now. It gates the keyboard, and the hints.
    pub fn can(&self, action: Action) -> bool {
        match &self.popup {
            Some(_) => !matches!(action, Action::Help),
            None => self
                .screens
                .last()
                .is_none_or(|screen| screen.can(action, &self.core)),
        }
    }

    /// Takes an event in, and says what is to be done. Before the next frame comes
    /// [`settle`](Self::settle).
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.core.now = now;
        match event {
            // What is under the cursor must be what a frame would show.
            Event::Key(key) => {
                self.settle_keys();
                self.key(key);
            }
            Event::Paste(text) => {
                self.settle_keys();
                self.paste(&text);
            }
            Event::Resize(columns, rows) => self.core.size = (columns, rows),
            Event::Tick => self.core.ticks = self.core.ticks.wrapping_add(1),
            Event::Mouse(mouse) => {
                self.settle_keys();
                self.mouse(mouse);
            }
            Event::Job(id, event) => self.job(id, event),
            Event::Called(record) => self.core.called(record),
        }
        self.core.keep_history();
        std::mem::take(&mut self.core.effects)
    }

    /// Brings rows and cursor up to date, and asks for what will be seen. Due before a frame, and
    /// not at every event: a thousand pages may come between two frames.
    pub fn settle(&mut self) -> Vec<Effect> {
        self.settle_keys();
        std::mem::take(&mut self.core.effects)
    }

    fn settle_keys(&mut self) {
        let Some((Screen::Keys(keys), above)) = self.screens.split_first_mut() else {
            return;
        };
        let mut seen = keys.settle(&self.core);
        match above.last_mut() {
            Some(Screen::Aliases(aliases)) => seen = aliases.settle(&self.core),
            Some(Screen::CallLog(log)) => log.settle(&self.core),
            Some(Screen::Form(form)) => seen = form.settle(&self.core),
            Some(Screen::Matrix(matrix)) => matrix.settle(&mut self.core),
            _ => {}
        }
        self.core.want(seen, keys.needs());
    }

    fn mouse(&mut self, event: MouseEvent) {
        let action = match event.kind {
            MouseEventKind::ScrollUp => Action::Up,
            MouseEventKind::ScrollDown => Action::Down,
            MouseEventKind::Down(MouseButton::Left) => return self.click(event.column, event.row),
            _ => return,
        };
        self.core.note = None;
        // A field's own Up and Down go from field to field, which no wheel is meant to do.
        let in_form = matches!(self.screens.last(), Some(Screen::Form(_)));
        if self.popup.is_some() || !in_form {
            for _ in 0..3 {
                if self.can(action) {
                    self.act(action);
                }
            }
        }
    }

    fn click(&mut self, x: u16, y: u16) {
        let rows = self.core.size.1;
        if y + 1 == rows {
            // The hint line does what it says.
            let contexts = self.contexts();
            let action = hint_bar::action_at(
                &self.core.keymap,
                &contexts,
                |action| self.can(action),
                self.core.size.0,
                x,
            );
            if let Some(action) = action.filter(|action| self.can(*action)) {
                self.core.note = None;
                self.act(action);
            }
            return;
        }
        let Some(y_in_body) = view::row_of_body(self.core.size, y) else {
            return;
        };
        if self.popup.is_some() {
            return;
        }
        self.core.note = None;
        let now = self.core.now;
        let twice = self.core.last_click.is_some_and(|(at, row)| {
            row == y && now.duration_since(at).as_millis() < DOUBLE_CLICK_MS
        });
        self.core.last_click = Some((now, y));
        if let Some(screen) = self.screens.last_mut() {
            let chose = screen.click(x, y_in_body, &self.core);
            if chose && twice && self.can(Action::OpenDetails) {
                self.core.last_click = None;
                self.act(Action::OpenDetails);
            }
        }
    }

    fn key(&mut self, event: KeyEvent) {
        self.core.note = None;
        let action = self.core.keymap.resolve(&self.contexts(), Key::from(event));
        match action {
            Some(action) if self.can(action) => self.act(action),
            Some(_) => {}
            None => match &mut self.popup {
                Some(popup) => popup.key(event),
                None => {
                    if let Some(screen) = self.screens.last_mut() {
                        screen.key(event, &mut self.core);
                    }
                }
            },
        }
    }

    fn paste(&mut self, text: &str) {
        self.core.note = None;
        match &mut self.popup {
            Some(popup) => {
                if let Some(said) = popup.paste(text) {
                    self.core.say(Tone::Warn, said);
                }
            }
            None => {
                if let Some(screen) = self.screens.last_mut() {
                    screen.paste(text, &mut self.core);
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Quit => self.core.effect(Effect::Quit),
            Action::Suspend => self.core.effect(Effect::Suspend),
            Action::Redraw => self.core.effect(Effect::Redraw),
            Action::Help if self.popup.is_none() => {
                let contexts = self.contexts();
                self.popup = Some(Popup::Help(popups::help::Help::new(contexts)));
            }
            Action::CommandLine if self.popup.is_none() => {
                self.popup = Some(Popup::CommandLine(Default::default()));
            }
            Action::ToggleMouse => self.core.toggle_mouse(),
            Action::CallLog if self.popup.is_none() => {
                self.follow(Flow::push(Screen::CallLog(Box::default())));
            }
            _ if self.popup.is_some() => self.act_on_popup(action),
            _ => {
                if let Some(screen) = self.screens.last_mut() {
                    let flow = screen.act(action, &mut self.core);
                    self.follow(flow);
                }
            }
        }
    }

    fn act_on_popup(&mut self, action: Action) {
        let Some(mut popup) = self.popup.take() else {
            return;
        };
        let flow = popup.act(action, &mut self.core);
        match flow {
            Flow::Stay => self.popup = Some(popup),
            flow => self.follow(flow),
        }
    }

    fn follow(&mut self, flow: Flow) {
        match flow {
            Flow::Stay | Flow::Close => {}
            Flow::Reconnect => {
                self.leave_all();
                self.core.reconnect();
            }
            Flow::Home(filter) => {
                self.leave_all();
                if let (Some(filter), Some(Screen::Keys(keys))) = (filter, self.screens.first_mut())
                {
                    keys.set_filter(&filter);
                }
            }
            Flow::HomeAnd(action) => {
                self.leave_all();
                if self.can(action) {
                    self.act(action);
                }
            }
            Flow::Push(screen) => {
                // A list that is seen already is not put upon itself.
                let is_seen = matches!(
                    (self.screens.last(), &*screen),
                    (Some(Screen::Aliases(_)), Screen::Aliases(_))
                        | (Some(Screen::CallLog(_)), Screen::CallLog(_))
                        | (Some(Screen::Lessons(_)), Screen::Lessons(_))
                );
                if !is_seen {
                    self.screens.push(*screen);
                }
            }
            Flow::Popup(popup) => self.popup = Some(*popup),
            Flow::Send(request) => {
                if let Some(Screen::Form(form)) = self.screens.last_mut() {
                    form.send(*request, &mut self.core);
                }
            }
            Flow::Back => {
                if self.screens.len() > 1
                    && let Some(mut screen) = self.screens.pop()
                {
                    screen.leave(&mut self.core);
                }
            }
            Flow::BackAnd(action) => {
                self.follow(Flow::Back);
                self.act(action);
            }
        }
    }

    /// Back to the first screen.
    fn leave_all(&mut self) {
        for mut screen in self.screens.drain(1..).rev() {
            screen.leave(&mut self.core);
        }
    }

    fn job(&mut self, id: JobId, event: JobEvent) {
        let Some(purpose) = self.core.jobs.get(&id).cloned() else {
            // An answer to a question no longer asked.
            return;
        };
        if event.is_last() {
            self.core.jobs.remove(&id);
        }
        if purpose != Purpose::Local {
            self.core.shared_answer(purpose, event);
            self.ask_for_mfa_code();
            return;
        }
        if let JobEvent::Saved(result) = event {
            self.saved(result);
            return;
        }
        if let Some(Popup::Picker(picker)) = &mut self.popup
            && picker.waits_for(id)
        {
            picker.answer(event);
            return;
        }
        // The screen that waits for it need not be the one that is seen.
        let mut event = Some(event);
        let mut flow = Flow::Stay;
        for screen in &mut self.screens {
            if screen.waits_for(id)
                && let Some(event) = event.take()
            {
                flow = screen.answer(id, event, &mut self.core);
            }
        }
        self.follow(flow);
    }

    /// A profile's role asks for a code.
    fn ask_for_mfa_code(&mut self) {
        if let Connection::Failed(error) = &self.core.connection
            && error.code == MFA_CODE_NEEDED
            && self.popup.is_none()
            && !self.core.mfa_asked
        {
            self.core.mfa_asked = true;
            self.popup = Some(Popup::Prompt(Prompt::mfa(error.message.clone())));
        }
    }

    fn saved(&mut self, result: Result<super::jobs::Saved, SaveError>) {
        match result {
            Ok(saved) => self.core.say(
                Tone::Good,
                format!(
                    "Saved {} bytes to {} (mode 0600).",
                    crate::kms::text::grouped(saved.bytes),
                    text::printable(&saved.path.display().to_string())
                ),
            ),
            Err(SaveError::Exists { path, bytes }) => {
                self.popup = Some(Popup::Confirm(popups::confirm::Confirm::overwrite(
                    path, bytes,
                )));
            }
            Err(SaveError::Failed { path, bytes, why }) => {
                // Asked again, with what was typed.
                let why = format!("Not saved: {}.", text::printable(&why));
                self.popup = Some(Popup::Prompt(Prompt::save_elsewhere(&path, bytes, why)));
            }
        }
    }
}
