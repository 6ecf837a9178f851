//! The filter's terms on a key's facts: `state:disabled spec:rsa usage:sign manager:customer
//! tag:env=prod alias:none region:eu-west-1`. Several values are said with commas; `!` before a
//! term turns it around.

use super::inventory::{Details, Entry, Inventory, Tags};

/// What a term needs to be known of every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// DescribeKey.
    pub details: bool,
    /// ListResourceTags.
    pub tags: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    State,
    Spec,
    Usage,
    Manager,
    Origin,
    MultiRegion,
    Alias,
    Region,
    Tag,
    Marked,
}

struct FactSpec {
    name: &'static str,
    fact: Fact,
    about: &'static str,
    /// For completion, beside those that the keys show.
    values: &'static [&'static str],
}

#[rustfmt::skip]
static FACTS: &[FactSpec] = &[
    FactSpec { name: "state", fact: Fact::State, about: "KeyState", values: &["enabled", "disabled", "pendingdeletion", "pendingimport", "unavailable", "creating", "updating"] },
    FactSpec { name: "spec", fact: Fact::Spec, about: "KeySpec", values: &["symmetric", "rsa", "rsa_2048", "rsa_3072", "rsa_4096", "ecc", "hmac", "ml_dsa", "ml_kem", "sm2"] },
    FactSpec { name: "usage", fact: Fact::Usage, about: "KeyUsage", values: &["encrypt", "sign", "mac", "key_agreement", "encapsulate"] },
    FactSpec { name: "manager", fact: Fact::Manager, about: "KeyManager", values: &["customer", "aws"] },
    FactSpec { name: "origin", fact: Fact::Origin, about: "Origin", values: &["aws_kms", "external", "aws_cloudhsm", "external_key_store"] },
    FactSpec { name: "multi-region", fact: Fact::MultiRegion, about: "MultiRegionKeyType", values: &["yes", "no", "primary", "replica"] },
    FactSpec { name: "alias", fact: Fact::Alias, about: "has aliases, or one with this in its name", values: &["none", "any"] },
    FactSpec { name: "tag", fact: Fact::Tag, about: "a tag: KEY, or KEY=VALUE", values: &[] },
    FactSpec { name: "marked", fact: Fact::Marked, about: "whether you marked it", values: &["yes", "no"] },
    FactSpec { name: "region", fact: Fact::Region, about: "the Region", values: &[] },
];

/// A term as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    fact: Fact,
    /// In lower case, without what separates words in the API's names; of tags as typed.
    values: Vec<String>,
    negative: bool,
}

