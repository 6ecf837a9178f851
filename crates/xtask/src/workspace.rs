//! Where kmsdeck's sources are, and what programs say of them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What may go wrong here ends the program, with its words.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// What a program says, in the workspace's folder.
pub(crate) fn said(command: &mut Command) -> Result<String> {
    let output = command.current_dir(root()).output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {why}").into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
