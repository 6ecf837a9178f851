//! VerifyMac (KMS API reference).

use aws_sdk_kms::types::MacAlgorithmSpec;

use super::{Changes, DRY_RUN, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, no_rules, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static VERIFY_MAC: OpSpec = OpSpec {
    id: OpId("VerifyMac"),
    short: "VMC",
    iam: "kms:VerifyMac",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Verifies an HMAC that a KMS key made",
    verb: "Verify",
    done: "MAC verified",
    fits: Fits::Usage("GENERATE_VERIFY_MAC"),
    answers_secrets: false,
    fields: &[
        KEY_ID,
        Field::required(
            "Message",
            FieldKind::Blob { min: 1, max: 4096 },
            "The message: 1 to 4,096 bytes. A digest of a longer one will do.",
        ),
        Field::required(
            "Mac",
            FieldKind::Blob { min: 1, max: 6144 },
            "The MAC, as GenerateMac returned it.",
        ),
        Field::required(
            "MacAlgorithm",
            FieldKind::Algorithm {
                list: "MacAlgorithms",
                names: MacAlgorithmSpec::values(),
            },
            "How: an HMAC key has one algorithm.",
        ),
        GRANT_TOKENS,
        DRY_RUN,
    ],
    exactly_one: &[],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .verify_mac()
        .set_message(sdk::blob(request, "Message"))
        .set_key_id(sdk::text(request, "KeyId"))
        .set_mac_algorithm(sdk::choice(request, "MacAlgorithm"))
        .set_mac(sdk::blob(request, "Mac"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::flag("MacValid", answer.mac_valid),
        ResponseField::text("MacAlgorithm", sdk::name(answer.mac_algorithm)),
    ])
}
