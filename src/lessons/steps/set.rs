//! `set`: puts text into a box.

use super::kind_spec::KindSpec;
use crate::kms::SecretBytes;
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStep {
    text: String,
    put: usize,
}

pub(super) const KIND: KindSpec<SetStep> = KindSpec {
    name: "set",
    with: &["value"],
    read: |reader, table| SetStep {
        text: reader.text(table, "value"),
        put: reader.box_named_by(table, "set"),
    },
};

impl SetStep {
    pub(super) fn perform(&self, work: &mut Work) {
        work.put(self.put, SecretBytes::new(self.text.as_bytes().to_vec()));
        work.note("Written.");
    }
}
