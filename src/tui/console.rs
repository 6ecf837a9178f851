//! The console's event loop: the only place with I/O and a clock.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossterm::event::{Event as TermEvent, KeyEvent, KeyEventKind};
use jiff::Timestamp;
use rustix::io::Errno;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zeroize::Zeroize;

use super::app::App;
use super::core::history::History;
use super::core::note::Tone;
use super::draw::draw;
use super::effect::Effect;
use super::ending::Ending;
use super::event::Event;
use super::jobs::Jobs;
use super::keyboard::FromTerminal;
use super::pace::Pace;
use super::setup::Setup;
use super::signals::{Signals, Wake};
use super::terminal::Terminal;
use super::theme::Theme;
use super::{jobs, keyboard, signals, terminal};
use crate::gateway::{CallSink, Target, run_credential_process};
use crate::kms::CallRecord;
use crate::kms::text::grouped;
use crate::ops::bulk_journal::cut_off;
use crate::platform::clipboard::{Clipboard, Surroundings};
use crate::platform::dirs;
use crate::platform::drafts::{self, Drafts};
use crate::platform::editor::{EditError, Edited, Editor};

/// How often what moves takes a step.
const TICK: Duration = Duration::from_millis(100);
/// Events taken in before a frame, so that a flood of them cannot hold the screen back.
const DRAIN: usize = 256;

impl Ending {
    /// As SIGHUP ends it, whether or not the signal came.
    const HANGUP: Ending = Ending::Signal(rustix::process::Signal::HUP.as_raw());
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
    let folder = dirs::state_folder();
    let mut console = Console {
        app: App::new(
            target,
            Setup {
                history: History::read(&dirs::read_state("history")),
                cut_off: folder.as_deref().map(cut_off).unwrap_or_default(),
                journals: folder.clone(),
                policy_drafts: folder.map(|folder| Drafts::in_folder(folder.join("drafts"))),
                ..setup
            },
            crossterm::terminal::size()?,
            Timestamp::now(),
        ),
        jobs: Jobs::new(Clipboard::new(Surroundings::from_env())),
        theme,
        dirty: true,
        sign_in: None,
        edits: None,
    };
    // The first calls are under way while the terminal is taken and the first frame drawn.
    for effect in console.app.start() {
        if let Effect::Start(id, job) = effect {
            console.jobs.start(id, job);
        }
    }
    let mut terminal = Terminal::new()?;
    let ending = match console.run(&mut terminal, &mut signals, &mut calls).await {
        // The terminal is gone, and writing to it was what told first.
        Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ending::HANGUP,
        ended => ended?,
    };
    if console.app.core.config.clipboard_clear.is_some()
        && let Some(sequence) = console.jobs.clear_secret()
    {
        // A terminal that has hung up has no clipboard either.
        let _ = terminal.write(&sequence);
    }
    Ok(ending)
}

struct Console {
    app: App,
    jobs: Jobs,
    theme: Theme,
    dirty: bool,
    /// Whose credential_process is to be run with the terminal.
    sign_in: Option<Box<Target>>,
    /// The file that is to be opened in the user's own editor, and whose answer tells of it.
    edits: Option<(jobs::JobId, PathBuf)>,
}

