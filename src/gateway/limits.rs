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
    pub retry_mode: RetryMode,
    /// Requests sent for one call, the first included.
    pub max_attempts: u32,
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
            retry_mode: RetryMode::Standard,
            max_attempts: 3,
        }
    }
}

impl CallLimits {
    pub(super) fn retries(&self) -> RetryConfig {
        let config = match self.retry_mode {
            RetryMode::Standard => RetryConfig::standard(),
            RetryMode::Adaptive => RetryConfig::adaptive(),
        };
        config.with_max_attempts(self.max_attempts)
    }

    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .build()
    }
}
