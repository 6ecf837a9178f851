//! The filter's terms on a key's facts: `state:disabled spec:rsa tag:env=prod rotation:off
//! unused:90d created:<2024-01-01`. Several values are said with commas; `!` before a term turns
//! it around.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::columns::created;
use super::facts::{Fact, FactSet};
use super::inventory::{Answer, Entry, Inventory, Tags};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    State,
    Spec,
    Usage,
    Manager,
    Origin,
    Store,
    MultiRegion,
    Created,
    Expires,
    Rotation,
    Unused,
    Grants,
    Alias,
    Region,
    Tag,
    Marked,
}

/// A term of the filter.
pub struct TermSpec {
    pub name: &'static str,
    kind: Kind,
    pub about: &'static str,
    /// What must be known of a key.
    pub fact: Option<Fact>,
    /// For completion, beside those that the keys show.
    pub values: &'static [&'static str],
}

/// Every term.
#[rustfmt::skip]
pub static TERMS: &[TermSpec] = &[
    TermSpec { name: "state", kind: Kind::State, about: "KeyState", fact: Some(Fact::Details), values: &["enabled", "disabled", "pendingdeletion", "pendingimport", "unavailable", "creating", "updating"] },
    TermSpec { name: "spec", kind: Kind::Spec, about: "KeySpec", fact: Some(Fact::Details), values: &["symmetric", "rsa", "rsa_2048", "rsa_3072", "rsa_4096", "ecc", "hmac", "ml_dsa", "ml_kem", "sm2"] },
    TermSpec { name: "usage", kind: Kind::Usage, about: "KeyUsage", fact: Some(Fact::Details), values: &["encrypt", "sign", "mac", "key_agreement", "encapsulate"] },
    TermSpec { name: "manager", kind: Kind::Manager, about: "KeyManager", fact: Some(Fact::Details), values: &["customer", "aws"] },
    TermSpec { name: "origin", kind: Kind::Origin, about: "Origin", fact: Some(Fact::Details), values: &["aws_kms", "external", "aws_cloudhsm", "external_key_store"] },
    TermSpec { name: "store", kind: Kind::Store, about: "in a custom key store, or in one with this in its ID", fact: Some(Fact::Details), values: &["none", "any"] },
    TermSpec { name: "multi-region", kind: Kind::MultiRegion, about: "MultiRegionKeyType", fact: Some(Fact::Details), values: &["yes", "no", "primary", "replica"] },
    TermSpec { name: "multiregion", kind: Kind::MultiRegion, about: "MultiRegionKeyType", fact: Some(Fact::Details), values: &["yes", "no", "primary", "replica"] },
    TermSpec { name: "created", kind: Kind::Created, about: "when: a date, or an age", fact: Some(Fact::Details), values: &["<30d", ">1y", "<2024-01-01", ">2024-01-01", "2024"] },
    TermSpec { name: "expires", kind: Kind::Expires, about: "imported material, in that time", fact: Some(Fact::Details), values: &["<30d", "any", "none"] },
    TermSpec { name: "rotation", kind: Kind::Rotation, about: "whether KMS rotates it", fact: Some(Fact::Rotation), values: &["off", "on"] },
    TermSpec { name: "unused", kind: Kind::Unused, about: "for that long, or never used", fact: Some(Fact::LastUsage), values: &["90d", "30d", "1y", "never"] },
    TermSpec { name: "grants", kind: Kind::Grants, about: "how many", fact: Some(Fact::Grants), values: &[">0", "none", ">10"] },
    TermSpec { name: "alias", kind: Kind::Alias, about: "has aliases, or one with this in its name", fact: None, values: &["none", "any"] },
    TermSpec { name: "tag", kind: Kind::Tag, about: "a tag: KEY, or KEY=VALUE", fact: Some(Fact::Tags), values: &[] },
    TermSpec { name: "marked", kind: Kind::Marked, about: "whether you marked it", fact: None, values: &["yes", "no"] },
    TermSpec { name: "region", kind: Kind::Region, about: "the Region", fact: None, values: &[] },
];

/// What a value of a term says.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// In lower case, without what separates words in the API's names; of tags as typed.
    Word(String),
    /// From the first to before the second.
    Within(Option<Timestamp>, Option<Timestamp>),
    /// From the first to the second.
    Count(usize, usize),
}