impl Term {
    /// A word that is a term. Any other, an ARN for one, is text.
    pub(super) fn parse(word: &str) -> Option<Term> {
        let (bare, negative) = match word.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (word, false),
        };
        let (name, value) = bare.split_once(':')?;
        let spec = FACTS
            .iter()
            .find(|spec| spec.name.eq_ignore_ascii_case(name))?;
        let values = value
            .split(',')
            .filter(|value| !value.is_empty())
            .map(|value| match spec.fact {
                Fact::Tag => value.to_lowercase(),
                _ => squash(value),
            })
            .collect();
        Some(Term {
            fact: spec.fact,
            values,
            negative,
        })
    }

    /// Whether it is about what the user marked.
    pub(super) fn is_of_marks(&self) -> bool {
        self.fact == Fact::Marked
    }

    pub(super) fn needs(&self) -> Needs {
        // While nothing stands after the colon, nothing is asked.
        let asks = !self.values.is_empty();
        Needs {
            details: asks
                && !matches!(
                    self.fact,
                    Fact::Alias | Fact::Region | Fact::Tag | Fact::Marked
                ),
            tags: asks && self.fact == Fact::Tag,
        }
    }

    /// Whether the key fits. One of which the fact is not known fits neither a term nor its
    /// opposite.
    pub(super) fn fits(&self, entry: &Entry, keys: &Inventory) -> bool {
        if self.values.is_empty() {
            return true;
        }
        let any = |test: &dyn Fn(&str) -> bool| self.values.iter().any(|value| test(value));
        let fits = match self.fact {
            Fact::Alias => any(&|value| match value {
                "none" => entry.aliases.is_empty(),
                "any" => !entry.aliases.is_empty(),
                text => entry
                    .aliases
                    .iter()
                    .any(|alias| squash(alias).contains(text)),
            }),
            Fact::Marked => any(&|value| match value {
                "yes" => entry.is_marked,
                "no" => !entry.is_marked,
                _ => false,
            }),
            Fact::Region => {
                let region = squash(keys.region_name(entry.region));
                any(&|value| region.contains(value))
            }
            Fact::Tag => {
                let Tags::Known(tags) = &entry.tags else {
                    return false;
                };
                any(&|value| {
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
            _ => {
                let Details::Known(metadata) = &entry.details else {
                    return false;
                };
                let text = match self.fact {
                    Fact::State => metadata.key_state.as_deref(),
                    Fact::Spec => metadata.key_spec.as_deref(),
                    Fact::Usage => metadata.key_usage.as_deref(),
                    Fact::Manager => metadata.key_manager.as_deref(),
                    Fact::Origin => metadata.origin.as_deref(),
                    _ => metadata
                        .multi_region
                        .as_ref()
                        .map(|multi| multi.key_type.as_str()),
                };
                match (self.fact, text) {
                    (Fact::MultiRegion, text) => any(&|value| match value {
                        "yes" => text.is_some(),
                        "no" => text.is_none(),
                        kind => text.is_some_and(|text| squash(text).contains(kind)),
                    }),
                    (_, None) => return false,
                    // `enabled` is not in `disabled`, but `aws` is in `external`'s neighbours:
                    // Origin is compared from its start.
                    (Fact::Origin, Some(text)) => any(&|value| squash(text).starts_with(value)),
                    (_, Some(text)) => any(&|value| squash(text).contains(value)),
                }
            }
        };
        fits != self.negative
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
        return FACTS
            .iter()
            .filter(|spec| spec.name.starts_with(&bare.to_lowercase()))
            .filter(|spec| spec.fact != Fact::Region || keys.regions().len() > 1)
            .map(|spec| Completion {
                word: format!("{sign}{}:", spec.name),
                about: spec.about,
            })
            .collect();
    };
    let Some(spec) = FACTS
        .iter()
        .find(|spec| spec.name.eq_ignore_ascii_case(name))
    else {
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
    match spec.fact {
        Fact::Region => values.extend(keys.regions().iter().cloned()),
        Fact::Tag => {
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
    use crate::kms::key::{Alias, KeyMetadata, KeySummary, Tag};

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
        let described = |state: &str, spec: &str| {
            Details::Known(Box::new(KeyMetadata {
                key_state: Some(state.into()),
                key_spec: Some(spec.into()),
                key_manager: Some("CUSTOMER".into()),
                ..Default::default()
            }))
        };
        keys.set_details(0, described("Enabled", "RSA_2048"));
        keys.set_details(1, described("Disabled", "SYMMETRIC_DEFAULT"));
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
        keys
    }

    fn fitting(word: &str) -> Vec<String> {
        let keys = keys();
        let term = Term::parse(word).expect("a term");
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
        assert_eq!(Term::parse("arn:aws:kms:us-east-1"), None);
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
        assert_eq!(words("pay st"), ["state:"]);
        assert_eq!(words("spec:rsa state:d"), ["state:disabled"]);
        assert_eq!(words("!state:enabled,d"), ["!state:enabled,disabled"]);
        assert_eq!(words("tag:"), ["tag:Env"]);
        assert_eq!(words("tag:env="), ["tag:Env=prod", "tag:Env=test"]);
        assert_eq!(words("region:e"), ["region:eu-west-1"]);
        assert!(words("nothing:").is_empty());
    }
}
