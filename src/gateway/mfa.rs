//! Roles that ask for an MFA code (`mfa_serial` in a profile): the code, and the sessions that
//! codes have bought.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

/// The code of the error by which [`super::connect`] asks for an MFA code.
pub const MFA_CODE_NEEDED: &str = "MfaCodeNeeded";

/// A code as a device shows it.
///
/// Errors: the rule, in words.
pub fn check_mfa_code(text: &str) -> Result<String, String> {
    match text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an MFA code is six digits".to_owned()),
    }
}

/// Less than this before its end a session counts as over: a call that is signed with what expires
/// under way fails.
const MARGIN: Duration = Duration::from_secs(60);

/// Whether credentials are good for a call that begins now.
pub(super) fn lasts(credentials: &Credentials) -> bool {
    let soon = SystemTime::now() + MARGIN;
    credentials.expiry().is_none_or(|expiry| expiry > soon)
}

/// Sessions that the user did something for, typed a code or answered a program: they are kept for
/// the time of this run.
#[derive(Debug, Clone, Default)]
pub struct KeptSessions(Arc<Mutex<HashMap<String, Credentials>>>);

impl KeptSessions {
    /// One that lasts.
    pub(super) fn get(&self, of: &str) -> Option<Credentials> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(of).filter(|known| lasts(known)).cloned()
    }

    /// Whether there was one, which may have ended.
    pub(super) fn had(&self, of: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(of)
    }

    pub(super) fn put(&self, of: &str, credentials: Credentials) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(of.to_owned(), credentials);
    }
}
