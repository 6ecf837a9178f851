//! What is asked.

use crate::context::RequestContext;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its account: 12 digits.
    pub account: &'a str,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// `kms:Decrypt`.
    pub action: &'a str,
    /// The ARN of the key or the alias; `*` for an action without a resource of its own
    /// (`kms:ListKeys`).
    pub resource: &'a str,
    /// All else that is known of the request.
    pub context: &'a RequestContext,
}
