//! Folders and files for their owner alone. On Windows what is in the user's profile is so by what
//! it inherits, and no modes are set.

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are missing, of mode 0700. One that is there stays as it
/// is.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
