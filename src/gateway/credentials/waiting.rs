//! What a source of credentials is waited for, so that nobody thinks that KMS is slow.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Shared by a session and the sources of its credentials.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<Mutex<Option<(String, Instant)>>>);

impl Waiting {
    /// Something is waited for until what this gives is dropped.
    pub(super) fn begin(&self, what: String) -> impl Drop + Send + use<> {
        struct Over(Waiting);
        impl Drop for Over {
            fn drop(&mut self) {
                *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        }
        let since = Instant::now();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((what, since));
        Over(self.clone())
    }

    /// `credential_process of profile x (12 s)`.
    pub fn text(&self) -> Option<String> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (what, since) = waiting.as_ref()?;
        Some(format!("{what} ({} s)", since.elapsed().as_secs()))
    }
}
