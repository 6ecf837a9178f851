//! The element `Condition`.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Single-valued and
//! multivalued context keys".

use std::net::IpAddr;

use crate::context::{ContextValue, RequestContext, Resolved};
use crate::pattern::{Match, Pattern};

/// One key of a `Condition` element, with its operator and the values that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// As it is written.
    operator: String,
    test: Operator,
    quantifier: Quantifier,
    if_exists: bool,
    /// As it is written.
    key: String,
    /// In lower case, as a request's context has it.
    lower_key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operator {
    String { negate: bool, test: StringTest },
    Numeric { negate: bool, test: Order },
    Date { negate: bool, test: Order },
    Bool,
    Binary,
    Ip { negate: bool },
    Arn { negate: bool },
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StringTest {
    Equals,
    EqualsIgnoreCase,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Order {
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

    /// Its name; of those that are the same, one.
    fn name(self) -> &'static str {
        let either = |negate, not, name| if negate { not } else { name };
        match self {
            Operator::String { negate, test } => match test {
                StringTest::Equals => either(negate, "StringNotEquals", "StringEquals"),
                StringTest::EqualsIgnoreCase => either(
                    negate,
                    "StringNotEqualsIgnoreCase",
                    "StringEqualsIgnoreCase",
                ),
                StringTest::Like => either(negate, "StringNotLike", "StringLike"),
            },
            Operator::Numeric { negate, test } => match test {
                Order::Equal => either(negate, "NumericNotEquals", "NumericEquals"),
                Order::Less => "NumericLessThan",
                Order::LessOrEqual => "NumericLessThanEquals",
                Order::Greater => "NumericGreaterThan",
                Order::GreaterOrEqual => "NumericGreaterThanEquals",
            },
            Operator::Date { negate, test } => match test {
                Order::Equal => either(negate, "DateNotEquals", "DateEquals"),
                Order::Less => "DateLessThan",
                Order::LessOrEqual => "DateLessThanEquals",
                Order::Greater => "DateGreaterThan",
                Order::GreaterOrEqual => "DateGreaterThanEquals",
            },
            Operator::Bool => "Bool",
            Operator::Binary => "BinaryEquals",
            Operator::Ip { negate } => either(negate, "NotIpAddress", "IpAddress"),
            Operator::Arn { negate } => either(negate, "ArnNotLike", "ArnLike"),
            Operator::Null => "Null",
        }
    }

    /// Without its negation.
    fn positive(self) -> Operator {
        match self {
            Operator::String { test, .. } => Operator::String {
                negate: false,
                test,
            },
            Operator::Numeric { test, .. } => Operator::Numeric {
                negate: false,
                test,
            },
            Operator::Date { test, .. } => Operator::Date {
                negate: false,
                test,
            },
            Operator::Ip { .. } => Operator::Ip { negate: false },
            Operator::Arn { .. } => Operator::Arn { negate: false },
            other @ (Operator::Bool | Operator::Binary | Operator::Null) => other,
        }
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
            lower_key: key.to_lowercase(),
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

    /// What is tested, without a negation.
    pub(crate) fn test(&self) -> Operator {
        self.test
    }

    /// Whether all of the request's values are to pass, of which there may be none.
    pub(crate) fn is_of_all(&self) -> bool {
        self.quantifier == Quantifier::ForAllValues
    }

    /// Whether it is enough that one of the request's values passes, of which there must be one.
    pub(crate) fn is_of_any(&self) -> bool {
        self.quantifier == Quantifier::ForAnyValue
    }

    /// Whether its operator is a negation.
    pub(crate) fn negates(&self) -> bool {
        self.test.negates()
    }

    /// Whether it holds of a request without the key as well.
    pub(crate) fn is_if_exists(&self) -> bool {
        self.if_exists
    }

    pub(crate) fn check(&self, context: &RequestContext, variables: bool) -> Match {
        let actual = context.value_of(&self.lower_key);
        if self.test == Operator::Null {
            let wants = |absent: bool| {
                let mut values = self.values.iter();
                values.any(|value| value.eq_ignore_ascii_case("true") == absent)
            };
            return match actual {
                ContextValue::Unknown if wants(true) != wants(false) => Match::Depends,
                actual => Match::of(wants(actual == ContextValue::Absent)),
            };
        }
        let actual = match actual {
            ContextValue::Known(actual) => actual,
            ContextValue::Unknown => return Match::Depends,
            // A missing key: a positive test fails, a negated one holds.
            ContextValue::Absent => {
                return Match::of(
                    self.if_exists
                        || match self.quantifier {
                            Quantifier::ForAllValues => true,
                            Quantifier::ForAnyValue => false,
                            Quantifier::None => self.test.negates(),
                        },
                );
            }
        };
        let mut is_one_unknown = false;
        let mut wanted: Vec<Pattern<'_>> = Vec::with_capacity(self.values.len());
        for value in &self.values {
            match context.resolve(value, variables) {
                Resolved::Pattern(pattern) => wanted.push(pattern),
                Resolved::Nothing => {}
                Resolved::Unknown => is_one_unknown = true,
            }
        }
        // Values of the policy are alternatives; a negated operator holds for a value of the
        // request that equals none of them.
        let one = |actual: &String| {
            wanted
                .iter()
                .any(|wanted| self.test.matches(actual, wanted))
                != self.test.negates()
        };
        let holds = match self.quantifier {
            Quantifier::ForAllValues => actual.iter().all(one),
            Quantifier::ForAnyValue => actual.iter().any(one),
            Quantifier::None if self.test.negates() => actual.iter().all(one),
            Quantifier::None => actual.iter().any(one),
        };
        // One more that is wanted makes a positive test hold sooner, and a negated one later.
        match is_one_unknown && holds == self.test.negates() {
            true => Match::Depends,
            false => Match::of(holds),
        }
    }

    /// One condition that holds where one of both does. For the positive tests of
    /// [`formula`](Condition::formula).
    pub(crate) fn either(&self, other: &Condition) -> Option<Condition> {
        let has_alternatives = matches!(
            self.test,
            Operator::String { .. } | Operator::Ip { .. } | Operator::Arn { .. }
        );
        let is_same = self.operator == other.operator && self.key == other.key;
        if !has_alternatives || !is_same || self.is_of_all() {
            return None;
        }
        let mut values: Vec<String> = self.values.iter().chain(&other.values).cloned().collect();
        values.sort();
        values.dedup();
        Some(Condition {
            values,
            ..self.clone()
        })
    }

    /// Whether it can be seen that `other` holds wherever this does, both positive tests.
    pub(crate) fn implies(&self, other: &Condition) -> bool {
        let has_key = self.test == other.test && self.key == other.key;
        has_key
            && self.quantifier == other.quantifier
            && (other.if_exists || !self.if_exists)
            && self.test != Operator::Null
            && self.values.iter().all(|value| other.values.contains(value))
    }

    /// Whether it can be seen that both hold of no request: one wants the key, the other that there
    /// is none.
    pub(crate) fn excludes(&self, other: &Condition) -> bool {
        let needs_key = |one: &Condition| {
            one.test != Operator::Null && !one.if_exists && one.quantifier == Quantifier::None
        };
        let is_absence = |one: &Condition| one.test == Operator::Null;
        let both = |one, other| needs_key(one) && is_absence(other);
        self.key.eq_ignore_ascii_case(&other.key) && (both(self, other) || both(other, self))
    }

    /// That the request does not have the key.
    pub(crate) fn absence(&self) -> Condition {
        Condition {
            operator: "Null".to_owned(),
            test: Operator::Null,
            quantifier: Quantifier::None,
            if_exists: false,
            key: self.key.clone(),
            lower_key: self.lower_key.clone(),
            values: vec!["true".to_owned()],
        }
    }

    /// The same test without a negation, of all of the request's values or of any. Policy variables
    /// are put in as far as the context has them.
    pub(crate) fn positive(
        &self,
        context: &RequestContext,
        variables: bool,
        of_all: bool,
        if_exists: bool,
    ) -> Condition {
        let test = self.test.positive();
        let quantifier = match of_all {
            true => Quantifier::ForAllValues,
            false => Quantifier::None,
        };
        let value = |text: &String| match context.resolve(text, variables) {
            Resolved::Nothing => None,
            Resolved::Pattern(pattern) if variables && text.contains("${") => {
                let literal = pattern.literal();
                let is_plain = !literal.contains(['*', '?', '$']);
                Some(if is_plain { literal } else { text.clone() })
            }
            Resolved::Pattern(_) | Resolved::Unknown => Some(text.clone()),
        };
        let mut values: Vec<String> = self.values.iter().filter_map(value).collect();
        values.sort();
        values.dedup();
        let all = if of_all { "ForAllValues:" } else { "" };
        let if_it_exists = if if_exists { "IfExists" } else { "" };
        Condition {
            operator: format!("{all}{}{if_it_exists}", test.name()),
            test,
            quantifier,
            if_exists,
            key: self.key.clone(),
            lower_key: self.lower_key.clone(),
            values,
        }
    }
}

/// Seconds since 1970, or ISO 8601, as milliseconds since 1970.
pub(crate) fn instant(text: &str) -> Option<i64> {
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

pub(crate) fn in_network(actual: &str, network: &str) -> bool {
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
