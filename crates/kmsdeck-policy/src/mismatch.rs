//! What keeps a statement from applying.

use std::fmt;

use crate::condition::Condition;
use crate::document::{Patterns, Principals};

/// An element of a statement that does not match the request: what it wants, and what is given.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Mismatch<'a> {
    /// The statement of a key policy has neither `Principal` nor `NotPrincipal`.
    NoPrincipal,
    /// `Principal` or `NotPrincipal`.
    Principal {
        /// Whom it names.
        wanted: &'a Principals,
        /// The principal's ARN.
        given: &'a str,
    },
    /// `Action` or `NotAction`.
    Action {
        /// What it names.
        wanted: &'a Patterns,
        /// The action.
        given: &'a str,
    },
    /// `Resource` or `NotResource`.
    Resource {
        /// What it names.
        wanted: &'a Patterns,
        /// The resource's ARN.
        given: &'a str,
    },
    /// One key of `Condition`.
    Condition {
        /// Operator, key and values.
        wanted: &'a Condition,
        /// The request's values of that key, if it has some.
        given: Option<&'a [String]>,
    },
}

impl Mismatch<'_> {
    /// The element's name, as in the document.
    pub fn element(&self) -> &'static str {
        let not = |is_not: bool, element, not_element| if is_not { not_element } else { element };
        match self {
            Mismatch::NoPrincipal => "Principal",
            Mismatch::Principal { wanted, .. } => not(wanted.is_not(), "Principal", "NotPrincipal"),
            Mismatch::Action { wanted, .. } => not(wanted.is_not(), "Action", "NotAction"),
            Mismatch::Resource { wanted, .. } => not(wanted.is_not(), "Resource", "NotResource"),
            Mismatch::Condition { .. } => "Condition",
        }
    }
}

/// `Action: wanted kms:Encrypt, given kms:Decrypt`. What comes from a policy or a request is
/// untrusted: make it printable first.
impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = self.element();
        match self {
            Mismatch::NoPrincipal => write!(f, "{element}: the statement has none"),
            Mismatch::Principal { wanted, given } => {
                let any = wanted.is_any().then_some("*").into_iter();
                let arns = wanted.arns().iter().map(String::as_str);
                let federated = wanted.federated().iter().map(String::as_str);
                let services = wanted.services().iter().map(String::as_str);
                let names: Vec<&str> = any.chain(arns).chain(federated).chain(services).collect();
                write_wanted(f, element, wanted.is_not(), &names.join(", "))?;
                write!(f, ", given {given}")
            }
            Mismatch::Action { wanted, given } | Mismatch::Resource { wanted, given } => {
                write_wanted(f, element, wanted.is_not(), &wanted.patterns().join(", "))?;
                write!(f, ", given {given}")
            }
            Mismatch::Condition { wanted, given } => {
                let (operator, key) = (wanted.operator(), wanted.key());
                let values = wanted.values().join(", ");
                write!(f, "{element} {operator} {key}: wanted {values}, given ")?;
                match given {
                    Some(given) => f.write_str(&given.join(", ")),
                    None => f.write_str("none"),
                }
            }
        }
    }
}

fn write_wanted(f: &mut fmt::Formatter<'_>, element: &str, not: bool, names: &str) -> fmt::Result {
    let none_of = if not { "none of " } else { "" };
    write!(f, "{element}: wanted {none_of}{names}")
}
