//! A second factor in a request.

use std::sync::PoisonError;

use super::call::StsCall;
use super::error::access_denied;
use crate::mfa;
use crate::wire::{ApiResult, Millis, Params};

/// What a request has of it; [`Proof::check`] comes after [`Params::check`].
pub(super) struct Proof {
    serial_number: Option<String>,
    token_code: Option<String>,
}

impl Proof {
    pub(super) fn read(params: &mut Params) -> Proof {
        Proof {
            serial_number: params.pattern("SerialNumber", 9..=256, "[\\w+=/:,.@-]*", |c| {
                c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c)
            }),
            token_code: params.pattern("TokenCode", 6..=6, "[\\d]*", |c| c.is_ascii_digit()),
        }
    }

    /// When the code was given, which uses it up; none where the request has none.
    pub(super) fn check(&self, call: &StsCall<'_>) -> ApiResult<Option<Millis>> {
        let (serial_number, code) = match (&self.serial_number, &self.token_code) {
            (None, None) => return Ok(None),
            (Some(serial_number), Some(code)) => (serial_number, code),
            _ => {
                return Err(access_denied(
                    "MultiFactorAuthentication failed, must provide both MFA serial number and \
                     one time pass code.",
                ));
            }
        };
        if mfa::device_of(call.identity).as_ref() != Some(serial_number) {
            return Err(access_denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify \
                 your MFA serial number is valid and associated with this user.",
            ));
        }
        let used = call.sandbox.mfa.lock();
        let mut used = used.unwrap_or_else(PoisonError::into_inner);
        match used.take(serial_number, code) {
            true => Ok(Some(call.now)),
            false => Err(access_denied(
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            )),
        }
    }
}
