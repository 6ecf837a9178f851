//! Where the user's files are, configuration and what is kept between runs, by the conventions of
//! the system: the XDG Base Directory Specification, `~/Library/Application Support` on macOS,
//! `%APPDATA%` and `%LOCALAPPDATA%` on Windows. The variables of XDG count everywhere.

use std::path::{Path, PathBuf};

use super::{private, user_file};

/// Where the user's files are, for the help.
pub const CONFIG_PLACE: &str = if cfg!(windows) {
    "%APPDATA%\\kmsdeck"
} else if cfg!(target_os = "macos") {
    "~/Library/Application Support/kmsdeck"
} else {
    "kmsdeck in $XDG_CONFIG_HOME or ~/.config"
};

/// Where what is kept between runs is, for the help.
pub const STATE_PLACE: &str = if cfg!(windows) {
    "%LOCALAPPDATA%\\kmsdeck"
} else if cfg!(target_os = "macos") {
    "~/Library/Application Support/kmsdeck"
} else {
    "$XDG_STATE_HOME/kmsdeck or ~/.local/state/kmsdeck"
};

/// Why there is no state folder, as part of a sentence.
pub const NO_STATE_FOLDER: &str = if cfg!(windows) {
    "LOCALAPPDATA is not set"
} else {
    "neither XDG_STATE_HOME nor HOME is set"
};

/// The folder of the user's files: `$XDG_CONFIG_HOME/kmsdeck`, else the system's place.
pub fn config_folder() -> Option<PathBuf> {
    own_folder("XDG_CONFIG_HOME", "APPDATA", ".config")
}

/// The folder of what kmsdeck keeps between runs: `$XDG_STATE_HOME/kmsdeck`, else the system's
/// place.
pub fn state_folder() -> Option<PathBuf> {
    own_folder("XDG_STATE_HOME", "LOCALAPPDATA", ".local/state")
}

/// kmsdeck's folder in the one that XDG's variable names; else, on Windows, in the one of Windows's
/// variable, on macOS in the one of applications, and elsewhere in `in_home`.
fn own_folder(xdg: &str, of_windows: &str, in_home: &str) -> Option<PathBuf> {
    // The specification has relative paths ignored.
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let of_system = || match (cfg!(windows), cfg!(target_os = "macos")) {
        (true, _) => absolute(of_windows),
        (_, true) => Some(absolute("HOME")?.join("Library/Application Support")),
        _ => Some(absolute("HOME")?.join(in_home)),
    };
    Some(absolute(xdg).or_else(of_system)?.join("kmsdeck"))
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
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let home = std::env::var_os(variable).filter(|home| !home.is_empty());
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
