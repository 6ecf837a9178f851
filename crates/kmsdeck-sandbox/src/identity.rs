//! Who may ask: the principals of the sandbox.

use std::fmt;

use kmsdeck_policy::PolicyDocument;

/// Whether a name has the form of a Region's: `us-east-1`, `us-gov-west-1`.
pub(crate) fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2
                && words.iter().all(is_word)
                && (1..=2).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// A principal of the sandbox. Its credentials are made up, and good for
/// nothing but the sandbox.
#[derive(Clone)]
pub struct Principal {
    /// The name by which the user chooses it, unique in the sandbox.
    pub name: String,
    /// Of the IAM user that it is.
    pub arn: String,
    /// 12 digits.
    pub account_id: String,
    /// Half of its credentials.
    pub access_key_id: String,
    /// The other half.
    pub secret_access_key: String,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("name", &self.name)
            .field("arn", &self.arn)
            .field("account_id", &self.account_id)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"** redacted **")
            .finish()
    }
}

/// A principal with what only the service knows of it.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) principal: Principal,
    pub(crate) user: String,
    pub(crate) policies: Vec<PolicyDocument>,
}

impl Identity {
    /// The unique ID of an IAM user: `AIDA` and more.
    pub(crate) fn user_id(&self) -> String {
        let tail: String = self
            .principal
            .access_key_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        format!("AIDA{tail}")
    }
}
