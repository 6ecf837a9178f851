//! `set`: puts text into a box.

use crate::kms::SecretBytes;
use crate::lessons::reader::{LessonTable, Reader};
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStep {
    text: String,
    put: usize,
}

impl SetStep {
    pub(super) const NAME: &str = "set";
    /// The entries that go with it.
    pub(super) const WITH: &[&str] = &["value"];

    pub(super) fn read(reader: &mut Reader, table: &LessonTable) -> SetStep {
        SetStep {
            text: reader.text(table, "value"),
            put: reader.box_named_by(table, "set"),
        }
    }

    pub(super) fn perform(&self, work: &mut Work) {
        work.put(self.put, SecretBytes::new(self.text.as_bytes().to_vec()));
        work.note("Written.");
    }
}
