//! Policies by their names.

use std::sync::Arc;

use crate::document::{PolicyDocument, PolicyError};

/// A policy with its name and its text, whose lines the statements know.
#[derive(Debug, Clone)]
pub struct NamedPolicy {
    /// As a user knows it: `AdministratorAccess`, `inline policy kms-use`, with its group.
    pub name: Arc<str>,
    /// Its JSON.
    pub text: Arc<str>,
    /// The same, read.
    pub document: PolicyDocument,
}

impl NamedPolicy {
    /// Reads an identity policy.
    ///
    /// # Errors
    /// As of [`PolicyDocument::parse`].
    pub fn parse(name: &str, text: &str) -> Result<NamedPolicy, PolicyError> {
        Ok(NamedPolicy {
            name: name.into(),
            document: PolicyDocument::parse(text)?,
            text: text.into(),
        })
    }
}
