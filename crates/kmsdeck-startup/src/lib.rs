//! Which of the standard streams the process was started without.
//!
//! Rust opens `/dev/null` in the place of a closed one before `main` begins. After that nobody can
//! tell: what is written there is lost, and what is read there is an empty file. So it is looked
//! at before that. On Windows nothing is put there, and every stream counts as open.

use std::sync::atomic::{AtomicBool, Ordering};

static NO_STDIN: AtomicBool = AtomicBool::new(false);
static NO_STDOUT: AtomicBool = AtomicBool::new(false);

/// Nothing but two system calls: Rust's own library has not begun yet.
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look() {
    NO_STDIN.store(is_closed(rustix::stdio::stdin()), Ordering::Relaxed);
    NO_STDOUT.store(is_closed(rustix::stdio::stdout()), Ordering::Relaxed);
}

#[cfg(unix)]
fn is_closed(stream: std::os::fd::BorrowedFd) -> bool {
    rustix::io::fcntl_getfd(stream) == Err(rustix::io::Errno::BADF)
}

/// Whether the process was started with standard input closed.
pub fn stdin_was_closed() -> bool {
    NO_STDIN.load(Ordering::Relaxed)
}

/// Whether the process was started with standard output closed.
pub fn stdout_was_closed() -> bool {
    NO_STDOUT.load(Ordering::Relaxed)
}
