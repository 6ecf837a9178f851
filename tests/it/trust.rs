//! What kmsdeck does not take for good: an answer that is no proof, an output that failed, a file
//! that another made, a key of another's account.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use kmsdeck::kms::text::is_unsafe;
use serde_json::{Value, json};

use crate::sandbox::{PAYMENTS, PAYMENTS_ARN};
use crate::terminal::Terminal;

/// Where a test's own service is, which tells kmsdeck whatever the test says.
struct Liar {
    endpoint: String,
    shared: Arc<Mutex<Lies>>,
}

/// HTTP status and body, by the operation of KMS.
type Answer = fn(&str) -> (u16, Value);

/// What a [`Liar`] answers.
#[derive(Default)]
struct Lies {
    /// To each operation of KMS; None answers them all with `one`.
    answer: Option<Answer>,
    /// To any operation, with status 200.
    one: Value,
    /// The account and the ARN of the caller, as STS tells them.
    caller: (&'static str, &'static str),
    /// The operations of KMS that were asked for.
    asked: Vec<String>,
}

impl Liar {
    fn new() -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let liar = Liar {
            endpoint: format!("http://{}", listener.local_addr().expect("its address")),
            shared: Arc::new(Mutex::new(Lies {
                caller: ("111122223333", "arn:aws:iam::111122223333:user/me"),
                ..Lies::default()
            })),
        };
        let shared = liar.shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || answer(&stream, &shared));
            }
        });
        liar
    }

    /// Runs kmsdeck, which gets that answer.
    fn run(&self, answer: Value, args: &[&str], folder: &Path) -> Output {
        let mut lies = self.shared.lock().expect("the lies");
        lies.one = answer;
        lies.asked.clear();
        drop(lies);
        let mut command = crate::tools::kmsdeck();
        command
            .args(["--endpoint-url", &self.endpoint, "--region", "us-east-1"])
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null());
        for (name, value) in CREDENTIALS {
            command.env(name, value);
        }
        command.output().expect("kmsdeck runs")
    }

    /// The operations of KMS that were asked for by the last run.
    fn asked(&self) -> Vec<String> {
        self.shared.lock().expect("the lies").asked.clone()
    }
}

const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
];

