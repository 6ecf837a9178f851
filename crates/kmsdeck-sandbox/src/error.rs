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
    /// Both were asked for.
    #[error("generated keys are not kept in a state file: leave out one of the two")]
    GeneratedKeysInStateFile,
}
