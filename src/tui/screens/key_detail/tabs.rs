//! The tabs of a key's details: one file a tab, which says what it reads and how it is drawn.

mod grants;
mod last_usage;
mod metadata;
mod policy;
mod public_key;
mod regions;
mod rotation;
mod spec;
mod tags;

pub(super) use spec::{Begun, Body, Subject, TabSpec, TabView};

/// Every tab, from left to right. The first is DescribeKey's, which the others wait for where the
/// key was named by an alias.
pub(super) static TABS: [&TabSpec; 8] = [
    &metadata::TAB,
    &policy::TAB,
    &grants::TAB,
    &tags::TAB,
    &rotation::TAB,
    &last_usage::TAB,
    &regions::TAB,
    &public_key::TAB,
];
