//! GenerateDataKeyWithoutPlaintext (KMS API reference).

use super::{
    Changes, DRY_RUN, ENCRYPTION_CONTEXT, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, no_rules, sdk,
};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: OpSpec = OpSpec {
    id: OpId("GenerateDataKeyWithoutPlaintext"),
    short: "GWP",
    iam: "kms:GenerateDataKeyWithoutPlaintext",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Makes a data key and returns it encrypted under a KMS key, with no plaintext",
    verb: "Generate",
    done: "Data key generated",
    fits: Fits::SymmetricEncryption,
    answers_secrets: false,
    fields: &[
        KEY_ID,
        Field::optional(
            "KeySpec",
            FieldKind::Choice(&["AES_256", "AES_128"]),
            "The length of the data key: 256 or 128 bits. The usual way to say it.",
        ),
        Field::optional(
            "NumberOfBytes",
            FieldKind::Integer { min: 1, max: 1024 },
            "The length of the data key in bytes, 1 to 1,024, where it is not 16 or 32.",
        ),
        ENCRYPTION_CONTEXT,
        GRANT_TOKENS,
        DRY_RUN,
    ],
    exactly_one: &[("Data key length", &["KeySpec", "NumberOfBytes"])],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_data_key_without_plaintext()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_key_spec(sdk::choice(request, "KeySpec"))
        .set_number_of_bytes(sdk::number(request, "NumberOfBytes"))
        .set_encryption_context(sdk::pairs(request, "EncryptionContext"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::blob("CiphertextBlob", sdk::bytes(answer.ciphertext_blob)),
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::text("KeyMaterialId", answer.key_material_id),
    ])
}
