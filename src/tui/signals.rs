//! The signals that concern a terminal program.

use std::io;

use futures_util::FutureExt;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
pub(super) enum Wake {
    /// SIGTSTP, from outside: in raw mode Ctrl-Z is a key.
    Suspend,
    /// SIGCONT: a shell may have used the terminal since.
    Continue,
    /// SIGWINCH: the terminal has another size.
    Resize,
    /// End, by the signal of this number.
    End(i32),
}

pub(super) struct Signals {
    suspend: Signal,
    cont: Signal,
    resize: Signal,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
}

/// Whether people send that signal by a key of the terminal.
pub(super) fn is_from_keyboard(signal: i32) -> bool {
    [SignalKind::interrupt(), SignalKind::quit()]
        .iter()
        .any(|kind| kind.as_raw_value() == signal)
}

impl Signals {
    /// From here on these signals are ours.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Signals {
            suspend: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            cont: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resize: signal(SignalKind::window_change())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Forgets the interrupts that came so far.
    pub(super) fn forget_interrupts(&mut self) {
        for signal in [&mut self.interrupt, &mut self.quit] {
            while signal.recv().now_or_never().flatten().is_some() {}
        }
    }

    /// The next signal. Safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Wake {
        tokio::select! {
            _ = self.suspend.recv() => Wake::Suspend,
            _ = self.cont.recv() => Wake::Continue,
            _ = self.resize.recv() => Wake::Resize,
            _ = self.interrupt.recv() => Wake::End(SignalKind::interrupt().as_raw_value()),
            _ = self.terminate.recv() => Wake::End(SignalKind::terminate().as_raw_value()),
            _ = self.hangup.recv() => Wake::End(SignalKind::hangup().as_raw_value()),
            _ = self.quit.recv() => Wake::End(SignalKind::quit().as_raw_value()),
        }
    }
}
