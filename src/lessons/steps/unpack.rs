//! `unpack`: puts the encrypted data key that an envelope's header holds into a box.

use super::kind_spec::KindSpec;
use crate::kms::SecretBytes;
use crate::lessons::parts::StepEnd;
use crate::lessons::work::{Work, caught};
use kmsdeck_envelope::read_header;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackStep {
    from: usize,
    put: usize,
}

pub(super) const KIND: KindSpec<UnpackStep> = KindSpec {
    name: "unpack",
    with: &["put"],
    read: |reader, table| UnpackStep {
        from: reader.box_named_by(table, "unpack"),
        put: reader.box_named_by(table, "put"),
    },
};

impl UnpackStep {
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
