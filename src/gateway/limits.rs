//! How long a call may take, and how often it is tried.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

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
    /// What was chosen, and for the rest what was found in the environment and the profile.
    pub(super) fn retries(&self, found: Option<&RetryConfig>) -> RetryConfig {
        let found = found.cloned().unwrap_or_else(RetryConfig::standard);
        let attempts = self.max_attempts.unwrap_or(found.max_attempts());
        let chosen = match self.retry_mode {
            Some(RetryMode::Standard) => RetryConfig::standard(),
            Some(RetryMode::Adaptive) => RetryConfig::adaptive(),
            None => found,
        };
        chosen.with_max_attempts(attempts)
    }

    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .build()
    }
}
