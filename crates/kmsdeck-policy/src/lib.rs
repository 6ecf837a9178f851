#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

mod access;
mod account;
mod account_details;
mod condition;
mod conditional;
mod context;
mod document;
mod evaluate;
mod explain;
mod formula;
mod grant;
mod grant_check;
mod key_facts;
mod lint;
mod lint_condition;
mod mismatch;
mod named_policy;
mod pattern;
mod policy_kind;
mod refusal;
mod request;
mod service_control;
mod verdict;
mod who;
mod words;

pub use access::diff::{AccessChange, AccessChangeKind, AccessDiff};
pub use access::smallest::{Change, SmallChange, SmallestChanges, with_statement};
pub use access::{Access, Answer, AnswerKind, Explained, KeyAnswers, Operation, Source, Told};
pub use account::{Account, Identity, IdentityKind};
pub use account_details::{
    AccountDetails, AccountDetailsError, Attachments, GroupDetail, ManagedPolicy, RoleDetail,
    UserDetail, percent_decoded,
};
pub use condition::Condition;
pub use context::{ChildGrant, ContextValue, EncryptionContext, RequestContext};
pub use document::{
    Effect, Patterns, PolicyDocument, PolicyError, Principals, Statement, account_of, root_arn,
};
pub use evaluate::{
    AllowedBy, AppliesTo, Decision, KeyAccess, Policies, PolicySource, StatementAt, evaluate,
};
pub use explain::{Explanation, GrantTrace, StatementResult, StatementTrace, explain};
pub use formula::{Atom, Formula, GrantBounds, Unread};
pub use grant::{Grant, GrantConstraints, GrantMismatch};
pub use key_facts::{KeyFacts, KeyGrant};
pub use lint::{Lint, LintFacts, MOST_BYTES, Severity, lint_key_policy, lint_key_policy_of};
pub use mismatch::Mismatch;
pub use named_policy::NamedPolicy;
pub use policy_kind::PolicyKind;
pub use refusal::{Refusal, RefusedBecause, RefusedPolicy, RefusedResource};
pub use request::{Principal, Request};
pub use service_control::{ServiceControl, ServiceControlError};
pub use verdict::{Because, NearestMiss, Verdict, judge};
pub use who::{Who, WhoKind};

#[cfg(test)]
mod tests;
