//! `forget`: empties boxes; what was in them is wiped.

use crate::lessons::reader::{LessonTable, Reader};
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgetStep {
    boxes: Vec<usize>,
}

impl ForgetStep {
    pub(super) const NAME: &str = "forget";
    /// The entries that go with it.
    pub(super) const WITH: &[&str] = &[];

    pub(super) fn read(reader: &mut Reader, table: &LessonTable) -> ForgetStep {
        ForgetStep {
            boxes: reader.boxes_of(table.get("forget")),
        }
    }

    pub(super) fn perform(&self, work: &mut Work) {
        for place in &self.boxes {
            work.came.boxes[*place] = None;
        }
        work.note("Wiped.");
    }
}
