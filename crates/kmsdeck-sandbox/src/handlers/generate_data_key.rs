//! GenerateDataKey, and what it shares with GenerateDataKeyWithoutPlaintext.

use kmsdeck_policy::EncryptionContext;

use crate::call::{Aliases, Call, Intent};
use crate::crypto::seal;
use crate::found::Found;
use crate::secret::{Secret, random};
use crate::spec::{KeySpec, KeyUsage};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let has_recipient = read_recipient(params);
    let request = Request::read(params)?;
    refuse_recipient(has_recipient)?;
    let (found, data_key, reply) = request.carry_out(call)?;
    call.note_use(&found);
    Ok(reply.blob("Plaintext", &data_key))
}

/// Whether there is a `Recipient`.
pub(super) fn read_recipient(params: &mut Params) -> bool {
    let Some(mut recipient) = params.object("Recipient") else {
        return false;
    };
    recipient.choice("KeyEncryptionAlgorithm", &["RSAES_OAEP_SHA_256"]);
    recipient.blob("AttestationDocument", 1..=262_144);
    params.merge(recipient);
    true
}

/// An attestation document is signed by a Nitro enclave's hypervisor, under AWS's root.
pub(super) fn refuse_recipient(has_recipient: bool) -> ApiResult<()> {
    match has_recipient {
        true => Err(ApiError::validation(
            "The sandbox cannot check the attestation document in Recipient: it takes no Recipient.",
        )),
        false => Ok(()),
    }
}

pub(super) struct Request {
    key_id: String,
    length: usize,
    context: EncryptionContext,
    tokens: Vec<String>,
    dry_run: bool,
}

impl Request {
    /// The members that both operations have.
    pub(super) fn read(params: &mut Params) -> ApiResult<Request> {
        let key_id = params.key_id();
        let context = params.map("EncryptionContext");
        let bytes = params.number("NumberOfBytes", 1..=1024);
        let spec = params.choice("KeySpec", &["AES_256", "AES_128"]);
        let tokens = params.grant_tokens();
        let dry_run = params.flag("DryRun");
        params.check()?;
        check_context(&context)?;
        let length = match (spec, bytes) {
            (Some("AES_128"), None) => 16,
            (Some(_), None) => 32,
            (None, Some(bytes)) => bytes as usize,
            _ => {
                return Err(ApiError::validation(
                    "Please specify either number of bytes or key spec.",
                ));
            }
        };
        Ok(Request {
            key_id,
            length,
            context,
            tokens,
            dry_run,
        })
    }

    /// All checks, then a new data key: the plaintext, and the members of the
    /// response that do not show it.
    pub(super) fn carry_out(&self, call: &Call<'_>) -> ApiResult<(Found, Secret, Reply)> {
        let found = call.find(&self.key_id, Aliases::Taken)?;
        authorize_symmetric(call, &found, &self.context, &self.tokens, &[])?;
        call.check_dry_run(self.dry_run)?;
        let data_key = random(self.length)?;
        let material = call.current_material(&found)?;
        let key = &found.key;
        let blob = seal(
            &key.home.account,
            &key.id,
            &material,
            &self.context,
            &data_key,
        )?;
        let reply = Reply::new()
            .blob("CiphertextBlob", &blob)
            .set("KeyId", found.arn.as_str())
            .set("KeyMaterialId", key.material_id_of(&material));
        Ok((found, data_key, reply))
    }
}

/// Authorization, state and usage of the operations that make data keys
/// under a symmetric encryption key.
pub(super) fn authorize_symmetric(
    call: &Call<'_>,
    found: &Found,
    context: &EncryptionContext,
    tokens: &[String],
    condition_keys: &[(&str, &str)],
) -> ApiResult<()> {
    let mut intent = Intent {
        action: call.operation,
        tokens,
        context: Some(context),
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
    for (key, value) in condition_keys {
        intent.request_context.set(key, value);
    }
    call.authorize(found, &intent)?;
    call.check_use(found, KeyUsage::EncryptDecrypt)?;
    call.check_algorithm(found, "SYMMETRIC_DEFAULT", KeySpec::encryption_algorithms)
}

/// Keys and values together: 8,192 characters at most.
pub(super) fn check_context(context: &EncryptionContext) -> ApiResult<()> {
    let length: usize = context
        .iter()
        .map(|(key, value)| key.chars().count() + value.chars().count())
        .sum();
    if length > 8192 {
        return Err(ApiError::validation(
            "Encryption context is too long: keys and values together may have 8192 characters.",
        ));
    }
    Ok(())
}
