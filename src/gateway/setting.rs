//! A setting, and where it is set.

/// A value, and where it is set: `--region`, `AWS_REGION`, `the profile's region`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub set_by: &'static str,
}
