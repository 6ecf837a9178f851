//! Snippets do what the form would do: in a shell, in Python, in Rust, and as the API's JSON.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob as SdkBlob;
use aws_sdk_kms::types::{
    AlgorithmSpec, GrantOperation, MacAlgorithmSpec, SigningAlgorithmSpec, WrappingKeySpec,
};
use jiff::Timestamp;
use kmsdeck::kms::{Blob, BlobForm, Request, Value};
use kmsdeck::ops::fields::{DRY_RUN, GRANT_ID};
use kmsdeck::ops::{self, OPS};
use kmsdeck::snippet::{Destination, Language};
use kmsdeck_sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::sandbox::{self, PAYMENTS, PAYMENTS_ARN, admin, sandbox};

/// A key that no other request is about.
const SPARE: &str = "d41a7f58-3e90-4b2c-8f65-a0b1c2d3e4f5";
/// A custom key store that is not connected.
const KEY_STORE: &str = "cks-1234567890abcdef0";
/// A key that waits for its material.
const PENDING: &str = "b2d94e63-1c5f-48a7-9e30-5a7c6d8f1e02";
use crate::stage::Stage;

/// What quoting gets wrong.
const NASTY: &[&str] = &[
    "it's \"quoted\"",
    "two\nlines\r\n\tand a tab",
    "$(touch pwned) `touch pwned` $HOME ${HOME}",
    "-leading --dash",
    "file://x",
    "fileb://x",
    "https://example.com/",
    "{\"a\": 1}",
    "[1]",
    "a=b,c=d",
    "@=path",
    "=ls",
    "~root",
    "!! \\ \\n \\' #{x} %s * ? [a-z] ; & | < >",
    "日本 é e\u{301} 😀 \u{202e}evil\u{200b}",
    "\u{1b}[2J\u{7f}\u{9b}",
    " spaces ",
    "'",
    "\\",
];

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn names(list: &[&str]) -> Value {
    Value::List(list.iter().map(|name| (*name).to_owned()).collect())
}

fn pairs(list: &[(&str, &str)]) -> Value {
    let pairs = list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Value::Pairs(pairs.collect())
}

fn tags(list: &[(&str, &str)]) -> Value {
    let tags = list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Value::Tags(tags.collect())
}

fn blob(bytes: &[u8]) -> Value {
    Value::Blob(Blob::new(bytes.to_vec()))
}

