//! Taking the terminal, and giving it back whatever happens.

use std::io::{self, Stdout, Write, stdout};
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

use crate::platform::hangup::leave_dead_stderr;

/// Whether the terminal is ours now, so that giving it back twice does nothing, and nothing is
/// drawn after a panic gave it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until it is dropped.
pub(super) struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stdout>>,
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
        let inner = ratatui::Terminal::new(CrosstermBackend::new(stdout()))?;
        if let Err(error) = take() {
            give_back();
            return Err(error);
        }
        Ok(Terminal { inner })
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
        self.inner = ratatui::Terminal::new(CrosstermBackend::new(stdout()))?;
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

    /// Gives the terminal back and stops this process group, as Ctrl-Z does to a program in
    /// cooked mode; returns once it goes on, with the terminal taken again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        kill_current_process_group(Signal::STOP)?;
        self.resume()
    }

    /// Takes the terminal again, after a shell had it.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        take()?;
        self.redraw()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // ratatui shows the cursor again, and says it where it could not.
        leave_dead_stderr();
        give_back();
    }
}