/// A term as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    kind: Kind,
    fact: Option<Fact>,
    /// Nothing fits where a value is wrong.
    tests: Vec<Test>,
    problem: Option<String>,
    /// Whether there is a value so far.
    is_begun: bool,
    negative: bool,
}

/// A word of a filter.
pub(super) enum Word<'a> {
    Term(Term),
    Text(&'a str),
    /// It looks like a term, and is none; it is looked for as text.
    Unknown(&'a str, String),
}

/// Takes a word apart, as of `now`.
pub(super) fn parse(word: &str, now: Timestamp) -> Word<'_> {
    let (bare, negative) = match word.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (word, false),
    };
    let Some((name, value)) = bare.split_once(':') else {
        return Word::Text(word);
    };
    let Some(spec) = spec_of(name) else {
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
            && !name.eq_ignore_ascii_case("arn");
        return match is_name {
            true => Word::Unknown(word, unknown(name)),
            // An ARN for one.
            false => Word::Text(word),
        };
    };
    let values: Vec<&str> = value.split(',').filter(|value| !value.is_empty()).collect();
    let mut tests = Vec::new();
    let mut problem = None;
    for value in &values {
        match test_of(spec.kind, value, now) {
            Some(test) => tests.push(test),
            None => {
                problem = Some(format!(
                    "{}:{value} is not understood: {}",
                    spec.name,
                    takes(spec)
                ));
            }
        }
    }
    if problem.is_some() {
        tests.clear();
    }
    Word::Term(Term {
        kind: spec.kind,
        fact: spec.fact,
        tests,
        problem,
        is_begun: !values.is_empty(),
        negative,
    })
}

fn spec_of(name: &str) -> Option<&'static TermSpec> {
    TERMS
        .iter()
        .find(|spec| spec.name.eq_ignore_ascii_case(name))
}

/// What is said of a term that is none, with those that it may be meant to be.
fn unknown(name: &str) -> String {
    let name = name.to_lowercase();
    let first = name.chars().next();
    let near: Vec<String> = TERMS
        .iter()
        .filter(|spec| spec.name.chars().next() == first)
        .map(|spec| format!("{}:", spec.name))
        .collect();
    match near.is_empty() {
        true => format!("{name}: is no term of a filter; Tab lists them"),
        false => format!("{name}: is no term of a filter: {}?", near.join(", ")),
    }
}

/// What a term's values are like.
fn takes(spec: &TermSpec) -> String {
    format!(
        "write it like {}:{}",
        spec.name,
        spec.values.join(&format!(", {}:", spec.name))
    )
}

fn test_of(kind: Kind, value: &str, now: Timestamp) -> Option<Test> {
    let word = || Some(Test::Word(squash(value)));
    match kind {
        Kind::Tag => Some(Test::Word(value.to_lowercase())),
        Kind::Rotation => matches!(value, "on" | "off").then(word)?,
        Kind::Marked => matches!(value, "yes" | "no").then(word)?,
        Kind::Created => within(value, now, true),
        Kind::Expires => match value {
            "any" | "none" => word(),
            value => within(value, now, false),
        },
        Kind::Unused => match value {
            "never" => word(),
            value => {
                let age = age(value.trim_start_matches(['>', '=']))?;
                Some(Test::Within(None, now.checked_sub(age).ok()))
            }
        },
        Kind::Grants => match value {
            "none" => Some(Test::Count(0, 0)),
            "any" => Some(Test::Count(1, usize::MAX)),
            value => counts(value),
        },
        _ => word(),
    }
}

/// `<30d`, `>2024-01-01`, `2024-06`. An age is counted back from `now` for what was, and on from it
/// for what will be.
fn within(value: &str, now: Timestamp, back: bool) -> Option<Test> {
    let (sign, rest) = match value.chars().next()? {
        sign @ ('<' | '>') => (Some(sign), value[1..].trim_start_matches('=')),
        _ => (None, value),
    };
    if let Some(age) = age(rest) {
        let at = match back {
            true => now.checked_sub(age),
            false => now.checked_add(age),
        };
        let at = at.ok()?;
        // Younger than 30 days is after that day.
        return Some(match (sign == Some('>'), back) {
            (true, true) | (false, false) => Test::Within(None, Some(at)),
            (false, true) | (true, false) => Test::Within(Some(at), None),
        });
    }
    let (from, to) = days_of(rest)?;
    Some(match sign {
        Some('<') => Test::Within(None, Some(from)),
        Some(_) => Test::Within(Some(to), None),
        None => Test::Within(Some(from), Some(to)),
    })
}

