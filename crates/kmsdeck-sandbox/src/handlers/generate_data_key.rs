//! GenerateDataKey, and what it shares with GenerateDataKeyWithoutPlaintext.

use kmsdeck_policy::{EncryptionContext, RequestContext};

use crate::attestation::{Document, Recipient};
use crate::call::{Aliases, Call, Intent};
use crate::crypto::seal;
use crate::found::Found;
use crate::secret::{Secret, random};
use crate::spec::{KeySpec, KeyUsage};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let document = Document::read(params);
    let request = Request::read(params)?;
    let recipient = document.map(Document::verify).transpose()?;
    let recipient = recipient.as_ref();
    let (found, data_key, reply) = request.carry_out(call, recipient)?;
    let reply = Recipient::told(recipient, reply, "Plaintext", &data_key)?;
    call.note_use(&found);
    Ok(reply)
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
    pub(super) fn carry_out(
        &self,
        call: &Call<'_>,
        recipient: Option<&Recipient>,
    ) -> ApiResult<(Found, Secret, Reply)> {
        let found = call.find(&self.key_id, Aliases::Taken)?;
        let request_context = Recipient::context(recipient);
        authorize_symmetric(call, &found, &self.context, &self.tokens, request_context)?;
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
            .opt(
                "KeyMaterialId",
                recipient.is_none().then(|| material.id(&key.id)),
            );
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
    request_context: RequestContext,
) -> ApiResult<()> {
    let mut intent = Intent {
        action: call.operation,
        tokens,
        context: Some(context),
        request_context,
    };
    intent
        .request_context
        .set("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
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
