//! The gateway against moto's server: a KMS that we did not write.
//!
//! moto carries a DryRun out and gives no KeyMaterialId, so neither is asserted here beyond how
//! kmsdeck takes it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use crate::terminal::Terminal;
use crate::tools;
use kmsdeck::gateway::{Place, Session, Target, connect};
use kmsdeck::kms::{OutcomeKind, Request, Value};
use kmsdeck::ops::fields::{DRY_RUN, ENCRYPTION_CONTEXT, KEY_ID, KEY_SPEC};
use kmsdeck::ops::{self, GENERATE_DATA_KEY_WITHOUT_PLAINTEXT};
use kmsdeck::reads::{self, ResourceOwner};

/// moto's server, until the test process ends.
struct Moto {
    url: String,
    _child: Kept,
}

/// A process that ends when it is dropped, a failed test included.
pub(crate) struct Kept(pub Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where moto's server listens; None where there is none.
pub(crate) fn moto() -> Option<&'static str> {
    static MOTO: OnceLock<Moto> = OnceLock::new();
    let program = tools::moto_server()?;
    Some(&MOTO.get_or_init(|| start(&program)).url)
}

fn start(program: &str) -> Moto {
    let mut child = Command::new(program)
        .args(["-H", "127.0.0.1", "-p", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("moto's server starts");
    end_with_us(&child);
    let (sender, receiver) = mpsc::channel();
    let lines = BufReader::new(child.stderr.take().expect("its output")).lines();
    std::thread::spawn(move || {
        // It must be read on, or the server would block on a full pipe.
        for line in lines.map_while(Result::ok) {
            if let Some(at) = line.find("http://127.0.0.1:") {
                let url = line[at..]
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let _ = sender.send(url);
            }
        }
    });
    let url = receiver
        .recv_timeout(Duration::from_secs(60))
        .expect("moto's server says where it listens");
    Moto {
        url,
        _child: Kept(child),
    }
}

/// A static is never dropped: a shell waits for this process, and ends the server after it.
fn end_with_us(child: &Child) {
    let script = format!(
        "while kill -0 {} 2>/dev/null; do sleep 1; done; kill {}",
        std::process::id(),
        child.id()
    );
    let _ = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

async fn session() -> Option<Session> {
    let moto = moto()?;
    assert!(
        std::env::var_os("AWS_ACCESS_KEY_ID").is_some(),
        "moto takes any credentials, but some: run the tests with tests/run"
    );
    let target = Target {
        region: Some("us-east-1".into()),
        ..Target::new(Place::Aws {
            profile: None,
            endpoint_url: Some(moto.to_owned()),
            role: None,
        })
    };
    Some(connect(&target).await.expect("a session"))
}

async fn key(session: &Session, description: &str) -> String {
    let made = session
        .kms
        .create_key()
        .description(description)
        .send()
        .await
        .expect("a key");
    made.key_metadata.expect("its metadata").key_id
}

/// The ID of a new key, for tests of the binary.
pub(crate) fn made_key(description: &str) -> Option<String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { Some(key(&session().await?, description).await) })
}

fn generate(key: &str) -> Request {
    Request::new(GENERATE_DATA_KEY_WITHOUT_PLAINTEXT.id)
        .with(&KEY_ID, Value::Text(key.to_owned()))
        .with(&KEY_SPEC, Value::Text("AES_256".into()))
}

#[tokio::test]
async fn keys_and_aliases_are_listed_page_by_page() {
    let Some(session) = session().await else {
        return;
    };
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(key(&session, &format!("key {n}")).await);
    }
    session
        .kms
        .create_alias()
        .alias_name("alias/listed")
        .target_key_id(&made[0])
        .send()
        .await
        .expect("an alias");
    let mut listed = Vec::new();
    let mut marker = None;
    loop {
        let page = reads::list_keys(&session, ResourceOwner::Own, marker)
            .await
            .expect("a page");
        listed.extend(page.items);
        marker = page.next;
        if marker.is_none() {
            break;
        }
    }
    assert!(
        made.iter()
            .all(|id| listed.iter().any(|key| key.key_id == *id))
    );
    let aliases = reads::list_aliases(&session, None)
        .await
        .expect("aliases")
        .items;
    let alias = aliases
        .iter()
        .find(|alias| alias.name == "alias/listed")
        .expect("ours");
    assert_eq!(alias.target_key_id.as_deref(), Some(made[0].as_str()));
}

