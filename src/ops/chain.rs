//! What can be done next with an outcome: its CiphertextBlob decrypted, its Signature verified.
//! The values go over with it, so that nothing is typed twice.

use super::decapsulate::DECAPSULATE;
use super::decapsulate::SHARED_SECRET_CIPHERTEXT_BLOB;
use super::decrypt::DECRYPT;
use super::fields::{
    CIPHERTEXT_BLOB, DESTINATION_ENCRYPTION_CONTEXT, ENCAPSULATION_ALGORITHM, ENCRYPTION_ALGORITHM,
    ENCRYPTION_CONTEXT, GRANT_ID, GRANT_TOKEN, KEY_ID, MAC_ALGORITHM, MESSAGE, MESSAGE_TYPE,
    SIGNING_ALGORITHM, SOURCE_ENCRYPTION_CONTEXT,
};
use super::op_spec::OpSpec;
use super::re_encrypt::RE_ENCRYPT;
use super::re_encrypt::{SOURCE_ENCRYPTION_ALGORITHM, SOURCE_KEY_ID};
use super::retire_grant::RETIRE_GRANT;
use super::revoke_grant::REVOKE_GRANT;
use super::verify::SIGNATURE;
use super::verify::VERIFY;
use super::verify_mac::MAC;
use super::verify_mac::VERIFY_MAC;
use crate::kms::{Blob, Field, Outcome, Request, ResponseValue, Value};

/// A request that an outcome leads to: to be looked over in its form, not sent as it is.
pub struct Next {
    pub spec: &'static OpSpec,
    pub request: Request,
}

/// What an outcome leads to. Empty for an error, and for what nothing can be done with.
pub fn next(outcome: &Outcome) -> Vec<Next> {
    let Ok(fields) = &outcome.result else {
        return Vec::new();
    };
    let asked = &outcome.request;
    let text = |name: &str| match outcome.field(name).map(|field| &field.value) {
        Some(ResponseValue::Text(text)) => Some(Value::Text(text.clone())),
        _ => None,
    };
    let key = || text("KeyId").or_else(|| asked.get(&KEY_ID).cloned());
    let mut all = Vec::new();
    for field in fields {
        let blob = match &field.value {
            ResponseValue::Blob(bytes) => Some(Value::Blob(Blob::new(bytes.clone()))),
            _ => None,
        };
        match (field.name, blob) {
            ("CiphertextBlob" | "PrivateKeyCiphertextBlob", Some(blob)) => {
                // ReEncrypt's ciphertext is bound to the destination's context.
                let context = asked
                    .get(&ENCRYPTION_CONTEXT)
                    .or_else(|| asked.get(&DESTINATION_ENCRYPTION_CONTEXT));
                let algorithm = [
                    text("EncryptionAlgorithm"),
                    text("DestinationEncryptionAlgorithm"),
                ]
                .into_iter()
                .flatten()
                .find(|name| *name != Value::Text("SYMMETRIC_DEFAULT".into()));
                all.push(made(
                    &DECRYPT,
                    [
                        (&CIPHERTEXT_BLOB, Some(blob.clone())),
                        (&KEY_ID, key()),
                        (&ENCRYPTION_CONTEXT, context.cloned()),
                        (&ENCRYPTION_ALGORITHM, algorithm.clone()),
                    ],
                ));
                all.push(made(
                    &RE_ENCRYPT,
                    [
                        (&CIPHERTEXT_BLOB, Some(blob)),
                        (&SOURCE_KEY_ID, key()),
                        (&SOURCE_ENCRYPTION_CONTEXT, context.cloned()),
                        (&SOURCE_ENCRYPTION_ALGORITHM, algorithm),
                    ],
                ));
            }
            ("Signature", Some(blob)) => all.push(made(
                &VERIFY,
                [
                    (&KEY_ID, key()),
                    (&MESSAGE, asked.get(&MESSAGE).cloned()),
                    (&MESSAGE_TYPE, asked.get(&MESSAGE_TYPE).cloned()),
                    (&SIGNATURE, Some(blob)),
                    (&SIGNING_ALGORITHM, asked.get(&SIGNING_ALGORITHM).cloned()),
                ],
            )),
            ("Mac", Some(blob)) => all.push(made(
                &VERIFY_MAC,
                [
                    (&KEY_ID, key()),
                    (&MESSAGE, asked.get(&MESSAGE).cloned()),
                    (&MAC, Some(blob)),
                    (&MAC_ALGORITHM, asked.get(&MAC_ALGORITHM).cloned()),
                ],
            )),
            ("SharedSecretCiphertextBlob", Some(blob)) => all.push(made(
                &DECAPSULATE,
                [
                    (&KEY_ID, key()),
                    (&SHARED_SECRET_CIPHERTEXT_BLOB, Some(blob)),
                    (
                        &ENCAPSULATION_ALGORITHM,
                        asked.get(&ENCAPSULATION_ALGORITHM).cloned(),
                    ),
                ],
            )),
            ("GrantId", None) => {
                all.push(made(
                    &REVOKE_GRANT,
                    [(&KEY_ID, key()), (&GRANT_ID, text("GrantId"))],
                ));
                all.push(made(&RETIRE_GRANT, [(&GRANT_TOKEN, text("GrantToken"))]));
            }
            _ => {}
        }
    }
    all
}

fn made<const N: usize>(
    spec: &'static OpSpec,
    values: [(&'static Field, Option<Value>); N],
) -> Next {
    let mut request = Request::new(spec.id);
    for (field, value) in values {
        if let Some(value) = value {
            request.set(field, value);
        }
    }
    Next { spec, request }
}
