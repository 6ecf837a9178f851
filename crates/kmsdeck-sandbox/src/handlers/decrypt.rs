//! Decrypt: of ciphertexts of symmetric and RSA keys.

use kmsdeck_policy::{EncryptionContext, RequestContext};

use crate::attestation::{Document, Recipient};
use crate::call::{Aliases, Call, Intent};
use crate::crypto::Header;
use crate::found::Found;
use crate::handlers::generate_data_key::check_context;
use crate::keypair;
use crate::secret::Secret;
use crate::spec::{ENCRYPTION_ALGORITHMS, KeySpec, KeyUsage};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let dry_run = params.flag("DryRun");
    let ignore_ciphertext = params
        .choices("DryRunModifiers", &["IGNORE_CIPHERTEXT"])
        .is_some_and(|modifiers| !modifiers.is_empty());
    let key_id = params.text("KeyId", 1..=2048);
    if !ignore_ciphertext {
        params.require("CiphertextBlob");
    }
    let blob = params.blob("CiphertextBlob", 1..=6144).unwrap_or_default();
    let context = params.map("EncryptionContext");
    let tokens = params.grant_tokens();
    let algorithm = params
        .choice("EncryptionAlgorithm", ENCRYPTION_ALGORITHMS)
        .unwrap_or("SYMMETRIC_DEFAULT");
    let document = Document::read(params);
    params.check()?;
    let recipient = document.map(Document::verify).transpose()?;
    let recipient = recipient.as_ref();
    check_context(&context)?;
    check_modifiers(ignore_ciphertext, dry_run, key_id.as_deref(), "KeyId")?;

    let source = Source {
        action: "Decrypt",
        blob: (!ignore_ciphertext).then_some(&blob[..]),
        key_id: key_id.as_deref(),
        context: &context,
        tokens: &tokens,
        algorithm,
    };
    let found = source.check(call, Recipient::context(recipient))?;
    if dry_run && !ignore_ciphertext {
        // A dry run gives the error that the call would give.
        source.open(&found)?;
    }
    call.check_dry_run(dry_run)?;
    let (plaintext, material_id) = source.open(&found)?;
    let reply = Reply::new().set("KeyId", found.arn.as_str());
    let reply = Recipient::told(recipient, reply, "Plaintext", &plaintext)?;
    call.note_use(&found);
    Ok(reply
        .set("EncryptionAlgorithm", algorithm)
        .opt("KeyMaterialId", material_id.filter(|_| recipient.is_none())))
}

/// IGNORE_CIPHERTEXT goes with DryRun, and then the key must be named.
pub(super) fn check_modifiers(
    ignore_ciphertext: bool,
    dry_run: bool,
    key_id: Option<&str>,
    member: &str,
) -> ApiResult<()> {
    if ignore_ciphertext && !dry_run {
        return Err(ApiError::validation(
            "DryRunModifiers can only be specified when DryRun is true.",
        ));
    }
    if ignore_ciphertext && key_id.is_none() {
        return Err(ApiError::validation(format!(
            "{member} is required when DryRunModifiers contains IGNORE_CIPHERTEXT."
        )));
    }
    Ok(())
}

/// A ciphertext to be opened: by Decrypt, and as ReEncrypt's source.
pub(super) struct Source<'a> {
    pub action: &'static str,
    /// None: only the permission is asked for.
    pub blob: Option<&'a [u8]>,
    pub key_id: Option<&'a str>,
    pub context: &'a EncryptionContext,
    pub tokens: &'a [String],
    pub algorithm: &'static str,
}

impl Source<'_> {
    fn is_symmetric(&self) -> bool {
        self.algorithm == "SYMMETRIC_DEFAULT"
    }

    fn header(&self) -> Option<Option<Header<'_>>> {
        match self.blob {
            Some(blob) if self.is_symmetric() => Some(Header::parse(blob)),
            _ => None,
        }
    }

    /// The key that the request names, else the one that the ciphertext names.
    pub(super) fn find(&self, call: &Call<'_>) -> ApiResult<Found> {
        match (self.key_id, self.header()) {
            (Some(key_id), _) => call.find(key_id, Aliases::Taken),
            (None, Some(Some(header))) => call.find_by_header(&header),
            (None, Some(None)) => Err(ApiError::bare("InvalidCiphertextException")),
            (None, None) => Err(ApiError::validation(
                "KeyId is required for asymmetric ciphertexts.",
            )),
        }
    }

    /// Existence, authorization, state and usage.
    pub(super) fn check(
        &self,
        call: &Call<'_>,
        request_context: RequestContext,
    ) -> ApiResult<Found> {
        let found = self.find(call)?;
        let mut intent = Intent {
            action: self.action,
            tokens: self.tokens,
            context: self.is_symmetric().then_some(self.context),
            request_context,
        };
        intent
            .request_context
            .set("kms:EncryptionAlgorithm", self.algorithm);
        call.authorize(&found, &intent)?;
        call.check_state(&found)?;
        if found.key.usage != KeyUsage::EncryptDecrypt {
            // Decrypt tells a key that cannot have made the ciphertext so.
            return Err(match self.blob {
                Some(_) => incorrect_key(),
                None => call
                    .check_usage(&found, KeyUsage::EncryptDecrypt)
                    .err()
                    .unwrap_or_else(incorrect_key),
            });
        }
        call.check_algorithm(&found, self.algorithm, KeySpec::encryption_algorithms)?;
        if !self.is_symmetric() && !self.context.is_empty() {
            return Err(ApiError::validation(
                "EncryptionContext is not supported with asymmetric encryption algorithms.",
            ));
        }
        call.check_fault(&found)?;
        if let Some(header) = self.header() {
            let header = header.ok_or_else(|| ApiError::bare("InvalidCiphertextException"))?;
            let same =
                *header.key_id == *found.key.id && *header.account == *found.key.home.account;
            if !same {
                return Err(incorrect_key());
            }
        }
        Ok(found)
    }

    /// The plaintext, and the KeyMaterialId of a symmetric ciphertext.
    pub(super) fn open(&self, found: &Found) -> ApiResult<(Secret, Option<String>)> {
        let invalid = || ApiError::bare("InvalidCiphertextException");
        let blob = self.blob.ok_or_else(invalid)?;
        let key = &found.key;
        if !self.is_symmetric() {
            let material = key.current().ok_or_else(ApiError::internal)?;
            let private = material.secret(key.spec)?;
            return Ok((keypair::rsa_decrypt(private, self.algorithm, blob)?, None));
        }
        let header = Header::parse(blob).ok_or_else(invalid)?;
        let material = key
            .materials
            .iter()
            .find(|material| header.is_of(&material.id(&key.id)))
            .ok_or_else(invalid)?;
        let plaintext = header.open(material.secret(key.spec)?, self.context)?;
        Ok((plaintext, Some(material.id(&key.id))))
    }
}

fn incorrect_key() -> ApiError {
    ApiError::new(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
}
