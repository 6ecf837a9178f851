#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

mod condition;
mod context;
mod document;
mod evaluate;
mod explain;
mod grant;
mod pattern;

pub use condition::Condition;
pub use context::{EncryptionContext, RequestContext};
pub use document::{
    Effect, Patterns, PolicyDocument, PolicyError, Principals, Statement, root_arn,
};
pub use evaluate::{
    AllowedBy, AppliesTo, Decision, KeyAccess, Policies, PolicyKind, PolicySource, Principal,
    Request, StatementAt, evaluate,
};
pub use explain::{
    Explanation, GrantMismatch, GrantTrace, Mismatch, StatementResult, StatementTrace, explain,
};
pub use grant::{Grant, GrantConstraints};

#[cfg(test)]
mod tests;
