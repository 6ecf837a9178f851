//! The terms of a filter of grants: `grantee:role/app age:>90d constraint:no foreign:yes`.

use jiff::Timestamp;

use super::grant_row::GrantRow;
use super::terms::{self, Completion, TermSpec, Test, one_of, squash, within, word};
use crate::kms::key::Grant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Grantee,
    Key,
    Operation,
    Retiring,
    Name,
    Age,
    Constraint,
    Foreign,
    Service,
    Region,
    Marked,
}

const YES_NO: &[&str] = &["yes", "no"];
const CONSTRAINTS: &[&str] = &["yes", "no", "equals", "subset", "source"];

#[rustfmt::skip]
static TERMS: &[TermSpec<Kind>] = &[
    TermSpec { name: "grantee", kind: Kind::Grantee, about: "who may use the key, or a part of its ARN", fact: None, values: &[] },
    TermSpec { name: "key", kind: Kind::Key, about: "a part of an alias or a key ID", fact: None, values: &[] },
    TermSpec { name: "age", kind: Kind::Age, about: "when it was made: an age, or a date", fact: None, values: &[">90d", ">1y", "<30d", "<2024-01-01", "2024"] },
    TermSpec { name: "constraint", kind: Kind::Constraint, about: "whether it has one, and which", fact: None, values: CONSTRAINTS },
    TermSpec { name: "foreign", kind: Kind::Foreign, about: "the grantee is of another account than the key", fact: None, values: YES_NO },
    TermSpec { name: "service", kind: Kind::Service, about: "the grantee is an AWS service", fact: None, values: YES_NO },
    TermSpec { name: "operation", kind: Kind::Operation, about: "what it allows", fact: None, values: &["decrypt", "encrypt", "generatedatakey", "creategrant", "sign", "retiregrant"] },
    TermSpec { name: "retiring", kind: Kind::Retiring, about: "who may retire it, or whether anybody may", fact: None, values: YES_NO },
    TermSpec { name: "name", kind: Kind::Name, about: "a part of its name", fact: None, values: &["none", "any"] },
    TermSpec { name: "marked", kind: Kind::Marked, about: "whether you marked it", fact: None, values: YES_NO },
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
pub(super) fn parse(text: &str, now: Timestamp) -> Word<'_> {
    terms::parse(TERMS, text, |kind, value| test_of(kind, value, now))
}

fn test_of(kind: Kind, value: &str, now: Timestamp) -> Option<Test> {
    match kind {
        Kind::Age => within(value, now, true),
        Kind::Constraint => one_of(value, CONSTRAINTS),
        Kind::Foreign | Kind::Service | Kind::Marked => one_of(value, YES_NO),
        _ => word(value),
    }
}

impl Term {
    /// Whether the grant fits.
    pub(super) fn fits(&self, row: &GrantRow) -> bool {
        self.fits_where(|| self.holds(row))
    }

    /// None where it is not known.
    fn holds(&self, row: &GrantRow) -> Option<bool> {
        let grant = &row.grant;
        let is_in = |text: Option<&str>| {
            let text = squash(text.unwrap_or_default());
            self.any(&|value| text.contains(value))
        };
        let is = |fact: bool| self.any(&|value| fact == (value == "yes"));
        match self.kind {
            Kind::Grantee => is_in(grant.grantee()),
            Kind::Region => is_in(Some(&row.key.region)),
            Kind::Key => self.any(&|value| {
                let mut names = row.aliases.iter().chain([&row.key_id]);
                names.any(|name| squash(name).contains(value))
            }),
            Kind::Operation => self.any(&|value| {
                let mut operations = grant.operations.iter();
                operations.any(|operation| squash(operation).starts_with(value))
            }),
            Kind::Retiring => self.any(&|value| match value {
                "yes" => grant.retiring().is_some(),
                "no" => grant.retiring().is_none(),
                text => grant
                    .retiring()
                    .is_some_and(|who| squash(who).contains(text)),
            }),
            Kind::Name => self.any(&|value| match (value, grant.name.as_deref()) {
                ("none", name) => name.is_none(),
                ("any", name) => name.is_some(),
                (text, name) => name.is_some_and(|name| squash(name).contains(text)),
            }),
            Kind::Age => grant.creation_date.map(|at| self.is_within(at)),
            Kind::Constraint => self.any(&|value| has_constraint(grant, value)),
            Kind::Foreign => is(row.is_foreign()?),
            Kind::Service => is(grant.grantee_service_principal.is_some()),
            Kind::Marked => is(row.is_marked),
        }
    }
}

fn has_constraint(grant: &Grant, value: &str) -> bool {
    let is_of_context = |name: &str| grant.constraints.iter().any(|(kind, _)| *kind == name);
    match value {
        "yes" => grant.is_constrained(),
        "no" => !grant.is_constrained(),
        "equals" => is_of_context("EncryptionContextEquals"),
        "subset" => is_of_context("EncryptionContextSubset"),
        _ => grant.source_arn.is_some(),
    }
}

/// What the last word of a filter can become, given the grants that are known.
pub fn completions(filter: &str, grants: &[GrantRow], regions: &[String]) -> Vec<Completion> {
    /// Grants looked at for names.
    const SAMPLE: usize = 2_000;
    let is_offered = |spec: &TermSpec<Kind>| spec.kind != Kind::Region || regions.len() > 1;
    let named = |of: &dyn Fn(&GrantRow) -> Option<&str>| {
        let names = grants.iter().take(SAMPLE).filter_map(of);
        // A value ends at a space or a comma.
        let is_word = |name: &&str| !name.contains([' ', '\t', '\n', ',']);
        let mut names: Vec<String> = names.filter(is_word).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    terms::completions(TERMS, filter, is_offered, |kind, _| match kind {
        Kind::Grantee => named(&|row| row.grant.grantee()),
        Kind::Retiring => named(&|row| row.grant.retiring()),
        Kind::Key => named(&|row| Some(row.key_name())),
        Kind::Name => named(&|row| row.grant.name.as_deref()),
        Kind::Region => regions.to_vec(),
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_offers_its_values_and_takes_them() {
        let now = Timestamp::UNIX_EPOCH;
        for spec in TERMS {
            for value in spec.values {
                assert!(
                    test_of(spec.kind, value, now).is_some(),
                    "{}:{value}",
                    spec.name
                );
            }
        }
        let words: Vec<_> = completions("x cons", &[], &[]).into_iter().collect();
        assert_eq!(words[0].word, "constraint:");
        assert!(completions("regi", &[], &["us-east-1".into()]).is_empty());
    }
}
