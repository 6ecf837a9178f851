//! The console: an event loop around [`app::App`], which knows no I/O and no clock.

pub mod app;
pub mod commands;
pub mod copy_items;
pub mod core;
mod draw;
pub mod effect;
pub mod event;
pub mod flow;
pub mod jobs;
pub mod keymap;
pub mod layout;
pub mod open;
mod pace;
pub mod popups;
pub mod route;
pub mod screens;
pub mod setup;
mod signals;
mod terminal;
pub mod theme;
pub mod view;
pub mod widgets;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crossterm::event::{Event as TermEvent, EventStream, KeyEventKind};
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::gateway::{CallSink, Target};
use crate::kms::CallRecord;
use crate::platform::clipboard::{Clipboard, Surroundings};
use crate::platform::dirs;
use app::App;
use core::history::History;
use core::note::Tone;
pub use draw::draw;
use effect::Effect;
use event::Event;
use jobs::Jobs;
use pace::Pace;
use setup::Setup;
use signals::{Signals, Wake};
use terminal::Terminal;
use theme::Theme;

/// How often what moves takes a step.
const TICK: Duration = Duration::from_millis(100);
/// Events taken in before a frame, so that a flood of them cannot hold the screen back.
const DRAIN: usize = 256;

/// Why the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Quit,
    /// By a signal of that number.
    Signal(i32),
}

/// Runs the console until the user quits or a signal ends it. The terminal is given back however
/// this ends.
///
/// Errors: standard output is no terminal, or it failed; a job panicked.
pub async fn run(mut target: Target, setup: Setup, theme: Theme) -> io::Result<Ending> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(io::Error::other(
            "the console needs a terminal; use kmsdeck keys, describe or \
             generate-data-key-without-plaintext in a pipe",
        ));
    }
    terminal::install_panic_hook();
    let mut signals = Signals::new()?;
    let (sink, mut calls) = unbounded_channel();
    target.calls = CallSink::new(sink);
    let mut console = Console {
        app: App::new(
            target,
            Setup {
                history: History::read(&dirs::read_state("history")),
                ..setup
            },
            crossterm::terminal::size()?,
            Timestamp::now(),
        ),
        jobs: Jobs::new(Clipboard::new(Surroundings::from_env())),
        theme,
        dirty: true,
    };
    // The first calls are under way while the terminal is taken and the first frame drawn.
    for effect in console.app.start() {
        if let Effect::Start(id, job) = effect {
            console.jobs.start(id, job);
        }
    }
    let mut terminal = Terminal::new()?;
    terminal.mouse(console.app.core.mouse)?;
    console.draw(&mut terminal)?;
    let mut pace = Pace::new(Instant::now());
    let mut input = input_events();
    loop {
        let ticking = console.app.moves();
        let frame_due = pace.next_frame();
        let mut ending = None;
        tokio::select! {
            wake = signals.next() => match wake {
                Wake::Suspend => terminal.suspend().map(|()| console.dirty = true)?,
                Wake::Continue => terminal.resume().map(|()| console.dirty = true)?,
                Wake::End(signal) => ending = Some(Ending::Signal(signal)),
            },
            event = input.recv() => match event {
                Some(event) => ending = console.terminal_event(event?, &mut terminal)?,
                None => return Err(io::Error::other("the terminal is gone")),
            },
            Some(record) = calls.recv() => console.called(record),
            done = console.jobs.next() => console.job_done(done, &mut terminal)?,
            () = tokio::time::sleep_until(frame_due.into()), if console.dirty => {}
            () = tokio::time::sleep(TICK), if ticking => {
                let effects = console.app.update(Event::Tick, Timestamp::now());
                console.dirty = true;
                console.carry_out(effects, &mut terminal)?;
            }
        }
        for _ in 0..DRAIN {
            if ending.is_some() {
                break;
            }
            if let Ok(event) = input.try_recv() {
                ending = console.terminal_event(event?, &mut terminal)?;
            } else if let Ok(record) = calls.try_recv() {
                console.called(record);
            } else if let Some(done) = console.jobs.try_next() {
                console.job_done(done, &mut terminal)?;
            } else {
                break;
            }
        }
        if let Some(ending) = ending {
            if console.app.core.config.clipboard_clear.is_some()
                && let Some(sequence) = console.jobs.clear_secret()
            {
                // A terminal that has hung up has no clipboard either.
                let _ = terminal.write(&sequence);
            }
            return Ok(ending);
        }
        let now = Instant::now();
        if console.dirty && now >= pace.next_frame() {
            console.draw(&mut terminal)?;
            pace.drew(now);
        }
    }
}

