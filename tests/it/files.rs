//! encrypt-file and decrypt-file: with the AWS Encryption SDK for Python at the other end, and what
//! they leave behind when something is wrong.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kmsdeck_sandbox::Principal;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::sandbox::{self, PAYMENTS_ARN, sandbox};

/// A served sandbox and a folder.
struct Desk {
    endpoint: String,
    principals: Vec<Principal>,
    folder: tempfile::TempDir,
    server: sandbox::Server,
}

impl Desk {
    async fn new() -> Desk {
        let sandbox = sandbox();
        let server = sandbox::start(sandbox.clone()).await;
        Desk {
            endpoint: format!("http://{}", server.address),
            principals: sandbox.principals().to_vec(),
            folder: tempfile::tempdir().expect("a folder"),
            server,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a file");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What is in the folder, hidden files too.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    fn command(&self, principal: &str, args: &[&str]) -> Command {
        let who = self.principals.iter().find(|who| who.name == principal);
        let who = who.expect("a principal of the sandbox");
        let mut command = crate::tools::kmsdeck();
        command
            .args(["--endpoint-url", &self.endpoint, "--region", "us-east-1"])
            .args(args)
            .current_dir(self.folder.path())
            .env("AWS_ACCESS_KEY_ID", &who.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &who.secret_access_key);
        command
    }

    async fn run_as(&self, principal: &str, args: &[&str]) -> Output {
        let mut command = self.command(principal, args);
        // The server is in this process: its threads must go on meanwhile.
        let run = tokio::task::spawn_blocking(move || command.output());
        run.await.expect("it ran").expect("kmsdeck runs")
    }

    async fn run(&self, args: &[&str]) -> Output {
        self.run_as("admin", args).await
    }

    async fn good(&self, args: &[&str]) {
        let output = self.run(args).await;
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
    }

    /// Runs what must be refused, with that code and those words.
    async fn refused(&self, args: &[&str], code: i32, words: &str) {
        let output = self.run(args).await;
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {words:?} is not in {said}");
    }

    async fn end(self) {
        let _ = self.server.stop.send(());
        self.server.task.await.expect("it ends").expect("well");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    names
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn encrypt<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["encrypt-file", "--key-id", "alias/payments"], more].concat()
}

/// Bytes that do not repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_encryption_sdk_opens_what_kmsdeck_makes_and_kmsdeck_what_it_makes() {
    let Some(python) = crate::tools::python("what the AWS Encryption SDK says") else {
        return;
    };
    let desk = Desk::new().await;
    // Nothing, less than a frame, a whole one, more; more than is read at once.
    let sizes = [0, 1, 65_536, 65_537, 1 << 20, (1 << 20) + 5, 3_000_000];
    for (number, size) in sizes.into_iter().enumerate() {
        let name = format!("own-{number}");
        desk.write(&name, &bytes(size));
        let context = match number {
            0 => "{}".to_owned(),
            _ => json!({ "tenant": "acme", "zahl": number.to_string(), "ä": "ö 日本" }).to_string(),
        };
        desk.good(&encrypt(&["--encryption-context", &context, &name]))
            .await;
    }
    let admin = &desk.principals[0];
    let asked = json!({
        "endpoint": desk.endpoint,
        "access": admin.access_key_id,
        "secret": admin.secret_access_key,
        "key": PAYMENTS_ARN,
        "folder": desk.folder.path(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/esdk.py");
    let answer = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut input = child.stdin.take().expect("its input");
        input
            .write_all(asked.to_string().as_bytes())
            .expect("taken");
        drop(input);
        child.wait_with_output().expect("Python ends")
    });
    let answer = answer.await.expect("it ran");
    assert!(answer.status.success(), "{}", said(&answer));
    let answer: Value = serde_json::from_slice(&answer.stdout).expect("JSON");
    let opened = answer["opened"].as_object().expect("what it opened");
    assert_eq!(opened.len(), sizes.len());
    assert_eq!(opened["own-0"][0], json!({}));
    assert_eq!(
        opened["own-3"],
        json!([{ "tenant": "acme", "zahl": "3", "ä": "ö 日本" }, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY"])
    );

    let made = answer["made"].as_array().expect("what it made");
    assert_eq!(made.len(), 11);
    for case in made {
        let name = format!("sdk-{}", case[0]);
        let (envelope, out) = (format!("{name}.encrypted"), format!("{name}.out"));
        let args = [
            "decrypt-file",
            &envelope,
            "-o",
            &out,
            "--encryption-context",
            "tenant=acme",
        ];
        if case[1] == "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384" {
            desk.refused(
                &args,
                1,
                "0x0378 AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384, which has no key commitment",
            )
            .await;
            assert!(!desk.names().contains(&out));
            continue;
        }
        desk.good(&args).await;
        assert_eq!(desk.read(&out), desk.read(&name), "{case}");
        // A changed signature, and what is signed by nobody: each at the last byte.
        let mut changed = desk.read(&envelope);
        *changed.last_mut().expect("bytes") ^= 1;
        desk.write("changed", &changed);
        desk.refused(&["decrypt-file", "changed"], 1, "changed: ")
            .await;
        // Of a signed one nothing goes to standard output before the signature was checked.
        let output = desk.run(&["decrypt-file", "changed", "-o", "-"]).await;
        if case[1] == "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384" {
            assert_eq!(output.stdout, b"", "{case}");
            assert!(said(&output).contains("Signature: "), "{}", said(&output));
        }
    }
    assert!(!desk.names().contains(&"changed.decrypted".to_owned()));
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_and_nothing_is_left_of_what_failed() {
    let desk = Desk::new().await;
    desk.write("a", b"some text");
    desk.good(&encrypt(&["--encryption-context", "tenant=acme", "a"]))
        .await;
    let mode = std::fs::metadata(desk.path("a.encrypted"))
        .expect("it")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = desk.read("a.encrypted");
    desk.refused(
        &encrypt(&["a"]),
        2,
        "a.encrypted exists: choose another name with --output-file, or replace it with --force",
    )
    .await;
    desk.refused(&["decrypt-file", "a.encrypted"], 2, "a exists")
        .await;
    assert_eq!(desk.read("a.encrypted"), first);
    desk.good(&encrypt(&[
        "--encryption-context",
        "tenant=acme",
        "--force",
        "a",
    ]))
    .await;
    assert_ne!(desk.read("a.encrypted"), first);

    // What the file was not made with is said before KMS is asked.
    let open = ["decrypt-file", "a.encrypted", "-o", "b"];
    let with = |more: &[&'static str]| [&open, more].concat();
    desk.refused(
        &with(&["--encryption-context", "tenant=Acme"]),
        1,
        "demands tenant=Acme, and it has tenant=acme",
    )
    .await;
    desk.refused(
        &with(&["--encryption-context", "purpose=x"]),
        1,
        "it has no purpose",
    )
    .await;
    desk.refused(
        &with(&["--key-id", "d41a7f58-3e90-4b2c-8f65-a0b1c2d3e4f5"]),
        1,
        "its data key was encrypted by arn:",
    )
    .await;
    desk.refused(
        &with(&["--key-id", "alias/app-tokens"]),
        1,
        "The --key-id is not the key that encrypted",
    )
    .await;
    desk.refused(&with(&["--key-id", "tokens"]), 2, "KeyId")
        .await;
    desk.refused(&["decrypt-file", "a", "-o", "b"], 1, "Not an envelope")
        .await;
    desk.refused(&["decrypt-file", "nowhere"], 2, "nowhere does not exist")
        .await;
    desk.refused(&encrypt(&["."]), 2, "is a folder").await;
    desk.refused(
        &encrypt(&["-o", "no/such/folder", "a"]),
        3,
        "no/such/folder cannot be written",
    )
    .await;
    desk.refused(
        &encrypt(&[
            "--encryption-context",
            "aws-crypto-public-key=x",
            "-o",
            "b",
            "a",
        ]),
        2,
        "rename it",
    )
    .await;
    let output = desk.run_as("encryptor", &open).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("AccessDeniedException"),
        "{}",
        said(&output)
    );
    // Cut off, as by a full disk.
    desk.write("cut", &first[..first.len() - 20]);
    desk.refused(&["decrypt-file", "cut", "-o", "b"], 1, "Truncated")
        .await;
    assert_eq!(desk.names(), ["a", "a.encrypted", "cut"]);
    desk.good(&with(&["--key-id", "alias/payments"])).await;
    assert_eq!(desk.read("b"), b"some text");
    desk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipes_go_through_and_a_full_or_closed_output_is_said() {
    let desk = Desk::new().await;
    desk.write("big", &bytes(2_000_000));
    desk.good(&encrypt(&["big"])).await;
    let shell = |line: &str| {
        let mut command = desk.command("admin", &[]);
        let program = command.get_program().to_owned();
        let args: Vec<String> = command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect();
        let line = line.replace(
            "kmsdeck",
            &format!("{} {}", program.to_string_lossy(), args.join(" ")),
        );
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &format!("set -o pipefail; {line}")])
            .current_dir(desk.folder.path());
        for (name, value) in command.env("LC_ALL", "C").get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        tokio::task::spawn_blocking(move || shell.output().expect("bash runs"))
    };
    let through = "cat big | kmsdeck encrypt-file --key-id alias/payments - | kmsdeck decrypt-file - | cmp - big";
    let output = shell(through).await.expect("it ran");
    assert!(output.status.success(), "{}", said(&output));
    let output = shell("kmsdeck decrypt-file big.encrypted -o - > /dev/full")
        .await
        .expect("it ran");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("Writing failed: No space left"),
        "{}",
        said(&output)
    );
    assert_eq!(desk.names(), ["big", "big.encrypted"]);
    desk.end().await;
}

/// Starts encrypting from a pipe that gives `first` and then stands still.
fn hanging(desk: &Desk, first: usize) -> Child {
    let mut command = desk.command("admin", &encrypt(&["-o", "out", "-"]));
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("kmsdeck starts");
    let input = child.stdin.as_mut().expect("its input");
    input.write_all(&bytes(first)).expect("it reads on");
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_leaves_nothing_behind() {
    let desk = Desk::new().await;
    desk.write("keep", b"x");
    for signal in [
        Signal::TERM,
        Signal::INT,
        Signal::HUP,
        Signal::QUIT,
        Signal::KILL,
    ] {
        // More than a pipe holds, so that some of it has been read, encrypted and written.
        let mut child = hanging(&desk, 5_000_000);
        let pid = Pid::from_child(&child);
        kill_process(pid, signal).expect("it is there");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{signal:?} ended nothing"
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(!status.success());
        if signal != Signal::KILL {
            assert_eq!(status.code(), Some(128 + signal.as_raw()), "{signal:?}");
        }
        assert_eq!(desk.names(), ["keep"], "{signal:?}");
    }
    desk.end().await;
}

#[test]
fn a_sandbox_that_forgets_its_keys_makes_no_files() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), b"text").expect("a file");
    let run = |args: &[&str]| {
        let mut command = crate::tools::kmsdeck();
        command.args(args).current_dir(folder.path());
        command.output().expect("kmsdeck runs")
    };
    let encrypt = encrypt(&["a"]);
    let output = run(&[&["--sandbox"], &encrypt[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("--sandbox-state FILE"),
        "{}",
        said(&output)
    );
    assert_eq!(names(folder.path()), ["a"]);
    let kept = ["--sandbox", "--sandbox-state", "state.json"];
    assert!(run(&[&kept, &encrypt[..]].concat()).status.success());
    let output = run(&[&kept[..], &["decrypt-file", "a.encrypted", "-o", "-"]].concat());
    assert_eq!(output.stdout, b"text");
    let output = run(&[
        &kept[..],
        &["--read-only", "decrypt-file", "a.encrypted", "-o", "b"],
    ]
    .concat());
    assert_eq!(output.status.code(), Some(2));
}
