//! What is asked.

use crate::context::RequestContext;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// Its ARN; of a session of a role, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; of a
    /// service that asks for itself, its name, `logs.us-east-1.amazonaws.com`.
    pub arn: &'a str,
    /// Of a session of a role: the role's ARN.
    pub role: Option<&'a str>,
    /// Its account: 12 digits; empty for a service.
    pub account: &'a str,
}

impl Principal<'_> {
    /// Whether it is a service that asks for itself, which has no account.
    pub fn is_service(&self) -> bool {
        self.account.is_empty()
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// `kms:Decrypt`.
    pub action: &'a str,
    /// The ARN of the key, the alias, or the role that is to be assumed; `*` for an action without a resource of its own
    /// (`kms:ListKeys`).
    pub resource: &'a str,
    /// All else that is known of the request.
    pub context: &'a RequestContext,
}