/// Answers the requests of one connection.
fn answer(stream: &TcpStream, shared: &Mutex<Lies>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut target, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "x-amz-target" => target = value.rsplit('.').next().map(str::to_owned),
                "content-length" => length = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mut lies = shared.lock().expect("the lies");
        let (status, text) = match target {
            Some(target) => {
                let (status, body) = match lies.answer {
                    Some(answer) => answer(&target),
                    None => (200, lies.one.clone()),
                };
                lies.asked.push(target);
                (status, body.to_string())
            }
            None => {
                let (account, arn) = lies.caller;
                let text = format!(
                    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                     <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>me</UserId>\
                     <Account>{account}</Account></GetCallerIdentityResult>\
                     </GetCallerIdentityResponse>"
                );
                (200, text)
            }
        };
        drop(lies);
        let mut stream = stream;
        let answered = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if answered.is_err() {
            return;
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

#[test]
fn a_signature_or_a_mac_that_is_not_said_to_be_valid_is_not() {
    let liar = Liar::new();
    let folder = tempfile::tempdir().expect("a folder");
    let verify = [
        "verify",
        "--key-id",
        PAYMENTS,
        "--message",
        "aGVsbG8=",
        "--signature",
        "aGVsbG8=",
        "--signing-algorithm",
        "ECDSA_SHA_256",
    ];
    let verify_mac = [
        "verify-mac",
        "--key-id",
        PAYMENTS,
        "--message",
        "aGVsbG8=",
        "--mac",
        "aGVsbG8=",
        "--mac-algorithm",
        "HMAC_SHA_256",
    ];
    for (args, member) in [(verify, "SignatureValid"), (verify_mac, "MacValid")] {
        let good = liar.run(
            json!({"KeyId": PAYMENTS_ARN, member: true}),
            &args,
            folder.path(),
        );
        assert_eq!(good.status.code(), Some(0), "{}", said(&good));
        for (answer, code) in [
            (json!({"KeyId": PAYMENTS_ARN, member: false}), 1),
            (json!({"KeyId": PAYMENTS_ARN}), 1),
            (json!({}), 3),
        ] {
            for format in ["json", "table"] {
                let args = [&args[..], &["--output", format]].concat();
                let output = liar.run(answer.clone(), &args, folder.path());
                assert_eq!(
                    output.status.code(),
                    Some(code),
                    "{answer}: {}",
                    said(&output)
                );
                assert_eq!(output.stdout, b"", "{answer}");
                assert!(said(&output).contains("NotValid"), "{}", said(&output));
            }
        }
    }
}

#[test]
fn no_file_is_encrypted_with_what_may_be_another_keys_or_can_never_be_opened() {
    let liar = Liar::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), b"text").expect("a file");
    let key = base64(&[7; 32]);
    let blob = base64(&[9; 60]);
    let other = "arn:aws:kms:us-east-1:111122223333:key/d41a7f58-3e90-4b2c-8f65-a0b1c2d3e4f5";
    let elsewhere = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let anothers = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let alias_arn = "arn:aws:kms:us-east-1:111122223333:alias/payments";
    let answer = |arn: &str| json!({"CiphertextBlob": blob, "Plaintext": key, "KeyId": arn});
    for (asked, answer, words) in [
        (
            PAYMENTS,
            json!({"CiphertextBlob": "", "Plaintext": key, "KeyId": PAYMENTS_ARN}),
            "without CiphertextBlob",
        ),
        (
            PAYMENTS,
            json!({"Plaintext": key, "KeyId": PAYMENTS_ARN}),
            "without CiphertextBlob",
        ),
        (
            PAYMENTS,
            json!({"CiphertextBlob": blob, "KeyId": PAYMENTS_ARN}),
            "without Plaintext",
        ),
        (
            PAYMENTS,
            json!({"CiphertextBlob": blob, "Plaintext": key}),
            "no KeyId",
        ),
        (
            PAYMENTS,
            json!({"CiphertextBlob": blob, "Plaintext": base64(&[7; 16]), "KeyId": PAYMENTS_ARN}),
            "16",
        ),
        (PAYMENTS, answer(PAYMENTS), "IncorrectKey"),
        (PAYMENTS, answer("key/x"), "IncorrectKey"),
        (PAYMENTS, answer(other), "IncorrectKey"),
        (PAYMENTS_ARN, answer(other), "IncorrectKey"),
        (PAYMENTS_ARN, answer(anothers), "IncorrectKey"),
        (PAYMENTS, answer(anothers), "IncorrectKey"),
        (PAYMENTS, answer(elsewhere), "IncorrectKey"),
        ("alias/payments", answer(anothers), "IncorrectKey"),
        ("alias/payments", answer(alias_arn), "IncorrectKey"),
        ("alias/payments", answer(elsewhere), "IncorrectKey"),
        (alias_arn, answer(anothers), "IncorrectKey"),
    ] {
        let args = ["encrypt-file", "--key-id", asked, "a"];
        let output = liar.run(answer.clone(), &args, folder.path());
        assert_eq!(output.status.code(), Some(3), "{answer}: {}", said(&output));
        assert!(said(&output).contains(words), "{answer}: {}", said(&output));
        assert!(!folder.path().join("a.encrypted").exists(), "{answer}");
    }
    for asked in [PAYMENTS, PAYMENTS_ARN, "alias/payments", alias_arn] {
        let args = ["encrypt-file", "--force", "--key-id", asked, "a"];
        let output = liar.run(answer(PAYMENTS_ARN), &args, folder.path());
        assert_eq!(output.status.code(), Some(0), "{asked}: {}", said(&output));
        assert!(!said(&output).contains("checked"), "{}", said(&output));
    }
    // Whose account it is cannot be told, and only a name needs it.
    liar.shared.lock().expect("the lies").caller = ("", "");
    for (asked, is_told) in [
        (PAYMENTS, true),
        ("alias/payments", true),
        (PAYMENTS_ARN, false),
    ] {
        let args = ["encrypt-file", "--force", "--key-id", asked, "a"];
        let output = liar.run(answer(PAYMENTS_ARN), &args, folder.path());
        assert_eq!(output.status.code(), Some(0), "{asked}: {}", said(&output));
        let words = format!("It could not be checked that {PAYMENTS_ARN} is of your account");
        assert_eq!(said(&output).contains(&words), is_told, "{}", said(&output));
    }
}