impl Console {
    /// Does what comes, until the end.
    async fn run(
        &mut self,
        terminal: &mut Terminal,
        signals: &mut Signals,
        calls: &mut UnboundedReceiver<CallRecord>,
    ) -> io::Result<Ending> {
        terminal.mouse(self.app.core.mouse)?;
        self.draw(terminal)?;
        let mut pace = Pace::new(Instant::now());
        loop {
            let ticking = self.app.moves();
            let frame_due = pace.next_frame();
            let wakes_in = match ticking {
                true => Some(TICK),
                false => self.app.wakes_in(Timestamp::now()),
            };
            let mut ending = None;
            tokio::select! {
                wake = signals.next() => match wake {
                    Wake::Suspend => {
                        terminal.suspend()?;
                        self.resized(terminal)?;
                    }
                    Wake::Continue => {
                        terminal.resume()?;
                        self.resized(terminal)?;
                    }
                    Wake::Resize => self.resized(terminal)?,
                    Wake::End(signal) => ending = Some(Ending::Signal(signal)),
                },
                came = terminal.next() => ending = self.terminal_event(came, terminal)?,
                Some(record) = calls.recv() => self.called(record, terminal)?,
                done = self.jobs.next() => self.job_done(done, terminal)?,
                () = tokio::time::sleep_until(frame_due.into()), if self.dirty => {}
                () = tokio::time::sleep(wakes_in.unwrap_or_default()), if wakes_in.is_some() => {
                    let effects = self.app.update(Event::Tick, Timestamp::now());
                    self.dirty = true;
                    self.carry_out(effects, terminal)?;
                }
            }
            for _ in 0..DRAIN {
                if ending.is_some() {
                    break;
                }
                if let Some(came) = terminal.try_next() {
                    ending = self.terminal_event(came, terminal)?;
                } else if let Ok(record) = calls.try_recv() {
                    self.called(record, terminal)?;
                } else if let Some(done) = self.jobs.try_next() {
                    self.job_done(done, terminal)?;
                } else {
                    break;
                }
            }
            if let Some(ending) = ending {
                return Ok(ending);
            }
            if let Some(target) = self.sign_in.take() {
                self.sign_in(&target, terminal, signals).await?;
            }
            if let Some((job, path)) = self.edits.take() {
                let (edited, ending) = self.edit(&path, terminal, signals).await?;
                if let Some(ending) = ending {
                    return Ok(ending);
                }
                self.job_done(Ok((job, jobs::JobEvent::Edited(edited))), terminal)?;
            }
            let now = Instant::now();
            if self.dirty && now >= pace.next_frame() {
                self.draw(terminal)?;
                pace.drew(now);
            }
        }
    }

    /// The program has the terminal until it ends; nothing else goes on, since nobody sees it.
    async fn sign_in(
        &mut self,
        target: &Target,
        terminal: &mut Terminal,
        signals: &mut Signals,
    ) -> io::Result<()> {
        terminal.lend();
        let signed_in = run_credential_process(target).await;
        terminal.resume()?;
        // Ctrl-C was for the program.
        signals.forget_interrupts();
        let effects = self.app.signed_in(signed_in);
        self.carry_out(effects, terminal)?;
        self.resized(terminal)
    }

