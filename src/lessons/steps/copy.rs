//! `copy`: puts a copy of a box into another.

use crate::lessons::came::StepEnd;
use crate::lessons::reader::{LessonTable, Reader};
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyStep {
    from: usize,
    put: usize,
}

impl CopyStep {
    pub(super) const NAME: &str = "copy";
    /// The entries that go with it.
    pub(super) const WITH: &[&str] = &["put"];

    pub(super) fn read(reader: &mut Reader, table: &LessonTable) -> CopyStep {
        CopyStep {
            from: reader.box_named_by(table, "copy"),
            put: reader.box_named_by(table, "put"),
        }
    }

    pub(super) fn perform(&self, work: &mut Work) -> Result<(), StepEnd> {
        let bytes = work.bytes(self.from)?;
        work.put(self.put, bytes);
        work.note("Copied.");
        Ok(())
    }
}
