//! GenerateDataKeyWithoutPlaintext (KMS API reference).

use aws_sdk_kms::types::DataKeySpec;

use super::{DRY_RUN, ENCRYPTION_CONTEXT, GRANT_TOKENS, Impact, KEY_ID, OpSpec};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: OpSpec = OpSpec {
    id: OpId("GenerateDataKeyWithoutPlaintext"),
    iam: "kms:GenerateDataKeyWithoutPlaintext",
    impact: Impact::Use,
    summary: "Makes a data key and returns it encrypted under a KMS key, with no plaintext",
    verb: "Generate",
    done: "Data key generated",
    fields: &[
        KEY_ID,
        Field {
            name: "KeySpec",
            kind: FieldKind::Choice(&["AES_256", "AES_128"]),
            required: false,
            help: "The length of the data key: 256 or 128 bits. The usual way to say it.",
        },
        Field {
            name: "NumberOfBytes",
            kind: FieldKind::Integer { min: 1, max: 1024 },
            required: false,
            help: "The length of the data key in bytes, 1 to 1,024, where it is not 16 or 32.",
        },
        ENCRYPTION_CONTEXT,
        GRANT_TOKENS,
        DRY_RUN,
    ],
    exactly_one: &[("Data key length", &["KeySpec", "NumberOfBytes"])],
    call: |session, request| Box::pin(call(session, request)),
};

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .generate_data_key_without_plaintext()
        .set_key_id(request.text("KeyId").map(str::to_owned))
        .set_key_spec(request.text("KeySpec").map(DataKeySpec::from))
        .set_number_of_bytes(request.number("NumberOfBytes").map(|n| n as i32))
        .set_encryption_context(
            request
                .pairs("EncryptionContext")
                .map(|pairs| pairs.iter().cloned().collect()),
        )
        .set_grant_tokens(request.list("GrantTokens").map(<[String]>::to_vec))
        .set_dry_run(request.dry_run().then_some(true))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::blob(
            "CiphertextBlob",
            answer.ciphertext_blob.map(|b| b.into_inner()),
        ),
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::text("KeyMaterialId", answer.key_material_id),
    ])
}
