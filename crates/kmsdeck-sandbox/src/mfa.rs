//! Devices for a second factor: each user has one, and whoever reads this has its codes.
//!
//! A device's ARN is `arn:aws:iam::ACCOUNT:mfa/USER`. A code is six digits, the last of which is
//! the last digit of the sum of the others: `123455`, `000000`. Each is good once, as with a real
//! device.

use std::collections::{HashMap, HashSet};

use crate::identity::{Identity, Kind};

/// The ARN of a user's device; a session of a role has none.
pub(crate) fn device_of(identity: &Identity) -> Option<String> {
    match &identity.kind {
        Kind::User { name } => {
            let account = &identity.principal.account_id;
            Some(format!("arn:aws:iam::{account}:mfa/{name}"))
        }
        Kind::RoleSession { .. } => None,
    }
}

/// By the ARN of the device.
#[derive(Debug, Default)]
pub(crate) struct UsedCodes(HashMap<String, HashSet<String>>);

impl UsedCodes {
    /// Uses a code up; false where it is wrong, or used.
    pub(crate) fn take(&mut self, device: &str, code: &str) -> bool {
        let used = self.0.entry(device.to_owned()).or_default();
        is_right(code) && used.insert(code.to_owned())
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
