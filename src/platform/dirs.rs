//! Where the user's files are: configuration and what is kept between runs (XDG Base Directory
//! Specification).

use std::path::{Path, PathBuf};

use super::{private, user_file};

/// The folder of the user's files: `$XDG_CONFIG_HOME/kmsdeck`, else `~/.config/kmsdeck`.
pub fn config_folder() -> Option<PathBuf> {
    own_folder("XDG_CONFIG_HOME", ".config")
}

/// The folder of what kmsdeck keeps between runs: `$XDG_STATE_HOME/kmsdeck`, else
/// `~/.local/state/kmsdeck`.
pub fn state_folder() -> Option<PathBuf> {
    own_folder("XDG_STATE_HOME", ".local/state")
}

/// kmsdeck's folder in the one that the variable names, else in `in_home` (XDG Base Directory
/// Specification).
fn own_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    // The specification has relative paths ignored.
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))?;
    Some(base.join("kmsdeck"))
}

/// Writes a file of the state folder.
pub fn write_state(name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = state_folder().ok_or(std::io::ErrorKind::NotFound)?;
    private::create_folder(&folder)?;
    kmsdeck_atomic_file::write_whole(&folder.join(name), bytes, true)
}

/// A file of the state folder; empty where there is none that can be read.
pub fn read_state(name: &str) -> String {
    let read = |folder: PathBuf| user_file::read_text(&folder.join(name)).ok();
    state_folder().and_then(read).unwrap_or_default()
}

/// A path as people write it, with `~` for the home folder.
pub fn shown(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// `~/` as the shell would have it.
pub fn with_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
