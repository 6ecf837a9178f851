//! How a kind of step stands in a lesson's file.

use crate::lessons::reader::{LessonTable, Reader};

/// See the [module](self). `T` is what a step of the kind is made of.
pub(super) struct KindSpec<T> {
    /// The entry of the step's table that says so.
    pub name: &'static str,
    /// The entries that go with it.
    pub with: &'static [&'static str],
    pub read: fn(&mut Reader, &LessonTable) -> T,
}
