//! A terminal whose window was closed. On Windows that ends the program, and there is no more to it.

/// The number of the signal that says so.
pub const SIGHUP: i32 = 1;

/// Whether standard input or output is a terminal that is gone.
pub fn terminal_is_gone() -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::{FileType, fstat};
        use std::os::fd::AsFd;
        let (input, output) = (std::io::stdin(), std::io::stdout());
        [input.as_fd(), output.as_fd()].into_iter().any(|stream| {
            let is_device = fstat(stream).is_ok_and(|about| {
                FileType::from_raw_mode(about.st_mode) == FileType::CharacterDevice
            });
            is_device && is_dead(stream)
        })
    }
    #[cfg(not(unix))]
    false
}

/// Lets standard error be `/dev/null` where nobody is at its other end: to fail to write there is a
/// panic of whoever uses `eprintln!`, as ratatui does.
#[cfg(unix)]
pub fn leave_dead_stderr() {
    if is_dead(std::os::fd::AsFd::as_fd(&std::io::stderr()))
        && let Ok(nowhere) = std::fs::File::options().write(true).open("/dev/null")
    {
        // Where it cannot be, it stays as it is.
        let _ = rustix::stdio::dup2_stderr(nowhere);
    }
}

#[cfg(unix)]
fn is_dead(stream: std::os::fd::BorrowedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut streams = [PollFd::from_borrowed_fd(stream, PollFlags::empty())];
    let dead = PollFlags::HUP | PollFlags::ERR;
    poll(&mut streams, Some(&Timespec::default())).is_ok() && streams[0].revents().intersects(dead)
}
