//! The text form of faults.

use std::str::FromStr;
use std::time::Duration;

use super::{Faults, FaultsError, Kind, Rule};
use crate::handlers;

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
            && !handlers::is_operation(operation)
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
