//! A program in a real pseudo-terminal, and what is on its screen.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::stage::{is_under_cursor, under_cursor};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::termios::LocalModes;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// kmsdeck in a pseudo-terminal.
pub(crate) struct Terminal {
    shared: Arc<(Mutex<Shown>, Condvar)>,
    /// To who writes the keys: a program that takes none must not hold the test up.
    keys: Sender<Vec<u8>>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

struct Shown {
    parser: vt100::Parser,
    /// All that was written.
    raw: Vec<u8>,
    ended: bool,
}

impl Shown {
    /// Whether no frame is half there: a key that answers to half a frame would be one too many.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.raw.windows(mark.len()).rposition(|at| at == mark);
        self.ended || last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }
}

impl Terminal {
    /// Starts kmsdeck.
    pub(crate) fn start(
        args: &[&str],
        env: &[(&str, &str)],
        folder: &Path,
        size: (u16, u16),
    ) -> Terminal {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: size.1,
                cols: size.0,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kmsdeck"));
        command.args(args);
        command.cwd(folder);
        for name in [
            "TMUX",
            "STY",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "NO_COLOR",
            "SSH_TTY",
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_KMS",
        ] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        // The files of whoever runs the tests stay out.
        command.env("XDG_CONFIG_HOME", folder);
        command.env("RUST_BACKTRACE", "0");
        // What it keeps between runs stays in the test's own folder.
        command.env("XDG_STATE_HOME", folder.join("state"));
        // The AWS CLI's cache of role sessions is in it.
        command.env("HOME", folder);
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("kmsdeck starts");
        drop(pair.slave);
        let (columns, rows) = (
            size.0.try_into().expect("columns"),
            size.1.try_into().expect("rows"),
        );
        let shared = Arc::new((
            Mutex::new(Shown {
                parser: vt100::Parser::new(rows, columns, 0),
                raw: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let for_reader = shared.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = reader.read(&mut bytes).unwrap_or(0);
                let (lock, changed) = &*for_reader;
                let mut shown = lock.lock().expect("the screen");
                if count == 0 {
                    shown.ended = true;
                    changed.notify_all();
                    return;
                }
                shown.parser.process(&bytes[..count]);
                shown.raw.extend_from_slice(&bytes[..count]);
                changed.notify_all();
            }
        });
        let mut writer = pair.master.take_writer().expect("a writer");
        let (keys, typed) = channel::<Vec<u8>>();
        std::thread::spawn(move || {
            let mut typed = typed.into_iter();
            // An error is that it ended.
            while typed
                .next()
                .is_some_and(|keys| writer.write_all(&keys).is_ok())
            {}
        });
        Terminal {
            shared,
            keys,
            master: pair.master,
            child,
        }
    }

    pub(crate) fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        // It may have ended.
        let _ = self.keys.send(bytes.to_vec());
    }

