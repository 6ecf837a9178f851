//! The members of the operations' answers, each defined once: what is secret in an answer is said
//! here and nowhere else.

use crate::kms::ResponseSpec;
use crate::kms::field::Sensitivity;

const fn secret(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        name,
        sensitivity: Sensitivity::Secret,
    }
}

const fn public(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        name,
        sensitivity: Sensitivity::Public,
    }
}

pub static CIPHERTEXT_BLOB: ResponseSpec = public("CiphertextBlob");
pub static DELETION_DATE: ResponseSpec = public("DeletionDate");
pub static DESTINATION_ENCRYPTION_ALGORITHM: ResponseSpec =
    public("DestinationEncryptionAlgorithm");
pub static DESTINATION_KEY_MATERIAL_ID: ResponseSpec = public("DestinationKeyMaterialId");
pub static ENCAPSULATION_ALGORITHM: ResponseSpec = public("EncapsulationAlgorithm");
pub static ENCAPSULATION_ALGORITHMS: ResponseSpec = public("EncapsulationAlgorithms");
pub static ENCRYPTION_ALGORITHM: ResponseSpec = public("EncryptionAlgorithm");
pub static ENCRYPTION_ALGORITHMS: ResponseSpec = public("EncryptionAlgorithms");
pub static GRANT_ID: ResponseSpec = public("GrantId");
pub static GRANT_TOKEN: ResponseSpec = ResponseSpec {
    name: "GrantToken",
    sensitivity: Sensitivity::Token,
};
pub static KEY_AGREEMENT_ALGORITHM: ResponseSpec = public("KeyAgreementAlgorithm");
pub static KEY_AGREEMENT_ALGORITHMS: ResponseSpec = public("KeyAgreementAlgorithms");
pub static KEY_ID: ResponseSpec = public("KeyId");
pub static KEY_MATERIAL_ID: ResponseSpec = public("KeyMaterialId");
pub static KEY_ORIGIN: ResponseSpec = public("KeyOrigin");
pub static KEY_PAIR_SPEC: ResponseSpec = public("KeyPairSpec");
pub static KEY_SPEC: ResponseSpec = public("KeySpec");
pub static KEY_STATE: ResponseSpec = public("KeyState");
pub static KEY_USAGE: ResponseSpec = public("KeyUsage");
pub static MAC: ResponseSpec = public("Mac");
pub static MAC_ALGORITHM: ResponseSpec = public("MacAlgorithm");
pub static MAC_VALID: ResponseSpec = public("MacValid");
pub static PENDING_WINDOW_IN_DAYS: ResponseSpec = public("PendingWindowInDays");
pub static PLAINTEXT: ResponseSpec = secret("Plaintext");
pub static PRIVATE_KEY_CIPHERTEXT_BLOB: ResponseSpec = public("PrivateKeyCiphertextBlob");
pub static PRIVATE_KEY_PLAINTEXT: ResponseSpec = secret("PrivateKeyPlaintext");
pub static PUBLIC_KEY: ResponseSpec = public("PublicKey");
pub static SHARED_SECRET: ResponseSpec = secret("SharedSecret");
pub static SHARED_SECRET_CIPHERTEXT_BLOB: ResponseSpec = public("SharedSecretCiphertextBlob");
pub static SIGNATURE: ResponseSpec = public("Signature");
pub static SIGNATURE_VALID: ResponseSpec = public("SignatureValid");
pub static SIGNING_ALGORITHM: ResponseSpec = public("SigningAlgorithm");
pub static SIGNING_ALGORITHMS: ResponseSpec = public("SigningAlgorithms");
pub static SOURCE_ENCRYPTION_ALGORITHM: ResponseSpec = public("SourceEncryptionAlgorithm");
pub static SOURCE_KEY_ID: ResponseSpec = public("SourceKeyId");
pub static SOURCE_KEY_MATERIAL_ID: ResponseSpec = public("SourceKeyMaterialId");
