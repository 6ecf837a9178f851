//! What a request holds, as snippets write it.

use crate::kms::{Field, Request, Value};
use crate::ops;

/// A member of a request: a value, or a structure of values.
pub(super) enum Member<'a> {
    Value(&'static Field, &'a Value),
    Structure(&'static str, Vec<(&'static Field, &'a Value)>),
}

/// What a request holds, in the order of its form.
pub(super) fn members(request: &Request) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    for field in ops::spec(request.op).fields {
        let Some(value) = request.get(field) else {
            continue;
        };
        match (field.within, members.last_mut()) {
            (None, _) => members.push(Member::Value(field, value)),
            (Some(name), Some(Member::Structure(last, values))) if name == *last => {
                values.push((field, value));
            }
            (Some(name), _) => members.push(Member::Structure(name, vec![(field, value)])),
        }
    }
    members
}

/// The name of an operation or a member in snake case, as boto3 and the Rust SDK spell it.
pub(super) fn snake(name: &str) -> String {
    crate::kms::field::kebab(name).replace('-', "_")
}
