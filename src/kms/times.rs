//! Times as lists show them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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

/// `3 d 4 h`: the time that is left, in its two largest units. It never says more than there is.
pub fn countdown(now: Timestamp, until: Timestamp) -> String {
    let seconds = until.duration_since(now).as_secs().max(0);
    let at = UNITS.iter().position(|(unit, _)| seconds >= *unit);
    let largest = at.unwrap_or(UNITS.len() - 1);
    let (unit, _) = UNITS[largest];
    let rest = seconds % unit;
    let first = span_text(seconds - rest);
    match UNITS.get(largest + 1) {
        Some((unit, name)) if rest >= *unit => format!("{first} {} {name}", rest / unit),
        _ => first,
    }
}

/// How long it is until [`countdown`] says less; None where nothing is left.
pub fn countdown_step(now: Timestamp, until: Timestamp) -> Option<SignedDuration> {
    let left = until.duration_since(now);
    let seconds = left.as_secs();
    if !left.is_positive() {
        return None;
    }
    let at = UNITS.iter().position(|(unit, _)| seconds >= *unit);
    let smaller = at.and_then(|at| UNITS.get(at + 1));
    let step = smaller.map_or(1, |(unit, _)| *unit);
    let kept = SignedDuration::from_secs(seconds / step * step);
    // A moment later, so that it is less.
    Some(left - kept + SignedDuration::from_millis(1))
}

/// A time as people type it: RFC 3339, the same without an offset or a date alone (UTC), or the
/// seconds since 1970. What is less than a second is left out, as KMS does.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let of_civil = || {
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    };
    let of_seconds = || Timestamp::from_second(text.parse().ok()?).ok();
    let at: Timestamp = of_seconds()
        .or_else(|| text.parse().ok())
        .or_else(of_civil)?;
    Timestamp::from_second(at.as_second()).ok()
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
    fn a_countdown_has_two_units_and_never_says_more_than_is_left() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let left = |text: &str| countdown(now, text.parse().unwrap());
        assert_eq!(left("2026-01-13T04:59:59Z"), "3 d 4 h");
        assert_eq!(left("2026-01-13T00:59:59Z"), "3 d");
        assert_eq!(left("2026-01-10T00:05:07Z"), "5 min 7 s");
        assert_eq!(left("2026-01-10T00:00:07Z"), "7 s");
        assert_eq!(left("2027-03-01T00:00:00Z"), "1 y 50 d");
        assert_eq!(left("2026-01-09T00:00:00Z"), "0 s");
        for until in [
            "2026-01-13T04:59:59Z",
            "2026-01-10T00:05:07Z",
            "2026-01-10T00:00:07Z",
        ] {
            let until: Timestamp = until.parse().unwrap();
            let step = countdown_step(now, until).unwrap();
            let before = now + step - SignedDuration::from_millis(2);
            assert_eq!(countdown(before, until), countdown(now, until));
            assert_ne!(countdown(now + step, until), countdown(now, until));
        }
        assert_eq!(countdown_step(now, now), None);
    }

    #[test]
    fn a_time_is_typed_in_any_of_the_usual_ways() {
        let noon: Timestamp = "2026-12-31T12:00:00Z".parse().unwrap();
        for text in [
            "2026-12-31T12:00:00Z",
            "2026-12-31T14:00:00.75+02:00",
            "2026-12-31T12:00",
            " 2026-12-31 12:00:00 ",
            "1798718400",
        ] {
            assert_eq!(parse(text), Some(noon), "{text}");
        }
        assert_eq!(
            parse("2026-12-31"),
            Some("2026-12-31T00:00:00Z".parse().unwrap())
        );
        for bad in ["", "tomorrow", "2026-13-01", "31.12.2026"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
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
