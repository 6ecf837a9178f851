//! Operations one after the other from the command line: what one makes, another opens; and the
//! matrix.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use data_encoding::BASE64;
use serde_json::Value;

/// kmsdeck on a sandbox whose state is kept in a folder between its runs.
struct Kms {
    folder: tempfile::TempDir,
}

impl Kms {
    fn new() -> Kms {
        Kms {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = crate::tools::kmsdeck();
        command
            .arg("--sandbox")
            .arg("--sandbox-state")
            .arg(self.path().join("state.json"))
            .args(args)
            .current_dir(self.path())
            .env("XDG_STATE_HOME", self.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("kmsdeck runs")
    }

    /// The answer in JSON of a call that goes well.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--output", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// What is said of a call that ends with that code.
    fn refused(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args:?}: {}",
            said(&output)
        );
        said(&output)
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn field<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {answer}"))
}

const PAYMENTS: &str = "alias/payments";
const CONTEXT: &str = "tenant=acme,purpose=backup";
const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn a_data_key_without_plaintext_is_decrypted_in_its_context_alone() {
    let kms = Kms::new();
    let made = kms.json(&[
        "generate-data-key-without-plaintext",
        "--key-id",
        PAYMENTS,
        "--key-spec",
        "AES_256",
        "--encryption-context",
        CONTEXT,
    ]);
    assert!(made.get("Plaintext").is_none());
    let blob = field(&made, "CiphertextBlob");
    let opened = kms.json(&[
        "decrypt",
        "--ciphertext-blob",
        blob,
        "--encryption-context",
        CONTEXT,
    ]);
    let plaintext = BASE64.decode(field(&opened, "Plaintext").as_bytes());
    assert_eq!(plaintext.expect("base64").len(), 32);
    assert_eq!(opened["KeyMaterialId"], made["KeyMaterialId"]);
    let wrong = kms.refused(
        1,
        &[
            "decrypt",
            "--ciphertext-blob",
            blob,
            "--encryption-context",
            "tenant=Acme,purpose=backup",
        ],
    );
    assert!(wrong.contains("InvalidCiphertextException"), "{wrong}");
    // The same ciphertext from a file, and from standard input.
    let raw = BASE64.decode(blob.as_bytes()).expect("base64");
    std::fs::write(kms.path().join("key.bin"), &raw).expect("a file");
    std::fs::write(kms.path().join("key.b64"), format!("{blob}\n")).expect("a file");
    for from in ["fileb://key.bin", "file://key.b64"] {
        kms.json(&[
            "decrypt",
            "--ciphertext-blob",
            from,
            "--encryption-context",
            CONTEXT,
        ]);
    }
    let mut child = kms
        .command(&[
            "decrypt",
            "--ciphertext-blob",
            "fileb://-",
            "--encryption-context",
            CONTEXT,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("kmsdeck runs");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(&raw).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let table = said(&output);
    assert_eq!(output.status.code(), Some(0), "{table}");
    // A table shows a secret when it is asked to.
    assert!(
        table.contains("32 bytes, not shown: --reveal shows it"),
        "{table}"
    );
    let shown = kms.run(&[
        "decrypt",
        "--ciphertext-blob",
        blob,
        "--encryption-context",
        CONTEXT,
        "--reveal",
    ]);
    assert!(said(&shown).contains(field(&opened, "Plaintext")));
}

#[test]
fn what_one_operation_makes_another_opens() {
    let kms = Kms::new();
    // Encrypt, ReEncrypt to another key and context, Decrypt.
    let made = kms.json(&["encrypt", "--key-id", PAYMENTS, "--plaintext", "aGVsbG8="]);
    let moved = kms.json(&[
        "re-encrypt",
        "--ciphertext-blob",
        field(&made, "CiphertextBlob"),
        "--destination-key-id",
        "alias/app-tokens",
        "--destination-encryption-context",
        "moved=yes",
    ]);
    assert_ne!(moved["SourceKeyId"], moved["KeyId"]);
    let opened = kms.json(&[
        "decrypt",
        "--ciphertext-blob",
        field(&moved, "CiphertextBlob"),
        "--encryption-context",
        r#"{"moved": "yes"}"#,
        "--key-id",
        "alias/app-tokens",
    ]);
    assert_eq!(opened["Plaintext"], "aGVsbG8=");
    // Sign, Verify; another message is refused.
    let sign = [
        "--key-id",
        "alias/signing",
        "--signing-algorithm",
        "ECDSA_SHA_256",
    ];
    let signed = kms.json(&[&["sign", "--message", "aGVsbG8="], &sign[..]].concat());
    let signature = field(&signed, "Signature");
    let verify = ["verify", "--signature", signature];
    let verified = kms.json(&[&verify[..], &["--message", "aGVsbG8="], &sign[..]].concat());
    assert_eq!(verified["SignatureValid"], true);
    let other = [&verify[..], &["--message", "b3RoZXI="], &sign[..]].concat();
    assert!(
        kms.refused(1, &other)
            .contains("KMSInvalidSignatureException")
    );
    // GenerateMac, VerifyMac.
    let mac = [
        "--key-id",
        "alias/webhooks",
        "--mac-algorithm",
        "HMAC_SHA_512",
        "--message",
        "aGk=",
    ];
    let made = kms.json(&[&["generate-mac"], &mac[..]].concat());
    let checked = kms.json(&[&["verify-mac", "--mac", field(&made, "Mac")], &mac[..]].concat());
    assert_eq!(checked["MacValid"], true);
    // Encapsulate, Decapsulate.
    let kem = [
        "--key-id",
        "alias/pq-exchange",
        "--encapsulation-algorithm",
        "ML_KEM",
    ];
    let sent = kms.json(&[&["encapsulate"], &kem[..]].concat());
    let blob = field(&sent, "SharedSecretCiphertextBlob");
    let got = kms.json(
        &[
            &["decapsulate", "--shared-secret-ciphertext-blob", blob],
            &kem[..],
        ]
        .concat(),
    );
    assert_eq!(got["SharedSecret"], sent["SharedSecret"]);
    // A pair's public key is the other side of an agreement; its private key comes back.
    let pair = kms.json(&[
        "generate-data-key-pair",
        "--key-id",
        PAYMENTS,
        "--key-pair-spec",
        "ECC_NIST_P384",
    ]);
    let opened = kms.json(&[
        "decrypt",
        "--ciphertext-blob",
        field(&pair, "PrivateKeyCiphertextBlob"),
    ]);
    assert_eq!(opened["Plaintext"], pair["PrivateKeyPlaintext"]);
    let derived = kms.json(&[
        "derive-shared-secret",
        "--key-id",
        "alias/handshake",
        "--key-agreement-algorithm",
        "ECDH",
        "--public-key",
        field(&pair, "PublicKey"),
    ]);
    assert_eq!(field(&derived, "SharedSecret").len(), 64);
    for op in [
        "generate-data-key-pair-without-plaintext",
        "generate-data-key-pair",
    ] {
        let made = kms.json(&[op, "--key-id", PAYMENTS, "--key-pair-spec", "ECC_NIST_P256"]);
        let has_plaintext = made.get("PrivateKeyPlaintext").is_some();
        assert_eq!(has_plaintext, op == "generate-data-key-pair");
    }
    let random = kms.json(&["generate-random", "--number-of-bytes", "9"]);
    assert_eq!(field(&random, "Plaintext").len(), 12);
    let public = kms.json(&["get-public-key", "--key-id", "alias/signing"]);
    assert_eq!(public["SigningAlgorithms"][0], "ECDSA_SHA_256");
}

#[test]
fn a_grant_is_made_used_and_revoked_on_the_users_word() {
    let kms = Kms::new();
    let create = [
        "create-grant",
        "--key-id",
        KEY,
        "--grantee-principal",
        "arn:aws:iam::111122223333:user/auditor",
        "--operations",
        "Decrypt",
        "GenerateDataKeyWithoutPlaintext",
        "--constraints",
        "EncryptionContextSubset={tenant=acme}",
    ];
    let refused = kms.refused(2, &create);
    assert!(
        refused.contains("add --yes to confirm it, or --dry-run"),
        "{refused}"
    );
    let tried = kms.run(&[&create[..], &["--dry-run"]].concat());
    assert!(said(&tried).contains("Would succeed"), "{}", said(&tried));
    let made = kms.json(&[&create[..], &["--yes"]].concat());
    let token = field(&made, "GrantToken");
    let generate = [
        "--sandbox-principal",
        "auditor",
        "generate-data-key-without-plaintext",
        "--key-id",
        KEY,
        "--key-spec",
        "AES_128",
        "--grant-tokens",
        token,
        "--encryption-context",
    ];
    kms.json(&[&generate[..], &["tenant=acme,more=yes"]].concat());
    let other = kms.refused(1, &[&generate[..], &["tenant=other"]].concat());
    assert!(other.contains("AccessDeniedException"), "{other}");
    let revoke = [
        "revoke-grant",
        "--key-id",
        KEY,
        "--grant-id",
        field(&made, "GrantId"),
    ];
    kms.json(&[&revoke[..], &["--yes"]].concat());
    let gone = kms.refused(1, &[&revoke[..], &["--yes"]].concat());
    assert!(gone.contains("NotFoundException"), "{gone}");
    // JSON says the same; and what is no member is named.
    let json = r#"{"EncryptionContextEquals": {"tenant": "acme"}}"#;
    let mut again = create.to_vec();
    *again.last_mut().expect("the constraints") = json;
    let made = kms.json(&[&again[..], &["--yes"]].concat());
    let token = field(&made, "GrantToken");
    kms.json(&["retire-grant", "--grant-token", token, "--yes"]);
    *again.last_mut().expect("the constraints") = "Subset={a=b}";
    let wrong = kms.refused(2, &[&again[..], &["--yes"]].concat());
    assert!(wrong.contains("has no member \"Subset\""), "{wrong}");
}

#[test]
fn a_key_is_disabled_enabled_rotated_and_scheduled_for_deletion() {
    let kms = Kms::new();
    let key = ["--key-id", KEY];
    let with = |op: &'static str| [&[op], &key[..], &["--yes"]].concat();
    let encrypt = [&["encrypt", "--plaintext", "aGk="], &key[..]].concat();
    let before = kms.json(&encrypt);
    kms.json(&with("disable-key"));
    assert!(kms.refused(1, &encrypt).contains("DisabledException"));
    kms.json(&with("enable-key"));
    kms.json(&with("rotate-key-on-demand"));
    let after = kms.json(&encrypt);
    let material = |made: &Value| {
        let opened = kms.json(&[
            "decrypt",
            "--ciphertext-blob",
            field(made, "CiphertextBlob"),
        ]);
        assert_eq!(opened["Plaintext"], "aGk=");
        opened["KeyMaterialId"].clone()
    };
    assert_ne!(material(&before), material(&after));
    // The key policy of alias/payments denies its deletion to everyone.
    let denied = kms.refused(1, &with("schedule-key-deletion"));
    assert!(denied.contains("explicit deny"), "{denied}");
    let described = kms.json(&["describe", "--key-id", "alias/app-tokens"]);
    let id = field(&described["KeyMetadata"], "KeyId");
    let key = ["--key-id", id];
    let with = |op: &'static str| [&[op], &key[..], &["--yes"]].concat();
    let encrypt = [&["encrypt", "--plaintext", "aGk="], &key[..]].concat();
    let scheduled = [
        &with("schedule-key-deletion")[..],
        &["--pending-window-in-days", "7"],
    ]
    .concat();
    let scheduled = kms.json(&scheduled);
    assert_eq!(scheduled["KeyState"], "PendingDeletion");
    assert!(
        kms.refused(1, &encrypt)
            .contains("KMSInvalidStateException")
    );
    kms.json(&with("cancel-key-deletion"));
}

#[test]
fn wrong_input_is_told_before_the_call_with_field_rule_and_fix() {
    let kms = Kms::new();
    let sign = [
        "--key-id",
        "alias/signing",
        "--signing-algorithm",
        "ECDSA_SHA_256",
    ];
    for (args, expected) in [
        (
            vec!["decrypt", "--key-id", PAYMENTS],
            "CiphertextBlob is required: give its bytes",
        ),
        (
            vec![
                "decrypt",
                "--ciphertext-blob",
                "AAAA",
                "--dry-run-modifiers",
                "IGNORE_CIPHERTEXT",
            ],
            "DryRunModifiers go with DryRun alone",
        ),
        (
            vec![
                "encrypt",
                "--key-id",
                PAYMENTS,
                "--plaintext",
                "not base64!",
            ],
            "Plaintext as base64 holds",
        ),
        (
            vec![
                "encrypt",
                "--key-id",
                PAYMENTS,
                "--plaintext",
                "fileb://nowhere",
            ],
            "Plaintext from \"nowhere\" cannot be read",
        ),
        (
            [
                &["sign", "--message", "aGk=", "--message-type", "DIGEST"],
                &sign[..],
            ]
            .concat(),
            "Message is a digest of 32 bytes for ECDSA_SHA_256, and has 2",
        ),
        (
            vec!["retire-grant", "--key-id", KEY, "--yes"],
            "GrantId goes with KeyId",
        ),
        (
            vec![
                "revoke-grant",
                "--key-id",
                PAYMENTS,
                "--grant-id",
                "x",
                "--yes",
            ],
            "KeyId is a key ID or a key ARN here, and no alias",
        ),
        (
            vec![
                "create-grant",
                "--key-id",
                KEY,
                "--operations",
                "Decrypt",
                "--yes",
            ],
            "GranteePrincipal is required",
        ),
        (
            vec!["generate-random", "--number-of-bytes", "2000"],
            "NumberOfBytes is a whole number from 1 to 1,024",
        ),
        (
            vec![
                "re-encrypt",
                "--ciphertext-blob",
                "AAAA",
                "--destination-key-id",
                "payments",
            ],
            "DestinationKeyId is none of the four notations",
        ),
    ] {
        let told = kms.refused(2, &args);
        assert!(told.contains(expected), "{args:?}: {told}");
    }
    std::fs::write(kms.path().join("big"), vec![0; 5000]).expect("a file");
    let told = kms.refused(
        2,
        &[
            "encrypt",
            "--key-id",
            PAYMENTS,
            "--plaintext",
            "fileb://big",
        ],
    );
    assert!(
        told.contains("Plaintext takes 1 to 4,096 bytes, and has 5,000"),
        "{told}"
    );
}

#[test]
fn the_log_file_has_every_call_and_nothing_secret() {
    let kms = Kms::new();
    let generate = [
        "generate-data-key",
        "--key-id",
        PAYMENTS,
        "--key-spec",
        "AES_256",
    ];
    let made = kms.json(&generate);
    let token = "dG9rZW4tb2YtYS1ncmFudA";
    let refused = kms.refused(1, &[&generate[..], &["--grant-tokens", token]].concat());
    assert!(refused.contains("InvalidGrantTokenException"), "{refused}");
    let path = kms.path().join("kmsdeck/kmsdeck.log");
    let log = std::fs::read_to_string(&path).expect("the log file");
    let line = log
        .lines()
        .find(|line| line.contains("GenerateDataKey"))
        .expect("the call");
    for part in [
        "kmsdeck::call",
        "alias/payments",
        "us-east-1",
        "latency_ms",
        "request_id",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for secret in [
        field(&made, "Plaintext"),
        field(&made, "CiphertextBlob"),
        token,
        "sandbox-admin-public-by-design",
    ] {
        assert!(!log.contains(secret), "{log}");
    }
    std::fs::remove_file(&path).expect("it is there");
    kms.json(&[
        "--log-level",
        "off",
        "get-public-key",
        "--key-id",
        "alias/signing",
    ]);
    assert!(!path.exists());
    // Where it cannot be written, that is said, and the work goes on.
    std::fs::create_dir(&path).expect("a folder in its place");
    let output = kms.run(&["get-public-key", "--key-id", "alias/signing"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        said(&output).contains("There is no log file"),
        "{}",
        said(&output)
    );
}

#[test]
fn read_only_lets_reads_and_dry_runs_through() {
    let kms = Kms::new();
    let generate = [
        "--read-only",
        "generate-data-key",
        "--key-id",
        PAYMENTS,
        "--key-spec",
        "AES_256",
    ];
    let told = kms.refused(2, &generate);
    assert!(
        told.contains("Read-only: GenerateDataKey is sent as a dry run only"),
        "{told}"
    );
    let tried = kms.run(&[&generate[..], &["--dry-run"]].concat());
    assert_eq!(tried.status.code(), Some(0), "{}", said(&tried));
    kms.json(&["--read-only", "get-public-key", "--key-id", "alias/signing"]);
    let told = kms.refused(2, &["--read-only", "disable-key", "--key-id", KEY, "--yes"]);
    assert!(told.contains("Read-only"), "{told}");
}

#[test]
fn the_matrix_is_a_table_csv_markdown_and_json_and_says_what_is_not_as_expected() {
    let kms = Kms::new();
    let matrix = [
        "matrix",
        "--key-id",
        PAYMENTS,
        "alias/signing",
        "--operations",
        "Encrypt",
        "Sign",
    ];
    let json = kms.json(&matrix);
    assert_eq!(json["verdicts"][PAYMENTS]["Encrypt"], "would succeed");
    assert_eq!(
        json["verdicts"]["alias/signing"]["Encrypt"],
        "not for this key"
    );
    let path = kms.path().join("expected.json");
    std::fs::write(&path, json.to_string()).expect("a file");
    let expect = [&matrix[..], &["--expect", "expected.json"]].concat();
    assert_eq!(kms.run(&expect).status.code(), Some(0));
    // Another principal may do less, and CI hears of it.
    let told = kms.refused(
        1,
        &[&["--sandbox-principal", "auditor"], &expect[..]].concat(),
    );
    assert!(
        told.contains("Not as expected: lost: alias/payments Encrypt with no context: would succeed before, denied now")
            || told.contains("Not as expected: lost: alias/payments Encrypt: would succeed before, denied now"),
        "{told}"
    );
    let csv = said(&kms.run(&[&matrix[..], &["--output", "csv"]].concat()));
    assert!(csv.contains("alias/payments,arn:aws:kms"), "{csv}");
    assert!(
        csv.contains(",Encrypt,would succeed,DryRunOperationException"),
        "{csv}"
    );
    let markdown = said(&kms.run(&[&matrix[..], &["--output", "markdown"]].concat()));
    assert!(
        markdown.contains("| alias/payments | ✓ | – |"),
        "{markdown}"
    );
    // With all cells asked, KMS says itself that the key does not do.
    let all = kms.json(&[&matrix[..], &["--all-cells"]].concat());
    assert_eq!(all["verdicts"]["alias/signing"]["Encrypt"], "would fail");
    let told = kms.refused(2, &[&matrix[..], &["--expect", "nowhere.json"]].concat());
    assert!(
        told.contains("--expect: nowhere.json cannot be read"),
        "{told}"
    );
}
