//! Sign (KMS API reference).

use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use super::{Changes, DRY_RUN, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, digest_rules, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static SIGN: OpSpec = OpSpec {
    id: OpId("Sign"),
    short: "SIG",
    iam: "kms:Sign",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Signs a message with the private key of a KMS key",
    verb: "Sign",
    done: "Signed",
    fits: Fits::Usage("SIGN_VERIFY"),
    answers_secrets: false,
    fields: &[
        KEY_ID,
        Field::required(
            "Message",
            FieldKind::Blob { min: 1, max: 4096 },
            "The message, or its digest where MessageType says so: 1 to 4,096 bytes.",
        ),
        Field::optional(
            "MessageType",
            FieldKind::Choice(MessageType::values()),
            "RAW: KMS makes the digest. DIGEST: Message is one. EXTERNAL_MU: Message is the mu of ML-DSA (FIPS 204).",
        ),
        Field::required(
            "SigningAlgorithm",
            FieldKind::Algorithm {
                list: "SigningAlgorithms",
                names: SigningAlgorithmSpec::values(),
            },
            "How: one of the algorithms of the key.",
        ),
        GRANT_TOKENS,
        DRY_RUN,
    ],
    exactly_one: &[],
    rules: digest_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .sign()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_message(sdk::blob(request, "Message"))
        .set_message_type(sdk::choice(request, "MessageType"))
        .set_signing_algorithm(sdk::choice(request, "SigningAlgorithm"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::blob("Signature", sdk::bytes(answer.signature)),
        ResponseField::text("SigningAlgorithm", sdk::name(answer.signing_algorithm)),
    ])
}
