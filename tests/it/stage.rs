//! The console on a TestBackend, with real jobs over the real SDK client and the sandbox.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use kmsdeck::config::Config;
use kmsdeck::gateway::pages::PageEvent;
use kmsdeck::gateway::{CallLimits, CallSink, Place, Target};
use kmsdeck::kms::{CallRecord, ResponseValue};
use kmsdeck::ops::bulk::Steering;
use kmsdeck::platform::clipboard::{Clipboard, Copied, Surroundings};
use kmsdeck::platform::drafts::{self, Drafts};
use kmsdeck::platform::editor::{EditError, Edited};
use kmsdeck::tui::app::App;
use kmsdeck::tui::draw;
use kmsdeck::tui::effect::Effect;
use kmsdeck::tui::event::Event;
use kmsdeck::tui::jobs::{Job, JobEvent, JobId, Jobs};
use kmsdeck::tui::setup::Setup;
use kmsdeck::tui::theme::Theme;
use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

/// The time that all screens show.
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

/// A console under test.
pub(crate) struct Stage {
    pub app: App,
    jobs: Jobs,
    calls: UnboundedReceiver<CallRecord>,
    /// Jobs that were started and have not answered.
    running: Vec<JobId>,
    /// How the last job on several keys is told to go on.
    steering: Option<watch::Receiver<Steering>>,
    pub quit: bool,
    /// What was written to the terminal beside frames.
    pub written: String,
    size: (u16, u16),
    /// What the app has asked for so far: jobs, and what is done with the terminal.
    pub effects: usize,
    /// Every call that has ended.
    pub records: Vec<CallRecord>,
    /// Whether keys are pressed at random: then nothing is written to the disk, and what only takes
    /// time is not waited for.
    pub is_random: bool,
    /// What the user's own editor does with the text; none is an environment that names no editor.
    pub editor: Option<Editor>,
}

/// What an editor makes of a text, or how it fails.
pub(crate) type Editor = Box<dyn FnMut(&str) -> Result<String, String>>;

/// A sandbox whose clock stands at [`NOW`].
pub(crate) fn sandbox(options: SandboxOptions) -> Arc<Sandbox> {
    let options = SandboxOptions {
        now: || std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(now().as_second() as u64),
        ..options
    };
    Arc::new(Sandbox::new(options).expect("the sandbox's seed is in order"))
}

/// A target in the sandbox, as that principal.
pub(crate) fn target(options: SandboxOptions, principal: &str) -> Target {
    Target {
        limits: CallLimits {
            // The seed's faults would otherwise be waited out.
            max_attempts: Some(1),
            ..CallLimits::default()
        },
        ..Target::new(Place::Sandbox {
            sandbox: sandbox(options),
            principal: Some(principal.to_owned()),
        })
    }
}

impl Stage {
    /// Opens the console as the sandbox's admin, and waits until it has listed.
    pub(crate) async fn open(size: (u16, u16)) -> Stage {
        Stage::open_on(target(SandboxOptions::default(), "admin"), size).await
    }

    pub(crate) async fn open_as(principal: &str, size: (u16, u16)) -> Stage {
        Stage::open_on(target(SandboxOptions::default(), principal), size).await
    }

    pub(crate) async fn open_on(target: Target, size: (u16, u16)) -> Stage {
        let mut stage = Stage::unstarted(target, size);
        stage.start();
        stage.settle().await;
        stage
    }

    /// Opens the console under a config.toml of this text.
    pub(crate) async fn open_configured(config: &str, size: (u16, u16)) -> Stage {
        let (config, problems) = Config::parse("config.toml", config);
        let (setup, _) = Setup::new(config, problems, None);
        let target = target(SandboxOptions::default(), "admin");
        let mut stage = Stage::set_up(target, setup, size);
        stage.start();
        stage.settle().await;
        stage
    }

