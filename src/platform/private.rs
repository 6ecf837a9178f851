//! Folders and files for their owner alone. On Windows what is in the user's profile is so by what
//! it inherits, and no modes are set.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::user_file;

/// Makes a folder, and those above it that are missing, of mode 0700. One that is there stays as it
/// is.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file, of mode 0600.
///
/// Errors: there is one already.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A regular file, to be written at its end; of mode 0600, whatever it was. A link is refused: what
/// it leads to need not be a file of kmsdeck's.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK, opening a FIFO waits for whoever reads of it.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let is_link = || io::Error::other("it is a link, which is not followed");
    if cfg!(windows) && path.is_symlink() {
        return Err(is_link());
    }
    let file = options
        .open(path)
        .map_err(|error| match path.is_symlink() {
            true => is_link(),
            false => error,
        })?;
    let file = user_file::regular(file)?;
    if open_to_others(&file.metadata()?).is_some() {
        close_to_others(path)?;
    }
    Ok(file)
}

/// Makes it a file of mode 0600.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, mode)
    }
    #[cfg(not(unix))]
    path.metadata().map(drop)
}

/// The permissions that others than the owner have of it, as in `0644`; None where they have none.
pub fn open_to_others(about: &Metadata) -> Option<String> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
        (mode & 0o077 != 0).then(|| format!("{mode:04o}"))
    }
    #[cfg(not(unix))]
    {
        let _ = about;
        None
    }
}
