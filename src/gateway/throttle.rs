//! How far kmsdeck holds itself back. The request quotas are an account's and Region's, shared
//! with every workload: a console must stay far below them, and give way when KMS throttles.

use std::time::Duration;

use jiff::Timestamp;

use crate::kms::{Cause, KmsError};

/// The first wait after a throttled call.
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Tries of a page that the service throttles.
const THROTTLED_TRIES: u32 = 12;
/// Tries of a page that fails for another passing reason, once the list has begun.
const FAILED_TRIES: u32 = 5;

/// How long to wait before try number `tries + 1`: doubled each time.
fn wait_after(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << (tries - 1).min(10))
        .min(LONGEST_WAIT)
}

/// Whether a page that failed `tries` times is worth another try, and after which wait. `begun`
/// says that pages came before: then the connection works, and a hole would be left.
pub fn page_wait(error: &KmsError, tries: u32, begun: bool) -> Option<Duration> {
    let most = match error.cause {
        Cause::Throttled => THROTTLED_TRIES,
        Cause::Timeout | Cause::Network | Cause::Response if begun => FAILED_TRIES,
        Cause::Service if error.status.is_some_and(|status| status >= 500) => FAILED_TRIES,
        _ => return None,
    };
    (tries < most).then(|| wait_after(tries))
}

/// The bound of the calls under way at once. It halves when KMS throttles, with a pause, and
/// grows again by one for so many answers as it is wide (additive increase, multiplicative
/// decrease).
#[derive(Debug, Clone, PartialEq)]
pub struct Throttle {
    most: usize,
    width: usize,
    good: usize,
    /// Throttled answers in a row.
    strikes: u32,
    until: Option<Timestamp>,
}

impl Throttle {
    pub fn new(most: usize) -> Self {
        Throttle {
            most,
            width: most,
            good: 0,
            strikes: 0,
            until: None,
        }
    }

    /// Calls that may be under way at `now`.
    pub fn width(&self, now: Timestamp) -> usize {
        match self.until {
            Some(until) if now < until => 0,
            _ => self.width,
        }
    }

    /// Whether KMS has throttled, and the bound is not back where it was.
    pub fn is_slowed(&self) -> bool {
        self.width < self.most
    }

    pub fn answered(&mut self) {
        self.strikes = 0;
        self.good += 1;
        if self.good >= self.width && self.width < self.most {
            self.width += 1;
            self.good = 0;
        }
    }

    /// A throttled answer; the pause to make. None where one of the same burst made it already.
    pub fn throttled(&mut self, now: Timestamp) -> Option<Duration> {
        if self.until.is_some_and(|until| now < until) {
            return None;
        }
        self.good = 0;
        self.strikes += 1;
        self.width = (self.width / 2).max(1);
        let wait = wait_after(self.strikes);
        self.until = now.checked_add(wait).ok();
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_halves_the_bound_and_answers_bring_it_back() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut throttle = Throttle::new(8);
        assert_eq!(throttle.throttled(now), Some(FIRST_WAIT));
        assert_eq!(throttle.width(now), 0);
        // The others of the burst do not count again.
        assert_eq!(throttle.throttled(now), None);
        let later = now.checked_add(FIRST_WAIT).unwrap();
        assert_eq!(throttle.width(later), 4);
        assert_eq!(throttle.throttled(later), Some(FIRST_WAIT * 2));
        let later = later.checked_add(FIRST_WAIT * 2).unwrap();
        assert_eq!(throttle.width(later), 2);
        for _ in 0..2 + 3 + 4 + 5 + 6 + 7 {
            throttle.answered();
        }
        assert_eq!(throttle.width(later), 8);
        assert!(!throttle.is_slowed());
    }

    #[test]
    fn a_denied_page_is_not_tried_again_a_throttled_one_is_for_a_while() {
        let denied = KmsError {
            status: Some(400),
            ..KmsError::local(Cause::Service, "AccessDeniedException", "", "")
        };
        assert_eq!(page_wait(&denied, 1, true), None);
        let throttled = KmsError::local(Cause::Throttled, "ThrottlingException", "", "");
        assert_eq!(page_wait(&throttled, 1, false), Some(FIRST_WAIT));
        assert_eq!(page_wait(&throttled, 8, false), Some(LONGEST_WAIT));
        assert_eq!(page_wait(&throttled, THROTTLED_TRIES, false), None);
        let broken = KmsError::local(Cause::Network, "EndpointNotReachable", "", "");
        assert_eq!(page_wait(&broken, 1, false), None);
        assert!(page_wait(&broken, 1, true).is_some());
    }
}
