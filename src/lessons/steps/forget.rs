//! `forget`: empties boxes; what was in them is wiped.

use super::{KindSpec, StepKind};
use crate::lessons::work::Work;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgetStep {
    boxes: Vec<usize>,
}

pub(super) const KIND: KindSpec = KindSpec {
    name: "forget",
    with: &[],
    read: |reader, table| {
        StepKind::Forget(ForgetStep {
            boxes: reader.boxes_of(table.get("forget")),
        })
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