#[test]
fn a_file_is_not_opened_with_a_strangers_key_unless_that_is_allowed() {
    let liar = Liar::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), b"text").expect("a file");
    let key = base64(&[7; 32]);
    let strange = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for arn in [PAYMENTS_ARN, strange] {
        let made = json!({"CiphertextBlob": base64(&[9; 60]), "Plaintext": key, "KeyId": arn});
        let name = match arn == strange {
            true => "strange",
            false => "own",
        };
        let args = ["encrypt-file", "--key-id", arn, "-o", name, "a"];
        let output = liar.run(made, &args, folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let open = |name: &str, more: &[&str], arn: &str| {
        let args = [&["decrypt-file", name, "-o", "-"], more].concat();
        liar.run(
            json!({"Plaintext": key, "KeyId": arn}),
            &args,
            folder.path(),
        )
    };
    let own = open("own", &[], PAYMENTS_ARN);
    assert_eq!((own.status.code(), &*own.stdout), (Some(0), &b"text"[..]));
    let asks = format!("Asks for {PAYMENTS_ARN} of account 111122223333, which the file names.");
    assert!(said(&own).contains(&asks), "{}", said(&own));
    let refused = open("strange", &[], strange);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    for words in [strange, "not of your account, 111122223333", "--discovery"] {
        assert!(said(&refused).contains(words), "{}", said(&refused));
    }
    assert_eq!(liar.asked(), [""; 0]);
    for more in [
        &["--discovery=111122223333"][..],
        &["--discovery=111122223333,777788889999"],
    ] {
        let refused = open("strange", more, strange);
        assert_eq!(refused.status.code(), Some(2), "{more:?}");
        assert_eq!(liar.asked(), [""; 0]);
    }
    for more in [
        &["--discovery"][..],
        &["--discovery=111122223333,444455556666"],
        &["--key-id", strange],
    ] {
        let opened = open("strange", more, strange);
        assert_eq!(&*opened.stdout, b"text", "{more:?}: {}", said(&opened));
        assert_eq!(liar.asked(), ["Decrypt"]);
    }
    let mistyped = open("strange", &["--discovery=1"], strange);
    assert_eq!(mistyped.status.code(), Some(2));
    // What another key opened is not what the file names.
    for arn in [strange, PAYMENTS, "", "alias/payments"] {
        let output = open("own", &["--key-id", "alias/payments"], arn);
        assert_ne!(output.status.code(), Some(0), "{arn}");
        assert_eq!(output.stdout, b"", "{arn}");
    }
}

/// A line of bash with kmsdeck in it.
fn bash(line: &str) -> Output {
    let kmsdeck = crate::tools::kmsdeck();
    let program = kmsdeck.get_program().to_string_lossy().into_owned();
    let mut shell = Command::new("bash");
    shell.args(["-c", &line.replace("kmsdeck", &program)]);
    for (name, value) in kmsdeck.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.output().expect("bash runs")
}

/// Commands of every kind.
const COMMANDS: &[&str] = &[
    "--sandbox keys",
    "--sandbox keys --output json",
    "--sandbox describe --key-id alias/payments",
    "--sandbox describe --key-id alias/payments --output json",
    "--sandbox generate-data-key --key-id alias/payments --key-spec AES_256",
    "--sandbox generate-data-key --key-id alias/payments --key-spec AES_256 --output json",
    "--sandbox generate-data-key --key-id alias/payments --key-spec AES_256 --dry-run",
    "--sandbox generate-random --number-of-bytes 32 --output json",
    "--sandbox get-public-key --key-id alias/signing",
    "--sandbox matrix --key-id alias/payments --operations Encrypt",
    "--sandbox matrix --key-id alias/payments --operations Encrypt --output json",
    "--sandbox matrix --key-id alias/payments --operations Encrypt --output csv",
    "lessons list",
    "lessons list --output json",
    "lessons run without-plaintext",
    "completions bash",
    "man",
    "man encrypt",
    "--help",
    "encrypt --help",
    "--version",
    "--sandbox doctor",
    "--sandbox doctor --output json",
    "--sandbox sandbox serve --listen 127.0.0.1:0",
];

#[test]
fn output_that_fails_is_a_failure_of_every_command() {
    for command in COMMANDS {
        let full = bash(&format!("timeout 20 kmsdeck {command} >/dev/full"));
        assert_eq!(full.status.code(), Some(3), "{command}: {}", said(&full));
        let words = "standard output cannot be written: No space left";
        assert!(said(&full).contains(words), "{command}: {}", said(&full));
        let closed = bash(&format!("timeout 20 kmsdeck {command} >&-"));
        assert_eq!(
            closed.status.code(),
            Some(2),
            "{command}: {}",
            said(&closed)
        );
        let words = "standard output is closed";
        assert!(
            said(&closed).contains(words),
            "{command}: {}",
            said(&closed)
        );
        // Open, but not to be written to.
        let read_only = bash(&format!("timeout 20 kmsdeck {command} 1</dev/null"));
        assert_eq!(read_only.status.code(), Some(3), "{command}");
    }
    let lost = bash(&format!("kmsdeck {} >/dev/full", COMMANDS[5]));
    let words = "GenerateDataKey was carried out, and its answer is lost.";
    assert!(said(&lost).contains(words), "{}", said(&lost));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for command in COMMANDS {
        if command.contains("serve") {
            continue;
        }
        let line = format!("timeout 20 kmsdeck {command} | true; exit ${{PIPESTATUS[0]}}");
        let output = bash(&line);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            said(&output)
        );
        assert!(
            !said(&output).contains("standard output"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_closed_input_is_no_empty_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let kmsdeck = format!("kmsdeck --sandbox --sandbox-state {}", state.display());
    for command in [
        "encrypt-file --key-id alias/payments - -o OUT",
        "decrypt-file --key-id alias/payments - -o OUT",
        "encrypt --key-id alias/payments --plaintext fileb://-",
        "generate-mac --key-id alias/app-tokens --mac-algorithm HMAC_SHA_256 --message fileb:///dev/stdin",
    ] {
        let out = folder.path().join("out");
        let command = command.replace("OUT", &out.display().to_string());
        let output = bash(&format!("timeout 20 {kmsdeck} {command} <&-"));
        assert_eq!(
            output.status.code(),
            Some(2),
            "{command}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains("standard input is closed"),
            "{}",
            said(&output)
        );
        assert!(!out.exists(), "{command}");
    }
    let out = folder.path().join("empty");
    let line = format!(
        "set -e; {kmsdeck} encrypt-file --key-id alias/payments - </dev/null >{0}; {kmsdeck} decrypt-file {0} -o -",
        out.display()
    );
    let empty = bash(&line);
    assert!(empty.status.success(), "{}", said(&empty));
    assert_eq!(empty.stdout, b"");
}

/// What nobody may see obeyed: an escape sequence, a C1 control, a bidi mark, what takes no room.
const HOSTILE: &str = "ev\u{1b}]0;PWNED\u{7}\u{202e}il\u{200b}\u{9b}31m\n";

/// Answers in which every text is hostile.
fn hostile_answer(operation: &str) -> (u16, Value) {
    let key = format!("k{HOSTILE}");
    let arn = format!("arn:aws:kms:us-east-1:1{HOSTILE}:key/{key}");
    let answer = match operation {
        "ListKeys" => json!({
            "Keys": [{"KeyId": key, "KeyArn": arn}, {"KeyId": PAYMENTS, "KeyArn": PAYMENTS_ARN}],
            "Truncated": false
        }),
        "ListAliases" => json!({"Aliases": [
            {"AliasName": format!("alias/{HOSTILE}"), "AliasArn": HOSTILE, "TargetKeyId": key},
            {"AliasName": format!("alias/none{HOSTILE}"), "AliasArn": HOSTILE}
        ]}),
        "DescribeKey" => json!({"KeyMetadata": {
            "AWSAccountId": HOSTILE, "KeyId": key, "Arn": arn, "Description": HOSTILE,
            "KeyState": HOSTILE, "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": HOSTILE,
            "KeyManager": HOSTILE, "Origin": HOSTILE, "CreationDate": 1.7e9, "Enabled": true,
            "CustomKeyStoreId": HOSTILE, "CloudHsmClusterId": HOSTILE, "MultiRegion": true,
            "EncryptionAlgorithms": [HOSTILE, "SYMMETRIC_DEFAULT"],
            "MultiRegionConfiguration": {
                "MultiRegionKeyType": HOSTILE,
                "PrimaryKey": {"Arn": HOSTILE, "Region": HOSTILE},
                "ReplicaKeys": [{"Arn": HOSTILE, "Region": HOSTILE}]
            }
        }}),
        "GetKeyPolicy" => {
            let policy = json!({"Statement": [{"Sid": HOSTILE, "Principal": HOSTILE}]});
            json!({"Policy": format!("{policy}{HOSTILE}"), "PolicyName": HOSTILE})
        }
        "ListGrants" => json!({"Grants": [{
            "KeyId": arn, "GrantId": HOSTILE, "Name": HOSTILE, "GranteePrincipal": HOSTILE,
            "RetiringPrincipal": HOSTILE, "IssuingAccount": HOSTILE, "CreationDate": 1.7e9,
            "Operations": ["Decrypt", HOSTILE],
            "Constraints": {"EncryptionContextSubset": {HOSTILE: HOSTILE}}
        }]}),
        "ListResourceTags" => json!({"Tags": [{"TagKey": HOSTILE, "TagValue": HOSTILE}]}),
        "ListKeyRotations" => json!({"Rotations": [{
            "KeyId": key, "KeyMaterialId": HOSTILE, "RotationDate": 1.7e9, "RotationType": HOSTILE,
            "KeyMaterialDescription": HOSTILE, "KeyMaterialState": HOSTILE, "ImportState": HOSTILE
        }]}),
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => json!({
            "KeyId": arn, "KeyMaterialId": HOSTILE,
            "CiphertextBlob": base64(HOSTILE.as_bytes()), "Plaintext": base64(HOSTILE.as_bytes())
        }),
        _ => return hostile_refusal(operation),
    };
    (200, answer)
}

fn hostile_refusal(_: &str) -> (u16, Value) {
    let error = json!({"__type": format!("Evil{HOSTILE}"), "message": HOSTILE});
    (400, error)
}

/// Keys that lead through the screens: the list, details, aliases, the menu of actions, the log, the
/// matrix, pickers, lessons, the configuration, the history, the help, a form, its outcome.
const WALK: &str = "
    ⏎ ⇥ ⇥ ⇥ ⇥ ⇥ ⇥ ⇥ /evil⏎ y ⎋ ⎋ ⎋ A ⏎ ⎋ ⎋ ⎋ a evil ⎋ ⎋ L ⏎ ⎋ y ⎋ x ⎋ ⎋ ␠ m ␠ ⏎ ⎋ t ⎋ e ⎋ ⎋ ⎋
    p ev ⏎ ⎋ ⎋ R ⎋ K ⏎ ⎋ ⎋ :lessons⏎ ⏎ K ⎋ ⎋ ⎋ :config⏎ ⎋ :regions␠us-east-1,ev\u{202e}il⏎ ⎋ ⎋
    :theme␠ev\u{202e}il⏎ ⎋ : ↑ ⎋ ⎋ ? ⎋ ⎋ /1234⏎ g ® v b y ⎋ s ⎋ o ⎋ ⎋ ⎋ ⎋ /\u{202e}evil⏎ D :shared⏎
    ⎋ S o alias/ev\u{202e}il ⎋ ⎋";

/// Goes through the screens, and looks at each.
#[test]
fn no_text_from_outside_reaches_the_terminal_as_it_is() {
    let liar = Liar::new();
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("kmsdeck");
    let lessons = home.join("lessons");
    std::fs::create_dir_all(&lessons).expect("a folder");
    let bidi = "ev\u{202e}il\u{200b}";
    let config = format!("theme = \"x{bidi}\"\n{bidi} = 1\n[keys.\"{bidi}\"]\nquit = \"{bidi}\"\n");
    std::fs::write(home.join("config.toml"), config).expect("a file");
    let broken = format!("title = \"{bidi}\"\n{bidi} = 1\n");
    std::fs::write(lessons.join(format!("bad{bidi}\u{1b}[31m.toml")), broken).expect("a file");
    let profiles = folder.path().join("config");
    let profile = format!(
        "[profile {bidi}]\nregion = {bidi}\nrole_arn = {bidi}\nsource_profile = {bidi}\n[profile me]\nregion = us-east-1\n"
    );
    std::fs::write(&profiles, profile).expect("a file");
    let caller = (
        "1111\u{202e}222\u{200b}",
        "arn:aws:iam::111122223333:user/ev\u{202e}il\u{200b}",
    );
    for answer in [hostile_answer, hostile_refusal] {
        let mut lies = liar.shared.lock().expect("the lies");
        lies.answer = Some(answer);
        lies.caller = caller;
        drop(lies);
        let config_file = profiles.display().to_string();
        let env = [
            ("AWS_CONFIG_FILE", &*config_file),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            CREDENTIALS[0],
            CREDENTIALS[1],
        ];
        let args = ["--endpoint-url", &liar.endpoint, "--region", "us-east-1"];
        let mut terminal = Terminal::start(&args, &env, folder.path(), (120, 40));
        terminal.wait_for("us-east-1 · http:");
        for keys in WALK.split_whitespace() {
            let sent = keys
                .replace('⏎', "\r")
                .replace('⇥', "\t")
                .replace('⎋', "\x1b");
            terminal.send(
                &sent
                    .replace('␠', " ")
                    .replace('↑', "\x1b[A")
                    .replace('®', "\x12"),
            );
            std::thread::sleep(Duration::from_millis(80));
            let screen = terminal.screen();
            let is_bad = |c: char| c == '\u{fffd}' || (c != '\n' && is_unsafe(c));
            let bad = screen.lines().find(|line| line.contains(is_bad));
            assert_eq!(bad, None, "after {keys:?}: {screen}");
        }
        let raw = terminal.raw();
        let log = folder.path().join("state/kmsdeck/kmsdeck.log");
        let log = std::fs::read_to_string(log).expect("the log");
        let bad = log.lines().find(|line| line.contains(is_unsafe));
        assert_eq!(bad, None, "in the log");
        for sequence in ["\x1b]0;", "\u{9b}", "\u{202e}", "\u{200b}"] {
            assert!(!raw.contains(sequence), "{sequence:?}");
        }
    }
}

#[test]
fn no_command_prints_text_from_outside_as_it_is() {
    let liar = Liar::new();
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("le{HOSTILE}.toml");
    std::fs::write(folder.path().join(&name), "title = 1\n").expect("a file");
    let bidi = "ev\u{202e}il\u{200b}";
    let handout = format!("out{HOSTILE}");
    let base: &[&[&str]] = &[
        &["keys"],
        &["keys", "--output", "json"],
        &["describe", "--key-id", PAYMENTS],
        &["describe", "--key-id", PAYMENTS, "--output", "json"],
        &["describe", "--key-id", HOSTILE],
        &["matrix"],
        &["matrix", "--filter", bidi, "--output", "csv"],
        &["matrix", "--output", "markdown"],
        &["matrix", "--output", "json"],
        &[
            "generate-data-key",
            "--key-id",
            PAYMENTS,
            "--key-spec",
            "AES_256",
        ],
        &[
            "generate-data-key",
            "--key-id",
            PAYMENTS,
            "--key-spec",
            "AES_256",
            "--output",
            "json",
        ],
        &[
            "encrypt",
            "--key-id",
            PAYMENTS,
            "--plaintext",
            "fileb://no\u{1b}[31m\u{202e}",
        ],
        &["encrypt-file", "--key-id", PAYMENTS, &name],
        &[
            "encrypt-file",
            "--key-id",
            PAYMENTS,
            "-o",
            HOSTILE,
            "no\u{202e}file",
        ],
        &["decrypt-file", &name],
        &["lessons", "check", &name],
        &["lessons", "run", &name],
        &["lessons", "run", HOSTILE],
        &["lessons", "run", "without-plaintext", "--handout", &handout],
        &["--config", &name, "keys"],
        &["--theme", bidi, "keys"],
        &["--profile", HOSTILE, "keys"],
        &["--sandbox-principal", HOSTILE, "keys"],
        &["man", HOSTILE],
        &["doctor"],
        &["doctor", "--output", "json"],
    ];
    for answer in [hostile_answer, hostile_refusal] {
        let mut lies = liar.shared.lock().expect("the lies");
        lies.answer = Some(answer);
        lies.caller = ("1\u{202e}2", "arn:aws:iam::1:user/ev\u{202e}il");
        drop(lies);
        for args in base {
            let output = liar.run(Value::Null, args, folder.path());
            for stream in [&output.stdout, &output.stderr] {
                let text = String::from_utf8_lossy(stream);
                let bad = text.lines().find(|line| line.contains(is_unsafe));
                assert_eq!(bad, None, "{args:?}: {text}");
            }
        }
    }
}

/// In the place of each file that kmsdeck reads or writes at its start there is something else.
#[test]
fn a_special_file_holds_no_start_up() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let files = [
        "kmsdeck/config.toml",
        "kmsdeck/themes/dark.toml",
        "kmsdeck/lessons/mine.toml",
        "state/kmsdeck/history",
        "state/kmsdeck/kmsdeck.log",
    ];
    for kind in ["fifo", "device", "folder"] {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |path: &Path| match kind {
            "fifo" => {
                let mode = Mode::RUSR | Mode::WUSR;
                mknodat(CWD, path, FileType::Fifo, mode, 0).expect("a FIFO");
            }
            "device" => std::os::unix::fs::symlink("/dev/zero", path).expect("a link"),
            _ => std::fs::create_dir(path).expect("a folder"),
        };
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            put(&path);
        }
        let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 30));
        terminal.wait_for("sort:");
        terminal.send(":lessons\r");
        terminal.wait_for("mine.toml: cannot be read");
        terminal.send("\x1b");
        // The history is written, too.
        terminal.wait_for("sort:");
        terminal.send(":theme dark\r");
        terminal.wait_for("cannot be read");
        terminal.send("q");
        assert_eq!(terminal.wait_end(), 0, "{kind}");
        let state = folder.path().join("sandbox.json");
        put(&state);
        for args in [
            &["--config", "kmsdeck/config.toml", "lessons", "list"][..],
            &["--sandbox", "--sandbox-state", "sandbox.json", "keys"],
        ] {
            let mut command = crate::tools::kmsdeck();
            command.args(args).current_dir(folder.path());
            let output = command.output().expect("kmsdeck runs");
            assert_eq!(
                output.status.code(),
                Some(2),
                "{kind} {args:?}: {}",
                said(&output)
            );
        }
    }
}

