//! Standard input and output as files: Rust's own buffer, and take a descriptor that nobody can
//! write to for a success.

use std::fs::File;
use std::io;

/// Standard input, to be read without a buffer.
///
/// Errors: it is closed.
pub fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    Ok(File::from(owned?))
}

/// Standard output, to be written without a buffer.
///
/// Errors: it is closed.
pub fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    Ok(File::from(owned?))
}
