//! The key that a request is about.

use std::sync::Arc;

use crate::account::Key;

/// A key that was found by one of the four notations.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub key: Arc<Key>,
    pub arn: String,
    /// `alias/…`, if the request named the key so (kms:RequestAlias).
    pub alias: Option<String>,
    /// The key was named by a ciphertext, not by the request.
    pub by_ciphertext: bool,
}
