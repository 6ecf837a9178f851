//! The request that a cell's dry run sends: the least that KMS takes for the operation with the
//! key. What must stand for a message, a MAC or a ciphertext is made up.

use super::{Row, Variant};
use crate::kms::key::KeyMetadata;
use crate::kms::{Blob, FieldKind, Request, Value, key_id};
use crate::ops::OpSpec;
use crate::ops::fields::{DESTINATION_ENCRYPTION_CONTEXT, DRY_RUN, GRANT_TOKENS};

/// What stands for a message or a plaintext.
const MESSAGE: &[u8] = b"kmsdeck asks whether this would be allowed";
/// A GrantId of the right form that no grant has.
pub const NO_GRANT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Public keys for DeriveSharedSecret: the generator of each curve (SEC 2, SM2), as DER
/// SubjectPublicKeyInfo in hex. A point of the curve is all that KMS checks.
const PUBLIC_KEYS: [(&str, &str); 4] = [
    (
        "ECC_NIST_P256",
        "3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ),
    (
        "ECC_NIST_P384",
        "3076301006072a8648ce3d020106052b8104002203620004aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    ),
    (
        "ECC_NIST_P521",
        "30819b301006072a8648ce3d020106052b81040023038186000400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
    ),
    (
        "SM2",
        "3059301306072a8648ce3d020106082a811ccf5501822d0342000432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
    ),
];

/// What a cell asks beside its operation and key.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub variant: &'a Variant,
    pub grant_tokens: &'a [String],
    /// A grant of the key, for RetireGrant and RevokeGrant; without one they are asked about a
    /// grant that is not there.
    pub grant_id: Option<&'a str>,
    /// The principal that CreateGrant would name; the root of the key's account where none is known.
    pub caller: Option<&'a str>,
}

/// The request of a cell.
pub fn request(spec: &'static OpSpec, row: &Row, asking: Asking) -> Request {
    let mut request = fill(spec, row, asking.grant_id, asking.caller);
    if let Some(context) = row.context_field(spec) {
        let pairs = &asking.variant.pairs;
        if !pairs.is_empty() {
            request.set(context, Value::Pairs(pairs.clone()));
            if spec.has(&DESTINATION_ENCRYPTION_CONTEXT) {
                request.set(&DESTINATION_ENCRYPTION_CONTEXT, Value::Pairs(pairs.clone()));
            }
        }
    }
    if !asking.grant_tokens.is_empty() && spec.has(&GRANT_TOKENS) {
        request.set(&GRANT_TOKENS, Value::List(asking.grant_tokens.to_vec()));
    }
    request.with(&DRY_RUN, Value::Flag(true))
}

fn fill(spec: &'static OpSpec, row: &Row, grant_id: Option<&str>, caller: Option<&str>) -> Request {
    let mut request = Request::new(spec.id);
    let key = row.metadata.as_deref();
    for field in spec.fields {
        let value = match (field.name, field.kind) {
            // Without a GrantToken.
            ("GrantToken", _) => continue,
            (_, FieldKind::KeyId) => Value::Text(row.key.id.clone()),
            ("GrantId", _) => Value::Text(grant_id.unwrap_or(NO_GRANT).to_owned()),
            ("GranteePrincipal", _) => match caller.map(str::to_owned).or_else(|| root_of(row)) {
                Some(caller) => Value::Text(caller),
                None => continue,
            },
            ("Operations", _) => Value::List(vec!["DescribeKey".to_owned()]),
            ("DryRunModifiers", _) => Value::List(vec!["IGNORE_CIPHERTEXT".to_owned()]),
            ("KeySpec", _) => Value::Text("AES_256".to_owned()),
            ("KeyPairSpec", _) => Value::Text("ECC_NIST_P256".to_owned()),
            ("CiphertextBlob", _) => continue,
            ("PublicKey", _) => Value::Blob(Blob::new(public_key(key))),
            ("SharedSecretCiphertextBlob", _) => {
                Value::Blob(Blob::new(vec![0; ml_kem_ciphertext(key)]))
            }
            ("Signature", _) => Value::Blob(Blob::new(vec![0x30; 64])),
            ("Mac", _) => Value::Blob(Blob::new(vec![0; mac_length(key)])),
            (_, FieldKind::Blob { .. }) => Value::Blob(Blob::new(MESSAGE.to_vec())),
            (_, FieldKind::Algorithm { list, names }) => match algorithm(key, list, names) {
                // The default need not be said.
                Some("SYMMETRIC_DEFAULT") | None => continue,
                Some(name) => Value::Text(name.to_owned()),
            },
            _ => continue,
        };
        request.set(field, value);
    }
    request
}

/// The root of the key's account, as a principal.
fn root_of(row: &Row) -> Option<String> {
    let described = row.metadata.as_ref().and_then(|key| key.arn.as_deref());
    let arn = row.arn.as_deref().or(described).unwrap_or(&row.key.id);
    let account = key_id::account_of(arn)?;
    let partition = arn.split(':').nth(1)?;
    Some(format!("arn:{partition}:iam::{account}:root"))
}

/// The key's first algorithm; where that is not known, the first of all that the operation
/// demands.
fn algorithm<'a>(
    key: Option<&'a KeyMetadata>,
    list: &str,
    names: &'static [&'static str],
) -> Option<&'a str> {
    let own = key.and_then(|key| key.algorithms.iter().find(|(name, _)| *name == list));
    match own {
        Some((_, own)) => own.first().map(String::as_str),
        None if list == "EncryptionAlgorithms" => None,
        None => names.first().copied(),
    }
}

