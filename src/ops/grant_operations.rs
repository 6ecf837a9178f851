//! Which operations a grant can allow on a key.

use aws_sdk_kms::types::GrantOperation;

use super::key_requirement::Misfit;
use super::table::OPS;
use crate::kms::key::KeyMetadata;

/// Those of a grant's operations that the key can do; None where its kind is not known (API
/// reference, CreateGrant, `Operations`).
pub fn operations_for(key: &KeyMetadata) -> Option<Vec<String>> {
    let is_kind = |id: &str| {
        // A grant has the two ends of ReEncrypt apart.
        let id = if id.starts_with("ReEncrypt") {
            "ReEncrypt"
        } else {
            id
        };
        match OPS.iter().find(|spec| spec.id.0 == id) {
            Some(spec) => !matches!(spec.misfit(key), Some(Misfit::Kind(_))),
            None => true,
        }
    };
    key.key_spec.as_ref()?;
    let names = GrantOperation::values().iter();
    Some(
        names
            .filter(|name| is_kind(name))
            .map(|name| (*name).to_owned())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_for_what_the_key_can_do() {
        let of = |spec: &str, usage: &str| {
            operations_for(&KeyMetadata {
                key_spec: Some(spec.into()),
                key_usage: Some(usage.into()),
                ..KeyMetadata::default()
            })
            .unwrap()
            .join(" ")
        };
        assert_eq!(
            of("ECC_NIST_P256", "SIGN_VERIFY"),
            "CreateGrant DescribeKey GetPublicKey RetireGrant Sign Verify"
        );
        assert_eq!(
            of("HMAC_256", "GENERATE_VERIFY_MAC"),
            "CreateGrant DescribeKey GenerateMac RetireGrant VerifyMac"
        );
        let symmetric = of("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        for name in [
            "Decrypt",
            "ReEncryptFrom",
            "ReEncryptTo",
            "GenerateDataKeyPair",
        ] {
            assert!(symmetric.split(' ').any(|one| one == name), "{symmetric}");
        }
        assert!(!symmetric.contains("Sign") && !symmetric.contains("GetPublicKey"));
        assert_eq!(operations_for(&KeyMetadata::default()), None);
    }
}
