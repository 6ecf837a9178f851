//! Which keys an operation takes, by what DescribeKey tells of them.

/// The keys that an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRequirement {
    /// The operation is about no key.
    NoKey,
    Any,
    /// KeySpec SYMMETRIC_DEFAULT.
    SymmetricEncryption,
    /// Keys of this KeyUsage.
    Usage(&'static str),
    /// Key pairs.
    Asymmetric,
    /// Any key in one of these states.
    InState(&'static [&'static str]),
    /// The primary key of a multi-Region key, in one of these states.
    Primary(&'static [&'static str]),
    /// Symmetric encryption keys whose material KMS made.
    Rotating,
    /// Keys with Origin EXTERNAL, in one of these states.
    Imported(&'static [&'static str]),
}

/// Why an operation does not do for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It never will: what the operation needs.
    Kind(String),
    /// Not in the key's present state: the state.
    State(String),
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::kms::key::KeyMetadata;

    fn key(spec: &str, usage: &str, state: &str) -> KeyMetadata {
        KeyMetadata {
            key_spec: Some(spec.into()),
            key_usage: Some(usage.into()),
            key_state: Some(state.into()),
            ..KeyMetadata::default()
        }
    }

    fn fitting(key: &KeyMetadata) -> Vec<&'static str> {
        OPS.iter()
            .filter(|spec| {
                !matches!(
                    spec.key,
                    KeyRequirement::NoKey
                        | KeyRequirement::InState(_)
                        | KeyRequirement::Primary(_)
                        | KeyRequirement::Rotating
                        | KeyRequirement::Imported(_)
                )
            })
            .filter(|spec| spec.misfit(key).is_none())
            .map(|spec| spec.id.0)
            .collect()
    }

    #[test]
    fn each_kind_of_key_has_its_operations() {
        assert_eq!(
            fitting(&key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "Enabled")).len(),
            12
        );
        assert_eq!(
            fitting(&key("ECC_NIST_P256", "SIGN_VERIFY", "Enabled")),
            [
                "Sign",
                "Verify",
                "GetPublicKey",
                "CreateGrant",
                "RetireGrant",
                "RevokeGrant",
                "DeleteAlias",
                "PutKeyPolicy"
            ]
        );
        assert_eq!(
            fitting(&key("HMAC_256", "GENERATE_VERIFY_MAC", "Enabled")),
            [
                "GenerateMac",
                "VerifyMac",
                "CreateGrant",
                "RetireGrant",
                "RevokeGrant",
                "DeleteAlias",
                "PutKeyPolicy"
            ]
        );
        assert_eq!(
            fitting(&key("HMAC_256", "GENERATE_VERIFY_MAC", "PendingDeletion")),
            ["RetireGrant", "RevokeGrant", "DeleteAlias", "PutKeyPolicy"]
        );
    }

    #[test]
    fn where_no_alias_is_taken_the_rules_say_so() {
        use super::super::fields::{GRANT_ID, KEY_ID};
        use crate::kms::{Request, Value};
        for spec in OPS.iter().filter(|spec| spec.has(&KEY_ID)) {
            let request = Request::new(spec.id)
                .with(&KEY_ID, Value::Text("alias/x".into()))
                .with(&GRANT_ID, Value::Text("x".into()));
            let errors = (spec.rules)(&request);
            let refused = errors.iter().any(|error| error.rule.contains("no alias"));
            assert_eq!(refused, !spec.takes_alias(), "{}", spec.id);
        }
    }

    #[test]
    fn what_is_not_known_of_a_key_rules_nothing_out() {
        assert!(
            OPS.iter()
                .all(|spec| spec.misfit(&KeyMetadata::default()).is_none())
        );
    }
}
