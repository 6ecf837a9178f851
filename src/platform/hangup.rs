//! A terminal whose window was closed.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};

/// Whether standard input or output is a terminal that is gone.
pub fn terminal_is_gone() -> bool {
    let (input, output) = (io::stdin(), io::stdout());
    [input.as_fd(), output.as_fd()].into_iter().any(|stream| {
        let is_device = fstat(stream)
            .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::CharacterDevice);
        is_device && is_dead(stream)
    })
}

/// Lets standard error be `/dev/null` where nobody is at its other end: to fail to write there is a
/// panic of whoever uses `eprintln!`, as ratatui does.
pub fn leave_dead_stderr() {
    if is_dead(io::stderr().as_fd())
        && let Ok(nowhere) = File::options().write(true).open("/dev/null")
    {
        // Where it cannot be, it stays as it is.
        let _ = rustix::stdio::dup2_stderr(nowhere);
    }
}

fn is_dead(stream: BorrowedFd) -> bool {
    let mut streams = [PollFd::from_borrowed_fd(stream, PollFlags::empty())];
    let dead = PollFlags::HUP | PollFlags::ERR;
    poll(&mut streams, Some(&Timespec::default())).is_ok() && streams[0].revents().intersects(dead)
}
