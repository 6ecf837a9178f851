//! Faults on demand: `throttle:0.2,latency:200ms,Decrypt=error:0.05`.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::seed::mix;

/// Rules of what goes wrong, by operation or for all of them.
///
/// Text form: rules separated by commas, each `[Operation=]kind:value`.
///
/// | kind | value | effect |
/// |---|---|---|
/// | `throttle` | probability 0 to 1 | ThrottlingException |
/// | `error` | probability 0 to 1 | KMSInternalException (HTTP 500) |
/// | `drop` | probability 0 to 1 | the connection closes without an answer |
/// | `latency` | duration (`200ms`, `2s`) | the answer is delayed |
/// | `slow` | duration | the answer's body takes this long to arrive |
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    operation: Option<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Throttle(f64),
    Error(f64),
    Drop(f64),
    Latency(Duration),
    Slow(Duration),
}

/// What is wrong with a fault's text, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault \"{part}\": {problem}")]
pub struct FaultsError {
    part: String,
    problem: String,
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Faults, FaultsError> {
        let rules = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                Rule::parse(part).map_err(|problem| FaultsError {
                    part: part.to_owned(),
                    problem,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Faults { rules })
    }
}

impl Rule {
    fn parse(part: &str) -> Result<Rule, String> {
        let (operation, fault) = match part.split_once('=') {
            Some((operation, fault)) => (Some(operation.trim()), fault.trim()),
            None => (None, part),
        };
        if let Some(operation) = operation
            && !crate::handlers::is_operation(operation)
        {
            return Err(format!(
                "\"{operation}\" is no operation of the sandbox; write its name as in the API, \
                 such as Decrypt=latency:2s"
            ));
        }
        let (kind, value) = fault.split_once(':').ok_or_else(|| {
            "a fault is kind:value, such as throttle:0.2 or latency:200ms".to_owned()
        })?;
        let value = value.trim();
        let kind = match kind.trim() {
            "throttle" => Kind::Throttle(probability(value)?),
            "error" => Kind::Error(probability(value)?),
            "drop" => Kind::Drop(probability(value)?),
            "latency" => Kind::Latency(duration(value)?),
            "slow" => Kind::Slow(duration(value)?),
            other => {
                return Err(format!(
                    "\"{other}\" is no kind of fault; use throttle, error, drop, latency or slow"
                ));
            }
        };
        Ok(Rule {
            operation: operation.map(str::to_owned),
            kind,
        })
    }
}

fn probability(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|value| (0.0..=1.0).contains(value))
        .ok_or_else(|| format!("\"{text}\" is no probability; write 0 to 1, such as 0.2"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => match text.strip_suffix('s') {
            Some(number) => (number, 1.0),
            None => {
                return Err(format!(
                    "\"{text}\" needs a unit; write ms or s, such as 200ms"
                ));
            }
        },
    };
    number
        .trim()
        .parse::<f64>()
        .ok()
        .map(|value| value * unit)
        .filter(|seconds| (0.0..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("\"{text}\" is no duration; write 0 to 3600s, such as 200ms or 2s"))
}

/// What befalls one request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    pub(crate) slow: Duration,
    pub(crate) strike: Option<Strike>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    Throttle,
    Error,
    Drop,
}

impl Faults {
    /// Decides for the next request. The draws are a fixed sequence, so that
    /// a run can be repeated.
    pub(crate) fn draw(&self, operation: &str, draws: &AtomicU64) -> Verdict {
        let mut verdict = Verdict::default();
        for rule in &self.rules {
            if rule
                .operation
                .as_deref()
                .is_some_and(|name| name != operation)
            {
                continue;
            }
            let (chance, strike) = match rule.kind {
                Kind::Latency(delay) => {
                    verdict.delay += delay;
                    continue;
                }
                Kind::Slow(slow) => {
                    verdict.slow += slow;
                    continue;
                }
                Kind::Throttle(chance) => (chance, Strike::Throttle),
                Kind::Error(chance) => (chance, Strike::Error),
                Kind::Drop(chance) => (chance, Strike::Drop),
            };
            let draw = mix(draws.fetch_add(1, Ordering::Relaxed));
            let draw = (draw >> 11) as f64 / (1u64 << 53) as f64;
            if draw < chance && verdict.strike.is_none() {
                verdict.strike = Some(strike);
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read() {
        let faults: Faults =
            "throttle:0.2, latency:200ms,drop:0.01,error:1,Decrypt=latency:2s,slow:1.5s"
                .parse()
                .unwrap();
        assert_eq!(faults.rules.len(), 6);
        assert_eq!(
            faults.rules[1].kind,
            Kind::Latency(Duration::from_millis(200))
        );
        assert_eq!(faults.rules[4].operation.as_deref(), Some("Decrypt"));
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
    }

    #[test]
    fn mistakes_name_the_part_and_the_fix() {
        for (text, part, hint) in [
            ("latency:200ms,throttle:2", "throttle:2", "0 to 1"),
            ("latency:200", "latency:200", "ms or s"),
            ("latency:abcms", "latency:abcms", "such as 200ms"),
            ("explode:1", "explode:1", "throttle, error, drop"),
            ("throttle", "throttle", "kind:value"),
            ("Decrpyt=error:1", "Decrpyt=error:1", "no operation"),
            ("drop:NaN", "drop:NaN", "no probability"),
        ] {
            let error = text.parse::<Faults>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("fault \"{part}\"")) && error.contains(hint),
                "{error}"
            );
        }
    }

    #[test]
    fn draws_follow_the_probability_and_the_operation() {
        let faults: Faults = "Decrypt=throttle:0.25".parse().unwrap();
        let draws = AtomicU64::new(0);
        let count = (0..4000)
            .filter(|_| faults.draw("Decrypt", &draws).strike == Some(Strike::Throttle))
            .count();
        assert!((900..1100).contains(&count), "{count}");
        assert_eq!(faults.draw("ListKeys", &draws), Verdict::default());
    }
}
