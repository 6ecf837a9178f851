//! Snippets do what the request would do: the shell, Python and the compiler say so.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use kmsdeck::kms::{Blob, OpId, Request, Value, encryption_context};
use kmsdeck::ops::{OPS, spec};
use kmsdeck::snippet::{Destination, Language, render};

const PAYMENTS: &str = "alias/payments";

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn blob(bytes: &[u8]) -> Value {
    Value::Blob(Blob::new(bytes.to_vec()))
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    let pairs = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
    Value::Pairs(pairs.collect())
}

fn request(op: &'static str) -> Request {
    Request::new(OpId(op))
}

fn data_key() -> Request {
    request("GenerateDataKeyWithoutPlaintext")
        .with("KeyId", text(PAYMENTS))
        .with("KeySpec", text("AES_256"))
        .with("EncryptionContext", pairs(&[("tenant", "acme")]))
}

/// The words that the AWS CLI would get.
fn argv(request: &Request) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let stub = folder.path().join("aws");
    std::fs::write(
        &stub,
        "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\0' \"$word\"; done\n",
    )
    .expect("a stub");
    let made_runnable = Command::new("chmod").arg("+x").arg(&stub).status();
    assert!(made_runnable.expect("chmod").success());
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = Command::new("sh")
        .arg("-c")
        .arg(render(Language::Cli, request, &Destination::default()))
        .env("PATH", path)
        .output()
        .expect("sh");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.split_terminator('\0').map(str::to_owned).collect()
}

/// What a shell, a Python or a Rust might take for more than a character.
const NASTY: [&str; 12] = [
    "it's",
    "\"double\"",
    "$(touch /tmp/x) `id` $HOME",
    "a\nb\tc",
    "back\\slash",
    "comma, = and {brace}",
    "日本 😀 é",
    "\u{202e}\u{1b}[31m",
    "-dash",
    "file:///etc/passwd",
    "!history",
    "#hash ~tilde *",
];

#[test]
fn the_shell_hands_every_value_over_as_it_is() {
    for nasty in NASTY {
        let asked = data_key().with("EncryptionContext", pairs(&[("key", nasty), (nasty, "v")]));
        let words = argv(&asked);
        let at = words.iter().position(|word| word == "--encryption-context");
        // The CLI's shorthand, or JSON where that could be misread.
        let given =
            encryption_context::parse("EncryptionContext", &words[at.expect("the flag") + 1]);
        let wanted = [
            ("key".to_owned(), nasty.to_owned()),
            (nasty.to_owned(), "v".to_owned()),
        ];
        let mut given = given.expect("pairs");
        given.sort_by_key(|(key, _)| key != "key");
        assert_eq!(given, wanted);
        // As a list, which the CLI must not read a file for.
        let tokens = Value::List(vec![nasty.replace(['\n', '\t', ' '], "")]);
        let words = argv(&data_key().with("GrantTokens", tokens));
        let token = nasty.replace(['\n', '\t', ' '], "");
        match words.iter().position(|word| word == "--grant-tokens") {
            Some(at) => assert_eq!(words[at + 1], token),
            None => {
                let at = words.iter().position(|word| word == "--cli-input-json");
                let body: serde_json::Value =
                    serde_json::from_str(&words[at.expect("JSON") + 1]).expect("JSON");
                assert_eq!(body["GrantTokens"][0], token);
            }
        }
    }
    assert_eq!(
        argv(&data_key().with("DryRun", Value::Flag(true))),
        [
            "kms",
            "generate-data-key-without-plaintext",
            "--key-id",
            PAYMENTS,
            "--key-spec",
            "AES_256",
            "--encryption-context",
            "tenant=acme",
            "--dry-run"
        ]
    );
}

/// `kmsdeck sandbox serve`, until it is dropped.
struct Server {
    child: Child,
    url: String,
    environment: Vec<(String, String)>,
}

