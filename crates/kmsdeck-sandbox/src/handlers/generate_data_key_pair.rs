//! GenerateDataKeyPair, and what it shares with its twin without plaintext.

use kmsdeck_policy::EncryptionContext;

use crate::attestation::{Document, Recipient};
use crate::call::{Aliases, Call};
use crate::crypto::seal;
use crate::found::Found;
use crate::handlers::generate_data_key::{authorize_symmetric, check_context};
use crate::keypair;
use crate::secret::Secret;
use crate::spec::{KeySpec, Origin};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) const PAIR_SPECS: &[&str] = &[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SM2",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
];

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let document = Document::read(params);
    let request = Request::read(params)?;
    let recipient = document.map(Document::verify).transpose()?;
    let recipient = recipient.as_ref();
    let (found, private, reply) = request.carry_out(call, recipient)?;
    let reply = Recipient::told(recipient, reply, "PrivateKeyPlaintext", &private)?;
    call.note_use(&found);
    Ok(reply)
}

pub(super) struct Request {
    key_id: String,
    spec: KeySpec,
    context: EncryptionContext,
    tokens: Vec<String>,
    dry_run: bool,
}

impl Request {
    pub(super) fn read(params: &mut Params) -> ApiResult<Request> {
        let context = params.map("EncryptionContext");
        let key_id = params.key_id();
        let spec = params.required_choice("KeyPairSpec", PAIR_SPECS);
        let tokens = params.grant_tokens();
        let dry_run = params.flag("DryRun");
        params.check()?;
        check_context(&context)?;
        // SM2 exists in the China Regions only.
        let spec = KeySpec::from_name(spec)
            .filter(|spec| *spec != KeySpec::Sm2)
            .ok_or_else(|| {
                ApiError::new(
                    "UnsupportedOperationException",
                    format!("{spec} is not supported in this Region."),
                )
            })?;
        Ok(Request {
            key_id,
            spec,
            context,
            tokens,
            dry_run,
        })
    }

    pub(super) fn carry_out(
        &self,
        call: &Call<'_>,
        recipient: Option<&Recipient>,
    ) -> ApiResult<(Found, Secret, Reply)> {
        let found = call.find(&self.key_id, Aliases::Taken)?;
        let mut request_context = Recipient::context(recipient);
        request_context.set("kms:DataKeyPairSpec", self.spec.name());
        authorize_symmetric(call, &found, &self.context, &self.tokens, request_context)?;
        let key = &found.key;
        if matches!(key.origin, Origin::CloudHsm | Origin::ExternalKeyStore) {
            return Err(ApiError::new(
                "UnsupportedOperationException",
                format!(
                    "{} origin is {} which is not valid for this operation.",
                    found.arn,
                    key.origin.name()
                ),
            ));
        }
        call.check_dry_run(self.dry_run)?;
        let pair = keypair::generate(self.spec)?;
        let private = keypair::private_der(self.spec, &pair);
        let material = call.current_material(&found)?;
        let blob = seal(
            &key.home.account,
            &key.id,
            &material,
            &self.context,
            &private,
        )?;
        let reply = Reply::new()
            .blob("PrivateKeyCiphertextBlob", &blob)
            .blob("PublicKey", &keypair::public_der(self.spec, &pair)?)
            .set("KeyId", found.arn.as_str())
            .set("KeyPairSpec", self.spec.name())
            .opt(
                "KeyMaterialId",
                recipient.is_none().then(|| material.id(&key.id)),
            );
        Ok((found, private, reply))
    }
}
