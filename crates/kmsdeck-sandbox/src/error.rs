//! Why there is no sandbox.

use std::path::PathBuf;

/// Why a sandbox could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// What it is to begin with is wrong, or damaged.
    #[error("{}:{line}: {what}", path.display())]
    Contents {
        /// Where it is; of what is embedded, its name.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// No random number could be drawn, by which IDs are to be fresh.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
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
