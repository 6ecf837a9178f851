//! GenerateMac, and what it shares with VerifyMac.

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::call::{Aliases, Call, Intent};
use crate::found::Found;
use crate::spec::{KeySpec, KeyUsage};
use crate::wire::{ApiResult, Params, Reply};

/// In the order in which AWS names them.
const MAC_ALGORITHMS: &[&str] = &[
    "HMAC_SHA_384",
    "HMAC_SHA_256",
    "HMAC_SHA_224",
    "HMAC_SHA_512",
];

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let request = Request::read(params);
    params.check()?;
    let found = request.check(call)?;
    call.check_dry_run(request.dry_run)?;
    let tag = hmac::sign(&request.key(call, &found)?, &request.message);
    call.note_use(&found);
    Ok(Reply::new()
        .blob("Mac", tag.as_ref())
        .set("MacAlgorithm", request.algorithm)
        .set("KeyId", found.arn.as_str()))
}

pub(super) struct Request {
    key_id: String,
    pub message: Zeroizing<Vec<u8>>,
    pub algorithm: &'static str,
    tokens: Vec<String>,
    pub dry_run: bool,
}

impl Request {
    pub(super) fn read(params: &mut Params) -> Request {
        Request {
            message: params.required_blob("Message", 1..=4096),
            key_id: params.key_id(),
            algorithm: params.required_choice("MacAlgorithm", MAC_ALGORITHMS),
            tokens: params.grant_tokens(),
            dry_run: params.flag("DryRun"),
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
            .set("kms:MacAlgorithm", self.algorithm);
        call.authorize(&found, &intent)?;
        call.check_use(&found, KeyUsage::GenerateVerifyMac)?;
        call.check_algorithm(&found, self.algorithm, KeySpec::mac_algorithms)?;
        Ok(found)
    }

    pub(super) fn key(&self, call: &Call<'_>, found: &Found) -> ApiResult<hmac::Key> {
        let algorithm = match self.algorithm {
            "HMAC_SHA_224" => hmac::HMAC_SHA224,
            "HMAC_SHA_256" => hmac::HMAC_SHA256,
            "HMAC_SHA_384" => hmac::HMAC_SHA384,
            _ => hmac::HMAC_SHA512,
        };
        let material = call.current_material(found)?;
        Ok(hmac::Key::new(algorithm, material.secret(found.key.spec)?))
    }
}
