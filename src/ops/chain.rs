//! What can be done next with an outcome: its CiphertextBlob decrypted, its Signature verified.
//! The values go over with it, so that nothing is typed twice.

use super::{
    DECAPSULATE, DECRYPT, OpSpec, RE_ENCRYPT, RETIRE_GRANT, REVOKE_GRANT, VERIFY, VERIFY_MAC,
};
use crate::kms::{Blob, Outcome, Request, ResponseValue, Value};

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
    let key = || text("KeyId").or_else(|| asked.get("KeyId").cloned());
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
                    .get("EncryptionContext")
                    .or_else(|| asked.get("DestinationEncryptionContext"));
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
                        ("CiphertextBlob", Some(blob.clone())),
                        ("KeyId", key()),
                        ("EncryptionContext", context.cloned()),
                        ("EncryptionAlgorithm", algorithm.clone()),
                    ],
                ));
                all.push(made(
                    &RE_ENCRYPT,
                    [
                        ("CiphertextBlob", Some(blob)),
                        ("SourceKeyId", key()),
                        ("SourceEncryptionContext", context.cloned()),
                        ("SourceEncryptionAlgorithm", algorithm),
                    ],
                ));
            }
            ("Signature", Some(blob)) => all.push(made(
                &VERIFY,
                [
                    ("KeyId", key()),
                    ("Message", asked.get("Message").cloned()),
                    ("MessageType", asked.get("MessageType").cloned()),
                    ("Signature", Some(blob)),
                    ("SigningAlgorithm", asked.get("SigningAlgorithm").cloned()),
                ],
            )),
            ("Mac", Some(blob)) => all.push(made(
                &VERIFY_MAC,
                [
                    ("KeyId", key()),
                    ("Message", asked.get("Message").cloned()),
                    ("Mac", Some(blob)),
                    ("MacAlgorithm", asked.get("MacAlgorithm").cloned()),
                ],
            )),
            ("SharedSecretCiphertextBlob", Some(blob)) => all.push(made(
                &DECAPSULATE,
                [
                    ("KeyId", key()),
                    ("SharedSecretCiphertextBlob", Some(blob)),
                    (
                        "EncapsulationAlgorithm",
                        asked.get("EncapsulationAlgorithm").cloned(),
                    ),
                ],
            )),
            ("GrantId", None) => {
                all.push(made(
                    &REVOKE_GRANT,
                    [("KeyId", key()), ("GrantId", text("GrantId"))],
                ));
                all.push(made(&RETIRE_GRANT, [("GrantToken", text("GrantToken"))]));
            }
            _ => {}
        }
    }
    all
}

fn made<const N: usize>(spec: &'static OpSpec, values: [(&'static str, Option<Value>); N]) -> Next {
    let mut request = Request::new(spec.id);
    for (field, value) in values {
        if let Some(value) = value {
            request.set(field, value);
        }
    }
    Next { spec, request }
}
