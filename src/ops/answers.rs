//! The members of the operations' answers, each defined once: what is secret in an answer is said
//! here and nowhere else.

use crate::kms::ResponseSpec;
use crate::kms::field::Sensitivity;

const fn secret(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        name,
        sensitivity: Sensitivity::Secret,
        is_product: true,
        is_bytes: true,
    }
}

const fn public(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        name,
        sensitivity: Sensitivity::Public,
        is_product: false,
        is_bytes: false,
    }
}

const fn product(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        is_bytes: true,
        ..metadata(name)
    }
}

/// Of a key that is made.
const fn metadata(name: &'static str) -> ResponseSpec {
    ResponseSpec {
        is_product: true,
        ..public(name)
    }
}

pub(super) static CIPHERTEXT_BLOB: ResponseSpec = product("CiphertextBlob");
pub(super) static DELETION_DATE: ResponseSpec = public("DeletionDate");
pub(super) static DESTINATION_ENCRYPTION_ALGORITHM: ResponseSpec =
    public("DestinationEncryptionAlgorithm");
pub(super) static DESTINATION_KEY_MATERIAL_ID: ResponseSpec = public("DestinationKeyMaterialId");
pub(super) static ENCAPSULATION_ALGORITHM: ResponseSpec = public("EncapsulationAlgorithm");
pub(super) static ENCAPSULATION_ALGORITHMS: ResponseSpec = public("EncapsulationAlgorithms");
pub(super) static ENCRYPTION_ALGORITHM: ResponseSpec = public("EncryptionAlgorithm");
pub(super) static ENCRYPTION_ALGORITHMS: ResponseSpec = public("EncryptionAlgorithms");
pub(super) static GRANT_ID: ResponseSpec = public("GrantId");
pub(super) static GRANT_TOKEN: ResponseSpec = ResponseSpec {
    name: "GrantToken",
    sensitivity: Sensitivity::Token,
    is_product: false,
    is_bytes: false,
};
pub(super) static IMPORT_TOKEN: ResponseSpec = product("ImportToken");
pub(super) static KEY_AGREEMENT_ALGORITHM: ResponseSpec = public("KeyAgreementAlgorithm");
pub(super) static KEY_AGREEMENT_ALGORITHMS: ResponseSpec = public("KeyAgreementAlgorithms");
pub(super) static KEY_ID: ResponseSpec = public("KeyId");
pub(super) static KEY_MATERIAL_ID: ResponseSpec = public("KeyMaterialId");
pub(super) static KEY_METADATA: ResponseSpec = metadata("KeyMetadata");
pub(super) static KEY_ORIGIN: ResponseSpec = public("KeyOrigin");
pub(super) static KEY_PAIR_SPEC: ResponseSpec = public("KeyPairSpec");
pub(super) static KEY_SPEC: ResponseSpec = public("KeySpec");
pub(super) static KEY_STATE: ResponseSpec = public("KeyState");
pub(super) static KEY_USAGE: ResponseSpec = public("KeyUsage");
pub(super) static MAC: ResponseSpec = product("Mac");
pub(super) static MAC_ALGORITHM: ResponseSpec = public("MacAlgorithm");
pub(super) static MAC_VALID: ResponseSpec = public("MacValid");
pub(super) static PENDING_WINDOW_IN_DAYS: ResponseSpec = public("PendingWindowInDays");
pub(super) static PARAMETERS_VALID_TO: ResponseSpec = public("ParametersValidTo");
pub(super) static PLAINTEXT: ResponseSpec = secret("Plaintext");
pub(super) static PRIVATE_KEY_CIPHERTEXT_BLOB: ResponseSpec = product("PrivateKeyCiphertextBlob");
pub(super) static PRIVATE_KEY_PLAINTEXT: ResponseSpec = secret("PrivateKeyPlaintext");
pub(super) static PUBLIC_KEY: ResponseSpec = product("PublicKey");
pub(super) static REPLICA_KEY_METADATA: ResponseSpec = metadata("ReplicaKeyMetadata");
pub(super) static REPLICA_POLICY: ResponseSpec = public("ReplicaPolicy");
pub(super) static REPLICA_TAGS: ResponseSpec = public("ReplicaTags");
pub(super) static SHARED_SECRET: ResponseSpec = secret("SharedSecret");
pub(super) static SHARED_SECRET_CIPHERTEXT_BLOB: ResponseSpec =
    product("SharedSecretCiphertextBlob");
pub(super) static SIGNATURE: ResponseSpec = product("Signature");
pub(super) static SIGNATURE_VALID: ResponseSpec = public("SignatureValid");
pub(super) static SIGNING_ALGORITHM: ResponseSpec = public("SigningAlgorithm");
pub(super) static SIGNING_ALGORITHMS: ResponseSpec = public("SigningAlgorithms");
pub(super) static SOURCE_ENCRYPTION_ALGORITHM: ResponseSpec = public("SourceEncryptionAlgorithm");
pub(super) static SOURCE_KEY_ID: ResponseSpec = public("SourceKeyId");
pub(super) static SOURCE_KEY_MATERIAL_ID: ResponseSpec = public("SourceKeyMaterialId");