impl Server {
    fn start() -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kmsdeck"))
            .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("kmsdeck runs");
        let mut environment = Vec::new();
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        while environment.len() < 4 {
            let line = lines.next().expect("a line").expect("a line");
            if let Some((name, value)) = line
                .strip_prefix("export ")
                .and_then(|rest| rest.split_once('='))
            {
                environment.push((name.to_owned(), value.to_owned()));
            }
        }
        let url = environment[0].1.clone();
        Server {
            child,
            url,
            environment,
        }
    }

    fn destination(&self) -> Destination {
        Destination {
            profile: None,
            region: Some("us-east-1".into()),
            endpoint_url: Some(self.url.clone()),
        }
    }

    fn run(&self, mut command: Command) -> (bool, String) {
        let output = command
            .envs(self.environment.iter().cloned())
            .env_remove("AWS_ENDPOINT_URL")
            .output()
            .expect("it runs");
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.success(), said)
    }

    fn python(&self, request: &Request) -> (bool, String) {
        let mut command = Command::new(python());
        command
            .arg("-c")
            .arg(render(Language::Boto3, request, &self.destination()));
        self.run(command)
    }

    fn shell(&self, request: &Request) -> (bool, String) {
        let mut command = Command::new("sh");
        let folder = std::path::Path::new(&python())
            .parent()
            .map(|p| p.to_owned());
        let path = format!("{}:/usr/bin:/bin", folder.expect("the venv").display());
        command
            .arg("-c")
            .arg(render(Language::Cli, request, &self.destination()))
            .env("PATH", path);
        self.run(command)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn python() -> String {
    std::env::var("KMSDECK_PYTHON").expect("tests/run sets KMSDECK_PYTHON")
}

/// One request for each operation that has one which would succeed in the sandbox by itself.
fn requests() -> Vec<Request> {
    let key = |alias: &str| text(alias);
    let arn = "arn:aws:iam::111122223333:user/auditor";
    vec![
        data_key(),
        request("GenerateDataKey")
            .with("KeyId", key(PAYMENTS))
            .with("NumberOfBytes", Value::Number(24)),
        request("GenerateDataKeyPairWithoutPlaintext")
            .with("KeyId", key(PAYMENTS))
            .with("KeyPairSpec", text("ECC_NIST_P256")),
        request("GenerateDataKeyPair")
            .with("KeyId", key(PAYMENTS))
            .with("KeyPairSpec", text("ECC_NIST_P256")),
        request("Encrypt")
            .with("KeyId", key(PAYMENTS))
            .with("Plaintext", blob(b"it's \"quoted\" \\ \x00\xff"))
            .with("EncryptionContext", pairs(&[("note", "it's $HOME")])),
        request("Sign")
            .with("KeyId", key("alias/signing"))
            .with("Message", blob(b"message"))
            .with("MessageType", text("RAW"))
            .with("SigningAlgorithm", text("ECDSA_SHA_256")),
        request("GenerateMac")
            .with("KeyId", key("alias/webhooks"))
            .with("Message", blob(b"message"))
            .with("MacAlgorithm", text("HMAC_SHA_512")),
        request("Encapsulate")
            .with("KeyId", key("alias/pq-exchange"))
            .with("EncapsulationAlgorithm", text("ML_KEM")),
        request("GetPublicKey").with("KeyId", key("alias/signing")),
        request("GenerateRandom").with("NumberOfBytes", Value::Number(8)),
        request("CreateGrant")
            .with("KeyId", text("1234abcd-12ab-34cd-56ef-1234567890ab"))
            .with("GranteePrincipal", text(arn))
            .with(
                "Operations",
                Value::List(vec!["Decrypt".into(), "Encrypt".into()]),
            )
            .with("EncryptionContextSubset", pairs(&[("tenant", "a,b=c")]))
            .with("Name", text("from-a-snippet")),
        request("Decrypt")
            .with("KeyId", key(PAYMENTS))
            .with("DryRun", Value::Flag(true))
            .with(
                "DryRunModifiers",
                Value::List(vec!["IGNORE_CIPHERTEXT".into()]),
            ),
        request("ReEncrypt")
            .with("SourceKeyId", key(PAYMENTS))
            .with("DestinationKeyId", key(PAYMENTS))
            .with("DryRun", Value::Flag(true))
            .with(
                "DryRunModifiers",
                Value::List(vec!["IGNORE_CIPHERTEXT".into()]),
            ),
    ]
}

#[test]
fn boto3_carries_out_what_the_snippet_says() {
    let server = Server::start();
    for asked in requests() {
        assert_eq!(spec(asked.op).validate(&asked), [], "{}", asked.op);
        let (fine, said) = server.python(&asked);
        assert!(fine, "{}: {said}", asked.op);
        if asked.dry_run() {
            assert!(said.contains("would succeed"), "{}: {said}", asked.op);
        } else {
            assert!(
                said.contains("'HTTPStatusCode': 200"),
                "{}: {said}",
                asked.op
            );
        }
    }
    // A dry run of what changes the account tells its verdict, too.
    let grant = requests().into_iter().find(|r| r.op.0 == "CreateGrant");
    let asked = grant
        .expect("it is there")
        .with("DryRun", Value::Flag(true));
    let (fine, said) = server.python(&asked);
    assert!(fine && said.contains("would succeed"), "{said}");
}

/// The venv has version 1 of the CLI, which takes blobs from files alone; version 2, for which the
/// snippets are, is not on PyPI.
#[test]
fn the_aws_cli_carries_out_what_the_snippet_says() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("it's a message.bin");
    std::fs::write(&file, b"message").expect("a file");
    for asked in requests() {
        let mut from_file = Request::new(asked.op);
        for (name, value) in asked.values() {
            let value = match value {
                Value::Blob(_) => Value::Blob(Blob::of_file(b"message".to_vec(), file.clone())),
                value => value.clone(),
            };
            from_file.set(name, value);
        }
        // botocore of the CLI may not know the newest operations' members.
        let (fine, said) = server.shell(&from_file);
        let knows = !said.contains("Unknown options") && !said.contains("Invalid choice");
        if from_file.dry_run() && knows {
            assert!(said.contains("DryRunOperationException"), "{said}");
        } else {
            assert!(fine || !knows, "{}: {said}", asked.op);
        }
    }
}

