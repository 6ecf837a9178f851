//! What a KMS key can be: specs, usages, states, and the algorithms of each.
//!
//! Names and combinations: KMS API reference, `KeyMetadata` and the developer
//! guide's "Key spec reference" (symm-asymm-choose-key-spec).

macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum $type { $($variant),+ }

        impl $type {
            pub(crate) const NAMES: &'static [&'static str] = &[$($name),+];

            pub(crate) fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            pub(crate) fn from_name(name: &str) -> Option<$type> {
                match name { $($name => Some($type::$variant),)+ _ => None }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let name = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                $type::from_name(&name).ok_or_else(|| {
                    serde::de::Error::unknown_variant(&name, $type::NAMES)
                })
            }
        }
    };
}

names!(KeySpec {
    SymmetricDefault = "SYMMETRIC_DEFAULT",
    Rsa2048 = "RSA_2048",
    Rsa3072 = "RSA_3072",
    Rsa4096 = "RSA_4096",
    P256 = "ECC_NIST_P256",
    P384 = "ECC_NIST_P384",
    P521 = "ECC_NIST_P521",
    Secp256k1 = "ECC_SECG_P256K1",
    Ed25519 = "ECC_NIST_EDWARDS25519",
    Hmac224 = "HMAC_224",
    Hmac256 = "HMAC_256",
    Hmac384 = "HMAC_384",
    Hmac512 = "HMAC_512",
    MlDsa44 = "ML_DSA_44",
    MlDsa65 = "ML_DSA_65",
    MlDsa87 = "ML_DSA_87",
    MlKem512 = "ML_KEM_512",
    MlKem768 = "ML_KEM_768",
    MlKem1024 = "ML_KEM_1024",
    Sm2 = "SM2",
});

names!(KeyUsage {
    EncryptDecrypt = "ENCRYPT_DECRYPT",
    SignVerify = "SIGN_VERIFY",
    GenerateVerifyMac = "GENERATE_VERIFY_MAC",
    KeyAgreement = "KEY_AGREEMENT",
    EncapsulateDecapsulate = "ENCAPSULATE_DECAPSULATE",
});

names!(KeyState {
    Creating = "Creating",
    Enabled = "Enabled",
    Disabled = "Disabled",
    PendingDeletion = "PendingDeletion",
    PendingReplicaDeletion = "PendingReplicaDeletion",
    PendingImport = "PendingImport",
    Unavailable = "Unavailable",
    Updating = "Updating",
});

names!(Origin {
    AwsKms = "AWS_KMS",
    External = "EXTERNAL",
    CloudHsm = "AWS_CLOUDHSM",
    ExternalKeyStore = "EXTERNAL_KEY_STORE",
});

names!(KeyManager {
    Aws = "AWS",
    Customer = "CUSTOMER",
});

names!(RotationType {
    Automatic = "AUTOMATIC",
    OnDemand = "ON_DEMAND",
});

names!(
    /// `XksProxyConnectivity`.
    Connectivity {
        PublicEndpoint = "PUBLIC_ENDPOINT",
        VpcEndpointService = "VPC_ENDPOINT_SERVICE",
    }
);

names!(
    /// `ConnectionErrorCode` of a custom key store.
    ConnectionError {
        InvalidCredentials = "INVALID_CREDENTIALS",
        ClusterNotFound = "CLUSTER_NOT_FOUND",
        NetworkErrors = "NETWORK_ERRORS",
        InternalError = "INTERNAL_ERROR",
        InsufficientHsms = "INSUFFICIENT_CLOUDHSM_HSMS",
        UserLockedOut = "USER_LOCKED_OUT",
        UserNotFound = "USER_NOT_FOUND",
        UserLoggedIn = "USER_LOGGED_IN",
        SubnetNotFound = "SUBNET_NOT_FOUND",
        InsufficientFreeAddresses = "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
        ProxyAccessDenied = "XKS_PROXY_ACCESS_DENIED",
        ProxyNotReachable = "XKS_PROXY_NOT_REACHABLE",
        VpcServiceNotFound = "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
        ProxyInvalidResponse = "XKS_PROXY_INVALID_RESPONSE",
        ProxyInvalidConfiguration = "XKS_PROXY_INVALID_CONFIGURATION",
        VpcServiceInvalidConfiguration = "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
        ProxyTimedOut = "XKS_PROXY_TIMED_OUT",
        ProxyInvalidTls = "XKS_PROXY_INVALID_TLS_CONFIGURATION",
    }
);

impl ConnectionError {
    /// Key stores of both kinds may have it.
    pub(crate) fn is_of_both(self) -> bool {
        matches!(
            self,
            ConnectionError::InternalError | ConnectionError::NetworkErrors
        )
    }
}

names!(
    /// A failure that a seeded key answers to every cryptographic operation.
    KeyFault {
        KeyUnavailable = "KeyUnavailableException",
        DependencyTimeout = "DependencyTimeoutException",
        Internal = "KMSInternalException",
    }
);

