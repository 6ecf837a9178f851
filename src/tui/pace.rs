//! How often frames are drawn.

use std::time::{Duration, Instant};

/// The shortest time between two frames, in the long run.
const FRAME: Duration = Duration::from_millis(8);
/// Frames that may follow each other at once, so that the few answers of a start are each shown
/// when they come.
const FRAMES_AT_ONCE: u32 = 4;
/// When frames may be drawn: one a [`FRAME`], with as many saved up as [`FRAMES_AT_ONCE`].
pub(super) struct Pace {
    /// The time up to which frames are spent.
    spent: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Pace { spent: now }
    }

    pub(super) fn next_frame(&self) -> Instant {
        (self.spent + FRAME)
            .checked_sub(FRAME * FRAMES_AT_ONCE)
            .unwrap_or(self.spent)
    }

    pub(super) fn drew(&mut self, now: Instant) {
        self.spent = self.spent.max(now) + FRAME;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_frames_come_at_once_and_a_flood_is_paced() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut at_once = 0;
        while pace.next_frame() <= start && at_once < 100 {
            pace.drew(start);
            at_once += 1;
        }
        assert_eq!(at_once, FRAMES_AT_ONCE);
        assert_eq!(pace.next_frame(), start + FRAME);
        // After a rest there are as many again.
        let later = start + Duration::from_secs(1);
        assert!(pace.next_frame() <= later);
    }
}
