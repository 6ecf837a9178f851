//! One SDK call, as the call log keeps it: what was asked of what, and how it went. What is written
//! of it, to the log file or as JSON, has nothing secret: of the request only the key's name and
//! DryRun. The request itself is kept to be sent again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::error::is_code_of_credentials;
use super::key::CallerIdentity;
use super::request::Request;

/// A call that ended, or was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    /// When it began.
    pub at: Timestamp,
    /// `kms` or `sts`.
    pub service: &'static str,
    pub region: String,
    /// Who made it, as far as that is known.
    pub caller: Option<Arc<CallerIdentity>>,
    /// Whether it was made in the sandbox of a lesson, and not in what the console is connected to.
    pub in_lesson: bool,
    /// `DescribeKey`.
    pub operation: String,
    /// KeyId as it was sent, or the parameter that stands for it (AliasName, SourceKeyId).
    pub key: Option<String>,
    pub dry_run: bool,
    /// None for a success, else the error's code: `AccessDeniedException`, `Cancelled`.
    pub error: Option<String>,
    /// What the service said of a call that it refused for access: who lacks what. Not written to
    /// logs.
    pub refusal: Option<Box<str>>,
    /// From its start to its end, retries and their waits included.
    pub latency: Duration,
    /// HTTP requests sent.
    pub attempts: u32,
    pub request_id: Option<String>,
    /// Whose credentials signed it; None for a call that was not sent.
    pub signer: Option<Signer>,
    /// The request, where the user made it in a form, without the user's own data. Not written to
    /// logs.
    pub request: Option<Arc<Request>>,
}

/// Stands for the access key that a call was signed with: to see that it is another one, and for
/// nothing else. The key's ID cannot be read off it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer(u64);

impl Signer {
    pub fn new(access_key_id: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        access_key_id.hash(&mut hasher);
        Signer(hasher.finish())
    }
}

/// The code of a call that could not be signed or built.
pub const NOT_SENT: &str = "NotSent";

/// How a call ended, for a glyph and a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    Done,
    /// A dry run that would succeed: an error in form, a success in meaning.
    WouldSucceed,
    Cancelled,
    Failed,
}

impl CallRecord {
    /// Whether other credentials, or the same ones read anew, may mend how it ended.
    pub fn failed_by_credentials(&self) -> bool {
        let code = self.error.as_deref();
        code.is_some_and(|code| code == NOT_SENT || is_code_of_credentials(code))
    }

    pub fn end(&self) -> CallEnd {
        match self.error.as_deref() {
            None => CallEnd::Done,
            Some(super::error::DRY_RUN_SUCCEEDED) => CallEnd::WouldSucceed,
            Some("Cancelled") => CallEnd::Cancelled,
            Some(_) => CallEnd::Failed,
        }
    }

    /// `ok`, `would succeed`, or the error's code.
    pub fn result_text(&self) -> &str {
        match (self.end(), &self.error) {
            (CallEnd::Done, _) => "ok",
            (CallEnd::WouldSucceed, _) => "would succeed",
            (_, Some(code)) => code,
            (_, None) => "",
        }
    }

    /// The record as a line of JSON, with no line end.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "time": self.at.to_string(),
            "service": self.service,
            "region": self.region,
            "account": self.caller.as_ref().map(|caller| &caller.account),
            "principal": self.caller.as_ref().map(|caller| &caller.arn),
            "lesson": self.in_lesson,
            "operation": self.operation,
            "key": self.key,
            "dry_run": self.dry_run,
            "error": self.error,
            "latency_ms": (self.latency.as_secs_f64() * 1e5).round() / 1e2,
            "attempts": self.attempts,
            "request_id": self.request_id,
        })
        .to_string()
    }

    /// The record in one lower-case text, for a filter.
    pub fn search_text(&self) -> String {
        let dry_run = if self.dry_run { "dryrun" } else { "" };
        format!(
            "{} {} {} {} {dry_run} {} {} {}",
            self.service,
            self.region,
            self.operation,
            self.key.as_deref().unwrap_or_default(),
            self.result_text(),
            self.request_id.as_deref().unwrap_or_default(),
            self.caller.as_ref().map_or("", |caller| &caller.arn),
        )
        .to_lowercase()
    }
}
