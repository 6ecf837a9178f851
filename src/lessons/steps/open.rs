//! `open`: opens an envelope, with the data key of a box or by Decrypt of the one that is in it.

use super::kind_spec::KindSpec;
use crate::kms::SecretBytes;
use crate::lessons::parts::StepEnd;
use crate::lessons::work::{Work, caught};
use crate::ops::{DECRYPT, data_keys};
use kmsdeck_envelope::{self as envelope, DataKey, read_header};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStep {
    from: usize,
    /// The box with the plaintext data key; None asks KMS for it, with what the envelope's header
    /// says.
    under: Option<usize>,
    /// Who asks KMS.
    principal: Option<String>,
    put: usize,
}

pub(super) const KIND: KindSpec<OpenStep> = KindSpec {
    name: "open",
    with: &["under", "as", "put"],
    read: |reader, table| {
        let under = table.get("under");
        OpenStep {
            from: reader.box_named_by(table, "open"),
            under: under.map(|_| reader.box_named_by(table, "under")),
            principal: reader.principal(table, "as"),
            put: reader.box_named_by(table, "put"),
        }
    },
};

impl OpenStep {
    pub(super) fn suits_a_real_key(&self) -> bool {
        !DECRYPT.changes_account() && self.principal.is_none()
    }

    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        let sealed = work.bytes(self.from)?;
        let data_key = match self.under {
            Some(place) => work.bytes(place)?,
            None => self.unwrapped(&sealed, work).await?,
        };
        let (_, plaintext) = DataKey::new(data_key.reveal())
            .and_then(|data_key| envelope::decrypt_bytes(&data_key, sealed.reveal()))
            .map_err(caught)?;
        work.put(self.put, plaintext.into());
        work.note("Decrypted here, and every byte checked.");
        Ok(())
    }

    /// The data key of an envelope, by Decrypt, with what its header says.
    async fn unwrapped(
        &self,
        sealed: &SecretBytes,
        work: &mut Work<'_>,
    ) -> Result<SecretBytes, StepEnd> {
        let header = read_header(sealed.reveal()).map_err(caught)?;
        let first = header.keys.first();
        let Some((key, arn)) = first.and_then(|key| Some((key, key.kms_key()?))) else {
            return Err(StepEnd::Caught(
                "Provider: the header names no KMS key for the data key".to_owned(),
            ));
        };
        let request = data_keys::decrypt_request(arn, &key.ciphertext, &header.context, &[]);
        work.send(request, self.principal.as_deref()).await?;
        let plaintext = work.came.outcome.as_ref().and_then(data_keys::plaintext);
        let missing = || StepEnd::Caught("The response of Decrypt has no Plaintext.".into());
        plaintext.cloned().ok_or_else(missing)
    }
}