#[tokio::test]
async fn a_key_is_described_with_its_policy_tags_grants_and_rotation() {
    let Some(session) = session().await else {
        return;
    };
    let id = key(&session, "described").await;
    let metadata = reads::describe_key(&session, &id).await.expect("metadata");
    assert_eq!(metadata.description, "described");
    assert_eq!(metadata.key_state.as_deref(), Some("Enabled"));
    assert!(metadata.is_symmetric_encryption());
    assert!(
        reads::key_policy(&session, &id)
            .await
            .expect("a policy")
            .contains("Statement")
    );
    assert!(reads::tags(&session, &id).await.expect("tags").is_empty());
    assert!(
        reads::grants(&session, &id)
            .await
            .expect("grants")
            .is_empty()
    );
    assert!(
        !reads::rotation_status(&session, &id)
            .await
            .expect("a status")
            .enabled
    );
    let identity = reads::caller_identity(&session).await.expect("an identity");
    assert_eq!(identity.account, "123456789012");
}

#[tokio::test]
async fn a_data_key_is_generated_and_decrypts_only_in_its_context() {
    let Some(session) = session().await else {
        return;
    };
    let id = key(&session, "data keys").await;
    let context = vec![("tenant".to_owned(), "acme".to_owned())];
    let request = generate(&id).with(&ENCRYPTION_CONTEXT, Value::Pairs(context));
    let outcome = ops::run(&session, cleared(request, &session)).await;
    assert_eq!(outcome.kind(), OutcomeKind::Success, "{outcome:?}");
    assert_eq!(outcome.meta.attempts, 1);
    assert!(outcome.meta.request_id.is_some());
    let (name, blob) = outcome.blob().expect("a blob");
    assert_eq!(name, "CiphertextBlob");
    let decrypt = |context: Option<(&str, &str)>| {
        let call = session
            .kms
            .decrypt()
            .ciphertext_blob(aws_sdk_kms::primitives::Blob::new(blob));
        match context {
            Some((key, value)) => call.encryption_context(key, value).send(),
            None => call.send(),
        }
    };
    let plaintext = decrypt(Some(("tenant", "acme")))
        .await
        .expect("the data key")
        .plaintext
        .expect("bytes");
    assert_eq!(plaintext.as_ref().len(), 32);
    assert!(decrypt(None).await.is_err());
}

#[tokio::test]
async fn its_errors_come_with_code_message_and_advice() {
    let Some(session) = session().await else {
        return;
    };
    let outcome = ops::run(&session, cleared(generate("alias/nowhere"), &session)).await;
    let error = outcome.result.expect_err("no such alias");
    assert_eq!(error.code, "NotFoundException");
    assert!(error.message.contains("alias/nowhere"), "{}", error.message);
    assert!(error.status == Some(400) && error.request_id.is_some());
    assert_eq!(
        error.advice().means,
        "There is no such key or alias in this account and Region."
    );
}

#[tokio::test]
async fn a_dry_run_that_was_carried_out_is_not_sold_as_a_verdict() {
    let Some(session) = session().await else {
        return;
    };
    let id = key(&session, "dry run").await;
    let request = generate(&id).with(&DRY_RUN, Value::Flag(true));
    let outcome = ops::run(&session, cleared(request, &session)).await;
    assert_eq!(outcome.kind(), OutcomeKind::DryRunIgnored);
}

/// A profile whose role asks for an MFA code.
const MFA_PROFILE: &str = "[profile base]\naws_access_key_id = x\naws_secret_access_key = y\n\
    [profile admin]\nsource_profile = base\nregion = us-east-1\n\
    role_arn = arn:aws:iam::123456789012:role/Admin\n\
    mfa_serial = arn:aws:iam::123456789012:mfa/me\n";

