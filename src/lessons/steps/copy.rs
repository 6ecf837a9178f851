//! `copy`: puts a copy of a box into another.

use super::kind_spec::KindSpec;
use crate::lessons::parts::StepEnd;
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyStep {
    from: usize,
    put: usize,
}

pub(super) const KIND: KindSpec<CopyStep> = KindSpec {
    name: "copy",
    with: &["put"],
    read: |reader, table| CopyStep {
        from: reader.box_named_by(table, "copy"),
        put: reader.box_named_by(table, "put"),
    },
};

impl CopyStep {
    pub(super) fn perform(&self, work: &mut Work) -> Result<(), StepEnd> {
        let bytes = work.bytes(self.from)?;
        work.put(self.put, bytes);
        work.note("Copied.");
        Ok(())
    }
}
