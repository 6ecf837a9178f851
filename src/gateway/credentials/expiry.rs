//! When credentials expire.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// A time as the SDK has it.
pub(super) fn system_time(at: Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}
