//! Encapsulate (KMS API reference).

use aws_sdk_kms::types::EncapsulationAlgorithmSpec;

use super::{Changes, DRY_RUN, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, no_rules, sdk};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static ENCAPSULATE: OpSpec = OpSpec {
    id: OpId("Encapsulate"),
    short: "EPS",
    iam: "kms:Encapsulate",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Makes a shared secret, and its ciphertext for the holder of an ML-KEM key",
    verb: "Encapsulate",
    done: "Shared secret encapsulated",
    fits: Fits::Usage("ENCAPSULATE_DECAPSULATE"),
    answers_secrets: true,
    fields: &[
        KEY_ID,
        Field::required(
            "EncapsulationAlgorithm",
            FieldKind::Algorithm {
                list: "EncapsulationAlgorithms",
                names: EncapsulationAlgorithmSpec::values(),
            },
            "How: ML_KEM (FIPS 203) is the only one.",
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
        .encapsulate()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_encapsulation_algorithm(sdk::choice(request, "EncapsulationAlgorithm"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::secret("SharedSecret", sdk::bytes(answer.shared_secret)),
        ResponseField::blob(
            "SharedSecretCiphertextBlob",
            sdk::bytes(answer.shared_secret_ciphertext_blob),
        ),
        ResponseField::text(
            "EncapsulationAlgorithm",
            sdk::name(answer.encapsulation_algorithm),
        ),
    ])
}
