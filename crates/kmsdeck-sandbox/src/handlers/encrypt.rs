//! Encrypt: up to 4,096 bytes under a symmetric key, less under an RSA key.

use kmsdeck_policy::{EncryptionContext, RequestContext};

use crate::call::{Aliases, Call, Intent};
use crate::crypto::seal;
use crate::found::Found;
use crate::handlers::generate_data_key::check_context;
use crate::keypair;
use crate::spec::{ENCRYPTION_ALGORITHMS, KeySpec, KeyUsage};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let plaintext = params.required_blob("Plaintext", 1..=4096);
    let context = params.map("EncryptionContext");
    let tokens = params.grant_tokens();
    let algorithm = params
        .choice("EncryptionAlgorithm", ENCRYPTION_ALGORITHMS)
        .unwrap_or("SYMMETRIC_DEFAULT");
    let dry_run = params.flag("DryRun");
    params.check()?;
    check_context(&context)?;
    let destination = Destination {
        action: "Encrypt",
        context: &context,
        tokens: &tokens,
        algorithm,
    };
    let found = call.find(&key_id, Aliases::Taken)?;
    destination.check(call, &found, RequestContext::default())?;
    destination.check_length(&found, plaintext.len())?;
    call.check_dry_run(dry_run)?;
    let (blob, _) = destination.seal(call, &found, &plaintext)?;
    call.note_use(&found);
    Ok(Reply::new()
        .blob("CiphertextBlob", &blob)
        .set("KeyId", found.arn.as_str())
        .set("EncryptionAlgorithm", algorithm))
}

/// Where a plaintext is to be encrypted: by Encrypt, and as ReEncrypt's target.
pub(super) struct Destination<'a> {
    pub action: &'static str,
    pub context: &'a EncryptionContext,
    pub tokens: &'a [String],
    pub algorithm: &'static str,
}

impl Destination<'_> {
    pub(super) fn check(
        &self,
        call: &Call<'_>,
        found: &Found,
        request_context: RequestContext,
    ) -> ApiResult<()> {
        let symmetric = self.algorithm == "SYMMETRIC_DEFAULT";
        let mut intent = Intent {
            action: self.action,
            tokens: self.tokens,
            context: symmetric.then_some(self.context),
            request_context,
        };
        intent
            .request_context
            .set("kms:EncryptionAlgorithm", self.algorithm);
        call.authorize(found, &intent)?;
        call.check_use(found, KeyUsage::EncryptDecrypt)?;
        call.check_algorithm(found, self.algorithm, KeySpec::encryption_algorithms)?;
        if !symmetric && !self.context.is_empty() {
            return Err(ApiError::validation(
                "EncryptionContext is not supported with asymmetric encryption algorithms.",
            ));
        }
        Ok(())
    }

    pub(super) fn check_length(&self, found: &Found, length: usize) -> ApiResult<()> {
        let spec = found.key.spec;
        match keypair::max_plaintext(spec, self.algorithm) {
            Some(most) if length > most => Err(ApiError::validation(format!(
                "Algorithm {} and key spec {} cannot encrypt data larger than {most} bytes.",
                self.algorithm,
                spec.name()
            ))),
            _ => Ok(()),
        }
    }

    /// The ciphertext, and the KeyMaterialId of a symmetric key.
    pub(super) fn seal(
        &self,
        call: &Call<'_>,
        found: &Found,
        plaintext: &[u8],
    ) -> ApiResult<(Vec<u8>, Option<String>)> {
        let key = &found.key;
        let material = call.current_material(found)?;
        if !key.spec.is_symmetric_encryption() {
            let private = material.secret(key.spec)?;
            let blob = keypair::rsa_encrypt(private, self.algorithm, plaintext)?;
            return Ok((blob, None));
        }
        let account = &key.home.account;
        let blob = seal(account, &key.id, &material, self.context, plaintext)?;
        Ok((blob, Some(material.id(&key.id))))
    }
}
