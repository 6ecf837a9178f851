//! How long a call may take, and how often it is tried.

use std::time::Duration;

use aws_config::profile::Profile;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

use crate::kms::{Cause, KmsError, Who};

/// Time-outs and retries of every call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallLimits {
    pub connect_timeout: Duration,
    /// For an answer, from when the request was sent.
    pub read_timeout: Duration,
    /// None leaves it to AWS_RETRY_MODE and the profile.
    pub retry_mode: Option<RetryMode>,
    /// Requests sent for one call, the first included. None leaves it to AWS_MAX_ATTEMPTS and the
    /// profile.
    pub max_attempts: Option<u32>,
}

/// The AWS SDKs' retry modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    Standard,
    /// Slows down on throttling, too.
    Adaptive,
}

impl Default for CallLimits {
    fn default() -> Self {
        CallLimits {
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(20),
            retry_mode: None,
            max_attempts: None,
        }
    }
}

impl CallLimits {
    /// What was chosen, else what AWS_RETRY_MODE and AWS_MAX_ATTEMPTS say, else the profile: read
    /// here, since the SDK panics at a value that it does not know.
    ///
    /// Errors: [`Cause::Config`], with the setting and what it can be.
    pub(super) fn retries(&self, profile: Option<&Profile>) -> Result<RetryConfig, KmsError> {
        let set = |variable: &str, key: &str| {
            let in_variable = std::env::var(variable).ok();
            let in_variable = in_variable.map(|value| (variable.to_owned(), value));
            let in_profile = profile.and_then(|profile| profile.get(key));
            let in_profile =
                in_profile.map(|value| (format!("the profile's {key}"), value.to_owned()));
            let found = in_variable.filter(|(_, value)| !value.is_empty());
            found.or(in_profile.filter(|(_, value)| !value.is_empty()))
        };
        let adaptive = match (self.retry_mode, set("AWS_RETRY_MODE", "retry_mode")) {
            (Some(mode), _) => mode == RetryMode::Adaptive,
            (None, None) => false,
            (None, Some((setting, mode))) => match mode.trim().to_lowercase().as_str() {
                "adaptive" => true,
                // The older mode of other SDKs, which this one has not.
                "standard" | "legacy" => false,
                _ => return Err(wrong(&setting, &mode, "It can be standard or adaptive.")),
            },
        };
        let attempts = match (self.max_attempts, set("AWS_MAX_ATTEMPTS", "max_attempts")) {
            (Some(count), _) => count,
            (None, None) => CallLimits::MAX_ATTEMPTS,
            (None, Some((setting, count))) => match count.trim().parse() {
                Ok(count @ 1..) => count,
                _ => return Err(wrong(&setting, &count, "It is a number, 1 or more.")),
            },
        };
        let config = match adaptive {
            true => RetryConfig::adaptive(),
            false => RetryConfig::standard(),
        };
        Ok(config.with_max_attempts(attempts))
    }

    const MAX_ATTEMPTS: u32 = 3;

    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .build()
    }
}

fn wrong(setting: &str, value: &str, rule: &str) -> KmsError {
    KmsError::local(
        Cause::Config,
        "BadRetries",
        format!("{setting} is {value:?}."),
        rule,
    )
    .by(Who::User)
}
