//! `seal`: encrypts a box's bytes under a data key, as an envelope that holds the encrypted data
//! key. Nothing is sent but DescribeKey, for the key's ARN.

use super::kind_spec::KindSpec;
use crate::kms::SecretBytes;
use crate::kms::encryption_context::Pair;
use crate::kms::text::counted;
use crate::lessons::parts::StepEnd;
use crate::lessons::work::{Work, caught, refused};
use kmsdeck_envelope::{self as envelope, DataKey, EncryptedDataKey, Plan};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealStep {
    from: usize,
    /// The box with the plaintext data key.
    under: usize,
    /// The box with the encrypted data key.
    key: usize,
    context: Vec<Pair>,
    put: usize,
}

pub(super) const KIND: KindSpec<SealStep> = KindSpec {
    name: "seal",
    with: &["under", "key", "context", "put"],
    read: |reader, table| SealStep {
        from: reader.box_named_by(table, "seal"),
        under: reader.box_named_by(table, "under"),
        key: reader.box_named_by(table, "key"),
        context: reader.pairs_of(table.get("context")),
        put: reader.box_named_by(table, "put"),
    },
};

impl SealStep {
    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        let plaintext = work.bytes(self.from)?;
        let data_key = work.bytes(self.under)?;
        let encrypted = work.bytes(self.key)?;
        let arn = work.world.key_arn().await.map_err(refused)?;
        let encrypted = EncryptedDataKey::by_kms(arn, encrypted.reveal().to_vec());
        let plan = Plan::new(self.context.clone(), encrypted);
        let sealed = DataKey::new(data_key.reveal())
            .and_then(|data_key| envelope::encrypt_bytes(&data_key, &plan, plaintext.reveal()))
            .map_err(caught)?;
        let length = sealed.len();
        work.put(self.put, SecretBytes::new(sealed));
        work.note(format!(
            "Encrypted here, with no call: {} became {}.",
            counted(plaintext.len(), "byte"),
            counted(length, "byte")
        ));
        Ok(())
    }
}
