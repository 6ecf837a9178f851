//! `copy`: puts a copy of a box into another.

use super::{KindSpec, StepKind};
use crate::lessons::StepEnd;
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyStep {
    from: usize,
    put: usize,
}

pub(super) const KIND: KindSpec = KindSpec {
    name: "copy",
    with: &["put"],
    read: |reader, table| {
        StepKind::Copy(CopyStep {
            from: reader.box_named_by(table, "copy"),
            put: reader.box_named_by(table, "put"),
        })
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