    /// The user's own editor has the terminal until it ends. What it left of the file; and how
    /// kmsdeck ends, where a signal asks for that meanwhile.
    async fn edit(
        &mut self,
        path: &Path,
        terminal: &mut Terminal,
        signals: &mut Signals,
    ) -> io::Result<(Result<Edited, EditError>, Option<Ending>)> {
        let editor = match Editor::of_env() {
            Ok(editor) => editor,
            Err(error) => return Ok((Err(error), None)),
        };
        terminal.lend();
        let mut ending = None;
        let ended = match editor.start(path) {
            Ok(mut child) => loop {
                tokio::select! {
                    status = child.wait() => break status,
                    wake = signals.next() => match wake {
                        // Ctrl-Z in the editor: the shell waits for all of the group to stop.
                        Wake::Suspend => terminal::stop()?,
                        // Ctrl-C is for the editor.
                        Wake::End(signal) if !signals::is_from_keyboard(signal) => {
                            ending = Some(Ending::Signal(signal));
                            break Err(io::ErrorKind::Interrupted.into());
                        }
                        Wake::End(_) | Wake::Continue | Wake::Resize => {}
                    },
                }
            },
            Err(error) => Err(error),
        };
        let edited = match ended {
            Ok(status) => editor.ending(status).and_then(|failed| {
                let text = drafts::read_back(path).map_err(|error| {
                    EditError::Unreadable(format!("What the editor left cannot be read: {error}."))
                })?;
                Ok(Edited { text, failed })
            }),
            Err(error) => Err(EditError::NoEditor(format!(
                "It cannot be started: {error}."
            ))),
        };
        if ending.is_none() {
            terminal.resume()?;
            signals.forget_interrupts();
            self.resized(terminal)?;
        }
        Ok((edited, ending))
    }

    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        self.dirty = false;
        let effects = self.app.settle();
        self.carry_out(effects, terminal)?;
        let (app, theme) = (&self.app, &self.theme);
        terminal.draw(|frame| draw(app, theme, frame))
    }

    fn terminal_event(
        &mut self,
        came: FromTerminal,
        terminal: &mut Terminal,
    ) -> io::Result<Option<Ending>> {
        let event = match came {
            FromTerminal::Event(event) => event,
            FromTerminal::CutPaste(text) => {
                let effects = self.app.update(Event::Paste(text), Timestamp::now());
                let ending = self.carry_out(effects, terminal)?;
                let text = "The end of the paste did not come: perhaps not all of it is here.";
                self.app.core.say(Tone::Warn, text);
                self.dirty = true;
                return Ok(ending);
            }
            FromTerminal::HugePaste(bytes) => {
                let bytes = grouped(bytes);
                let text =
                    format!("Not pasted: it has {bytes} bytes, and nothing here takes that.");
                self.app.core.say(Tone::Warn, text);
                self.dirty = true;
                return Ok(None);
            }
            FromTerminal::Gone => return Ok(Some(Ending::HANGUP)),
        };
        let event = match event {
            // Some terminals send releases, too.
            TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
                #[cfg(debug_assertions)]
                self.panic_for_tests(&key);
                self.typed(key, terminal)
            }
            TermEvent::Mouse(mouse) => Event::Mouse(mouse),
            TermEvent::Paste(text) => Event::Paste(text),
            _ => return Ok(None),
        };
        let effects = self.app.update(event, Timestamp::now());
        self.dirty = true;
        self.carry_out(effects, terminal)
    }

    /// A key, or with all that waits behind it a paste, from a terminal that does not mark it.
    fn typed(&self, key: KeyEvent, terminal: &Terminal) -> Event {
        let pasted = match keyboard::text_of(&key) {
            Some(first) if self.app.types_text() => {
                terminal.take_pasted().map(|rest| (first, rest))
            }
            _ => None,
        };
        match pasted {
            Some((first, mut rest)) => {
                let text = format!("{first}{rest}");
                // It may be a secret.
                rest.zeroize();
                Event::Paste(text)
            }
            None => Event::Key(key),
        }
    }

    /// Takes the terminal's size in.
    ///
    /// Errors: the terminal does not tell it.
    fn resized(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        let (columns, rows) = crossterm::terminal::size()?;
        let effects = self
            .app
            .update(Event::Resize(columns, rows), Timestamp::now());
        self.dirty = true;
        self.carry_out(effects, terminal)?;
        Ok(())
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

    fn called(&mut self, record: CallRecord, terminal: &mut Terminal) -> io::Result<()> {
        let effects = self.app.update(Event::Called(record), Timestamp::now());
        // Only its own screen shows it; what it has asked for, every one.
        self.dirty |= self.app.screen().shows_calls() || !effects.is_empty();
        self.carry_out(effects, terminal)?;
        Ok(())
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
                Effect::Suspend => {
                    terminal.suspend()?;
                    self.resized(terminal)?;
                }
                Effect::SignIn(target) => self.sign_in = Some(target),
                Effect::Edit(job, path) => self.edits = Some((job, path)),
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
    fn panic_for_tests(&mut self, key: &KeyEvent) {
        if key.code == crossterm::event::KeyCode::F(12) {
            match std::env::var("KMSDECK_TEST_PANIC").as_deref() {
                Ok("loop") => panic!("asked for by KMSDECK_TEST_PANIC"),
                Ok("job") => self.jobs.start(jobs::JobId(u64::MAX), jobs::Job::Panic),
                _ => {}
            }
        }
    }
}
