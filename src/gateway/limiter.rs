//! How far kmsdeck holds itself back. The request quotas are an account's and Region's, shared
//! with every workload: a console must stay far below them, and give way when KMS throttles.

use std::time::Duration;

use jiff::Timestamp;

use super::session::Session;

/// The first pause after a throttled call; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// What is left of the width when KMS throttles.
const KEPT: f64 = 0.67;

/// How long to wait before try number `tries + 1`: `first` after the first, doubled each time.
pub fn backoff(tries: u32, first: Duration, longest: Duration) -> Duration {
    first
        .saturating_mul(1 << tries.saturating_sub(1).min(10))
        .min(longest)
}

/// How much is asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls under way.
    pub at_once: usize,
    /// Calls begun in a second; None does not bound them.
    pub a_second: Option<u32>,
}

impl Limits {
    /// Far below the request quotas, which an account's workloads share (5,500 cryptographic
    /// operations a second and up, but 50 of CreateGrant). What is not AWS is not spared.
    pub fn for_session(session: &Session) -> Self {
        Limits {
            at_once: 16,
            a_second: is_aws(session).then_some(50),
        }
    }

    /// For changes of keys: most of their quotas are 5 a second (DisableKey, EnableKey,
    /// UntagResource, UpdateKeyDescription), and the account's other tools want some of it.
    pub fn of_changes(session: &Session) -> Self {
        match is_aws(session) {
            true => Limits {
                at_once: 4,
                a_second: Some(4),
            },
            false => Limits::for_session(session),
        }
    }
}

fn is_aws(session: &Session) -> bool {
    !session.is_sandbox && session.endpoint.is_none()
}

/// How many calls may be under way: fewer by a third when KMS throttles, once for as many answers
/// as there were calls, and one more for as many that it does not (additive increase,
/// multiplicative decrease).
#[derive(Debug, Clone, PartialEq)]
pub struct Limiter {
    most: f64,
    width: f64,
    /// Answers since it was narrowed: the others of the same round do not narrow it again.
    since_cut: f64,
    pauses: Option<Pauses>,
}

/// The pauses of a limiter that makes some.
#[derive(Debug, Clone, PartialEq, Default)]
struct Pauses {
    /// Throttled answers in a row.
    strikes: u32,
    until: Option<Timestamp>,
}

impl Limiter {
    /// For calls that wait each by itself when they are throttled.
    pub fn new(most: usize) -> Self {
        let most = most.max(1) as f64;
        Limiter {
            most,
            width: most,
            since_cut: most,
            pauses: None,
        }
    }

    /// For calls that all pause when one of them is throttled.
    pub fn pausing(most: usize) -> Self {
        Limiter {
            pauses: Some(Pauses::default()),
            ..Limiter::new(most)
        }
    }

    /// Calls that may be under way at `now`.
    pub fn width(&self, now: Timestamp) -> usize {
        match self.is_pausing(now) {
            true => 0,
            false => self.width as usize,
        }
    }

    fn is_pausing(&self, now: Timestamp) -> bool {
        let until = self.pauses.as_ref().and_then(|pauses| pauses.until);
        until.is_some_and(|until| now < until)
    }

    /// Whether KMS has throttled, and the bound is not back where it was.
    pub fn is_slowed(&self) -> bool {
        self.width < self.most
    }

    pub fn answered(&mut self) {
        self.since_cut += 1.0;
        self.width = (self.width + 1.0 / self.width).min(self.most);
        if let Some(pauses) = &mut self.pauses {
            pauses.strikes = 0;
        }
    }

    /// A throttled answer; the pause to make. None where one of the same burst made it already, or
    /// where each call waits by itself.
    pub fn throttled(&mut self, now: Timestamp) -> Option<Duration> {
        if self.is_pausing(now) {
            return None;
        }
        self.since_cut += 1.0;
        // After a pause all calls are new ones.
        if self.pauses.is_some() || self.since_cut >= self.width {
            self.width = (self.width * KEPT).max(1.0);
            self.since_cut = 0.0;
        }
        let pauses = self.pauses.as_mut()?;
        pauses.strikes += 1;
        let pause = backoff(pauses.strikes, FIRST_PAUSE, LONGEST_PAUSE);
        pauses.until = now.checked_add(pause).ok();
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_narrows_once_a_round_and_answers_widen_again() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut limiter = Limiter::new(16);
        assert_eq!(limiter.throttled(now), None);
        assert_eq!(limiter.width(now), 10);
        // The others of the same round.
        (0..9).for_each(|_| assert_eq!(limiter.throttled(now), None));
        assert_eq!(limiter.width(now), 10);
        (0..100).for_each(|_| assert_eq!(limiter.throttled(now), None));
        assert_eq!(limiter.width(now), 1);
        assert!(limiter.is_slowed());
        (0..200).for_each(|_| limiter.answered());
        assert_eq!(limiter.width(now), 16);
        assert!(!limiter.is_slowed());
    }

    #[test]
    fn a_pause_is_for_all_and_longer_each_time() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut limiter = Limiter::pausing(12);
        assert_eq!(limiter.throttled(now), Some(FIRST_PAUSE));
        assert_eq!(limiter.width(now), 0);
        // The others of the burst do not count again.
        (0..11).for_each(|_| assert_eq!(limiter.throttled(now), None));
        let later = now.checked_add(FIRST_PAUSE).unwrap();
        assert_eq!(limiter.width(later), 8);
        assert_eq!(limiter.throttled(later), Some(FIRST_PAUSE * 2));
        let later = later.checked_add(FIRST_PAUSE * 2).unwrap();
        assert_eq!(limiter.width(later), 5);
        (0..100).for_each(|_| limiter.answered());
        assert_eq!(limiter.width(later), 12);
        assert_eq!(limiter.throttled(later), Some(FIRST_PAUSE));
    }
}
