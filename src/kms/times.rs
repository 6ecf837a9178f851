//! Times as lists show them.

use jiff::Timestamp;

/// `3 d ago`, `in 30 d`: a time in a list.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return format!("in {}", time_left(now, at));
    }
    format!("{} ago", short_span(at, now))
}

/// `6 d`, `2 y`: the time that has gone by from one to the other, in its largest unit.
pub fn short_span(from: Timestamp, to: Timestamp) -> String {
    span_text(to.duration_since(from).as_secs().max(0))
}

/// `30 d`: the time that is left, to the nearest of its unit. What was set for 30 days a moment ago
/// has 30 days left, and not 29.
pub fn time_left(now: Timestamp, until: Timestamp) -> String {
    let seconds = until.duration_since(now).as_secs().max(0);
    let unit = UNITS.iter().find(|(unit, _)| seconds >= *unit);
    let half = unit.map_or(0, |(unit, _)| unit / 2);
    // It may be one of the next unit then.
    span_text(seconds + half)
}

/// Seconds of each unit, the largest first.
const UNITS: [(i64, &str); 5] = [
    (31_536_000, "y"),
    (86_400, "d"),
    (3_600, "h"),
    (60, "min"),
    (1, "s"),
];

fn span_text(seconds: i64) -> String {
    let unit = UNITS.iter().find(|(unit, _)| seconds >= *unit);
    let (unit, name) = unit.copied().unwrap_or((1, "s"));
    format!("{} {name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_in_lists() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let now = at("2026-01-10T00:00:00Z");
        assert_eq!(ago(at("2026-01-07T00:00:00Z"), now), "3 d ago");
        assert_eq!(ago(at("2026-01-06T00:00:01Z"), now), "3 d ago");
        assert_eq!(ago(at("2026-01-13T00:00:00Z"), now), "in 3 d");
        assert_eq!(ago(now, now), "0 s ago");
    }

    #[test]
    fn thirty_days_are_left_of_thirty_days_a_moment_later() {
        let now: Timestamp = "2026-01-10T00:00:05Z".parse().unwrap();
        let left = |text: &str| time_left(now, text.parse().unwrap());
        assert_eq!(left("2026-02-09T00:00:00Z"), "30 d");
        assert_eq!(left("2026-01-17T00:00:00Z"), "7 d");
        assert_eq!(left("2026-01-11T00:00:00Z"), "1 d");
        assert_eq!(left("2026-01-10T00:00:05Z"), "0 s");
        assert_eq!(left("2026-01-10T00:00:50Z"), "45 s");
    }
}