#[test]
fn an_unfinished_request_has_a_snippet_too() {
    for op in OPS {
        for language in Language::ALL {
            let text = render(language, &Request::new(op.id), &Destination::default());
            assert!(text.ends_with('\n'), "{text}");
        }
    }
}

/// Every operation's snippet with every kind of value, as modules of a file that this test binary
/// is made with: that it compiles is the test.
fn rust_file() -> String {
    let mut file = String::from(
        "//! Made by `KMSDECK_UPDATE=1 tests/run rust_snippets`: the Rust snippets of all operations.\n\
         #![allow(dead_code)]\n",
    );
    for op in OPS {
        let mut asked = Request::new(op.id);
        for field in op.fields {
            use kmsdeck::kms::FieldKind;
            asked.set(
                field.name,
                match field.kind {
                    FieldKind::KeyId => text(PAYMENTS),
                    FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => text(names[0]),
                    FieldKind::Names(names) => Value::List(vec![names[0].to_owned()]),
                    FieldKind::Text { .. } => text("it's \"text\" \\ \u{1b}"),
                    FieldKind::Blob { .. } => blob(b"by\"te\\s\x00\xff"),
                    FieldKind::Integer { min, .. } => Value::Number(min),
                    FieldKind::EncryptionContext => pairs(&[("k\"ey", "\u{202e}v")]),
                    FieldKind::GrantTokens => Value::List(vec!["token".into()]),
                    FieldKind::Flag => Value::Flag(true),
                },
            );
        }
        let place = Destination {
            profile: Some("prod".into()),
            region: Some("eu-west-1".into()),
            endpoint_url: Some("http://127.0.0.1:4599".into()),
        };
        let text = render(Language::Rust, &asked, &place);
        let name = op.command().replace('-', "_");
        file.push_str(&format!("\nmod {name} {{\n{text}}}\n"));
    }
    file
}

#[test]
fn the_rust_snippets_compile() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/rust_snippets.rs");
    let file = rust_file();
    if std::env::var_os("KMSDECK_UPDATE").is_some() {
        std::fs::write(path, &file).expect("the file is written");
    }
    assert!(
        include_str!("rust_snippets.rs") == file,
        "tests/it/rust_snippets.rs is not what is made now: KMSDECK_UPDATE=1 tests/run rust_snippets"
    );
}
