//! What is wrong with what was given for a field.

/// What is wrong with a field, and how to mend it.
///
/// Displayed as `KeyId is required: type a key ID, ...`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}: {fix}")]
pub struct FieldError {
    pub field: String,
    pub rule: String,
    pub fix: String,
}

impl FieldError {
    pub fn new(field: &str, rule: &str, fix: &str) -> Self {
        FieldError {
            field: field.to_owned(),
            rule: rule.to_owned(),
            fix: fix.to_owned(),
        }
    }
}