/// A year, a month or a day in UTC: from when, and until when.
fn days_of(text: &str) -> Option<(Timestamp, Timestamp)> {
    let mut parts = text.split('-');
    let number = |part: Option<&str>| part.map(|part| part.parse::<i16>().ok());
    let year = number(parts.next())??;
    if text.split('-').next()?.len() != 4 {
        return None;
    }
    let month = number(parts.next());
    let day = number(parts.next());
    if parts.next().is_some() {
        return None;
    }
    let date = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let (from, to) = match (month, day) {
        (None, _) => (date(year, 1, 1)?, date(year + 1, 1, 1)?),
        (Some(month), None) => {
            let from = date(year, month?, 1)?;
            (from, from.last_of_month().tomorrow().ok()?)
        }
        (Some(month), Some(day)) => {
            let from = date(year, month?, day?)?;
            (from, from.tomorrow().ok()?)
        }
    };
    let start = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    Some((start(from)?, start(to)?))
}

/// `90d`, `12h`, `3w`, `6m`, `2y`.
fn age(text: &str) -> Option<SignedDuration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        "m" => 24 * 30,
        "y" => 24 * 365,
        _ => return None,
    };
    // Further back than any key, and not beyond what time there is.
    let number: i64 = number.parse::<u32>().ok()?.min(100_000).into();
    Some(SignedDuration::from_hours(hours * number))
}

/// `>0`, `>=2`, `<5`, `3`.
fn counts(value: &str) -> Option<Test> {
    let number = |text: &str| text.parse::<u32>().ok().map(|number| number as usize);
    let most = usize::MAX;
    Some(if let Some(rest) = value.strip_prefix(">=") {
        Test::Count(number(rest)?, most)
    } else if let Some(rest) = value.strip_prefix("<=") {
        Test::Count(0, number(rest)?)
    } else if let Some(rest) = value.strip_prefix('>') {
        Test::Count(number(rest)? + 1, most)
    } else if let Some(rest) = value.strip_prefix('<') {
        // Below 0 there is nothing.
        match number(rest)? {
            0 => Test::Count(1, 0),
            number => Test::Count(0, number - 1),
        }
    } else {
        let number = number(value)?;
        Test::Count(number, number)
    })
}

impl Term {
    /// What it needs to be known of every key.
    pub(super) fn needs(&self) -> FactSet {
        // While nothing stands after the colon, nothing is asked.
        match (self.is_begun, self.fact) {
            (true, Some(fact)) => FactSet::of(fact),
            _ => FactSet::default(),
        }
    }

    /// Whether it is about what the user marked.
    pub(super) fn is_of_marks(&self) -> bool {
        self.kind == Kind::Marked
    }

    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether the key fits. One of which the fact is not known fits neither a term nor its
    /// opposite.
    pub(super) fn fits(&self, entry: &Entry, keys: &Inventory) -> bool {
        if self.problem.is_some() {
            return false;
        }
        if !self.is_begun {
            return true;
        }
        self.holds(entry, keys)
            .is_some_and(|fits| fits != self.negative)
    }

    /// Whether one of the words that are given passes.
    fn any(&self, test: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut tests = self.tests.iter();
        Some(tests.any(|one| matches!(one, Test::Word(word) if test(word))))
    }

    fn has_word(&self, word: &str) -> bool {
        self.tests.contains(&Test::Word(word.to_owned()))
    }

