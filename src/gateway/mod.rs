//! One connection to KMS: to AWS, to a custom endpoint, or to the embedded sandbox, all behind
//! the same SDK client.

pub mod error;
mod mfa;
pub mod pages;
pub mod profiles;
pub mod reads;
pub mod record;
pub mod session;
pub mod throttle;

pub use mfa::{MFA_CODE_NEEDED, MfaSessions, check_mfa_code};
pub use record::CallSink;
pub use session::{
    CallLimits, Place, RetryMode, SANDBOX_REGION, Session, Target, connect, sandbox_target,
};
