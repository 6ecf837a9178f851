//! The console: the stack of screens, the popup over it, and what each event does to them. No I/O,
//! and no clock of its own.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::core::Core;
use super::core::connection::ConnectionState;
use super::core::jobs::Purpose;
use super::core::note::Tone;
use super::effect::Effect;
use super::event::Event;
use super::flow::Flow;
use super::jobs::{JobEvent, JobId, SaveError, Saved};
use super::keymap::{Action, Context, Key};
use super::layout::{self, MINIMUM};
use super::open::{Opened, open};
use super::popups::Popup;
use super::route::{Asks, Route};
use super::screens::Screen;
use super::screens::keys::KeysScreen;
use super::setup::Setup;
use super::widgets::hint_bar;
use crate::catalog::facts::{Fact, FactSet};
use crate::config::Start;
use crate::gateway::Target;
use crate::kms::{KmsError, text};
use crate::ops::bulk::{BulkEvent, takes_several};
use crate::ops::spec;

/// Clicks on a row that are closer in time open it.
const DOUBLE_CLICK_MS: i128 = 400;

/// See the [module](self).
pub struct App {
    pub core: Core,
    /// The list of keys, below all others.
    pub home: KeysScreen,
    /// The last is the one that is seen.
    above: Vec<Box<dyn Screen>>,
    pub popup: Option<Box<dyn Popup>>,
    /// Where answers lead that came while a popup was open: it is not replaced, and nothing opens
    /// under it.
    later: VecDeque<Flow>,
    /// What is opened once the connection is there.
    once_connected: Option<Route>,
    last_click: Option<(Timestamp, u16)>,
}

impl App {
    pub fn new(target: Target, setup: Setup, size: (u16, u16), now: Timestamp) -> Self {
        App {
            core: Core::new(target, setup, size, now),
            home: KeysScreen::default(),
            above: Vec::new(),
            popup: None,
            later: VecDeque::new(),
            once_connected: None,
            last_click: None,
        }
    }

    /// What is to be done first: connect.
    pub fn start(&mut self) -> Vec<Effect> {
        if self.core.config.start == Start::Aliases {
            self.go(Route::Aliases);
        }
        self.core.refresh();
        self.core.jobs.take_effects()
    }

    /// The screen that is seen.
    pub fn screen(&self) -> &dyn Screen {
        match self.above.last() {
            Some(screen) => screen.as_ref(),
            None => &self.home,
        }
    }

    /// The screen that is seen, and what it shares.
    fn screen_and_core(&mut self) -> (&mut dyn Screen, &mut Core) {
        let screen: &mut dyn Screen = match self.above.last_mut() {
            Some(screen) => screen.as_mut(),
            None => &mut self.home,
        };
        (screen, &mut self.core)
    }

    /// Whether the list of keys is the screen that is seen.
    pub fn is_home(&self) -> bool {
        self.above.is_empty()
    }

    /// Whether something on the screen moves by itself.
    pub fn moves(&self) -> bool {
        matches!(self.core.connection.state, ConnectionState::Connecting)
            || self.core.listing.is_listing()
            || self.core.listing.sweep.is_some()
            || self.screen().moves()
            || self.popup.as_ref().is_some_and(|popup| popup.moves())
    }

    /// How long it is until what is seen says another age or less of a countdown, or is read again
    /// by itself.
    pub fn wakes_in(&self, now: Timestamp) -> Option<Duration> {
        if !self.is_home() {
            return self.screen().wakes_in(&self.core, now);
        }
        self.core.listing.wakes_in(self.auto_refresh(), now)
    }

    /// After which time the list is read again by itself: not while somebody is at something.
    fn auto_refresh(&self) -> Option<Duration> {
        let is_at_rest = self.is_home()
            && self.popup.is_none()
            && !self.home.is_filtering()
            && self.core.listing.sweep.is_none();
        self.core.config.auto_refresh.filter(|_| is_at_rest)
    }

    fn refresh_if_due(&mut self) {
        let listing = &self.core.listing;
        let left = self
            .auto_refresh()
            .and_then(|after| listing.refresh_in(after, self.core.now));
        if left.is_some_and(|left| !left.is_positive()) {
            self.core.refresh();
        }
    }

