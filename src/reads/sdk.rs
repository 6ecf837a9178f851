//! The SDK's answers as kmsdeck's types.

use aws_sdk_kms::primitives::DateTime;
use jiff::Timestamp;

pub(super) fn timestamp(date: Option<DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(date?.to_millis().ok()?).ok()
}
