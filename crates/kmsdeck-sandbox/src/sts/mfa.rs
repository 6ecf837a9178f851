//! A device for a second factor: each user has one, and whoever reads this has its codes.
//!
//! Its ARN is `arn:aws:iam::ACCOUNT:mfa/USER`. A code is six digits, the last of which is the last
//! digit of the sum of the others: `123455`, `000000`. Each is good once, as with a real device.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use super::{StsCall, access_denied};
use crate::identity::Kind;
use crate::wire::{ApiResult, Millis, Params};

/// By the ARN of the device.
#[derive(Debug, Default)]
pub(crate) struct UsedCodes(HashMap<String, HashSet<String>>);

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
        let device = match &call.identity.kind {
            Kind::User { name } => Some(format!(
                "arn:aws:iam::{}:mfa/{name}",
                call.identity.principal.account_id
            )),
            Kind::RoleSession { .. } => None,
        };
        if device.as_ref() != Some(serial_number) {
            return Err(access_denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify \
                 your MFA serial number is valid and associated with this user.",
            ));
        }
        let mut used = call
            .sandbox
            .mfa
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let used = used.0.entry(serial_number.clone()).or_default();
        if !is_right(code) || !used.insert(code.clone()) {
            return Err(access_denied(
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            ));
        }
        Ok(Some(call.now))
    }
}

fn is_right(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    match digits.split_last() {
        Some((last, others)) => others.len() == 5 && others.iter().sum::<u32>() % 10 == *last,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_is_that_of_the_sum() {
        for (code, right) in [
            ("123455", true),
            ("000000", true),
            ("999995", true),
            ("123456", false),
            ("12345", false),
            ("", false),
        ] {
            assert_eq!(is_right(code), right, "{code}");
        }
    }
}