    /// Whether a time is in one of those that are given.
    fn is_within(&self, at: Timestamp) -> bool {
        self.tests.iter().any(|test| match test {
            Test::Within(from, to) => {
                from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to)
            }
            _ => false,
        })
    }

    /// None where it is not known.
    fn holds(&self, entry: &Entry, keys: &Inventory) -> Option<bool> {
        match self.kind {
            Kind::Alias => self.any(&|value| match value {
                "none" => entry.aliases.is_empty(),
                "any" => !entry.aliases.is_empty(),
                text => entry
                    .aliases
                    .iter()
                    .any(|alias| squash(alias).contains(text)),
            }),
            Kind::Marked => self.any(&|value| entry.is_marked == (value == "yes")),
            Kind::Region => {
                let region = squash(keys.region_name(entry.region));
                self.any(&|value| region.contains(value))
            }
            Kind::Tag => {
                let Tags::Known(tags) = &entry.tags else {
                    return None;
                };
                self.any(&|value| {
                    let (key, wanted) = match value.split_once('=') {
                        Some((key, wanted)) => (key, Some(wanted)),
                        None => (value, None),
                    };
                    tags.iter().any(|tag| {
                        tag.key.to_lowercase() == key
                            && wanted.is_none_or(|wanted| tag.value.to_lowercase() == wanted)
                    })
                })
            }
            Kind::Rotation => {
                let Answer::Known(status) = entry.rotation() else {
                    return None;
                };
                self.any(&|value| status.enabled == (value == "on"))
            }
            Kind::Grants => {
                let Answer::Known(count) = entry.grants() else {
                    return None;
                };
                let mut tests = self.tests.iter();
                Some(tests.any(
                    |test| matches!(test, Test::Count(from, to) if (from..=to).contains(&count)),
                ))
            }
            Kind::Unused => {
                let Answer::Known(usage) = entry.last_usage() else {
                    return None;
                };
                let made = created(entry);
                if self.has_word("never") && usage.was_never_used(made) {
                    return Some(true);
                }
                let since = usage.unused_since(made)?;
                // Before tracking began it may have been used.
                match self.is_within(since) {
                    true => Some(true),
                    false if usage.at.is_some() || usage.was_never_used(made) => Some(false),
                    false => None,
                }
            }
            _ => self.holds_of_metadata(entry),
        }
    }

    fn holds_of_metadata(&self, entry: &Entry) -> Option<bool> {
        let metadata = entry.metadata()?;
        match self.kind {
            Kind::Created => metadata.creation_date.map(|at| self.is_within(at)),
            Kind::Expires => Some(match metadata.valid_to {
                Some(at) => self.has_word("any") || self.is_within(at),
                None => self.has_word("none"),
            }),
            Kind::Store => {
                let store = metadata.custom_key_store_id.as_deref().map(squash);
                self.any(&|value| match (value, &store) {
                    ("none", store) => store.is_none(),
                    ("any", store) => store.is_some(),
                    (id, Some(store)) => store.contains(id),
                    (_, None) => false,
                })
            }
            Kind::MultiRegion => {
                let text = metadata.multi_region_type();
                self.any(&|value| match value {
                    "yes" => text.is_some(),
                    "no" => text.is_none(),
                    kind => text.is_some_and(|text| squash(text).contains(kind)),
                })
            }
            // `aws` is in `external`'s neighbours: Origin is compared from its start.
            Kind::Origin => {
                let text = squash(metadata.origin.as_deref()?);
                self.any(&|value| text.starts_with(value))
            }
            kind => {
                let text = match kind {
                    Kind::State => metadata.key_state.as_deref(),
                    Kind::Spec => metadata.key_spec.as_deref(),
                    Kind::Usage => metadata.key_usage.as_deref(),
                    _ => metadata.key_manager.as_deref(),
                };
                let text = squash(text?);
                self.any(&|value| text.contains(value))
            }
        }
    }
}

/// Lower case, without `_`, `-` and spaces: `RSA_2048` and `rsa-2048` are the same.
fn squash(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Something that the last word of a filter can become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The whole word.
    pub word: String,
    pub about: &'static str,
}

