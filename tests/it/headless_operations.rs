//! Every operation by the built binary: its JSON, its exit codes, files and secrets.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use kmsdeck::ops::OPS;
use serde_json::Value;

use crate::sandbox::{PAYMENTS, PAYMENTS_ARN};

const GRANTEE: &str = "arn:aws:iam::111122223333:user/grantee";
const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";

fn command(args: &[&str]) -> Command {
    let mut command = crate::tools::kmsdeck();
    command.args(args).stdin(Stdio::null());
    command
}

fn sandbox(args: &[&str]) -> Output {
    command(&[&["--sandbox"], args].concat())
        .output()
        .expect("kmsdeck runs")
}

/// Runs kmsdeck with bytes on its standard input.
fn sandbox_fed(args: &[&str], input: &[u8]) -> Output {
    let mut child = command(&[&["--sandbox"], args].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kmsdeck runs");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// A sandbox whose keys and grants last from one run to the next.
struct Lasting {
    folder: tempfile::TempDir,
}

impl Lasting {
    fn new() -> Self {
        Lasting {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        let state = self.path().join("state.json").display().to_string();
        sandbox(&[&["--sandbox-state", &state], args].concat())
    }

    /// The JSON of a call that must go well.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--output", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// A dry run of what `args` says, which would succeed.
    fn would_succeed(&self, args: &[&str]) {
        let args = [args, &["--dry-run", "--output", "json"]].concat();
        let output = self.run(&args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(verdict["Verdict"], "Would succeed", "{args:?}");
        assert_eq!(verdict["Error"], "DryRunOperationException", "{args:?}");
    }

    /// The call as a dry run, then for real.
    fn both(&self, args: &[&str]) -> Value {
        self.would_succeed(args);
        self.json(args)
    }
}

fn bytes(answer: &Value, field: &str) -> Vec<u8> {
    let text = answer[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {answer}"));
    data_encoding::BASE64
        .decode(text.as_bytes())
        .expect("base64")
}

fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {answer}"))
}

/// Names of the fields of an answer.
fn fields(answer: &Value) -> Vec<&str> {
    let object = answer.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[test]
fn data_keys_come_with_and_without_their_plaintext_and_decrypt_in_a_later_run() {
    let kms = Lasting::new();
    let context = ["--encryption-context", "tenant=acme,purpose=backup"];
    let key = ["--key-id", "alias/payments"];
    let without = kms.both(
        &[
            &[
                "generate-data-key-without-plaintext",
                "--key-spec",
                "AES_256",
            ],
            &key[..],
            &context,
        ]
        .concat(),
    );
    assert_eq!(
        fields(&without),
        ["CiphertextBlob", "KeyId", "KeyMaterialId"]
    );
    assert_eq!(text(&without, "KeyId"), PAYMENTS_ARN);
    let with = kms.both(
        &[
            &["generate-data-key", "--number-of-bytes", "48"],
            &key[..],
            &context,
        ]
        .concat(),
    );
    assert_eq!(bytes(&with, "Plaintext").len(), 48);
    for (answer, length) in [(&without, 32), (&with, 48)] {
        let blob = text(answer, "CiphertextBlob");
        // The same pairs, as JSON.
        let decrypted = kms.both(&[
            "decrypt",
            "--ciphertext-blob",
            blob,
            "--encryption-context",
            r#"{"purpose": "backup", "tenant": "acme"}"#,
        ]);
        assert_eq!(bytes(&decrypted, "Plaintext").len(), length);
        assert_eq!(text(&decrypted, "EncryptionAlgorithm"), "SYMMETRIC_DEFAULT");
        let wrong = kms.run(&["decrypt", "--ciphertext-blob", blob]);
        assert_eq!(wrong.status.code(), Some(1));
        assert!(
            said(&wrong).contains("InvalidCiphertextException"),
            "{}",
            said(&wrong)
        );
    }
    let pair = ["--key-pair-spec", "ECC_NIST_P256"];
    let without = kms.both(
        &[
            &["generate-data-key-pair-without-plaintext"],
            &key[..],
            &pair,
        ]
        .concat(),
    );
    assert!(without.get("PrivateKeyPlaintext").is_none(), "{without}");
    assert_eq!(text(&without, "KeyPairSpec"), "ECC_NIST_P256");
    let with = kms.both(&[&["generate-data-key-pair"], &key[..], &pair].concat());
    for field in [
        "PrivateKeyPlaintext",
        "PrivateKeyCiphertextBlob",
        "PublicKey",
    ] {
        assert!(bytes(&with, field).len() > 60, "{field} in {with}");
    }
}

#[test]
fn encrypt_re_encrypt_and_decrypt_go_round_by_files_standard_input_and_base64() {
    let kms = Lasting::new();
    let plain = kms.path().join("it's a \"file\"");
    std::fs::write(&plain, b"\x00secret\xff").expect("a file");
    let encrypted = kms.both(&[
        "encrypt",
        "--key-id",
        "alias/payments",
        "--plaintext",
        &format!("fileb://{}", plain.display()),
        "--encryption-context",
        "tenant=acme",
    ]);
    let cipher = kms.path().join("cipher");
    std::fs::write(&cipher, bytes(&encrypted, "CiphertextBlob")).expect("a file");
    let again = kms.both(&[
        "re-encrypt",
        "--ciphertext-blob",
        &format!("fileb://{}", cipher.display()),
        "--source-key-id",
        "alias/payments",
        "--source-encryption-context",
        "tenant=acme",
        "--destination-key-id",
        "alias/archive",
        "--destination-encryption-context",
        "tenant=acme",
    ]);
    assert_eq!(text(&again, "SourceKeyId"), PAYMENTS_ARN);
    assert!(text(&again, "KeyId").contains("mrk-77aa31c0"), "{again}");
    // file:// is the text of a file: base64 here, with its line end.
    let cipher = kms.path().join("cipher.b64");
    std::fs::write(&cipher, format!("{}\n", text(&again, "CiphertextBlob"))).expect("a file");
    let decrypted = kms.both(&[
        "decrypt",
        "--ciphertext-blob",
        &format!("file://{}", cipher.display()),
        "--encryption-context",
        "tenant=acme",
    ]);
    assert_eq!(bytes(&decrypted, "Plaintext"), b"\x00secret\xff");
    // A dry run for the permission alone, with no ciphertext at hand.
    kms.would_succeed(&[
        "decrypt",
        "--key-id",
        "alias/payments",
        "--dry-run-modifiers",
        "IGNORE_CIPHERTEXT",
    ]);
    let output = sandbox_fed(
        &[
            "generate-mac",
            "--key-id",
            "alias/webhooks",
            "--mac-algorithm",
            "HMAC_SHA_512",
            "--message",
            "fileb://-",
            "--output",
            "json",
        ],
        b"\x00by standard input",
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn signatures_and_macs_are_verified() {
    let kms = Lasting::new();
    let message = base64(b"a message");
    let sign = [
        "--key-id",
        "alias/signing",
        "--message",
        &message,
        "--signing-algorithm",
        "ECDSA_SHA_256",
    ];
    let signed = kms.both(&[&["sign"], &sign[..]].concat());
    assert_eq!(text(&signed, "SigningAlgorithm"), "ECDSA_SHA_256");
    let signature = ["--signature", text(&signed, "Signature")];
    let verified = kms.both(&[&["verify"], &sign[..], &signature].concat());
    assert_eq!(verified["SignatureValid"], true);
    let other = base64(b"another");
    let forged = [sign[0], sign[1], sign[2], &other, sign[4], sign[5]];
    let refused = kms.run(&[&["verify"], &forged[..], &signature].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("KMSInvalidSignatureException"),
        "{}",
        said(&refused)
    );

    let mac = [
        "--key-id",
        "alias/webhooks",
        "--message",
        &message,
        "--mac-algorithm",
        "HMAC_SHA_512",
    ];
    let made = kms.both(&[&["generate-mac"], &mac[..]].concat());
    assert_eq!(bytes(&made, "Mac").len(), 64);
    let verified = kms.both(&[&["verify-mac"], &mac[..], &["--mac", text(&made, "Mac")]].concat());
    assert_eq!(verified["MacValid"], true);

    let public = kms.json(&["get-public-key", "--key-id", "alias/signing"]);
    assert_eq!(text(&public, "KeySpec"), "ECC_NIST_P256");
    assert!(
        public["SigningAlgorithms"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    );
}

#[test]
fn shared_secrets_are_derived_and_encapsulated() {
    let kms = Lasting::new();
    let public = kms.json(&["get-public-key", "--key-id", "alias/handshake"]);
    let derived = kms.both(&[
        "derive-shared-secret",
        "--key-id",
        "alias/handshake",
        "--key-agreement-algorithm",
        "ECDH",
        "--public-key",
        text(&public, "PublicKey"),
    ]);
    assert_eq!(bytes(&derived, "SharedSecret").len(), 48);
    let key = [
        "--key-id",
        "alias/pq-exchange",
        "--encapsulation-algorithm",
        "ML_KEM",
    ];
    let made = kms.both(&[&["encapsulate"], &key[..]].concat());
    let blob = text(&made, "SharedSecretCiphertextBlob");
    let opened = kms.both(
        &[
            &["decapsulate", "--shared-secret-ciphertext-blob", blob],
            &key[..],
        ]
        .concat(),
    );
    assert_eq!(opened["SharedSecret"], made["SharedSecret"]);
    let random = kms.json(&["generate-random", "--number-of-bytes", "24"]);
    assert_eq!(bytes(&random, "Plaintext").len(), 24);
}

#[test]
fn grants_are_made_used_retired_and_revoked() {
    let kms = Lasting::new();
    let constraints = [
        "EncryptionContextSubset={tenant=acme}",
        r#"{"EncryptionContextSubset": {"tenant": "acme"}}"#,
    ];
    let mut grants = Vec::new();
    for constraints in constraints {
        let create = [
            "create-grant",
            "--key-id",
            PAYMENTS,
            "--grantee-principal",
            GRANTEE,
            "--retiring-principal",
            ADMIN,
            "--operations",
            "Encrypt",
            "Decrypt",
            "--constraints",
            constraints,
        ];
        kms.would_succeed(&create);
        grants.push(kms.json(&[&create[..], &["--yes"]].concat()));
    }
    // A new grant counts by its token alone, until it has spread.
    let token = text(&grants[1], "GrantToken");
    let encrypt = |context: &str| {
        kms.run(&[
            "--sandbox-principal",
            "grantee",
            "encrypt",
            "--key-id",
            PAYMENTS_ARN,
            "--plaintext",
            "aGk=",
            "--encryption-context",
            context,
            "--grant-tokens",
            token,
            "--dry-run",
        ])
    };
    let allowed = encrypt("tenant=acme,more=1");
    assert_eq!(allowed.status.code(), Some(0), "{}", said(&allowed));
    assert_eq!(encrypt("tenant=other").status.code(), Some(1));
    let revoke = [
        "revoke-grant",
        "--key-id",
        PAYMENTS_ARN,
        "--grant-id",
        text(&grants[0], "GrantId"),
    ];
    kms.would_succeed(&revoke);
    let table = kms.run(&[&revoke[..], &["--yes"]].concat());
    assert_eq!(table.status.code(), Some(0), "{}", said(&table));
    assert!(shown(&table).contains("Grant revoked"), "{}", shown(&table));
    let retire = ["retire-grant", "--grant-token", token];
    kms.would_succeed(&retire);
    kms.json(&[&retire[..], &["--yes"]].concat());
    assert_eq!(
        encrypt("tenant=acme").status.code(),
        Some(1),
        "no grant is left"
    );
}

#[test]
fn a_change_is_not_made_without_a_word_where_nobody_can_be_asked() {
    let kms = Lasting::new();
    let create = [
        "create-grant",
        "--key-id",
        PAYMENTS,
        "--grantee-principal",
        GRANTEE,
        "--operations",
        "Encrypt",
    ];
    let output = kms.run(&create);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        said(&output),
        "CreateGrant changes the account: add --yes to confirm it, or --dry-run to try it\n"
    );
    let output = kms.run(&[&create[..], &["--yes", "--read-only"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).starts_with("Read-only: CreateGrant is sent as a dry run only."));
    kms.would_succeed(&[&create[..], &["--read-only"]].concat());
    // Using a key is not reading.
    let output = kms.run(&[
        "encrypt",
        "--key-id",
        "alias/payments",
        "--plaintext",
        "aGk=",
        "--read-only",
    ]);
    assert_eq!(output.status.code(), Some(2));
    // Of --dry-run and --no-dry-run the later one counts, as with the AWS CLI.
    let output = kms.run(&[&create[..], &["--dry-run", "--no-dry-run"]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn a_table_hides_secrets_until_asked_and_json_holds_them() {
    for args in [
        &[
            "generate-data-key",
            "--key-id",
            "alias/payments",
            "--key-spec",
            "AES_256",
        ][..],
        &["generate-random", "--number-of-bytes", "32"],
    ] {
        let hidden = sandbox(args);
        assert!(
            shown(&hidden).contains("32 bytes, not shown: --reveal shows it"),
            "{}",
            shown(&hidden)
        );
        let revealed = sandbox(&[args, &["--reveal"]].concat());
        let line = shown(&revealed);
        let line = line.lines().find(|line| line.starts_with("Plaintext"));
        let value = line
            .and_then(|line| line.split_whitespace().last())
            .expect("a value");
        let plaintext = data_encoding::BASE64
            .decode(value.as_bytes())
            .expect("base64");
        assert_eq!(plaintext.len(), 32);
    }
}

#[test]
fn dry_runs_tell_verdicts_by_exit_code() {
    let decrypt = |principal: &str, context: &str| {
        let context = format!("tenant={context}");
        sandbox(&[
            "--sandbox-principal",
            principal,
            "decrypt",
            "--key-id",
            PAYMENTS_ARN,
            "--encryption-context",
            &context,
            "--dry-run",
            "--dry-run-modifiers",
            "IGNORE_CIPHERTEXT",
        ])
    };
    assert_eq!(decrypt("decryptor", "acme").status.code(), Some(0));
    let denied = decrypt("decryptor", "other");
    assert_eq!(denied.status.code(), Some(1));
    assert!(
        shown(&denied).starts_with("✗ Denied: AccessDenied"),
        "{}",
        shown(&denied)
    );
    let fails = sandbox(&[
        "sign",
        "--key-id",
        "alias/payments",
        "--message",
        "aGk=",
        "--signing-algorithm",
        "ECDSA_SHA_256",
        "--dry-run",
    ]);
    assert_eq!(fails.status.code(), Some(1));
    assert!(
        shown(&fails).contains("Would fail: InvalidKeyUsageException"),
        "{}",
        shown(&fails)
    );
    let unknown = sandbox(&[
        "--sandbox-fault",
        "Encrypt=throttle:1",
        "--max-attempts",
        "1",
        "encrypt",
        "--key-id",
        "alias/payments",
        "--plaintext",
        "aGk=",
        "--dry-run",
    ]);
    assert_eq!(unknown.status.code(), Some(3), "{}", said(&unknown));
}

#[test]
fn wrong_input_names_the_field_the_rule_and_the_fix() {
    let folder = tempfile::tempdir().expect("a folder");
    let big = folder.path().join("big");
    std::fs::write(&big, vec![0; (1 << 20) + 1]).expect("a file");
    let big = format!("fileb://{}", big.display());
    let encrypt = ["encrypt", "--key-id", "alias/payments", "--plaintext"];
    let grant = [
        "create-grant",
        "--key-id",
        PAYMENTS,
        "--operations",
        "Encrypt",
        "--grantee-principal",
        GRANTEE,
        "--dry-run",
    ];
    let long = base64(&[0; 4097]);
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (
            [&encrypt[..], &["not base64!"]].concat(),
            &["Plaintext as base64", "has '!'", "choose hex"],
        ),
        (
            [&encrypt[..], &[&long]].concat(),
            &["Plaintext takes 1 to 4,096 bytes, and has 4,097: give fewer"],
        ),
        (
            [&encrypt[..], &["fileb:///nowhere/x"]].concat(),
            &[
                "Plaintext from \"/nowhere/x\" cannot be read",
                "check the path",
            ],
        ),
        (
            [&encrypt[..], &[&big]].concat(),
            &["Plaintext from", "is over 1 MiB", "under a data key"],
        ),
        (
            [&encrypt[..], &["aGk=", "--encryption-context", "tenant"]].concat(),
            &["EncryptionContext is pairs of key=value, and \"tenant\" has no ="],
        ),
        (
            [
                &encrypt[..],
                &["aGk=", "--encryption-context", r#"{"a": 1}"#],
            ]
            .concat(),
            &["EncryptionContext as JSON is an object of strings"],
        ),
        (
            [&encrypt[..], &["aGk=", "--grant-tokens", "two words"]].concat(),
            &["GrantTokens takes tokens of", "paste the token"],
        ),
        (
            vec![
                "encrypt",
                "--key-id",
                "fileb:///dev/null",
                "--plaintext",
                "aGk=",
            ],
            &["KeyId is text, and fileb:// is for bytes: use file://"],
        ),
        (
            vec!["generate-random", "--number-of-bytes", "many"],
            &["NumberOfBytes is a whole number from 1 to 1,024"],
        ),
        (
            [&grant[..], &["--name", "a b"]].concat(),
            &["Name takes letters, digits", "has ' '"],
        ),
        (
            [&grant[..], &["--constraints", "Nothing={a=b}"]].concat(),
            &[
                "Constraints has no member \"Nothing\"",
                "EncryptionContextSubset",
            ],
        ),
        (
            [&grant[..], &["--constraints", "EncryptionContextEquals=a"]].concat(),
            &["EncryptionContextEquals is pairs of key=value"],
        ),
        (
            [&grant[..], &["--constraints", "{"]].concat(),
            &["Constraints is not JSON"],
        ),
        (
            vec!["decrypt", "--dry-run-modifiers", "IGNORE_CIPHERTEXT"],
            &[
                "DryRunModifiers go with DryRun alone",
                "KeyId is required with IGNORE_CIPHERTEXT",
            ],
        ),
        (
            vec!["decrypt"],
            &["CiphertextBlob is required: give its bytes as base64"],
        ),
        (
            vec![
                "revoke-grant",
                "--key-id",
                "alias/payments",
                "--grant-id",
                "x",
                "--dry-run",
            ],
            &["KeyId is a key ID or a key ARN here, and no alias"],
        ),
        (
            vec!["sign", "--key-id", "alias/signing", "--message", "aGk="],
            &["--signing-algorithm"],
        ),
        (
            vec![
                "sign",
                "--key-id",
                "alias/signing",
                "--message",
                "aGk=",
                "--message-type",
                "DIGEST",
                "--signing-algorithm",
                "ECDSA_SHA_256",
            ],
            &["Message is a digest of 32 bytes for ECDSA_SHA_256, and has 2"],
        ),
    ];
    for (args, expected) in cases {
        let output = sandbox(&args);
        let message = said(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(output.stdout.is_empty(), "{args:?}");
        for part in expected {
            assert!(message.contains(part), "{args:?}: no {part:?} in {message}");
        }
    }
}

#[test]
fn the_help_lists_every_operation_once_in_its_group() {
    let help = shown(&command(&["--help"]).output().expect("help"));
    for title in [
        "Data keys:",
        "Encryption:",
        "Grants:",
        "Connection:",
        "Sandbox:",
    ] {
        assert!(help.contains(&format!("\n{title}\n")), "{title}: {help}");
    }
    for spec in OPS {
        let line = format!("\n  {}", spec.command());
        let times =
            help.matches(&format!("{line} ")).count() + help.matches(&format!("{line}\n")).count();
        assert_eq!(times, 1, "{line}: {help}");
        let own = shown(
            &command(&[&spec.command(), "--help"])
                .output()
                .expect("help"),
        );
        assert!(own.contains(&format!("Needs {}.", spec.iam)), "{own}");
    }
    assert!(
        help.lines()
            .take_while(|line| *line != "Options:")
            .all(|line| line.chars().count() <= 80)
    );
    let unknown = command(&["encrpt"]).output().expect("it ends");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("encrypt") && said(&unknown).contains("[COMMAND]"));
}

#[test]
fn completions_are_what_the_shells_take() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = command(&["completions", shell]).output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let text = shown(&output);
        for word in [
            "generate-data-key-without-plaintext",
            "destination-key-id",
            "sandbox-principal",
        ] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    let text = command(&["completions", "bash"]).output().expect("it ends");
    // What Tab offers in a real bash.
    let ask = "COMP_WORDS=(kmsdeck generate-data-key-w); COMP_CWORD=1; \
               _kmsdeck kmsdeck generate-data-key-w kmsdeck; echo \"${COMPREPLY[@]}\"";
    let script = format!("set -e\n{}\n{ask}\n", shown(&text));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), script).expect("the script");
    let output = Command::new("bash")
        .arg(file.path())
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(shown(&output).trim(), "generate-data-key-without-plaintext");
    let output = command(&["completions", "tcsh"]).output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let main = shown(&command(&["man"]).output().expect("a page"));
    assert!(main.contains(".TH kmsdeck 1"), "{main}");
    for spec in OPS {
        let name = spec.command();
        let escaped = name.replace('-', "\\-");
        assert!(
            main.contains(&format!("kmsdeck\\-{escaped}(1)")),
            "{name}: {main}"
        );
        let page = shown(&command(&["man", &name]).output().expect("a page"));
        assert!(page.contains(&format!(".TH kmsdeck-{name} 1")), "{page}");
        for field in spec.fields.iter().filter(|field| field.within.is_none()) {
            let flag = format!("\\-\\-{}", field.flag().replace('-', "\\-"));
            assert!(page.contains(&flag), "{flag}: {page}");
        }
    }
    let serve = command(&["man", "sandbox", "serve"])
        .output()
        .expect("a page");
    assert!(shown(&serve).contains("\\-\\-allow\\-remote"));
    let none = command(&["man", "nothing"]).output().expect("it ends");
    assert_eq!(none.status.code(), Some(2));
    assert!(
        said(&none).contains("choose one of keys, grants, describe"),
        "{}",
        said(&none)
    );
}

#[test]
fn a_change_whose_answer_was_lost_may_have_been_made_and_that_is_said() {
    let lost = |more: &[&str]| {
        let mut args = vec!["--sandbox-fault", "drop:1", "--max-attempts", "1"];
        args.extend(more);
        let output = sandbox(&args);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        said(&output)
    };
    let not_known = "Whether it was carried out is not known";
    let key = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let change = lost(&["disable-key", "--key-id", key, "--yes"]);
    assert!(change.contains(not_known), "{change}");
    // What changes nothing has nothing to leave open.
    let use_of_key = lost(&["encrypt", "--key-id", key, "--plaintext", "aGk="]);
    assert!(!use_of_key.contains(not_known), "{use_of_key}");
}

#[test]
fn what_is_made_is_told_in_a_table_and_as_json() {
    let make = |output: &str| {
        let args = [
            "create-key",
            "--description",
            "Made here",
            "--yes",
            "--output",
            output,
        ];
        sandbox(&args)
    };
    let table = shown(&make("table"));
    for told in [
        "KeyId",
        "arn:aws:kms:us-east-1:111122223333:key/",
        "Made here",
        "Enabled",
    ] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let json: serde_json::Value = serde_json::from_str(&shown(&make("json"))).expect("JSON");
    let key = &json["KeyMetadata"];
    assert_eq!(key["Description"], "Made here");
    assert!(
        key["Arn"]
            .as_str()
            .is_some_and(|arn| arn.ends_with(key["KeyId"].as_str().unwrap()))
    );
}