fn spec_of(key: Option<&KeyMetadata>) -> &str {
    key.and_then(|key| key.key_spec.as_deref())
        .unwrap_or_default()
}

fn public_key(key: Option<&KeyMetadata>) -> Vec<u8> {
    let spec = spec_of(key);
    let (_, hex) = PUBLIC_KEYS
        .iter()
        .find(|(name, _)| *name == spec)
        .unwrap_or(&PUBLIC_KEYS[0]);
    data_encoding::HEXLOWER
        .decode(hex.as_bytes())
        .unwrap_or_default()
}

/// FIPS 203, table 3.
fn ml_kem_ciphertext(key: Option<&KeyMetadata>) -> usize {
    match spec_of(key) {
        "ML_KEM_1024" => 1568,
        "ML_KEM_512" => 768,
        _ => 1088,
    }
}

fn mac_length(key: Option<&KeyMetadata>) -> usize {
    match spec_of(key) {
        "HMAC_224" => 28,
        "HMAC_384" => 48,
        "HMAC_512" => 64,
        _ => 32,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kms::KeyRef;
    use crate::matrix::operations;

    #[test]
    fn create_grant_names_nobody_of_an_account_that_is_not_known() {
        let named = |arn: Option<&str>| {
            let row = Row {
                key: KeyRef::new("cn-north-1", "alias/payments"),
                arn: arn.map(str::to_owned),
                name: "x".into(),
                aliases: Vec::new(),
                metadata: None,
            };
            let asking = Asking {
                variant: &Variant::new(Vec::new()),
                grant_tokens: &[],
                grant_id: None,
                caller: None,
            };
            let request = request(&crate::ops::CREATE_GRANT, &row, asking);
            let field = crate::ops::CREATE_GRANT.field("GranteePrincipal");
            request.text(field.expect("a field")).map(str::to_owned)
        };
        assert_eq!(named(None), None);
        let arn = "arn:aws-cn:kms:cn-north-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let root = "arn:aws-cn:iam::444455556666:root";
        assert_eq!(named(Some(arn)).as_deref(), Some(root));
    }

    #[test]
    fn every_cell_asks_what_the_operations_rules_allow() {
        for spec in ["SYMMETRIC_DEFAULT", "RSA_2048", "HMAC_384", "ML_KEM_512"] {
            let row = Row {
                key: KeyRef::new("us-east-1", "1234abcd-12ab-34cd-56ef-1234567890ab"),
                arn: None,
                name: "x".into(),
                aliases: Vec::new(),
                metadata: Some(Arc::new(KeyMetadata {
                    key_spec: Some(spec.into()),
                    ..KeyMetadata::default()
                })),
            };
            let context = Variant::new(vec![("tenant".into(), "acme".into())]);
            for spec in operations() {
                let asking = Asking {
                    variant: &context,
                    grant_tokens: &[],
                    grant_id: None,
                    caller: Some("arn:aws:iam::111122223333:root"),
                };
                let request = request(spec, &row, asking);
                assert_eq!(spec.validate(&request), [], "{}", spec.id);
                assert!(request.dry_run());
            }
        }
    }
}