/// What the last word of a filter can become, given what is known of the keys.
pub fn completions(filter: &str, keys: &Inventory) -> Vec<Completion> {
    /// Keys looked at for tags and their values.
    const SAMPLE: usize = 2_000;
    let word = filter
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let (sign, bare) = match word.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", word),
    };
    let Some((name, typed)) = bare.split_once(':') else {
        return TERMS
            .iter()
            .filter(|spec| spec.name.starts_with(&bare.to_lowercase()))
            .filter(|spec| spec.kind != Kind::Region || keys.regions().len() > 1)
            // The other spelling is known, and not offered.
            .filter(|spec| spec.name != "multiregion")
            .map(|spec| Completion {
                word: format!("{sign}{}:", spec.name),
                about: spec.about,
            })
            .collect();
    };
    let Some(spec) = spec_of(name) else {
        return Vec::new();
    };
    // After a comma, the values before it stay.
    let (before, typed) = match typed.rsplit_once(',') {
        Some((before, last)) => (format!("{before},"), last),
        None => (String::new(), typed),
    };
    let mut values: Vec<String> = spec
        .values
        .iter()
        .map(|value| (*value).to_owned())
        .collect();
    match spec.kind {
        Kind::Region => values.extend(keys.regions().iter().cloned()),
        Kind::Tag => {
            let known = keys.entries().iter().take(SAMPLE);
            let tags = known.filter_map(|entry| match &entry.tags {
                Tags::Known(tags) => Some(tags.iter()),
                _ => None,
            });
            let with_value = typed.contains('=');
            for tag in tags.flatten() {
                let value = if with_value {
                    format!("{}={}", tag.key, tag.value)
                } else {
                    tag.key.clone()
                };
                if !value.contains(char::is_whitespace) && !values.contains(&value) {
                    values.push(value);
                }
            }
            values.sort();
        }
        _ => {}
    }
    let typed = typed.to_lowercase();
    values
        .into_iter()
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .map(|value| Completion {
            word: format!("{sign}{}:{before}{value}", spec.name),
            about: spec.about,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::inventory::{Details, FactAnswer};
    use crate::kms::key::{Alias, KeyMetadata, KeySummary, LastUsage, RotationStatus, Tag};

    const NOW: &str = "2026-06-01T12:00:00Z";

    fn keys() -> Inventory {
        let mut keys = Inventory::new(vec!["us-east-1".into(), "eu-west-1".into()]);
        for (region, id) in [(0, "a"), (0, "b"), (1, "c")] {
            keys.add_keys(
                region,
                vec![KeySummary {
                    key_id: id.into(),
                    key_arn: format!("arn:{id}"),
                }],
            );
        }
        let described = |state: &str, spec: &str, made: &str, expires: Option<&str>| {
            Details::Known(Box::new(KeyMetadata {
                creation_date: Some(made.parse().unwrap()),
                valid_to: expires.map(|at| at.parse().unwrap()),
                key_state: Some(state.into()),
                key_spec: Some(spec.into()),
                key_manager: Some("CUSTOMER".into()),
                ..Default::default()
            }))
        };
        keys.set_details(
            0,
            described(
                "Enabled",
                "RSA_2048",
                "2026-05-20T00:00:00Z",
                Some("2026-06-20T00:00:00Z"),
            ),
        );
        keys.set_details(
            1,
            described(
                "Disabled",
                "SYMMETRIC_DEFAULT",
                "2022-01-01T00:00:00Z",
                None,
            ),
        );
        keys.add_aliases(
            0,
            vec![Alias {
                name: "alias/pay".into(),
                arn: None,
                target_key_id: Some("a".into()),
            }],
        );
        let tag = |key: &str, value: &str| Tag {
            key: key.into(),
            value: value.into(),
        };
        keys.set_tags(0, Tags::Known(vec![tag("Env", "prod")].into()));
        keys.set_tags(1, Tags::Known(vec![tag("Env", "test")].into()));
        for (place, enabled, grants) in [(0, false, 0), (1, true, 3)] {
            let status = RotationStatus {
                enabled,
                period_in_days: None,
                next_rotation_date: None,
                on_demand_start_date: None,
            };
            keys.set(place, FactAnswer::Rotation(Answer::Known(status)));
            keys.set(place, FactAnswer::Grants(Answer::Known(grants)));
            let usage = LastUsage {
                operation: None,
                at: None,
                request_id: None,
                tracking_start: Some("2026-01-01T00:00:00Z".parse().unwrap()),
                key_created: None,
            };
            keys.set(place, FactAnswer::LastUsage(Answer::Known(usage)));
        }
        keys
    }

    fn fitting(word: &str) -> Vec<String> {
        let keys = keys();
        let Word::Term(term) = parse(word, NOW.parse().unwrap()) else {
            panic!("{word} is no term");
        };
        let fits = keys
            .entries()
            .iter()
            .filter(|entry| term.fits(entry, &keys));
        fits.map(|entry| entry.key_id.to_string()).collect()
    }

    #[test]
    fn terms_pick_keys_by_what_is_known_of_them() {
        for (word, expected) in [
            ("state:disabled", vec!["b"]),
            ("state:enabled,disabled", vec!["a", "b"]),
            // Not known of c: it fits neither.
            ("!state:disabled", vec!["a"]),
            ("spec:rsa", vec!["a"]),
            ("spec:RSA-2048", vec!["a"]),
            ("manager:customer", vec!["a", "b"]),
            ("alias:none", vec!["b", "c"]),
            ("alias:pay", vec!["a"]),
            ("tag:env", vec!["a", "b"]),
            ("tag:env=PROD", vec!["a"]),
            ("!tag:env=prod", vec!["b"]),
            ("region:eu", vec!["c"]),
            ("multi-region:no", vec!["a", "b"]),
            ("state:", vec!["a", "b", "c"]),
        ] {
            assert_eq!(fitting(word), expected, "{word}");
        }
        let now = NOW.parse().unwrap();
        assert!(matches!(parse("arn:aws:kms:us-east-1", now), Word::Text(_)));
    }

    #[test]
    fn times_counts_and_what_is_not_known_of_the_time_before_tracking() {
        for (word, expected) in [
            ("created:<2024-01-01", vec!["b"]),
            ("created:2026", vec!["a"]),
            ("created:2026-05", vec!["a"]),
            ("created:>2026-05-01", vec!["a"]),
            ("created:<30d", vec!["a"]),
            ("created:>1y", vec!["b"]),
            ("!created:>1y", vec!["a"]),
            ("expires:<30d", vec!["a"]),
            ("expires:>30d", vec![]),
            ("expires:none", vec!["b"]),
            ("rotation:off", vec!["a"]),
            ("rotation:on", vec!["b"]),
            ("grants:>0", vec!["b"]),
            ("grants:none", vec!["a"]),
            ("grants:>=2,0", vec!["a", "b"]),
            // a was made after tracking began; whether b was used before it, nobody knows.
            ("unused:never", vec!["a"]),
            ("unused:5d", vec!["a", "b"]),
            ("unused:90d", vec!["b"]),
            ("!unused:90d", vec!["a"]),
            ("unused:1y", vec![]),
            ("!unused:1y", vec!["a"]),
            ("store:none", vec!["a", "b"]),
        ] {
            assert_eq!(fitting(word), expected, "{word}");
        }
    }

    #[test]
    fn what_is_no_term_or_no_value_is_named_and_finds_nothing() {
        let now = NOW.parse().unwrap();
        let Word::Unknown(_, said) = parse("rotaton:off", now) else {
            panic!("it is no term");
        };
        assert_eq!(said, "rotaton: is no term of a filter: rotation:, region:?");
        for word in [
            "created:yesterday",
            "created:<2024-13-01",
            "unused:90",
            "grants:many",
            "rotation:maybe",
            "expires:<soon",
        ] {
            let Word::Term(term) = parse(word, now) else {
                panic!("{word} is a term");
            };
            let problem = term.problem().expect(word);
            assert!(problem.starts_with(word), "{problem}");
            assert!(fitting(word).is_empty() && fitting(&format!("!{word}")).is_empty());
        }
    }

    #[test]
    fn the_last_word_completes_to_names_and_then_to_values() {
        let keys = keys();
        let words = |filter: &str| -> Vec<String> {
            completions(filter, &keys)
                .into_iter()
                .map(|c| c.word)
                .collect()
        };
        assert_eq!(words("pay sta"), ["state:"]);
        assert_eq!(words("pay st"), ["state:", "store:"]);
        assert_eq!(words("spec:rsa state:d"), ["state:disabled"]);
        assert_eq!(words("!state:enabled,d"), ["!state:enabled,disabled"]);
        assert_eq!(words("tag:"), ["tag:Env"]);
        assert_eq!(words("tag:env="), ["tag:Env=prod", "tag:Env=test"]);
        assert_eq!(words("region:e"), ["region:eu-west-1"]);
        assert!(words("nothing:").is_empty());
    }
}