    /// Before anything was done.
    pub(crate) fn unstarted(target: Target, size: (u16, u16)) -> Stage {
        Stage::set_up(target, Setup::default(), size)
    }

    fn set_up(mut target: Target, setup: Setup, size: (u16, u16)) -> Stage {
        let clipboard = Clipboard::new(Surroundings {
            ssh: true,
            term: "xterm-256color".into(),
            ..Surroundings::default()
        });
        let (sink, calls) = unbounded_channel();
        target.calls = CallSink::new(sink);
        Stage {
            calls,
            app: App::new(target, setup, size, now()),
            jobs: Jobs::new(clipboard),
            running: Vec::new(),
            steering: None,
            quit: false,
            written: String::new(),
            size,
            effects: 0,
            records: Vec::new(),
            is_random: false,
            editor: None,
        }
    }

    pub(crate) fn start(&mut self) {
        let effects = self.app.start();
        self.carry_out(effects);
    }

    /// Presses keys, and waits for what they start. `Ctrl-r`, `Alt-Up`, `Enter`, `Down`, or a
    /// character.
    pub(crate) async fn press(&mut self, keys: &[&str]) {
        for key in keys {
            self.press_only(key);
            self.settle().await;
        }
    }

    /// Presses a key, and waits for nothing.
    pub(crate) fn press_only(&mut self, key: &str) {
        self.key(key_event(key));
    }

    /// Goes down a list or a menu to the row with this text in a column of its own.
    pub(crate) async fn go_to(&mut self, row: &str) {
        let mut screen = self.screen();
        // A menu goes round.
        for _ in 0..500 {
            if is_under_cursor(row, &screen) {
                return;
            }
            self.press(&["Down"]).await;
            let next = self.screen();
            let went = under_cursor(&next) != under_cursor(&screen);
            assert!(went, "{row:?} is not there: {next}");
            screen = next;
        }
        panic!("no row has {row:?}: {screen}");
    }

    /// Goes through a form to the field of this name, whose help is then below the form or beside
    /// it.
    pub(crate) async fn go_to_field(&mut self, name: &str) {
        let (below, beside) = (format!(" {name}: "), format!("│ {name}"));
        let is_told = |row: &str| row.starts_with(&below) || row.ends_with(&beside);
        self.press_until("Tab", name, |screen| screen.lines().any(is_told))
            .await;
    }

    /// Presses a key until the screen is as it is wanted.
    pub(crate) async fn press_until(
        &mut self,
        key: &str,
        what: &str,
        is_there: impl Fn(&str) -> bool,
    ) {
        for _ in 0..100 {
            if is_there(&self.screen()) {
                return;
            }
            self.press(&[key]).await;
        }
        panic!("{key} does not lead to {what}: {}", self.screen());
    }

    pub(crate) async fn type_text(&mut self, text: &str) {
        self.type_text_only(text);
        self.settle().await;
    }

    /// Types, and waits for nothing.
    pub(crate) fn type_text_only(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
    }

    pub(crate) fn key(&mut self, key: KeyEvent) {
        self.event(Event::Key(key));
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.event(Event::Paste(text.to_owned()));
    }

