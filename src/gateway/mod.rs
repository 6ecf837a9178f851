//! One connection to KMS: to AWS, to a custom endpoint, or to the embedded sandbox, all behind
//! the same SDK client.

mod chain;
mod clients;
mod credentials;
mod credentials_error;
mod endpoint;
pub mod error;
mod foreign;
mod http_client;
pub mod limiter;
mod limits;
mod mfa;
pub mod pages;
pub mod profiles;
pub mod record;
pub mod session;
mod setting;
mod settings;
mod sign_in;
mod source_error;
mod tls;
mod transport;
mod unverified;

pub use credentials::{Origin, Role, Waiting};
pub use endpoint::{check_endpoint_url, url_as_shown};
pub use limits::{CallLimits, RetryMode};
pub use mfa::{KeptSessions, MFA_CODE_NEEDED, check_mfa_code};
pub use record::CallSink;
pub use session::{Place, SANDBOX_REGION, Session, Target, connect, sandbox_target};
pub use setting::Setting;
pub use settings::{Settings, certificates_of_system, proxy_to};
pub use sign_in::run_credential_process;
