//! Sign, and what it shares with Verify.

use zeroize::Zeroizing;

use crate::call::{Aliases, Call, Found, Intent};
use crate::keypair::{self, Message};
use crate::spec::{KeySpec, KeyUsage};
use crate::wire::{ApiResult, Params, Reply};

const SIGNING_ALGORITHMS: &[&str] = &[
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "SM2DSA",
    "ML_DSA_SHAKE_256",
    "ED25519_SHA_512",
    "ED25519_PH_SHA_512",
];

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let request = Request::read(params);
    params.check()?;
    let found = request.check(call)?;
    call.check_dry_run(request.dry_run)?;
    let material = call.current_material(&found)?;
    let spec = found.key.spec;
    let signature = keypair::sign(
        spec,
        material.secret(spec)?,
        request.algorithm,
        request.message(),
    )?;
    call.note_use(&found);
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("Signature", &signature)
        .set("SigningAlgorithm", request.algorithm))
}

pub(super) struct Request {
    key_id: String,
    bytes: Zeroizing<Vec<u8>>,
    kind: &'static str,
    tokens: Vec<String>,
    pub algorithm: &'static str,
    pub dry_run: bool,
}

impl Request {
    /// The members of both; the caller checks the parameters.
    pub(super) fn read(params: &mut Params) -> Request {
        Request {
            key_id: params.key_id(),
            bytes: params.required_blob("Message", 1..=4096),
            kind: params
                .choice("MessageType", &["RAW", "DIGEST", "EXTERNAL_MU"])
                .unwrap_or("RAW"),
            tokens: params.grant_tokens(),
            algorithm: params.required_choice("SigningAlgorithm", SIGNING_ALGORITHMS),
            dry_run: params.flag("DryRun"),
        }
    }

    pub(super) fn message(&self) -> Message<'_> {
        match self.kind {
            "DIGEST" => Message::Digest(&self.bytes),
            "EXTERNAL_MU" => Message::ExternalMu,
            _ => Message::Raw(&self.bytes),
        }
    }

    pub(super) fn check(&self, call: &Call<'_>) -> ApiResult<Found> {
        let found = call.find(&self.key_id, Aliases::Taken)?;
        let mut intent = Intent {
            action: call.operation,
            tokens: &self.tokens,
            ..Intent::default()
        };
        intent
            .request_context
            .set("kms:SigningAlgorithm", self.algorithm);
        intent.request_context.set("kms:MessageType", self.kind);
        call.authorize(&found, &intent)?;
        call.check_use(&found, KeyUsage::SignVerify)?;
        call.check_algorithm(&found, self.algorithm, KeySpec::signing_algorithms)?;
        keypair::check_message(self.algorithm, self.message())?;
        Ok(found)
    }
}