    /// A click of the left button.
    pub(crate) fn click(&mut self, column: u16, row: u16) {
        self.event(Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.event(Event::Resize(columns, rows));
    }

    fn event(&mut self, event: Event) {
        let effects = self.app.update(event, now());
        self.carry_out(effects);
        let effects = self.app.settle();
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        self.effects += effects.len();
        for effect in effects {
            match effect {
                // It would be that of whoever runs the tests.
                Effect::Start(_, Job::KeepHistory(_)) => {}
                Effect::Start(_, Job::Save { .. }) if self.is_random => {}
                Effect::Start(id, job) => {
                    let takes_time = matches!(job, Job::Wait(_) | Job::Matrix { .. });
                    if !(self.is_random && takes_time) {
                        self.running.push(id);
                    }
                    if let Job::Bulk { steering, .. } = &job {
                        self.steering = Some(steering.clone());
                    }
                    self.jobs.start(id, job);
                }
                Effect::Cancel(id) => {
                    self.running.retain(|running| *running != id);
                    self.jobs.cancel(id);
                }
                Effect::Quit => self.quit = true,
                Effect::WriteTerminal(sequence) => self.written.push_str(&sequence),
                Effect::Edit(id, path) => {
                    let edited = self.edit(&path);
                    self.event(Event::Job(id, JobEvent::Edited(edited)));
                }
                Effect::Suspend
                | Effect::SignIn(_)
                | Effect::Redraw
                | Effect::Mouse(_)
                | Effect::SetTheme(_) => {}
            }
        }
    }

    /// Keeps the drafts of policies in that folder.
    pub(crate) fn keep_drafts_in(&mut self, folder: &Path) {
        let drafts = Drafts::in_folder(folder.to_owned());
        self.app.core.kept.policy_drafts = Some(drafts);
    }

    fn edit(&mut self, path: &Path) -> Result<Edited, EditError> {
        let Some(editor) = &mut self.editor else {
            let why = "Neither $VISUAL nor $EDITOR names an editor.";
            return Err(EditError::NoEditor(why.to_owned()));
        };
        let before = drafts::read_back(path).expect("the draft");
        let failed = match editor(&before) {
            Ok(text) => {
                std::fs::write(path, text).expect("the draft");
                None
            }
            Err(why) => Some(why),
        };
        let text = drafts::read_back(path).expect("the draft");
        Ok(Edited { text, failed })
    }

    /// Whether the last job on several keys was told to begin nothing more for now.
    pub(crate) fn is_paused(&self) -> bool {
        let steering = self.steering.as_ref();
        steering.is_some_and(|told| *told.borrow() == Steering::Pause)
    }

    /// Waits until nothing is under way but what was told to pause.
    pub(crate) async fn settle(&mut self) {
        while !self.running.is_empty() {
            let is_paused = self.is_paused();
            // Of what is paused, the calls that were begun still answer.
            let patience = match is_paused {
                true => Duration::from_millis(200),
                false => Duration::from_secs(20),
            };
            let waited = tokio::time::timeout(patience, self.jobs.next()).await;
            let Ok(answer) = waited else {
                assert!(is_paused, "a job never answered: {}", self.screen());
                break;
            };
            let (id, event) = answer.expect("a job panicked");
            if event.is_last() {
                self.running.retain(|running| *running != id);
            }
            self.event(Event::Job(id, steady(event)));
        }
        while let Ok(record) = self.calls.try_recv() {
            self.records.push(record.clone());
            self.event(Event::Called(record));
        }
    }

    /// Waits until the screen says this, and leaves what is under way then alone.
    pub(crate) async fn settle_until(&mut self, text: &str) {
        while !self.has(text) {
            let waited = tokio::time::timeout(Duration::from_secs(20), self.jobs.next()).await;
            let (id, event) = waited
                .expect("a job never answered")
                .expect("a job panicked");
            if event.is_last() {
                self.running.retain(|running| *running != id);
            }
            self.event(Event::Job(id, steady(event)));
        }
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += (kmsdeck::kms::text::width(symbol) as u16).max(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Where the terminal's cursor is.
    pub(crate) fn cursor(&self) -> Option<ratatui::layout::Position> {
        let (_, cursor) = self.frame();
        cursor
    }

    /// The row that says who and where, and how many.
    pub(crate) fn header(&self) -> String {
        self.screen().lines().next().unwrap_or_default().to_owned()
    }

    /// What a snapshot of a screen holds: all between the header and the hints. Those two are the
    /// same for many screens, and are asserted where they are what is tested.
    pub(crate) fn body(&self) -> String {
        let screen = self.screen();
        let rows: Vec<&str> = screen.lines().collect();
        rows[1..rows.len() - 1].join("\n")
    }

    /// The row of the keys that work here.
    pub(crate) fn hints(&self) -> String {
        self.screen().lines().last().unwrap_or_default().to_owned()
    }

    pub(crate) fn buffer(&self) -> ratatui::buffer::Buffer {
        self.frame().0
    }

    fn frame(&self) -> (ratatui::buffer::Buffer, Option<ratatui::layout::Position>) {
        static THEME: LazyLock<Theme> = LazyLock::new(Theme::dark);
        let mut terminal =
            Terminal::new(TestBackend::new(self.size.0, self.size.1)).expect("a test terminal");
        terminal
            .draw(|frame| draw(&self.app, &THEME, frame))
            .expect("a frame");
        let cursor = terminal.get_cursor_position().ok();
        (terminal.backend().buffer().clone(), cursor)
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.screen().contains(text)
    }
}

/// The row of a list or a menu that the cursor is on; of a popup's, if one is open.
pub(crate) fn under_cursor(screen: &str) -> Option<&str> {
    let of_pane = |nth| {
        let mut rows = screen
            .lines()
            .filter_map(move |row| row.split('│').nth(nth));
        rows.find_map(|row| Some(row.split_once('▌')?.1.trim()))
    };
    of_pane(1).or_else(|| of_pane(0))
}

/// Whether the row under the cursor has this text in a column of its own.
pub(crate) fn is_under_cursor(text: &str, screen: &str) -> bool {
    under_cursor(screen).is_some_and(|row| row.split("  ").any(|column| column.trim() == text))
}

/// Random bytes and measured times made the same in every run.
fn steady(event: JobEvent) -> JobEvent {
    match event {
        JobEvent::Ran(mut outcome) => {
            outcome.meta.latency = Duration::from_millis(9);
            let id = "3f1c0a52-6f0b-4d3e-9a11-0123456789ab".to_owned();
            outcome.meta.request_id = outcome.meta.request_id.map(|_| id.clone());
            match &mut outcome.result {
                Ok(fields) => {
                    for field in fields {
                        if let ResponseValue::Blob(bytes) = &mut field.value {
                            *bytes = (0..bytes.len()).map(|at| at as u8).collect();
                        }
                    }
                }
                Err(error) => error.request_id = error.request_id.as_ref().map(|_| id),
            }
            JobEvent::Ran(outcome)
        }
        JobEvent::RanSteps(mut steps) => {
            for outcome in &mut steps.outcomes {
                outcome.meta.latency = Duration::from_millis(9);
            }
            JobEvent::RanSteps(steps)
        }
        JobEvent::LessonStep(mut came) => {
            // What the boxes hold stays: the steps that follow need it.
            if let Some(outcome) = &mut came.outcome {
                outcome.meta.latency = Duration::from_millis(9);
            }
            JobEvent::LessonStep(came)
        }
        JobEvent::Keys(PageEvent::Failed(mut error)) => {
            error.request_id = Some("3f1c0a52-6f0b-4d3e-9a11-0123456789ab".to_owned());
            JobEvent::Keys(PageEvent::Failed(error))
        }
        JobEvent::Copied(Copied::Local, _) => panic!("the test's clipboard is OSC 52"),
        other => other,
    }
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn key_event(name: &str) -> KeyEvent {
    let (modifiers, name) = match (name.strip_prefix("Ctrl-"), name.strip_prefix("Alt-")) {
        (Some(rest), _) => (KeyModifiers::CONTROL, rest),
        (_, Some(rest)) => (KeyModifiers::ALT, rest),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "End" => KeyCode::End,
        "Home" => KeyCode::Home,
        "PageDown" => KeyCode::PageDown,
        "Backspace" => KeyCode::Backspace,
        "F1" => KeyCode::F(1),
        "Space" => KeyCode::Char(' '),
        text => KeyCode::Char(text.chars().next().expect("a key")),
    };
    KeyEvent::new(code, modifiers)
}
