//! Encrypt (KMS API reference).

use super::answers;
use super::fields::{DRY_RUN, ENCRYPTION_ALGORITHM, ENCRYPTION_CONTEXT, GRANT_TOKENS, KEY_ID};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::context_needs_symmetric;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::field::Sensitivity;
use crate::kms::{Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField};

pub static ENCRYPT: OpSpec = OpSpec {
    id: OpId("Encrypt"),
    short: "ENC",
    group: Group::Use,
    iam: "kms:Encrypt",
    impact: Impact::Use,
    changes: Changes::Nothing,
    consequence: None,
    summary: "Encrypts up to 4,096 bytes under a KMS key",
    verb: "Encrypt",
    done: "Encrypted",
    key: KeyRequirement::Usage("ENCRYPT_DECRYPT"),
    fields: &[
        &KEY_ID,
        &PLAINTEXT,
        &ENCRYPTION_CONTEXT,
        &ENCRYPTION_ALGORITHM,
        &GRANT_TOKENS,
        &DRY_RUN,
    ],
    exactly_one: &[],
    answers: &[
        &answers::CIPHERTEXT_BLOB,
        &answers::KEY_ID,
        &answers::ENCRYPTION_ALGORITHM,
    ],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

pub(super) static PLAINTEXT: Field = Field::required(
            "Plaintext",
            FieldKind::Blob { min: 1, max: 4096 },
            "What is to be encrypted: 1 to 4,096 bytes; less with an RSA key. For more, encrypt locally under a data key.",
).with_sensitivity(Sensitivity::Secret);

/// The limits of an RSA key, and where a context is bound.
fn rules(request: &Request) -> Vec<FieldError> {
    let algorithm = request.text(&ENCRYPTION_ALGORITHM);
    let mut errors = context_needs_symmetric(request, &ENCRYPTION_CONTEXT, algorithm);
    // RFC 8017 section 7.1.1, for the largest key: 512 bytes less two hashes and two bytes.
    let most = match algorithm {
        Some("RSAES_OAEP_SHA_1") => 470,
        Some("RSAES_OAEP_SHA_256") => 446,
        Some("SM2PKE") => 1024,
        _ => return errors,
    };
    let len = request.blob(&PLAINTEXT).map_or(0, |blob| blob.bytes.len());
    if len > most {
        errors.push(PLAINTEXT.error(
            &format!("takes at most {most} bytes with this EncryptionAlgorithm, and has {len}"),
            "give fewer, or encrypt them under a data key",
        ));
    }
    errors
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let answer = session
        .kms
        .encrypt()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_plaintext(sdk::blob(request, &PLAINTEXT))
        .set_encryption_context(sdk::pairs(request, &ENCRYPTION_CONTEXT))
        .set_encryption_algorithm(sdk::choice(request, &ENCRYPTION_ALGORITHM))
        .set_grant_tokens(sdk::list(request, &GRANT_TOKENS))
        .set_dry_run(sdk::dry_run(request))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(vec![
        answers::CIPHERTEXT_BLOB.blob(sdk::bytes(answer.ciphertext_blob)),
        answers::KEY_ID.text(answer.key_id),
        answers::ENCRYPTION_ALGORITHM.text(sdk::name(answer.encryption_algorithm)),
    ])
}
