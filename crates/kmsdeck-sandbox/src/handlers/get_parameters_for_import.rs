//! GetParametersForImport: a wrapping key, and the token that goes with it for 24 hours.

use crate::call::{Call, Intent};
use crate::import_token::ImportToken;
use crate::imported::{WRAPPING_ALGORITHMS, WRAPPING_KEY_SPECS, can_wrap, check_external};
use crate::keypair;
use crate::spec::KeySpec;
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let algorithm = params.required_choice("WrappingAlgorithm", WRAPPING_ALGORITHMS);
    let wrapping_spec = params.required_choice("WrappingKeySpec", WRAPPING_KEY_SPECS);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "GetParametersForImport",
        ..Intent::default()
    };
    let context = &mut intent.request_context;
    context.set("kms:WrappingAlgorithm", algorithm);
    context.set("kms:WrappingKeySpec", wrapping_spec);
    call.authorize(&found, &intent)?;
    check_external(&found)?;
    states::check(&found, Rule::Manage)?;
    let spec = found.key.spec;
    let wrapping_key = KeySpec::from_name(wrapping_spec)
        .filter(|wrapping_key| can_wrap(spec, algorithm, *wrapping_key))
        .ok_or_else(|| {
            ApiError::validation(format!(
                "Wrapping algorithm {algorithm} and wrapping key spec {wrapping_spec} cannot be used to import a {} key.",
                spec.name()
            ))
        })?;
    let token = ImportToken {
        arn: found.arn.clone(),
        algorithm: algorithm.to_owned(),
        valid_to: call.now.days(1),
        private: keypair::generate(wrapping_key)?,
    };
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .blob("ImportToken", &call.sandbox.seal_import_token(&token)?)
        .blob(
            "PublicKey",
            &keypair::public_der(wrapping_key, &token.private)?,
        )
        .time("ParametersValidTo", token.valid_to))
}
