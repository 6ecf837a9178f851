//! The element `Condition`.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Single-valued and
//! multivalued context keys".

use std::net::IpAddr;

use crate::context::RequestContext;
use crate::pattern::{Match, Pattern};

/// One key of a `Condition` element, with its operator and the values that are wanted.
#[derive(Debug, Clone)]
pub struct Condition {
    /// As it is written.
    operator: String,
    test: Operator,
    quantifier: Quantifier,
    if_exists: bool,
    /// As it is written.
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    String { negate: bool, test: StringTest },
    Numeric { negate: bool, test: Order },
    Date { negate: bool, test: Order },
    Bool,
    Binary,
    Ip { negate: bool },
    Arn { negate: bool },
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StringTest {
    Equals,
    EqualsIgnoreCase,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Order::Equal => left == right,
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

impl Operator {
    fn parse(name: &str) -> Option<Operator> {
        let string = |negate, test| Operator::String { negate, test };
        let numeric = |negate, test| Operator::Numeric { negate, test };
        let date = |negate, test| Operator::Date { negate, test };
        Some(match name {
            "StringEquals" => string(false, StringTest::Equals),
            "StringNotEquals" => string(true, StringTest::Equals),
            "StringEqualsIgnoreCase" => string(false, StringTest::EqualsIgnoreCase),
            "StringNotEqualsIgnoreCase" => string(true, StringTest::EqualsIgnoreCase),
            "StringLike" => string(false, StringTest::Like),
            "StringNotLike" => string(true, StringTest::Like),
            "NumericEquals" => numeric(false, Order::Equal),
            "NumericNotEquals" => numeric(true, Order::Equal),
            "NumericLessThan" => numeric(false, Order::Less),
            "NumericLessThanEquals" => numeric(false, Order::LessOrEqual),
            "NumericGreaterThan" => numeric(false, Order::Greater),
            "NumericGreaterThanEquals" => numeric(false, Order::GreaterOrEqual),
            "DateEquals" => date(false, Order::Equal),
            "DateNotEquals" => date(true, Order::Equal),
            "DateLessThan" => date(false, Order::Less),
            "DateLessThanEquals" => date(false, Order::LessOrEqual),
            "DateGreaterThan" => date(false, Order::Greater),
            "DateGreaterThanEquals" => date(false, Order::GreaterOrEqual),
            "Bool" => Operator::Bool,
            "BinaryEquals" => Operator::Binary,
            "IpAddress" => Operator::Ip { negate: false },
            "NotIpAddress" => Operator::Ip { negate: true },
            "ArnEquals" | "ArnLike" => Operator::Arn { negate: false },
            "ArnNotEquals" | "ArnNotLike" => Operator::Arn { negate: true },
            "Null" => Operator::Null,
            _ => return None,
        })
    }

    fn negates(self) -> bool {
        matches!(
            self,
            Operator::String { negate: true, .. }
                | Operator::Numeric { negate: true, .. }
                | Operator::Date { negate: true, .. }
                | Operator::Ip { negate: true }
                | Operator::Arn { negate: true }
        )
    }

    /// Whether one value of the request equals, resembles, is below ... one
    /// value of the policy; negation is applied by the caller.
    fn matches(self, actual: &str, wanted: &Pattern<'_>) -> bool {
        match self {
            Operator::String { test, .. } => match test {
                StringTest::Equals => actual == wanted.literal(),
                StringTest::EqualsIgnoreCase => {
                    actual.to_lowercase() == wanted.literal().to_lowercase()
                }
                StringTest::Like => wanted.matches(actual),
            },
            Operator::Numeric { test, .. } => {
                match (actual.parse::<f64>(), wanted.literal().parse::<f64>()) {
                    (Ok(left), Ok(right)) => test.holds(left, right),
                    _ => false,
                }
            }
            Operator::Date { test, .. } => match (instant(actual), instant(&wanted.literal())) {
                (Some(left), Some(right)) => test.holds(left, right),
                _ => false,
            },
            Operator::Bool => actual.eq_ignore_ascii_case(&wanted.literal()),
            Operator::Binary => actual == wanted.literal(),
            Operator::Ip { .. } => in_network(actual, &wanted.literal()),
            Operator::Arn { .. } => wanted.matches_arn(actual),
            Operator::Null => false,
        }
    }
}

impl Condition {
    /// None where the operator is not known.
    pub(crate) fn new(operator: &str, key: &str, values: Vec<String>) -> Option<Condition> {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAllValues", name)) => (Quantifier::ForAllValues, name),
            Some(("ForAnyValue", name)) => (Quantifier::ForAnyValue, name),
            _ => (Quantifier::None, operator),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let test = Operator::parse(name).filter(|test| !(if_exists && *test == Operator::Null))?;
        Some(Condition {
            operator: operator.to_owned(),
            test,
            quantifier,
            if_exists,
            key: key.to_owned(),
            values,
        })
    }

    /// The operator as it is written: `StringEquals`, `ForAnyValue:StringLikeIfExists`.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The condition key as it is written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The values that are wanted, which are alternatives; policy variables are not resolved.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    pub(crate) fn check(&self, context: &RequestContext, variables: bool) -> Match {
        let actual = context.get(&self.key);
        if self.test == Operator::Null {
            return Match::of(
                self.values
                    .iter()
                    .any(|value| value.eq_ignore_ascii_case("true") == actual.is_none()),
            );
        }
        let Some(actual) = actual else {
            // A missing key: a positive test fails, a negated one holds.
            return Match::of(
                self.if_exists
                    || match self.quantifier {
                        Quantifier::ForAllValues => true,
                        Quantifier::ForAnyValue => false,
                        Quantifier::None => self.test.negates(),
                    },
            );
        };
        let wanted: Vec<Pattern<'_>> = self
            .values
            .iter()
            .filter_map(|value| context.resolve(value, variables))
            .collect();
        // Values of the policy are alternatives; a negated operator holds for a value of the
        // request that equals none of them.
        let one = |actual: &String| {
            wanted
                .iter()
                .any(|wanted| self.test.matches(actual, wanted))
                != self.test.negates()
        };
        Match::of(match self.quantifier {
            Quantifier::ForAllValues => actual.iter().all(one),
            Quantifier::ForAnyValue => actual.iter().any(one),
            Quantifier::None if self.test.negates() => actual.iter().all(one),
            Quantifier::None => actual.iter().any(one),
        })
    }
}

/// Seconds since 1970, or ISO 8601, as milliseconds since 1970.
fn instant(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1000.0) as i64);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    // "2024-01-01" is midnight UTC.
    let date: jiff::civil::Date = text.parse().ok()?;
    let at = jiff::tz::TimeZone::UTC
        .to_timestamp(date.at(0, 0, 0, 0))
        .ok()?;
    Some(at.as_millisecond())
}

fn in_network(actual: &str, network: &str) -> bool {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()),
        None => (network, Some(u32::MAX)),
    };
    let (Ok(actual), Ok(base), Some(bits)) =
        (actual.parse::<IpAddr>(), base.parse::<IpAddr>(), bits)
    else {
        return false;
    };
    match (actual, base) {
        (IpAddr::V4(actual), IpAddr::V4(base)) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            u32::from(actual) & mask == u32::from(base) & mask
        }
        (IpAddr::V6(actual), IpAddr::V6(base)) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            u128::from(actual) & mask == u128::from(base) & mask
        }
        _ => false,
    }
}
