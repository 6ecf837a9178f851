//! Time as the service counts it.

/// Milliseconds since 1970.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Millis(pub i64);

pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

impl Millis {
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    pub fn days(self, days: i64) -> Millis {
        Millis(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    pub fn after(self, duration: std::time::Duration) -> Millis {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Millis(self.0.saturating_add(millis))
    }

    pub fn of(time: std::time::SystemTime) -> Millis {
        let since = time
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
