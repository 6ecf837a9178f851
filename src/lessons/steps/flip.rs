//! `flip`: flips one bit of a box; which one, the learner may choose.

use super::kind_spec::KindSpec;
use crate::kms::SecretBytes;
use crate::lessons::parts::{Held, StepEnd};
use crate::lessons::work::{Work, place_of};
use kmsdeck_envelope as envelope;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlipStep {
    of: usize,
    first: FlipAt,
}

/// The bit that is flipped where the learner chooses no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FlipAt {
    /// By its number; 0 is the highest bit of the first byte.
    Bit(usize),
    /// The lowest bit in the middle of the envelope's part of that name.
    Part(String),
}

pub(super) const KIND: KindSpec<FlipStep> = KindSpec {
    name: "flip",
    with: &["bit", "part"],
    read: |reader, table| FlipStep {
        of: reader.box_named_by(table, "flip"),
        first: match reader.optional_text(table, "part") {
            Some(part) => FlipAt::Part(part),
            None => FlipAt::Bit(reader.whole(table, "bit").unwrap_or(0)),
        },
    },
};

impl FlipStep {
    /// The bytes that it flips a bit of, and the bit that it would flip; None where nothing is
    /// there.
    pub fn aim<'a>(&self, boxes: &'a [Option<Held>]) -> Option<(&'a [u8], usize)> {
        let bytes = boxes.get(self.of)?.as_ref()?.bytes.reveal();
        Some((bytes, first_bit(bytes, &self.first).unwrap_or(0)))
    }

    pub(super) fn perform(&self, work: &mut Work) -> Result<(), StepEnd> {
        let mut bytes = work.bytes(self.of)?.reveal().to_vec();
        let bit = match work.bit {
            Some(bit) => bit,
            None => first_bit(&bytes, &self.first).map_err(StepEnd::Caught)?,
        };
        let place = place_of(&bytes, bit);
        if let Some(byte) = bytes.get_mut(bit / 8) {
            let was = *byte;
            *byte ^= 0x80 >> (bit % 8);
            work.came.note = format!("{place}: {was:02x} became {byte:02x}.");
        }
        work.put(self.of, SecretBytes::new(bytes));
        Ok(())
    }
}

/// The number of the bit that a lesson has flipped, where it is not the learner's choice.
///
/// Errors: a sentence.
fn first_bit(bytes: &[u8], first: &FlipAt) -> Result<usize, String> {
    let part = match first {
        FlipAt::Bit(bit) => return Ok(bit % (bytes.len() * 8).max(1)),
        FlipAt::Part(part) => part,
    };
    let parts = envelope::parts(bytes).map_err(|error| format!("{error}."))?;
    match parts.iter().find(|known| known.name == *part) {
        Some(part) => {
            let range = part.range();
            Ok((range.start + range.len() / 2) * 8 + 7)
        }
        None => {
            let names: Vec<&str> = parts.iter().map(|known| known.name.as_str()).collect();
            Err(format!(
                "The envelope has no part {part:?}; it has {}.",
                names.join(", ")
            ))
        }
    }
}
