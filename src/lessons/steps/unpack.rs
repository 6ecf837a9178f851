//! `unpack`: puts the encrypted data key that an envelope's header holds into a box.

use crate::envelope::read_header;
use crate::kms::SecretBytes;
use crate::lessons::came::StepEnd;
use crate::lessons::reader::{LessonTable, Reader};
use crate::lessons::work::{Work, caught};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackStep {
    from: usize,
    put: usize,
}

impl UnpackStep {
    pub(super) const NAME: &str = "unpack";
    /// The entries that go with it.
    pub(super) const WITH: &[&str] = &["put"];

    pub(super) fn read(reader: &mut Reader, table: &LessonTable) -> UnpackStep {
        UnpackStep {
            from: reader.box_named_by(table, "unpack"),
            put: reader.box_named_by(table, "put"),
        }
    }

    pub(super) fn perform(&self, work: &mut Work) -> Result<(), StepEnd> {
        let sealed = work.bytes(self.from)?;
        let header = read_header(sealed.reveal()).map_err(caught)?;
        if let Some(key) = header.keys.first() {
            work.put(self.put, SecretBytes::new(key.ciphertext.clone()));
        }
        work.note("Read from the header, which is not encrypted.");
        Ok(())
    }
}
