//! What a sandbox begins with.

use std::path::PathBuf;
use std::sync::Arc;

/// What a sandbox has at its beginning.
#[derive(Debug, Clone, Default)]
pub enum Contents {
    /// A teaching account with every kind of key, and a second one.
    #[default]
    Teaching,
    /// The accounts and principals of the teaching account, and no keys.
    Empty,
    /// What the user wrote: accounts, principals, roles, keys. `docs/sandbox.md` has the form.
    File {
        /// Where it is, for what is wrong with it.
        path: PathBuf,
        /// What it says.
        text: Arc<str>,
    },
}
