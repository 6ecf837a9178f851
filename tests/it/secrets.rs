//! What is left of a secret: in the clipboard, in the process's memory, in a core dump.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::{BASE64, HEXLOWER};
use rustix::process::Signal;

use crate::endpoint::{Answer, serve_tls};
use crate::terminal::Terminal;

const KEY: &str = "11111111-2222-3333-4444-555555555555";
/// No text that is in the program.
const PLAINTEXT: &[u8; 32] =
    b"\x93\xf1QJ\xb7x\x07\xe5zR#k\xd2\xc9H\xa8T\x1d\xeePm:\x8a\x04w\xbc\x19Z\xe3@fO";

/// The URL, and the certificate that is to be trusted.
fn endpoint() -> (String, String) {
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{KEY}");
    let plaintext = BASE64.encode(PLAINTEXT);
    serve_tls(move |asked| {
        Answer::Json(match asked.operation.as_str() {
            "ListKeys" => format!(r#"{{"Keys":[{{"KeyId":"{KEY}","KeyArn":"{arn}"}}]}}"#),
            "ListAliases" => r#"{"Aliases":[]}"#.to_owned(),
            "DescribeKey" => format!(
                r#"{{"KeyMetadata":{{"KeyId":"{KEY}","Arn":"{arn}","KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","KeySpec":"SYMMETRIC_DEFAULT"}}}}"#
            ),
            "Encrypt" => format!(
                r#"{{"CiphertextBlob":"AQID","KeyId":"{arn}","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#
            ),
            "GenerateDataKey" => {
                format!(r#"{{"CiphertextBlob":"AQID","KeyId":"{arn}","Plaintext":"{plaintext}"}}"#)
            }
            _ => "{}".to_owned(),
        })
    })
}

fn console(folder: &Path) -> Terminal {
    let (url, certificate) = endpoint();
    let bundle = folder.join("ca.pem");
    std::fs::write(&bundle, certificate).expect("a file");
    let env = [
        ("AWS_CA_BUNDLE", bundle.to_str().expect("UTF-8")),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("SSH_TTY", "/dev/pts/0"),
        ("KMSDECK_TEST_MEMORY", "1"),
    ];
    let args = ["--endpoint-url", &url, "--region", "us-east-1"];
    let terminal = Terminal::start(&args, &env, folder, (100, 30));
    terminal.wait_for("Enabled");
    terminal
}

/// Gets the data key whose plaintext is known.
fn generate(terminal: &mut Terminal) {
    terminal.open_form("GenerateDataKey");
    terminal.send("\x12");
    terminal.wait_for("Data key generated");
}

/// Where in the memory of a process the plaintext is, in any form.
fn found(pid: i32) -> Vec<String> {
    found_of(pid, PLAINTEXT)
}

fn found_of(pid: i32, plaintext: &[u8]) -> Vec<String> {
    let base64 = BASE64.encode(plaintext);
    let hex = HEXLOWER.encode(plaintext);
    let forms = [
        ("bytes", plaintext.to_vec()),
        ("base64", base64.as_bytes()[..40].to_vec()),
        ("hex", hex.as_bytes().to_vec()),
        ("HEX", hex.to_uppercase().into_bytes()),
    ];
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its maps");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("its memory");
    let mut found = Vec::new();
    for map in maps.lines() {
        let mut parts = map.split_whitespace();
        let (Some(range), Some(modes)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (Some((start, end)), true) = (range.split_once('-'), modes.starts_with("rw")) else {
            continue;
        };
        let at = |text: &str| u64::from_str_radix(text, 16).expect("an address");
        let (start, end) = (at(start), at(end));
        let mut bytes = vec![0; (end - start) as usize];
        // Some maps of the kernel's cannot be read.
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        for (form, needle) in &forms {
            for place in memchr::memmem::find_iter(&bytes, needle) {
                found.push(format!("{form} at {:x} of {map}", start + place as u64));
            }
        }
    }
    found
}

/// What ends beside the screen, a connection above all, may take a moment.
fn assert_nothing_left(terminal: &Terminal, plaintext: &[u8]) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let left = found_of(terminal.pid(), plaintext);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{left:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn after_an_outcome_is_left_no_copy_of_its_plaintext_is_in_the_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("kmsdeck")).expect("a folder");
    let config = folder.path().join("kmsdeck/config.toml");
    std::fs::write(config, "clipboard-clear = 1\n").expect("a file");
    let mut terminal = console(folder.path());
    generate(&mut terminal);
    assert!(!found(terminal.pid()).is_empty(), "the test finds nothing");
    // Looked at, in both forms, copied and saved.
    terminal.send("v");
    terminal.wait_for(&BASE64.encode(PLAINTEXT));
    terminal.send("b");
    terminal.wait_for("32 bytes · hex");
    terminal.send("v");
    terminal.wait_for("•••••••• 32 bytes");
    terminal.send("y");
    terminal.go_to("Plaintext as base64, secret");
    terminal.send("\r");
    terminal.wait_for("taken out of the clipboard");
    terminal.send("y");
    terminal.go_to("Plaintext raw, secret, to a file …");
    terminal.send("\r");
    terminal.wait_for("Save the raw bytes");
    terminal.send("\x15key.bin\r");
    terminal.wait_for("Saved 32 bytes");
    let saved = std::fs::read(folder.path().join("key.bin")).expect("the file");
    assert_eq!(saved, PLAINTEXT);
    terminal.send("\x1b");
    terminal.wait_for("[ Generate ]");
    assert_nothing_left(&terminal, PLAINTEXT);
}

/// Neither in the form's draft nor in the call log: what was typed has served.
#[test]
fn what_was_typed_to_be_encrypted_is_gone_once_its_outcome_and_form_are_left() {
    let typed = "the launch code is 4711, and the dog is Rex";
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = console(folder.path());
    terminal.open_form("Encrypt");
    // As text, by the form of the bytes.
    terminal.send("\x0f\x0f");
    terminal.wait_for("text   ");
    terminal.send(typed);
    terminal.wait_for("43 bytes");
    terminal.send("\x12");
    terminal.wait_for("Encrypted");
    terminal.send("\x1b");
    terminal.wait_for("[ Encrypt ]");
    assert!(
        !found_of(terminal.pid(), typed.as_bytes()).is_empty(),
        "nothing is found"
    );
    terminal.send("\x1b");
    terminal.wait_for("What was sent to be encrypted or signed is not kept");
    assert_nothing_left(&terminal, typed.as_bytes());
    // The log opens its form, without it.
    terminal.send("L");
    terminal.wait_for("Call log:");
    terminal.send("r");
    terminal.wait_for("give it anew");
    terminal.wait_for("[ Encrypt ]");
}

#[test]
fn no_core_is_dumped() {
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 30));
    terminal.wait_for("aliases ·");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", terminal.pid()));
    let limits = limits.expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core"));
    let numbers: Vec<&str> = core.expect("a limit").split_whitespace().skip(4).collect();
    assert_eq!(numbers[..2], ["0", "0"], "{limits}");
}

/// By each way out, and though the list, the principal or the Region has changed since.
#[test]
fn a_copied_secret_is_taken_out_of_the_clipboard_when_kmsdeck_ends() {
    for (signal, code) in [
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let env = [("SSH_TTY", "/dev/pts/0")];
        let mut terminal = Terminal::start(&["--sandbox"], &env, folder.path(), (100, 30));
        terminal.wait_for("aliases ·");
        terminal.send("/payments\r");
        terminal.wait_for("Filter: payments");
        generate(&mut terminal);
        terminal.send("y");
        terminal.go_to("Plaintext as base64, secret");
        terminal.send("\r");
        terminal.wait_for("It is cleared in 30 s");
        terminal.send("\x1b\x1b\x1b");
        terminal.wait_for("sort:");
        // Nothing of this ends the promise.
        for command in [":refresh\r", ":profile auditor\r", ":region eu-west-1\r"] {
            terminal.send(command);
            terminal.wait_for("aliases ·");
        }
        assert!(!terminal.raw().contains("\x1b]52;c;\x07"));
        terminal.signal(signal);
        assert_eq!(terminal.wait_end(), code);
        terminal.wait_for_raw("\x1b]52;c;\x07");
        terminal.assert_given_back();
    }
}
