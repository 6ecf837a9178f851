//! Taking the terminal, and giving it back whatever happens.

use std::io::{self, Stdout, Write, stdin, stdout};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::keyboard::{FromTerminal, Keyboard};
use crate::platform::hangup::leave_dead_stderr;

/// Whether the terminal is ours now, so that giving it back twice does nothing, and nothing is
/// drawn after a panic gave it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until it is dropped: what is shown on it, and what comes from it.
pub(super) struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Screen>>,
    keyboard: Keyboard,
    /// The terminal's modes when it was lent to another program.
    lent: Option<Termios>,
}

/// What a program that did not end well may have left switched on: keypad and cursor keys of their
/// own, the mouse, other keys, colours, another shape of the cursor.
const CALM: &str =
    "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[>4;0m\x1b[<u\x1b[0m\x1b[0 q";

/// Standard output while the terminal is ours. What is written later is dropped: ratatui shows the
/// cursor once more at its own end, and would complain on standard error, which may be gone, too.
struct Screen(Stdout);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match TAKEN.load(Ordering::SeqCst) {
            true => self.0.write(bytes),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match TAKEN.load(Ordering::SeqCst) {
            true => self.0.flush(),
            false => Ok(()),
        }
    }
}

/// Gives the terminal back before a panic's message is printed, on whichever thread it happens.
pub(super) fn install_panic_hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
    }));
}

/// Whether the mouse is taken, too.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Raw mode, the alternate screen, bracketed paste. What is switched on here, [`give_back`]
/// switches off.
fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Undoes [`take`]. A terminal that is gone (SIGHUP) cannot be written to, and needs not be.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(stdout(), DisableMouseCapture);
        }
        let _ = execute!(
            stdout(),
            EndSynchronizedUpdate,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// Errors: standard output is no terminal.
    pub(super) fn new() -> io::Result<Self> {
        let inner = ratatui::Terminal::new(CrosstermBackend::new(Screen(stdout())))?;
        let keyboard = take().and_then(|()| {
            let terminal = stdin().as_fd().try_clone_to_owned()?;
            Keyboard::start(terminal)
        });
        match keyboard {
            Ok(keyboard) => Ok(Terminal {
                inner,
                keyboard,
                lent: None,
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// What comes from the terminal next. Safe to drop while waiting.
    pub(super) async fn next(&self) -> FromTerminal {
        self.keyboard.next().await
    }

    /// The same, where something has come.
    pub(super) fn try_next(&self) -> Option<FromTerminal> {
        self.keyboard.try_next()
    }

    /// See [`Keyboard::take_pasted`].
    pub(super) fn take_pasted(&self) -> Option<String> {
        self.keyboard.take_pasted()
    }

    /// Draws one frame, shown at once by terminals that know synchronized updates.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame)) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        execute!(stdout(), BeginSynchronizedUpdate)?;
        self.inner.draw(render)?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Makes the next frame draw every cell. ratatui's own `clear` would ask the terminal where
    /// its cursor is, a round trip that a slow line, or a terminal that never answers, holds up.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        execute!(stdout(), Clear(ClearType::All))?;
        self.inner = ratatui::Terminal::new(CrosstermBackend::new(Screen(stdout())))?;
        Ok(())
    }

    /// Takes the mouse, or leaves it to the terminal's own selection.
    pub(super) fn mouse(&mut self, take: bool) -> io::Result<()> {
        match (MOUSE.swap(take, Ordering::SeqCst), take) {
            (false, true) => execute!(stdout(), EnableMouseCapture),
            (true, false) => execute!(stdout(), DisableMouseCapture),
            _ => Ok(()),
        }
    }

    pub(super) fn write(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }

    /// Gives the terminal back, reads nothing more of it, and stops this process group, as Ctrl-Z
    /// does to a program in cooked mode; returns once it goes on, with the terminal taken again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.lend();
        stop()?;
        // The shell has seen to its modes.
        self.lent = None;
        self.resume()
    }

    /// Gives the terminal to another program, until [`resume`](Self::resume); nothing of what is
    /// typed for it is read.
    pub(super) fn lend(&mut self) {
        self.keyboard.pause();
        give_back();
        self.lent = tcgetattr(stdin()).ok();
    }

    /// Takes the terminal again, after another program had it: in the modes in which that got it,
    /// whatever it has left.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        if let Some(modes) = self.lent.take() {
            tcsetattr(stdin(), OptionalActions::Now, &modes)?;
            self.write(CALM)?;
        }
        take()?;
        self.keyboard.resume();
        self.redraw()
    }
}

/// Stops this process group, as Ctrl-Z does to a program in cooked mode; returns once it goes on.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::STOP)?)
}

impl Drop for Terminal {
    /// Nothing is read that is typed for the shell.
    fn drop(&mut self) {
        self.keyboard.pause();
        // ratatui shows the cursor again, and says it where it could not.
        leave_dead_stderr();
        give_back();
    }
}