    /// Gives the terminal another size, in columns and rows.
    pub(crate) fn resize(&mut self, (columns, rows): (u16, u16)) {
        let mut shown = self.shared.0.lock().expect("the screen");
        shown.parser.screen_mut().set_size(
            rows.try_into().expect("rows"),
            columns.try_into().expect("columns"),
        );
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).expect("another size");
    }

    pub(crate) fn screen(&self) -> String {
        self.shared
            .0
            .lock()
            .expect("the screen")
            .parser
            .screen()
            .contents()
    }

    pub(crate) fn raw(&self) -> String {
        let shown = self.shared.0.lock().expect("the screen");
        String::from_utf8_lossy(&shown.raw).into_owned()
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |shown| {
            shown.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the screen shows a text no more.
    pub(crate) fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("the end of {text}"), |shown| {
            !shown.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the bytes that were written hold a text.
    pub(crate) fn wait_for_raw(&self, text: &str) {
        self.wait_until(text, |shown| {
            String::from_utf8_lossy(&shown.raw).contains(text)
        });
    }

    /// Goes down a list or a menu to the row with this text in a column of its own.
    pub(crate) fn go_to(&mut self, row: &str) {
        // A menu goes round.
        for _ in 0..500 {
            let mut screen = String::new();
            self.wait_until("a whole frame", |shown| {
                screen = shown.parser.screen().contents();
                true
            });
            if is_under_cursor(row, &screen) {
                return;
            }
            self.send("\x1b[B");
            let before = under_cursor(&screen);
            self.wait_until(&format!("the cursor, on its way to {row}"), |shown| {
                under_cursor(&shown.parser.screen().contents()) != before
            });
        }
        panic!("no row has {row:?}:\n{}", self.screen());
    }

    /// Opens the form of an operation for the key under the cursor, by the action menu.
    pub(crate) fn open_form(&mut self, operation: &str) {
        self.send("a");
        self.wait_for("Operations with");
        self.go_to(operation);
        self.send("\r");
        self.wait_for(&format!(" {operation}  "));
    }

    /// Forgets what was written so far; what is on the screen stays.
    pub(crate) fn forget(&self) {
        self.wait_or_end("a whole frame", |_| true);
        self.shared.0.lock().expect("the screen").raw.clear();
    }

    /// Waits until the screen was cleared between two frames, as a key asks for it; false where it
    /// ended instead. A new size clears it within a frame.
    pub(crate) fn is_cleared(&self) -> bool {
        self.wait_or_end("a clear screen", |shown| {
            let written = String::from_utf8_lossy(&shown.raw);
            let mut between = written.split("\x1b[?2026l").map(|part| {
                let frame = part.find("\x1b[?2026h").unwrap_or(part.len());
                &part[..frame]
            });
            between.any(|part| part.contains("\x1b[2J"))
        })
    }

    fn wait_until(&self, what: &str, done: impl FnMut(&Shown) -> bool) {
        let is_done = self.wait_or_end(what, done);
        // What is shown at the end is all that will be shown.
        assert!(is_done, "{what:?} never came:\n{}", self.screen());
    }

    /// Waits until it is so; false where the program ended before.
    fn wait_or_end(&self, what: &str, mut done: impl FnMut(&Shown) -> bool) -> bool {
        let (lock, changed) = &*self.shared;
        let until = Instant::now() + PATIENCE;
        let mut shown = lock.lock().expect("the screen");
        loop {
            if shown.is_whole() && done(&shown) {
                return true;
            }
            if shown.ended {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = shown.parser.screen().contents();
                drop(shown);
                panic!("{what:?} never came:\n{screen}");
            }
            shown = changed.wait_timeout(shown, left).expect("the screen").0;
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.process_id().expect("a process") as i32
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid()).expect("a process");
        rustix::process::kill_process(pid, signal).expect("it takes signals");
    }

    /// Waits until the process is stopped (by SIGSTOP).
    pub(crate) fn wait_stopped(&self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let stat =
                std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("its state");
            // The state follows the name in parentheses.
            if stat
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.trim_start().starts_with('T'))
            {
                return;
            }
            assert!(Instant::now() < until, "it never stopped: {stat}");
            std::thread::yield_now();
        }
    }

    /// Waits for the end; the exit code.
    pub(crate) fn wait_end(&mut self) -> u32 {
        let status = self.child.wait().expect("it ends");
        let (lock, changed) = &*self.shared;
        let until = Instant::now() + PATIENCE;
        let mut shown = lock.lock().expect("the screen");
        while !shown.ended && Instant::now() < until {
            shown = changed
                .wait_timeout(shown, Duration::from_millis(200))
                .expect("the screen")
                .0;
        }
        status.exit_code()
    }

    /// Asserts that the terminal was given back: cooked mode, the main screen, the cursor, no
    /// bracketed paste.
    pub(crate) fn assert_given_back(&self) {
        self.wait_until("the main screen, with its cursor", |shown| {
            let screen = shown.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let modes = self.master.get_termios().expect("the terminal's modes");
        let local_modes = LocalModes::from_bits_retain(modes.local_flags.bits());
        assert!(
            local_modes.contains(LocalModes::ICANON | LocalModes::ECHO),
            "still in raw mode"
        );
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
