//! `forget`: empties boxes; what was in them is wiped.

use super::kind_spec::KindSpec;
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgetStep {
    boxes: Vec<usize>,
}

pub(super) const KIND: KindSpec<ForgetStep> = KindSpec {
    name: "forget",
    with: &[],
    read: |reader, table| ForgetStep {
        boxes: reader.boxes_of(table.get("forget")),
    },
};

impl ForgetStep {
    pub(super) fn perform(&self, work: &mut Work) {
        for place in &self.boxes {
            work.came.boxes[*place] = None;
        }
        work.note("Wiped.");
    }
}