fn request(op: &str, values: Vec<(&'static str, Value)>) -> Request {
    let spec = OPS.iter().find(|spec| spec.id.0 == op).expect("one of OPS");
    values
        .into_iter()
        .fold(Request::new(spec.id), |request, (name, value)| {
            request.with(spec.field(name).expect("a field of it"), value)
        })
}

/// Runs a snippet in a shell where `aws` is a stub; the arguments that it got.
fn argv(snippet: &str, folder: &Path) -> Vec<String> {
    let stub = folder.join("aws");
    if !stub.exists() {
        // Written beside and moved: another thread may be about to run it.
        let script = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n";
        std::fs::write(&stub, script).expect("a stub");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&stub, mode).expect("its mode");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", snippet])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.display()))
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{snippet}\n{output:?}");
    assert!(output.stderr.is_empty(), "{snippet}\n{output:?}");
    assert!(!folder.join("pwned").exists(), "{snippet}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    words.pop();
    words
}

/// What the AWS CLI makes of arguments: the body of the request that it would send.
fn read_as_the_aws_cli(argv: &[String], request: &Request) -> Json {
    assert_eq!(argv[0], "kms");
    assert_eq!(argv[1], ops::spec(request.op).command());
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut option = String::new();
    for word in &argv[2..] {
        match word.strip_prefix("--") {
            Some(rest) => {
                let (name, value) = match rest.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (rest, None),
                };
                option = name.to_owned();
                given.insert(option.clone(), value.into_iter().collect());
            }
            None => {
                assert!(
                    !word.starts_with('-'),
                    "argparse takes {word:?} for an option"
                );
                given
                    .get_mut(&option)
                    .expect("an option")
                    .push(word.clone());
            }
        }
    }
    let mut body = match given.remove("cli-input-json").as_deref() {
        Some([text]) => serde_json::from_str(text).expect("JSON"),
        Some(_) => panic!("one text"),
        None => json!({}),
    };
    let object = body.as_object_mut().expect("an object");
    given.remove("cli-binary-format");
    for (option, words) in given {
        let spec = ops::spec(request.op);
        let first = words.first().map_or("", String::as_str);
        for scheme in ["file://", "http://", "https://"] {
            assert!(!first.starts_with(scheme), "the AWS CLI would read {first}");
        }
        let Some(field) = spec.fields.iter().find(|field| field.flag() == option) else {
            assert_eq!(option, "constraints");
            object.insert(
                "Constraints".into(),
                serde_json::from_str(first).expect("JSON"),
            );
            continue;
        };
        let value = match request.get(field).expect("a field that was given") {
            Value::Text(_) | Value::Blob(_) => Json::from(first),
            Value::Number(_) => first.parse::<u32>().expect("a number").into(),
            Value::Time(_) => {
                let at: Timestamp = first.parse().expect("a time");
                at.as_second().into()
            }
            Value::Flag(_) => {
                assert!(words.is_empty());
                true.into()
            }
            Value::Pairs(_) if first.starts_with('{') => serde_json::from_str(first).expect("JSON"),
            Value::Pairs(_) => {
                let pairs = first
                    .split(',')
                    .map(|pair| pair.split_once('=').expect("k=v"));
                Json::Object(pairs.map(|(k, v)| (k.to_owned(), v.into())).collect())
            }
            Value::Tags(_) if first.starts_with('[') => serde_json::from_str(first).expect("JSON"),
            Value::Tags(_) => words
                .iter()
                .map(|word| {
                    let (key, value) = word.split_once(",TagValue=").expect("both");
                    let key = key.strip_prefix("TagKey=").expect("TagKey");
                    json!({ "TagKey": key, "TagValue": value })
                })
                .collect(),
            Value::List(_) if first.starts_with('[') => serde_json::from_str(first).expect("JSON"),
            Value::List(_) => words.into(),
        };
        object.insert(field.name.to_owned(), value);
    }
    body
}

fn says_the_same_in_a_shell(request: &Request, folder: &Path) {
    let to = Destination::default();
    let snippet = Language::AwsCli.write(request, &to);
    let body = Language::Json.write(request, &to);
    let body: Json = serde_json::from_str(&body).expect("JSON");
    let read = read_as_the_aws_cli(&argv(&snippet, folder), request);
    assert_eq!(read, body, "{}", *snippet);
}

/// A request with the text in every place that takes one.
fn everywhere(nasty: &str) -> Vec<Request> {
    vec![
        request(
            "CreateGrant",
            vec![
                ("KeyId", text(nasty)),
                ("GranteePrincipal", text(nasty)),
                ("Operations", names(&["Encrypt", "Decrypt"])),
                (
                    "EncryptionContextSubset",
                    pairs(&[(nasty, nasty), ("k", "v")]),
                ),
                ("Name", text(nasty)),
                ("GrantTokens", names(&[nasty])),
                ("DryRun", Value::Flag(true)),
            ],
        ),
        request(
            "Encrypt",
            vec![
                ("KeyId", text("alias/payments")),
                ("Plaintext", blob(nasty.as_bytes())),
                ("EncryptionContext", pairs(&[(nasty, nasty)])),
                ("GrantTokens", names(&["plain", nasty])),
            ],
        ),
    ]
}

#[test]
fn nothing_that_is_typed_escapes_from_the_shell() {
    let folder = tempfile::tempdir().expect("a folder");
    for nasty in NASTY {
        for request in everywhere(nasty) {
            says_the_same_in_a_shell(&request, folder.path());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_text_at_all_escapes_from_the_shell(nasty in any::<String>()) {
        let folder = tempfile::tempdir().expect("a folder");
        for request in everywhere(&nasty) {
            says_the_same_in_a_shell(&request, folder.path());
        }
    }
}

#[test]
fn what_is_empty_is_said_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let values = vec![
        ("KeyId", text("alias/payments")),
        ("EncryptionContext", pairs(&[])),
        ("GrantTokens", names(&[])),
    ];
    says_the_same_in_a_shell(&request("Encrypt", values), folder.path());
}

#[test]
fn where_it_goes_is_said_and_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = Destination {
        profile: Some("my profile".into()),
        region: Some("eu-west-1".into()),
        endpoint: Some("http://127.0.0.1:1".into()),
        note: None,
    };
    let file = |name: &str| Value::Blob(Blob::of_file(b"bytes".to_vec(), PathBuf::from(name)));
    let sent = |name: &str| {
        let values = vec![("KeyId", text("alias/x")), ("Plaintext", file(name))];
        argv(
            &Language::AwsCli.write(&request("Encrypt", values), &to),
            folder.path(),
        )
    };
    let tail = [
        "--profile",
        "my profile",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        "http://127.0.0.1:1",
    ];
    let words = sent("it's a \"file\"");
    assert_eq!(words[4..6], ["--plaintext", "fileb://it's a \"file\""]);
    assert_eq!(words[6..], tail);
    // The AWS CLI would put the variable in, and a home.
    let words = sent("$HOME/x");
    let typed = ["--plaintext", "Ynl0ZXM=", "--cli-binary-format", "base64"];
    assert_eq!(words[4..8], typed);
    assert_eq!(sent("~x")[5], "fileb://./~x");
    let values = vec![("KeyId", text("alias/x")), ("Plaintext", file("a\"b"))];
    let request = request("Encrypt", values);
    let python = Language::Boto3.write(&request, &to);
    assert!(
        python.contains(r#"Plaintext=open("a\"b", "rb").read(),"#),
        "{}",
        *python
    );
    assert!(python.contains(r#"profile_name="my profile", region_name="eu-west-1""#));
    let rust = Language::Rust.write(&request, &to);
    assert!(
        rust.contains(r#"Blob::new(std::fs::read("a\"b")?)"#),
        "{}",
        *rust
    );
    // What nobody typed is not put on the screen.
    assert!(!Language::Json.preview(&request, &to).contains("Ynl0ZXM="));
    assert!(Language::Json.write(&request, &to).contains("Ynl0ZXM="));
}

#[test]
fn a_request_that_is_not_complete_is_written_with_what_is_there() {
    let to = Destination::default();
    for spec in OPS {
        let empty = Request::new(spec.id);
        assert_eq!(
            *Language::AwsCli.write(&empty, &to),
            format!("aws kms {}", spec.command())
        );
        assert_eq!(*Language::Json.write(&empty, &to), "{}");
        let call = format!("kms.{}(\n)", spec.command().replace('-', "_"));
        assert!(Language::Boto3.write(&empty, &to).contains(&call));
    }
}

/// Key material as ImportKeyMaterial takes it: the same each time.
fn wrap(public_key: &[u8]) -> Vec<u8> {
    let key = PublicEncryptingKey::from_der(public_key).expect("a public key");
    let key = OaepPublicEncryptingKey::new(key).expect("an RSA key");
    let mut wrapped = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA256_MGF1SHA256, &[7; 32], &mut wrapped, None)
        .expect("32 bytes");
    wrapped
}

fn in_a_day() -> Timestamp {
    let at = Timestamp::now() + jiff::SignedDuration::from_hours(24);
    Timestamp::from_second(at.as_second()).expect("a time")
}

/// What the requests of a test are made of.
struct Material {
    ciphertext: Vec<u8>,
    signature: Vec<u8>,
    mac: Vec<u8>,
    shared_secret_ciphertext: Vec<u8>,
    public_key: Vec<u8>,
    grant_id: String,
    grant_token: String,
    /// A multi-Region key without replicas.
    primary: String,
    /// Wrapped key material, and its token.
    wrapped: Vec<u8>,
    import_token: Vec<u8>,
    valid_to: Timestamp,
    file: PathBuf,
}

/// The account's IAM policies decide.
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#;

const MESSAGE: &[u8] = b"it's a \"message\"\n\xff\x00 $(x)";

impl Material {
    /// Fixed bytes, for what is only to be compiled.
    fn fixed() -> Self {
        Material {
            ciphertext: (0..=255).collect(),
            signature: (0..70).rev().collect(),
            mac: (0..64).collect(),
            shared_secret_ciphertext: (0..100).collect(),
            public_key: (100..200).collect(),
            grant_id: "0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60".into(),
            grant_token: "AQpAM2RhZTk1MGMyNTk2ZmZmMzEyYWVhOWViN2I1MWM4Mzc0MWFiYjc0".into(),
            primary: "mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff".into(),
            wrapped: (0..80).collect(),
            import_token: (0..90).rev().collect(),
            valid_to: "2027-03-01T12:00:00Z".parse().expect("a time"),
            file: "it's a \"file\"".into(),
        }
    }

    async fn of(client: &Client, folder: &Path) -> Self {
        let file = folder.join("it's a \"file\"");
        std::fs::write(&file, b"bytes of a file").expect("a file");
        let encrypted = client
            .encrypt()
            .key_id(PAYMENTS)
            .plaintext(SdkBlob::new(b"secret"))
            .encryption_context("tenant", NASTY[0])
            .send()
            .await
            .expect("a ciphertext");
        let signed = client
            .sign()
            .key_id("alias/signing")
            .message(SdkBlob::new(MESSAGE))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .expect("a signature");
        let mac = client
            .generate_mac()
            .key_id("alias/webhooks")
            .message(SdkBlob::new(b"bytes of a file"))
            .mac_algorithm(MacAlgorithmSpec::HmacSha512)
            .send()
            .await
            .expect("a MAC");
        let encapsulated = client
            .encapsulate()
            .key_id("alias/pq-exchange")
            .encapsulation_algorithm("ML_KEM".into())
            .send()
            .await
            .expect("a shared secret");
        let public_key = client.get_public_key().key_id("alias/handshake").send();
        let public_key = public_key.await.expect("a public key");
        let grant = client
            .create_grant()
            .key_id(PAYMENTS)
            .grantee_principal("arn:aws:iam::111122223333:user/grantee")
            .retiring_principal("arn:aws:iam::111122223333:user/admin")
            .operations(GrantOperation::Encrypt)
            .send()
            .await
            .expect("a grant");
        let parameters = client
            .get_parameters_for_import()
            .key_id(PENDING)
            .wrapping_algorithm(AlgorithmSpec::RsaesOaepSha256)
            .wrapping_key_spec(WrappingKeySpec::Rsa2048)
            .send()
            .await
            .expect("what it is wrapped with");
        let primary = client.create_key().multi_region(true).send();
        let primary = primary.await.expect("a key").key_metadata;
        let bytes = |blob: Option<SdkBlob>| blob.expect("bytes").into_inner();
        Material {
            ciphertext: bytes(encrypted.ciphertext_blob),
            signature: bytes(signed.signature),
            mac: bytes(mac.mac),
            shared_secret_ciphertext: bytes(encapsulated.shared_secret_ciphertext_blob),
            public_key: bytes(public_key.public_key),
            grant_id: grant.grant_id.expect("its ID"),
            grant_token: grant.grant_token.expect("its token"),
            primary: primary.expect("its metadata").key_id,
            wrapped: wrap(parameters.public_key().expect("a key").as_ref()),
            import_token: bytes(parameters.import_token),
            valid_to: in_a_day(),
            file,
        }
    }

    /// A request of each operation, in the order of `OPS`.
    fn requests(&self) -> Vec<Request> {
        let key = || ("KeyId", text("alias/payments"));
        let context = || ("EncryptionContext", pairs(&[("tenant", NASTY[0])]));
        let file = || {
            let bytes = b"bytes of a file".to_vec();
            Value::Blob(Blob::of_file(bytes, self.file.clone()))
        };
        let requests = vec![
            request(
                "GenerateDataKeyWithoutPlaintext",
                vec![
                    key(),
                    ("KeySpec", text("AES_256")),
                    (
                        "EncryptionContext",
                        pairs(&[("tenant", "acme"), ("purpose", "backup")]),
                    ),
                ],
            ),
            request(
                "GenerateDataKey",
                vec![key(), ("NumberOfBytes", Value::Number(64)), context()],
            ),
            request(
                "GenerateDataKeyPairWithoutPlaintext",
                vec![key(), ("KeyPairSpec", text("ECC_NIST_P256"))],
            ),
            request(
                "GenerateDataKeyPair",
                vec![key(), ("KeyPairSpec", text("ECC_NIST_P256")), context()],
            ),
            request(
                "Encrypt",
                vec![
                    key(),
                    ("Plaintext", file()),
                    (
                        "EncryptionContext",
                        pairs(&[(NASTY[1], NASTY[2]), (NASTY[14], NASTY[15])]),
                    ),
                    ("EncryptionAlgorithm", text("SYMMETRIC_DEFAULT")),
                ],
            ),
            request(
                "Decrypt",
                vec![("CiphertextBlob", blob(&self.ciphertext)), key(), context()],
            ),
            request(
                "ReEncrypt",
                vec![
                    ("CiphertextBlob", blob(&self.ciphertext)),
                    ("SourceEncryptionContext", pairs(&[("tenant", NASTY[0])])),
                    ("DestinationKeyId", text("alias/archive")),
                    ("DestinationEncryptionContext", pairs(&[("a", "b")])),
                ],
            ),
            request(
                "Sign",
                vec![
                    ("KeyId", text("alias/signing")),
                    ("Message", blob(b"a message\n\"in\" $text")),
                    ("MessageType", text("RAW")),
                    ("SigningAlgorithm", text("ECDSA_SHA_256")),
                ],
            ),
            request(
                "Verify",
                vec![
                    ("KeyId", text("alias/signing")),
                    ("Message", blob(MESSAGE)),
                    ("Signature", blob(&self.signature)),
                    ("SigningAlgorithm", text("ECDSA_SHA_256")),
                ],
            ),
            request(
                "GenerateMac",
                vec![
                    ("KeyId", text("alias/webhooks")),
                    ("Message", blob(b"-n message")),
                    ("MacAlgorithm", text("HMAC_SHA_512")),
                ],
            ),
            request(
                "VerifyMac",
                vec![
                    ("KeyId", text("alias/webhooks")),
                    ("Message", file()),
                    ("Mac", blob(&self.mac)),
                    ("MacAlgorithm", text("HMAC_SHA_512")),
                ],
            ),
            request(
                "DeriveSharedSecret",
                vec![
                    ("KeyId", text("alias/handshake")),
                    ("PublicKey", blob(&self.public_key)),
                    ("KeyAgreementAlgorithm", text("ECDH")),
                ],
            ),
            request(
                "Encapsulate",
                vec![
                    ("KeyId", text("alias/pq-exchange")),
                    ("EncapsulationAlgorithm", text("ML_KEM")),
                ],
            ),
            request(
                "Decapsulate",
                vec![
                    ("KeyId", text("alias/pq-exchange")),
                    (
                        "SharedSecretCiphertextBlob",
                        blob(&self.shared_secret_ciphertext),
                    ),
                    ("EncapsulationAlgorithm", text("ML_KEM")),
                ],
            ),
            request("GetPublicKey", vec![("KeyId", text("alias/signing"))]),
            request("GenerateRandom", vec![("NumberOfBytes", Value::Number(16))]),
            request(
                "CreateGrant",
                vec![
                    ("KeyId", text(PAYMENTS)),
                    (
                        "GranteePrincipal",
                        text("arn:aws:iam::111122223333:user/grantee"),
                    ),
                    ("Operations", names(&["Encrypt", "Decrypt"])),
                    (
                        "EncryptionContextSubset",
                        pairs(&[("tenant", NASTY[0]), ("purpose", NASTY[14])]),
                    ),
                    (
                        "RetiringPrincipal",
                        text("arn:aws:iam::111122223333:user/admin"),
                    ),
                    ("Name", text("file://a-name")),
                ],
            ),
            request("RetireGrant", vec![("GrantToken", text(&self.grant_token))]),
            request(
                "RevokeGrant",
                vec![
                    ("KeyId", text(PAYMENTS_ARN)),
                    ("GrantId", text(&self.grant_id)),
                ],
            ),
            request(
                "CreateKey",
                vec![
                    ("KeyUsage", text("SIGN_VERIFY")),
                    ("KeySpec", text("ECC_NIST_P256")),
                    ("Description", text("Signs what's \"new\"")),
                    ("Tags", tags(&[("team", "our own"), ("tier", "")])),
                    ("MultiRegion", Value::Flag(true)),
                ],
            ),
            request(
                "CreateAlias",
                vec![
                    ("AliasName", text("alias/made/here")),
                    ("TargetKeyId", text(PAYMENTS_ARN)),
                ],
            ),
            request(
                "UpdateAlias",
                vec![
                    ("AliasName", text("alias/made/here")),
                    ("TargetKeyId", text(SPARE)),
                ],
            ),
            request("DeleteAlias", vec![("AliasName", text("alias/made/here"))]),
            request(
                "UpdateKeyDescription",
                vec![("KeyId", text(SPARE)), ("Description", text(""))],
            ),
            request(
                "TagResource",
                vec![
                    ("KeyId", text(SPARE)),
                    ("Tags", tags(&[("team", "payments"), ("tier", "1")])),
                ],
            ),
            request(
                "UntagResource",
                vec![
                    ("KeyId", text(SPARE)),
                    ("TagKeys", names(&["team", "cost center"])),
                ],
            ),
            request(
                "PutKeyPolicy",
                vec![
                    ("KeyId", text(SPARE)),
                    ("Policy", text(POLICY)),
                    ("BypassPolicyLockoutSafetyCheck", Value::Flag(true)),
                ],
            ),
            request(
                "EnableKeyRotation",
                vec![
                    ("KeyId", text(PAYMENTS)),
                    ("RotationPeriodInDays", Value::Number(180)),
                ],
            ),
            request("DisableKeyRotation", vec![("KeyId", text(PAYMENTS))]),
            request("RotateKeyOnDemand", vec![("KeyId", text(PAYMENTS_ARN))]),
            request(
                "ImportKeyMaterial",
                vec![
                    ("KeyId", text(PENDING)),
                    ("EncryptedKeyMaterial", blob(&self.wrapped)),
                    ("ImportToken", blob(&self.import_token)),
                    ("ValidTo", Value::Time(self.valid_to)),
                    ("KeyMaterialDescription", text("from the old HSM")),
                ],
            ),
            request(
                "GetParametersForImport",
                vec![
                    ("KeyId", text(PENDING)),
                    ("WrappingAlgorithm", text("RSAES_OAEP_SHA_256")),
                    ("WrappingKeySpec", text("RSA_2048")),
                ],
            ),
            request("DeleteImportedKeyMaterial", vec![("KeyId", text(PENDING))]),
            request(
                "ReplicateKey",
                vec![
                    ("KeyId", text(&self.primary)),
                    ("ReplicaRegion", text("eu-west-1")),
                    ("Description", text("A replica")),
                    ("Tags", tags(&[("team", "payments")])),
                ],
            ),
            request(
                "UpdatePrimaryRegion",
                vec![
                    ("KeyId", text(&self.primary)),
                    ("PrimaryRegion", text("eu-west-1")),
                ],
            ),
            // In this order they go round again and again.
            request("EnableKey", vec![("KeyId", text(SPARE))]),
            request("DisableKey", vec![("KeyId", text(SPARE))]),
            request(
                "ScheduleKeyDeletion",
                vec![
                    ("KeyId", text(SPARE)),
                    ("PendingWindowInDays", Value::Number(7)),
                ],
            ),
            request("CancelKeyDeletion", vec![("KeyId", text(SPARE))]),
            request(
                "ConnectCustomKeyStore",
                vec![("CustomKeyStoreId", text(KEY_STORE))],
            ),
            request(
                "DisconnectCustomKeyStore",
                vec![("CustomKeyStoreId", text(KEY_STORE))],
            ),
        ];
        let made: Vec<_> = requests.iter().map(|request| request.op).collect();
        let all: Vec<_> = OPS.iter().map(|spec| spec.id).collect();
        assert_eq!(made, all, "a request for each operation");
        for request in &requests {
            let errors = ops::spec(request.op).validate(request);
            assert!(errors.is_empty(), "{}: {errors:?}", request.op);
        }
        requests
    }
}

/// With DryRun, where the operation has one.
fn dry(request: &Request) -> Option<Request> {
    let has_one = ops::spec(request.op).has_dry_run();
    has_one.then(|| request.clone().with(&DRY_RUN, Value::Flag(true)))
}

/// Runs `runs` by `tests/snippets.py`: whether each went well, and what it said.
fn run_by(python: &str, sandbox: &Sandbox, endpoint: &str, runs: &[Json]) -> Vec<(bool, String)> {
    let admin = &sandbox.principals()[0];
    let given = json!({
        "endpoint": endpoint,
        "access": admin.access_key_id,
        "secret": admin.secret_access_key,
        "runs": runs,
    });
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snippets.py"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nowhere/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let text = given.to_string();
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("its results")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_snippet_does_in_the_sandbox_what_it_says() {
    let Some(python) = crate::tools::python("what the AWS CLI and boto3 say") else {
        return;
    };
    let sandbox = sandbox();
    let client = admin(&sandbox);
    let server = sandbox::start(sandbox.clone()).await;
    let endpoint = format!("http://{}", server.address);
    let folder = tempfile::tempdir().expect("a folder");
    let to = Destination {
        region: Some("us-east-1".into()),
        endpoint: Some(endpoint.clone()),
        ..Destination::default()
    };
    let mut runs = Vec::new();
    let mut told = Vec::new();
    for language in [Language::AwsCli, Language::Boto3, Language::Json] {
        // Each makes an end of grants of its own; of one grant there is only one end.
        let material = Material::of(&client, folder.path()).await;
        let revoked = Material::of(&client, folder.path()).await;
        for mut request in material.requests() {
            if request.op.0 == "RevokeGrant" {
                request.set(&GRANT_ID, text(&revoked.grant_id));
            }
            let dry = dry(&request);
            for request in dry.into_iter().chain([request]) {
                let snippet = language.write(&request, &to);
                runs.push(match language {
                    Language::AwsCli => json!({"argv": argv(&snippet, folder.path())}),
                    Language::Json => json!({"operation": request.op.0, "body": *snippet}),
                    _ => json!({"boto3": *snippet}),
                });
                told.push((language, request, snippet));
            }
        }
    }
    let results = {
        let (sandbox, endpoint) = (Arc::clone(&sandbox), endpoint.clone());
        // The AWS CLI has a botocore of its own, which takes the place of boto3's in a process.
        let clis = runs.iter().filter(|run| run.get("argv").is_some()).count();
        let run = move || {
            let mut results = run_by(&python, &sandbox, &endpoint, &runs[..clis]);
            results.extend(run_by(&python, &sandbox, &endpoint, &runs[clis..]));
            results
        };
        tokio::task::spawn_blocking(run).await.expect("it ran")
    };
    assert_eq!(results.len(), told.len());
    for ((language, request, snippet), (well, said)) in told.iter().zip(&results) {
        let context = format!("{}\n{said}", **snippet);
        // A released AWS CLI may not have what is newest.
        let is_new = ["Encapsulate", "Decapsulate"].contains(&request.op.0);
        if *language == Language::AwsCli && is_new && said.to_lowercase().contains("invalid choice")
        {
            continue;
        }
        if !request.dry_run() {
            assert!(well, "{context}");
            continue;
        }
        match language {
            Language::Boto3 => assert!(*well && said.trim() == "Would succeed", "{context}"),
            _ => assert!(!well && said.contains("DryRunOperation"), "{context}"),
        }
    }
    let _ = server.stop.send(());
    server.task.await.expect("a task").expect("it served");
}

/// The programs of the Rust snippets, compiled with the tests: `rust_snippets.in` is what the
/// generator writes now, or the test below says so.
#[allow(dead_code, clippy::all)]
mod rust_programs {
    include!("rust_snippets.in");
}

#[test]
fn every_rust_snippet_compiles() {
    let to = Destination {
        profile: Some("prod".into()),
        region: Some("eu-west-1".into()),
        endpoint: Some("http://127.0.0.1:4599".into()),
        note: Some("A note.".into()),
    };
    let mut programs = String::new();
    for request in Material::fixed().requests() {
        let name = ops::spec(request.op).command().replace('-', "_");
        let dry = dry(&request).map(|request| (format!("{name}_dry"), request));
        for (name, request) in [(name, request)].into_iter().chain(dry) {
            let program = Language::Rust.write(&request, &to);
            programs.push_str(&format!("mod {name} {{\n{}\n}}\n", *program));
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/rust_snippets.in");
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(file, &programs).expect("the file");
    }
    assert!(
        programs == include_str!("rust_snippets.in"),
        "tests/it/rust_snippets.in is not what the generator writes now: \
         INSTA_UPDATE=always tests/run every_rust_snippet, then run it again to compile it"
    );
}

#[test]
fn the_snippets_as_they_are_read() {
    let to = Destination {
        profile: Some("prod".into()),
        region: Some("eu-west-1".into()),
        ..Destination::default()
    };
    let material = Material {
        ciphertext: (0..40).collect(),
        ..Material::fixed()
    };
    for request in material.requests() {
        let name = ops::spec(request.op).command().replace('-', "_");
        if ![
            "generate_data_key_without_plaintext",
            "re_encrypt",
            "create_grant",
        ]
        .contains(&name.as_str())
        {
            continue;
        }
        let shown: Vec<String> = Language::ALL
            .iter()
            .map(|language| format!("== {}\n{}", language.name(), *language.write(&request, &to)))
            .collect();
        insta::assert_snapshot!(format!("as_read_{name}"), shown.join("\n\n"));
    }
}

async fn form(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(size).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g"]).await;
    stage.go_to_field("EncryptionContext").await;
    stage.paste(r#"{"tenant": "acme", "purpose": "it's \"the\" backup"}"#);
    stage
}

#[tokio::test]
async fn the_form_shows_its_request_as_it_is_typed() {
    let mut stage = form((120, 40)).await;
    insta::assert_snapshot!("form_snippet_120", stage.body());
    stage.press(&["Alt-s"]).await;
    assert!(stage.has("import boto3"), "{}", stage.screen());
    stage.press(&["Ctrl-t"]).await;
    assert!(stage.has("DryRun=True"), "{}", stage.screen());
    stage.press(&["Alt-s", "Alt-s"]).await;
    assert!(
        stage.has(r#""purpose": "it's \"the\" backup""#),
        "{}",
        stage.screen()
    );
    stage.press(&["Alt-s"]).await;
    assert!(!stage.has("JSON"), "{}", stage.screen());
    // It stays so in the next form.
    stage.press(&["Esc", "g"]).await;
    assert!(!stage.has("JSON"), "{}", stage.screen());
    stage.press(&["Alt-s"]).await;
    assert!(
        stage.has("aws kms generate-data-key-without"),
        "{}",
        stage.screen()
    );
    let mut stage = form((200, 60)).await;
    stage.press(&["Alt-s", "Alt-s"]).await;
    insta::assert_snapshot!("form_snippet_200", stage.body());
}

#[tokio::test]
async fn a_small_terminal_shows_the_snippet_when_asked() {
    let mut stage = form((80, 24)).await;
    assert!(!stage.has("aws kms"), "{}", stage.screen());
    stage.press(&["Alt-s"]).await;
    insta::assert_snapshot!("form_snippet_80", stage.body());
    stage.press(&["Alt-s"]).await;
    insta::assert_snapshot!("form_snippet_cut_80", stage.body());
}

fn copied(stage: &Stage) -> String {
    let sequence = stage.written.rsplit("\u{1b}]52;c;").next().expect("a copy");
    let base64 = sequence.trim_end_matches(['\u{7}', '\u{1b}', '\\']);
    let bytes = BlobForm::Base64.read("copied", base64).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn a_snippet_is_copied_whole_from_form_outcome_and_call_log() {
    let mut stage = form((80, 24)).await;
    stage.press(&["Alt-y"]).await;
    let from_form = copied(&stage);
    assert!(
        from_form.starts_with("aws kms generate-data-key-without-plaintext"),
        "{from_form}"
    );
    assert!(
        from_form.ends_with("--endpoint-url http://127.0.0.1:4599"),
        "{from_form}"
    );
    assert!(stage.has("Copied"), "{}", stage.screen());
    stage.press(&["Ctrl-r", "y"]).await;
    stage.go_to("Request as AWS CLI").await;
    stage.press(&["Enter"]).await;
    assert_eq!(copied(&stage), from_form);
    stage.press(&["L", "/"]).await;
    stage.type_text("GenerateDataKey").await;
    stage.press(&["Enter", "y"]).await;
    stage.go_to("Request as boto3").await;
    stage.press(&["Enter"]).await;
    assert!(
        copied(&stage).starts_with("import boto3\n"),
        "{}",
        copied(&stage)
    );
}

#[tokio::test]
async fn a_number_that_is_not_typed_yet_is_not_in_the_snippet() {
    let mut stage = form((120, 40)).await;
    stage.go_to_field("KeySpec").await;
    stage.press(&["Down"]).await;
    assert!(!stage.has("--number-of-bytes"), "{}", stage.screen());
    stage.type_text("48").await;
    assert!(stage.has("--number-of-bytes 48"), "{}", stage.screen());
}