names!(
    /// `Operations` of a grant.
    GrantOperation {
        Decrypt = "Decrypt",
        Encrypt = "Encrypt",
        GenerateDataKey = "GenerateDataKey",
        GenerateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext",
        ReEncryptFrom = "ReEncryptFrom",
        ReEncryptTo = "ReEncryptTo",
        Sign = "Sign",
        Verify = "Verify",
        GetPublicKey = "GetPublicKey",
        CreateGrant = "CreateGrant",
        RetireGrant = "RetireGrant",
        DescribeKey = "DescribeKey",
        GenerateDataKeyPair = "GenerateDataKeyPair",
        GenerateDataKeyPairWithoutPlaintext = "GenerateDataKeyPairWithoutPlaintext",
        GenerateMac = "GenerateMac",
        VerifyMac = "VerifyMac",
        DeriveSharedSecret = "DeriveSharedSecret",
        Encapsulate = "Encapsulate",
        Decapsulate = "Decapsulate",
    }
);

impl KeySpec {
    /// The bytes of a symmetric or HMAC key; none for key pairs.
    pub(crate) fn secret_len(self) -> Option<usize> {
        match self {
            KeySpec::SymmetricDefault | KeySpec::Hmac256 => Some(32),
            KeySpec::Hmac224 => Some(28),
            KeySpec::Hmac384 => Some(48),
            KeySpec::Hmac512 => Some(64),
            _ => None,
        }
    }

    pub(crate) fn is_symmetric_encryption(self) -> bool {
        self == KeySpec::SymmetricDefault
    }

    pub(crate) fn is_asymmetric(self) -> bool {
        self.secret_len().is_none()
    }

    /// RSA modulus, in bytes.
    pub(crate) fn modulus_len(self) -> Option<usize> {
        match self {
            KeySpec::Rsa2048 => Some(256),
            KeySpec::Rsa3072 => Some(384),
            KeySpec::Rsa4096 => Some(512),
            _ => None,
        }
    }

    /// The usages that a key of this spec may be made for.
    pub(crate) fn usages(self) -> &'static [KeyUsage] {
        use KeySpec::*;
        match self {
            SymmetricDefault => &[KeyUsage::EncryptDecrypt],
            Rsa2048 | Rsa3072 | Rsa4096 => &[KeyUsage::EncryptDecrypt, KeyUsage::SignVerify],
            P256 | P384 | P521 => &[KeyUsage::SignVerify, KeyUsage::KeyAgreement],
            Secp256k1 | Ed25519 | MlDsa44 | MlDsa65 | MlDsa87 => &[KeyUsage::SignVerify],
            Hmac224 | Hmac256 | Hmac384 | Hmac512 => &[KeyUsage::GenerateVerifyMac],
            MlKem512 | MlKem768 | MlKem1024 => &[KeyUsage::EncapsulateDecapsulate],
            Sm2 => &[
                KeyUsage::EncryptDecrypt,
                KeyUsage::SignVerify,
                KeyUsage::KeyAgreement,
            ],
        }
    }

    pub(crate) fn encryption_algorithms(self) -> &'static [&'static str] {
        match self {
            KeySpec::SymmetricDefault => &["SYMMETRIC_DEFAULT"],
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => {
                &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
            }
            KeySpec::Sm2 => &["SM2PKE"],
            _ => &[],
        }
    }

    pub(crate) fn signing_algorithms(self) -> &'static [&'static str] {
        use KeySpec::*;
        match self {
            Rsa2048 | Rsa3072 | Rsa4096 => &[
                "RSASSA_PKCS1_V1_5_SHA_256",
                "RSASSA_PKCS1_V1_5_SHA_384",
                "RSASSA_PKCS1_V1_5_SHA_512",
                "RSASSA_PSS_SHA_256",
                "RSASSA_PSS_SHA_384",
                "RSASSA_PSS_SHA_512",
            ],
            P256 | Secp256k1 => &["ECDSA_SHA_256"],
            P384 => &["ECDSA_SHA_384"],
            P521 => &["ECDSA_SHA_512"],
            Ed25519 => &["ED25519_SHA_512", "ED25519_PH_SHA_512"],
            MlDsa44 | MlDsa65 | MlDsa87 => &["ML_DSA_SHAKE_256"],
            Sm2 => &["SM2DSA"],
            _ => &[],
        }
    }

    pub(crate) fn mac_algorithms(self) -> &'static [&'static str] {
        match self {
            KeySpec::Hmac224 => &["HMAC_SHA_224"],
            KeySpec::Hmac256 => &["HMAC_SHA_256"],
            KeySpec::Hmac384 => &["HMAC_SHA_384"],
            KeySpec::Hmac512 => &["HMAC_SHA_512"],
            _ => &[],
        }
    }
}

pub(crate) const ENCRYPTION_ALGORITHMS: &[&str] = &[
    "SYMMETRIC_DEFAULT",
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "SM2PKE",
];
