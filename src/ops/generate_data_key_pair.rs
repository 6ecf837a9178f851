//! GenerateDataKeyPair (KMS API reference).

use aws_sdk_kms::types::DataKeyPairSpec;

use super::{
    Changes, DRY_RUN, ENCRYPTION_CONTEXT, Fits, GRANT_TOKENS, Impact, KEY_ID, OpSpec, no_rules, sdk,
};
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, FieldKind, KmsError, OpId, Request, ResponseField};

pub static GENERATE_DATA_KEY_PAIR: OpSpec = OpSpec {
    id: OpId("GenerateDataKeyPair"),
    short: "GKP",
    iam: "kms:GenerateDataKeyPair",
    impact: Impact::Use,
    changes: Changes::Nothing,
    summary: "Makes a key pair; returns its private key in plaintext, and encrypted under a KMS key",
    verb: "Generate",
    done: "Data key pair generated",
    fits: Fits::SymmetricEncryption,
    answers_secrets: true,
    fields: &[
        KEY_ID,
        Field::required(
            "KeyPairSpec",
            FieldKind::Choice(DataKeyPairSpec::values()),
            "What kind of key pair to make. RSA pairs take the longest.",
        ),
        ENCRYPTION_CONTEXT,
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
        .generate_data_key_pair()
        .set_key_id(sdk::text(request, "KeyId"))
        .set_key_pair_spec(sdk::choice(request, "KeyPairSpec"))
        .set_encryption_context(sdk::pairs(request, "EncryptionContext"))
        .set_grant_tokens(sdk::list(request, "GrantTokens"))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        ResponseField::blob(
            "PrivateKeyCiphertextBlob",
            sdk::bytes(answer.private_key_ciphertext_blob),
        ),
        ResponseField::secret(
            "PrivateKeyPlaintext",
            sdk::bytes(answer.private_key_plaintext),
        ),
        ResponseField::blob("PublicKey", sdk::bytes(answer.public_key)),
        ResponseField::text("KeyId", answer.key_id),
        ResponseField::text("KeyPairSpec", sdk::name(answer.key_pair_spec)),
        ResponseField::text("KeyMaterialId", answer.key_material_id),
    ])
}
