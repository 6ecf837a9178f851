//! Why there is no sandbox.

use std::path::PathBuf;

/// Why a sandbox could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The embedded seed is damaged, which is a fault of this crate.
    #[error("the sandbox's {file} cannot be read: {what}")]
    Seed {
        /// Its name.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The file cannot be read or written, is damaged, or of another version.
    #[error(
        "the state file {} cannot be used: {what}. It is left as it is; move it away to start anew",
        path.display()
    )]
    StateFile {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Another process has the file, and two would lose each other's changes.
    #[error(
        "the state file {} is in use by {}: end that first, or name another file",
        path.display(),
        process.map_or("another process".to_owned(), |id| format!("process {id}"))
    )]
    StateFileInUse {
        /// Where it is.
        path: PathBuf,
        /// The ID of the process, as the file says.
        process: Option<u32>,
    },
    /// The file cannot be made or written.
    #[error("the trail file {} cannot be written: {source}", path.display())]
    TrailFile {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Both were asked for.
    #[error("generated keys are not kept in a state file: leave out one of the two")]
    GeneratedKeysInStateFile,
}