#[tokio::test]
async fn the_console_asks_for_the_mfa_code_and_goes_on_with_it() {
    let Some(session) = session().await else {
        return;
    };
    key(&session, "seen with an MFA code").await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config");
    std::fs::write(&config, MFA_PROFILE).expect("a file");
    let none = folder.path().join("none");
    let env = [
        ("AWS_CONFIG_FILE", config.to_str().expect("UTF-8")),
        ("AWS_SHARED_CREDENTIALS_FILE", none.to_str().expect("UTF-8")),
    ];
    let Some(moto) = moto() else {
        return;
    };
    let args = ["--profile", "admin", "--endpoint-url", moto];
    let mut terminal = Terminal::start(&args, &env, folder.path(), (100, 30));
    terminal.wait_for("mfa/me");
    terminal.send("12\r");
    terminal.wait_for("digits");
    terminal.send("\x15123456\r");
    terminal.wait_for("aliases ·");
    terminal.wait_for("Admin");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[tokio::test]
async fn a_role_that_asks_for_an_mfa_code_is_assumed_with_it() {
    use kmsdeck::gateway::MFA_CODE_NEEDED;
    let Some(moto) = moto() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config");
    std::fs::write(&config, MFA_PROFILE).expect("a file");
    let run = |code: Option<&str>| {
        let mut command = crate::tools::kmsdeck();
        command
            .args(["keys", "--profile", "admin", "--endpoint-url", moto])
            .args(code.map(|code| format!("--mfa-code={code}")))
            .env("HOME", folder.path())
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
            .env("XDG_CONFIG_HOME", folder.path())
            .env_remove("AWS_ACCESS_KEY_ID");
        command.output().expect("it runs")
    };
    let without = run(None);
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert_eq!(without.status.code(), Some(3), "{said}");
    assert!(
        said.contains(MFA_CODE_NEEDED) && said.contains("mfa/me"),
        "{said}"
    );
    let with = run(Some("123456"));
    let said = String::from_utf8_lossy(&with.stderr).into_owned();
    assert_eq!(with.status.code(), Some(0), "{said}");
    assert_eq!(run(Some("12")).status.code(), Some(2));
}

/// Runs kmsdeck against moto; the JSON of a call that must go well.
fn kmsdeck(args: &[&str]) -> serde_json::Value {
    let moto = moto().expect("there is a session with it");
    let output = crate::tools::kmsdeck()
        .args(args)
        .args(["--output", "json", "--endpoint-url", moto])
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A key of that spec and usage.
async fn key_of(session: &Session, spec: &str, usage: &str) -> String {
    let made = session
        .kms
        .create_key()
        .key_spec(spec.into())
        .key_usage(usage.into())
        .send()
        .await
        .expect("a key");
    made.key_metadata.expect("its metadata").key_id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operations_that_moto_has_work_from_the_command_line() {
    let Some(session) = session().await else {
        return;
    };
    let id = key(&session, "from").await;
    let other = key(&session, "to").await;
    let signing = key_of(&session, "ECC_NIST_P256", "SIGN_VERIFY").await;
    let mac_key = key_of(&session, "HMAC_256", "GENERATE_VERIFY_MAC").await;
    let context = ["--encryption-context", "tenant=acme"];
    let made = kmsdeck(
        &[
            &[
                "generate-data-key",
                "--key-id",
                &id,
                "--key-spec",
                "AES_128",
            ],
            &context[..],
        ]
        .concat(),
    );
    let text = |answer: &serde_json::Value, field: &str| {
        let text = answer[field].as_str();
        text.unwrap_or_else(|| panic!("{field} in {answer}"))
            .to_owned()
    };
    let blob = text(&made, "CiphertextBlob");
    let decrypted = kmsdeck(&[&["decrypt", "--ciphertext-blob", &blob], &context[..]].concat());
    assert_eq!(decrypted["Plaintext"], made["Plaintext"]);
    let without = kmsdeck(&[
        "generate-data-key-without-plaintext",
        "--key-id",
        &id,
        "--number-of-bytes",
        "64",
    ]);
    assert!(without.get("Plaintext").is_none(), "{without}");

    let plaintext = ["--plaintext", "c2VjcmV0"];
    let encrypted = kmsdeck(&[&["encrypt", "--key-id", &id], &plaintext[..], &context].concat());
    let again = kmsdeck(&[
        "re-encrypt",
        "--ciphertext-blob",
        &text(&encrypted, "CiphertextBlob"),
        "--source-encryption-context",
        "tenant=acme",
        "--destination-key-id",
        &other,
    ]);
    let decrypted = kmsdeck(&[
        "decrypt",
        "--ciphertext-blob",
        &text(&again, "CiphertextBlob"),
    ]);
    assert_eq!(decrypted["Plaintext"], "c2VjcmV0");

    let sign = [
        "--key-id",
        &signing,
        "--message",
        "c2VjcmV0",
        "--signing-algorithm",
        "ECDSA_SHA_256",
    ];
    let signed = kmsdeck(&[&["sign"], &sign[..]].concat());
    let signature = text(&signed, "Signature");
    let verified = kmsdeck(&[&["verify", "--signature", &signature], &sign[..]].concat());
    assert_eq!(verified["SignatureValid"], true);
    let public = kmsdeck(&["get-public-key", "--key-id", &signing]);
    assert!(public["PublicKey"].is_string());

    let mac = [
        "--key-id",
        &mac_key,
        "--message",
        "c2VjcmV0",
        "--mac-algorithm",
        "HMAC_SHA_256",
    ];
    let made = kmsdeck(&[&["generate-mac"], &mac[..]].concat());
    let made = text(&made, "Mac");
    let verified = kmsdeck(&[&["verify-mac", "--mac", &made], &mac[..]].concat());
    assert_eq!(verified["MacValid"], true);
    let random = kmsdeck(&["generate-random", "--number-of-bytes", "12"]);
    assert_eq!(text(&random, "Plaintext").len(), 16);

    let grant = || {
        kmsdeck(&[
            "create-grant",
            "--key-id",
            &id,
            "--grantee-principal",
            "arn:aws:iam::123456789012:user/someone",
            "--operations",
            "Decrypt",
            "--yes",
        ])
    };
    let token = text(&grant(), "GrantToken");
    kmsdeck(&["retire-grant", "--grant-token", &token, "--yes"]);
    let grant_id = text(&grant(), "GrantId");
    let grants = async || reads::grants(&session, &id).await.expect("grants").len();
    assert_eq!(grants().await, 1);
    kmsdeck(&[
        "revoke-grant",
        "--key-id",
        &id,
        "--grant-id",
        &grant_id,
        "--yes",
    ]);
    assert_eq!(grants().await, 0);
}

/// moto carries a dry run out.
#[tokio::test]
async fn a_dry_run_of_a_change_is_asked_about_where_it_may_be_carried_out() {
    let Some(session) = session().await else {
        return;
    };
    let request = || {
        Request::new(ops::REVOKE_GRANT.id)
            .with(&KEY_ID, Value::Text("1234abcd".into()))
            .with(&DRY_RUN, Value::Flag(true))
    };
    let gate = ops::Gate::of(request(), false, &session);
    assert!(matches!(gate, ops::Gate::Ask(_)), "{gate:?}");
    let gate = ops::Gate::of(request(), true, &session);
    assert!(matches!(gate, ops::Gate::ReadOnly(_)), "{gate:?}");
    // DisableKey has no DryRun: such a flag makes no dry run of it.
    let disable = Request::new(ops::DISABLE_KEY.id).with(&DRY_RUN, Value::Flag(true));
    let gate = ops::Gate::of(disable, false, &session);
    assert!(matches!(gate, ops::Gate::Ask(_)), "{gate:?}");
}

fn cleared(request: Request, session: &Session) -> ops::Cleared {
    ops::Cleared::unchanging(request, session).expect("it changes nothing")
}