    /// Whether the terminal is too small for what the app shows. Then nothing is seen, and nothing
    /// can be done but to leave.
    fn is_blind(&self) -> bool {
        let (columns, rows) = self.core.size;
        columns < MINIMUM.0 || rows < MINIMUM.1
    }

    /// The contexts of the keyboard, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if self.is_blind() {
            return vec![Context::Global];
        }
        let mut contexts = match &self.popup {
            Some(popup) => vec![popup.context()],
            None => self.screen().contexts(),
        };
        let around: Vec<Context> = contexts.iter().filter_map(|at| at.around()).collect();
        contexts.extend(around);
        contexts.push(Context::Global);
        contexts
    }

    /// Whether a printable key is text now.
    pub fn types_text(&self) -> bool {
        self.contexts().first().is_some_and(|at| at.takes_text())
    }

    /// Whether `action` can be done now. It gates the keyboard, and the hints.
    pub fn can(&self, action: Action) -> bool {
        if self.is_blind() {
            return matches!(action, Action::Quit | Action::Suspend | Action::Redraw);
        }
        match &self.popup {
            Some(popup) => {
                !matches!(action, Action::Help | Action::CommandLine | Action::CallLog)
                    && popup.can(action, &self.core)
            }
            None => self.screen().can(action, &self.core),
        }
    }

    /// Takes in how running the credential_process with the terminal went.
    pub fn signed_in(&mut self, ended: Result<(), KmsError>) -> Vec<Effect> {
        match ended {
            Ok(()) => self.follow(Flow::Reconnect),
            Err(error) => {
                let text = format!("{} {}", error.message, error.advice().todo);
                self.core
                    .say(Tone::Bad, text::printable(&text).into_owned());
            }
        }
        self.core.jobs.take_effects()
    }

    /// Takes an event in, and says what is to be done. Before the next frame comes
    /// [`settle`](Self::settle).
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.core.now = now;
        match event {
            // What is under the cursor must be what a frame would show.
            Event::Key(key) => {
                self.settle_screens();
                self.key(key);
            }
            // What cannot be seen takes nothing in.
            Event::Paste(_) | Event::Mouse(_) if self.is_blind() => {}
            Event::Paste(text) => {
                // It may be a secret.
                let text = Zeroizing::new(text);
                self.settle_screens();
                self.paste(&text);
            }
            Event::Resize(columns, rows) => self.core.size = (columns, rows),
            Event::Tick => {
                self.core.ticks = self.core.ticks.wrapping_add(1);
                self.refresh_if_due();
            }
            Event::Mouse(mouse) => {
                self.settle_screens();
                self.mouse(mouse);
            }
            Event::Job(id, event) => self.job(id, event),
            Event::Called(record) => self.core.called(record),
        }
        self.core.keep_history();
        self.core.jobs.take_effects()
    }

    /// Brings rows and cursor up to date, and asks for what will be seen. Due before a frame, and
    /// not at every event: a thousand pages may come between two frames.
    pub fn settle(&mut self) -> Vec<Effect> {
        self.settle_screens();
        self.core.jobs.take_effects()
    }

    fn settle_screens(&mut self) {
        let below = self.home.settle(&mut self.core).unwrap_or_default();
        let above = self
            .above
            .last_mut()
            .and_then(|screen| screen.settle(&mut self.core));
        // A screen above shows its keys' details alone.
        let shown = match self.is_home() {
            true => self.home.shown_facts(&self.core),
            false => FactSet::of(Fact::Details),
        };
        let needs = self.home.needs().and(self.screen().needs());
        self.core.want(above.unwrap_or(below), shown, needs);
    }

    fn mouse(&mut self, event: MouseEvent) {
        let action = match event.kind {
            MouseEventKind::ScrollUp => Action::Up,
            MouseEventKind::ScrollDown => Action::Down,
            MouseEventKind::Down(MouseButton::Left) => return self.click(event.column, event.row),
            _ => return,
        };
        self.core.note = None;
        if self.popup.is_some() || self.screen().takes_wheel() {
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
        let Some(y_in_body) = layout::row_of_body(self.core.size, y) else {
            return;
        };
        if self.popup.is_some() {
            return;
        }
        self.core.note = None;
        let now = self.core.now;
        let twice = self.last_click.is_some_and(|(at, row)| {
            row == y && now.duration_since(at).as_millis() < DOUBLE_CLICK_MS
        });
        self.last_click = Some((now, y));
        let (screen, core) = self.screen_and_core();
        let chose = screen.click(x, y_in_body, core);
        if chose && twice && self.can(Action::OpenDetails) {
            self.last_click = None;
            self.act(Action::OpenDetails);
        }
    }

    fn key(&mut self, event: KeyEvent) {
        self.core.note = None;
        let action = self.core.keymap.resolve(&self.contexts(), Key::from(event));
        match action {
            Some(action) if self.can(action) => self.act(action),
            Some(_) => {}
            None if self.is_blind() => {}
            None => match &mut self.popup {
                Some(popup) => popup.key(event),
                None => {
                    let (screen, core) = self.screen_and_core();
                    screen.key(event, core);
                }
            },
        }
    }

    fn paste(&mut self, text: &str) {
        self.core.note = None;
        if let Some(popup) = &mut self.popup {
            popup.paste(text, &mut self.core);
            return;
        }
        let (screen, core) = self.screen_and_core();
        screen.paste(text, core);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Quit => self.core.effect(Effect::Quit),
            Action::Suspend => self.core.effect(Effect::Suspend),
            Action::Redraw => self.core.effect(Effect::Redraw),
            Action::ToggleMouse => self.core.toggle_mouse(),
            Action::Help if self.popup.is_none() => self.go(Route::Help(self.contexts())),
            Action::CommandLine if self.popup.is_none() => self.go(Route::CommandLine),
            Action::CallLog if self.popup.is_none() => self.go(Route::CallLog),
            _ if self.popup.is_some() => self.act_on_popup(action),
            Action::Operation(id) => self.follow(Flow::Operation(spec(id))),
            _ => {
                let (screen, core) = self.screen_and_core();
                let flow = screen.act(action, core);
                self.follow(flow);
            }
        }
    }

    fn act_on_popup(&mut self, action: Action) {
        let Some(mut popup) = self.popup.take() else {
            return;
        };
        let flow = match action {
            Action::Back => Flow::Close,
            action => popup.act(action, &mut self.core),
        };
        match flow {
            Flow::Stay => self.popup = Some(popup),
            flow => {
                popup.leave(&mut self.core);
                self.follow(flow);
                while self.popup.is_none()
                    && let Some(flow) = self.later.pop_front()
                {
                    self.follow(flow);
                }
            }
        }
    }

    /// Follows where an answer leads, once no popup is open: what the user is about to answer stays
    /// what it is.
    fn follow_answer(&mut self, flow: Flow) {
        match (&self.popup, flow) {
            (_, Flow::Stay) => {}
            (Some(_), flow) => self.later.push_back(flow),
            (None, flow) => self.follow(flow),
        }
    }

    fn follow(&mut self, flow: Flow) {
        match flow {
            Flow::Stay | Flow::Close => {}
            Flow::Open(route) => self.go(route),
            Flow::Operation(spec) => {
                // What is marked on the list is what an action takes.
                let route = match self.is_home() && self.core.listing.keys.marked() > 0 {
                    true if takes_several(spec) => Route::BulkForm(spec),
                    is_marked => {
                        if is_marked {
                            self.core.say_one_key(spec);
                        }
                        let key = self.screen().subject(&self.core);
                        self.core.form_for(spec, &key)
                    }
                };
                self.go(route);
            }
            Flow::Back => {
                self.leave_last();
                while self.above.last().is_some_and(|screen| screen.is_spent()) {
                    self.leave_last();
                }
            }
            Flow::Reconnect => {
                let (screen, core) = self.screen_and_core();
                if let Some(route) = screen.again(core) {
                    self.once_connected = Some(route);
                }
                self.leave_all();
                self.core.reconnect();
            }
            Flow::Home(filter) => {
                self.leave_all();
                if let Some(filter) = filter {
                    self.home.set_filter(&filter);
                }
            }
            Flow::HomeAnd(action) => {
                self.leave_all();
                if self.can(action) {
                    self.act(action);
                }
            }
            Flow::Sent(job) => {
                let (screen, core) = self.screen_and_core();
                screen.sent(job, core);
            }
        }
    }

    /// Opens what a route leads to.
    fn go(&mut self, route: Route) {
        if self.screen().is_at(&route) {
            return;
        }
        match open(route, &mut self.core) {
            Ok(Opened::Screen(screen)) => {
                self.once_connected = None;
                self.above.push(screen);
                let (screen, core) = self.screen_and_core();
                let flow = screen.opened(core);
                self.follow(flow);
            }
            Ok(Opened::Popup(popup)) => self.popup = Some(popup),
            Err(why) => self.core.say(Tone::Bad, why),
        }
    }

    fn leave_last(&mut self) {
        if let Some(mut screen) = self.above.pop() {
            screen.leave(&mut self.core);
        }
    }

    /// Back to the first screen.
    fn leave_all(&mut self) {
        self.later.clear();
        for mut screen in self.above.drain(..).rev() {
            screen.leave(&mut self.core);
        }
    }

    fn job(&mut self, id: JobId, event: JobEvent) {
        let Some(purpose) = self.core.jobs.answered(id, event.is_last()) else {
            // An answer to a question no longer asked.
            return;
        };
        match (purpose, event) {
            (Purpose::Request(key, _), JobEvent::Ran(outcome)) => {
                self.core.carried_out(&outcome, &key);
                self.answer(id, JobEvent::Ran(outcome));
            }
            (Purpose::Bulk, JobEvent::Bulk(event)) => {
                if let BulkEvent::Answered(_, key, outcome) = &event {
                    self.core.carried_out(outcome, key);
                }
                self.answer(id, JobEvent::Bulk(event));
            }
            (Purpose::Request(key, _), JobEvent::RanSteps(steps)) => {
                self.core.steps_carried_out(&steps, &key);
                self.answer(id, JobEvent::RanSteps(steps));
            }
            (Purpose::Screen, event) => self.answer(id, event),
            (Purpose::Save, JobEvent::Saved(result)) => self.saved(result),
            (purpose, event) => {
                self.core.answer(purpose, event);
                if let Some(question) = self.core.connection.take_mfa_question() {
                    self.follow_answer(Flow::Open(Route::Prompt(Asks::MfaCode(question))));
                }
                if self.core.session().is_some()
                    && let Some(route) = self.once_connected.take()
                {
                    self.follow_answer(Flow::Open(route));
                }
            }
        }
    }

    /// Gives an answer to who waits for it, which need not be what is seen.
    fn answer(&mut self, id: JobId, event: JobEvent) {
        if let Some(popup) = &mut self.popup
            && popup.waits_for(id)
        {
            popup.answer(event, &mut self.core);
            return;
        }
        let screen = self.above.iter_mut().find(|screen| screen.waits_for(id));
        if let Some(screen) = screen {
            let flow = screen.answer(id, event, &mut self.core);
            self.follow_answer(flow);
        }
    }

    fn saved(&mut self, result: Result<Saved, SaveError>) {
        match result {
            Ok(saved) => self.core.say(
                Tone::Good,
                format!(
                    "Saved {} bytes to {} (mode 0600).",
                    text::grouped(saved.bytes),
                    text::printable(&saved.path.display().to_string())
                ),
            ),
            Err(SaveError::Exists { path, bytes }) => {
                self.follow_answer(Flow::Open(Route::Overwrite(path, bytes)));
            }
            Err(SaveError::Failed { path, bytes, why }) => {
                // Asked again, with what was typed.
                let why = format!("Not saved: {}.", text::printable(&why));
                let asks = Asks::SaveElsewhere(path, bytes, why);
                self.follow_answer(Flow::Open(Route::Prompt(asks)));
            }
        }
    }
}