#[test]
fn a_password_in_an_endpoint_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = "http://me:s3cret@127.0.0.1:1";
    let config = folder.path().join("config");
    let text = format!("[profile deck]\nregion = us-east-1\nendpoint_url = {url}\n");
    std::fs::write(&config, text).expect("a file");
    let config = config.display().to_string();
    let describe = ["describe", "--key-id", "alias/x"];
    let matrix = ["matrix", "--key-id", "alias/x", "--output", "json"];
    let bad = "http://me:s3cret@no host";
    for args in [&describe[..], &matrix] {
        for (more, env) in [
            (&["--endpoint-url", url][..], ("X", "")),
            (&["--endpoint-url", bad], ("X", "")),
            (&["--endpoint-url", "ftp://me:s3cret@host"], ("X", "")),
            (&[], ("AWS_ENDPOINT_URL", url)),
            (&[], ("AWS_ENDPOINT_URL", bad)),
            (&[], ("AWS_ENDPOINT_URL_KMS", url)),
            (&["--profile", "deck"], ("AWS_CONFIG_FILE", &*config)),
        ] {
            let mut command = crate::tools::kmsdeck();
            command
                .args(["--region", "us-east-1", "--max-attempts", "1"])
                .args(more)
                .args(args)
                .envs(CREDENTIALS)
                .env(env.0, env.1)
                .env("XDG_STATE_HOME", folder.path());
            let output = command.output().expect("kmsdeck runs");
            assert!(!output.status.success(), "{more:?}");
            for stream in [&output.stdout, &output.stderr] {
                let text = String::from_utf8_lossy(stream);
                assert!(!text.contains("s3cret"), "{more:?} {env:?}: {text}");
            }
        }
    }
    let env = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        CREDENTIALS[0],
        CREDENTIALS[1],
    ];
    let args = ["--endpoint-url", url, "--region", "us-east-1"];
    let mut terminal = Terminal::start(&args, &env, folder.path(), (120, 40));
    terminal.wait_for("could not be listed");
    terminal.send("galias/x");
    terminal.wait_for("http://***@127.0.0.1:1");
    for key in ["\x1bOR", "\x1bOR", "\x1bOR", "\x12"] {
        terminal.send(key);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(!terminal.raw().contains("s3cret"));
    for _ in 0..3 {
        terminal.send("\x1b");
        std::thread::sleep(Duration::from_millis(200));
    }
    terminal.wait_for("could not be listed");
    terminal.send(":endpoint http://me:s3cret@127.0.0.1:2\r");
    terminal.wait_for("http://***@127.0.0.1:2");
    terminal.send(":");
    terminal.send("\x1b[A");
    terminal.wait_for("endpoint http://***@127.0.0.1:2");
    terminal.send("\x1b");
    // Together they would be one key.
    std::thread::sleep(Duration::from_millis(200));
    terminal.send("\x03");
    terminal.wait_end();
    for file in [
        "state/kmsdeck/history",
        "state/kmsdeck/kmsdeck.log",
        "kmsdeck/kmsdeck.log",
    ] {
        let text = std::fs::read_to_string(folder.path().join(file)).expect(file);
        assert!(!text.contains("s3cret"), "{file}: {text}");
    }
}

#[test]
fn a_secret_on_the_command_line_is_warned_of() {
    let run = |args: &[&str]| {
        let mut command = crate::tools::kmsdeck();
        command.arg("--sandbox").args(args).stdin(Stdio::null());
        let output = command.output().expect("kmsdeck runs");
        (output.status.code(), said(&output))
    };
    let encrypt = ["encrypt", "--key-id", "alias/payments", "--plaintext"];
    let (code, said) = run(&[&encrypt[..], &["c2VjcmV0"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let words = "--plaintext stands on the command line, where ps shows it, and the shell's history \
                 keeps it: give it by --plaintext fileb://FILE";
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("c2VjcmV0"), "{said}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, b"secret").expect("a file");
    let given = format!("fileb://{}", file.display());
    let (code, said) = run(&[&encrypt[..], &[&given]].concat());
    assert_eq!((code, &*said), (Some(0), ""));
}
