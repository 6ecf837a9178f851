//! The filter's terms on a key's facts: `state:disabled spec:rsa tag:env=prod rotation:off
//! unused:90d created:<2024-01-01`. Several values are said with commas; `!` before a term turns
//! it around.

use jiff::Timestamp;

use super::columns::created;
use super::facts::Fact;
use super::inventory::{Answer, Entry, Inventory, Tags};
pub use super::terms::Completion;
use super::terms::{self, TermSpec, Test, age, counts, one_of, squash, within, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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

#[rustfmt::skip]
static TERMS: &[TermSpec<Kind>] = &[
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

/// Every term, for a reference.
pub fn term_helps() -> Vec<terms::TermHelp> {
    terms::helps(TERMS)
}

/// A term as it was typed.
pub(super) type Term = terms::Term<Kind>;

/// A word of a filter.
pub(super) type Word<'a> = terms::Word<'a, Kind>;

/// Takes a word apart, as of `now`.
pub(super) fn parse(word: &str, now: Timestamp) -> Word<'_> {
    terms::parse(TERMS, word, |kind, value| test_of(kind, value, now))
}

fn test_of(kind: Kind, value: &str, now: Timestamp) -> Option<Test> {
    match kind {
        Kind::Tag => Some(Test::Word(value.to_lowercase())),
        Kind::Rotation => one_of(value, &["on", "off"]),
        Kind::Marked => one_of(value, &["yes", "no"]),
        Kind::Created => within(value, now, true),
        Kind::Expires => match value {
            "any" | "none" => word(value),
            value => within(value, now, false),
        },
        Kind::Unused => match value {
            "never" => word(value),
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
        _ => word(value),
    }
}

impl Term {
    /// Whether it is about what the user marked.
    pub(super) fn is_of_marks(&self) -> bool {
        self.kind == Kind::Marked
    }

    /// Whether the key fits.
    pub(super) fn fits(&self, entry: &Entry, keys: &Inventory) -> bool {
        self.fits_where(|| self.holds(entry, keys))
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
                let Answer::Known(grants) = entry.grants() else {
                    return None;
                };
                Some(self.counts(grants.len()))
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

/// What the last word of a filter can become, given what is known of the keys.
pub fn completions(filter: &str, keys: &Inventory) -> Vec<Completion> {
    /// Keys looked at for tags and their values.
    const SAMPLE: usize = 2_000;
    // The other spelling is known, and not offered.
    let is_offered = |spec: &TermSpec<Kind>| match spec.kind {
        Kind::Region => keys.regions().len() > 1,
        _ => spec.name != "multiregion",
    };
    terms::completions(TERMS, filter, is_offered, |kind, typed| match kind {
        Kind::Region => keys.regions().to_vec(),
        Kind::Tag => {
            let known = keys.entries().iter().take(SAMPLE);
            let tags = known.filter_map(|entry| match &entry.tags {
                Tags::Known(tags) => Some(tags.iter()),
                _ => None,
            });
            let with_value = typed.contains('=');
            let mut values = Vec::new();
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
            values
        }
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::inventory::{Details, FactAnswer};
    use crate::kms::key::{Alias, Grant, KeyMetadata, KeySummary, LastUsage, RotationStatus, Tag};

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
        let grants = |count| -> Box<[Arc<Grant>]> { vec![Arc::default(); count].into() };
        for (place, enabled, count) in [(0, false, 0), (1, true, 3)] {
            let status = RotationStatus {
                enabled,
                period_in_days: None,
                next_rotation_date: None,
                on_demand_start_date: None,
            };
            keys.set(place, FactAnswer::Rotation(Answer::Known(status)));
            keys.set(place, FactAnswer::Grants(Answer::Known(grants(count))));
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