/// The terminal's events in a channel. [`EventStream`] remembers but one waker, so that looking
/// into it without waiting would make a later wait miss its event.
fn input_events() -> UnboundedReceiver<io::Result<TermEvent>> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let mut stream = EventStream::new();
        while let Some(event) = stream.next().await {
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    receiver
}

struct Console {
    app: App,
    jobs: Jobs,
    theme: Theme,
    dirty: bool,
}

impl Console {
    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        self.dirty = false;
        let effects = self.app.settle();
        self.carry_out(effects, terminal)?;
        let (app, theme) = (&self.app, &self.theme);
        terminal.draw(|frame| draw(app, theme, frame))
    }

    fn terminal_event(
        &mut self,
        event: TermEvent,
        terminal: &mut Terminal,
    ) -> io::Result<Option<Ending>> {
        let event = match event {
            // Some terminals send releases, too.
            TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
                #[cfg(debug_assertions)]
                self.panic_for_tests(&key);
                Event::Key(key)
            }
            TermEvent::Mouse(mouse) => Event::Mouse(mouse),
            TermEvent::Paste(text) => Event::Paste(text),
            TermEvent::Resize(columns, rows) => Event::Resize(columns, rows),
            _ => return Ok(None),
        };
        let effects = self.app.update(event, Timestamp::now());
        self.dirty = true;
        self.carry_out(effects, terminal)
    }

    fn job_done(
        &mut self,
        done: Result<(jobs::JobId, jobs::JobEvent), tokio::task::JoinError>,
        terminal: &mut Terminal,
    ) -> io::Result<()> {
        let (id, event) =
            done.map_err(|error| io::Error::other(format!("a job failed: {error}")))?;
        let effects = self.app.update(Event::Job(id, event), Timestamp::now());
        self.dirty = true;
        self.carry_out(effects, terminal)?;
        Ok(())
    }

    fn called(&mut self, record: CallRecord) {
        // A record asks for nothing, and only its own screen shows it.
        let _ = self.app.update(Event::Called(record), Timestamp::now());
        self.dirty |= self.app.screen().shows_calls();
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        terminal: &mut Terminal,
    ) -> io::Result<Option<Ending>> {
        for effect in effects {
            match effect {
                Effect::Start(id, job) => self.jobs.start(id, job),
                Effect::Cancel(id) => self.jobs.cancel(id),
                Effect::WriteTerminal(sequence) => terminal.write(&sequence)?,
                Effect::Mouse(take) => terminal.mouse(take)?,
                Effect::SetTheme(name) => self.set_theme(&name),
                Effect::Suspend => terminal.suspend()?,
                Effect::Redraw => terminal.redraw()?,
                Effect::Quit => return Ok(Some(Ending::Quit)),
            }
        }
        Ok(None)
    }

    fn set_theme(&mut self, name: &str) {
        match Theme::load(name, dirs::config_folder().as_deref()) {
            Ok((theme, problems)) => {
                self.theme = theme.for_env();
                if let Some(problem) = problems.first() {
                    self.app.core.say(Tone::Warn, problem.to_string());
                }
            }
            Err(problem) => self.app.core.say(Tone::Bad, problem),
        }
    }

    /// `KMSDECK_TEST_PANIC=loop|job` makes F12 panic, there.
    #[cfg(debug_assertions)]
    fn panic_for_tests(&mut self, key: &crossterm::event::KeyEvent) {
        if key.code == crossterm::event::KeyCode::F(12) {
            match std::env::var("KMSDECK_TEST_PANIC").as_deref() {
                Ok("loop") => panic!("asked for by KMSDECK_TEST_PANIC"),
                Ok("job") => self.jobs.start(jobs::JobId(u64::MAX), jobs::Job::Panic),
                _ => {}
            }
        }
    }
}
