//! What policies are attached to.

/// A policy by what it is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// A policy of the principal's.
    Identity,
    /// The policy of the key.
    Key,
    /// The permissions boundary of the principal.
    Boundary,
    /// A session policy.
    Session,
    /// A service control policy of the principal's organization.
    ServiceControl,
}

impl PolicyKind {
    /// As AWS calls it where it refuses a request.
    pub fn name(self) -> &'static str {
        match self {
            PolicyKind::Identity => "identity-based policy",
            PolicyKind::Key => "resource-based policy",
            PolicyKind::Boundary => "permissions boundary",
            PolicyKind::Session => "session policy",
            PolicyKind::ServiceControl => "service control policy",
        }
    }
}
