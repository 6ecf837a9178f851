//! Imported key material by the built binary: wrapped for the sandbox and for another
//! implementation, and what was wrapped by that one.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

use crate::stage::Stage;
use crate::terminal::Terminal;

const OUTSIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside_kms.py");
const STAYS: [&str; 2] = ["--expiration-model", "KEY_MATERIAL_DOES_NOT_EXPIRE"];
/// Of the seed: it waits for its key material.
const PENDING: &str = "b2d94e63-1c5f-48a7-9e30-5a7c6d8f1e02";

/// A sandbox that lasts from one run to the next.
struct Lasting(tempfile::TempDir);

impl Lasting {
    fn new() -> Self {
        Lasting(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        let state = self.file("state.json");
        let mut command = crate::tools::kmsdeck();
        command.args(["--sandbox", "--sandbox-state"]).arg(state);
        command.args(args).stdin(Stdio::null());
        command.output().expect("kmsdeck runs")
    }

    /// The JSON of a call that must go well.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--output", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// What is said of one that is refused before anything is sent, or by KMS.
    fn refused(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_ne!(output.status.code(), Some(0), "{args:?}");
        said(&output)
    }

    fn make(&self, spec: &str) -> String {
        let usage = match spec {
            "SYMMETRIC_DEFAULT" => "ENCRYPT_DECRYPT",
            spec if spec.starts_with("HMAC") => "GENERATE_VERIFY_MAC",
            _ => "SIGN_VERIFY",
        };
        let made = [
            "create-key",
            "--origin",
            "EXTERNAL",
            "--key-spec",
            spec,
            "--key-usage",
            usage,
            "--yes",
        ];
        let id = &self.json(&made)["KeyMetadata"]["KeyId"];
        id.as_str().expect("an ID").to_owned()
    }

    fn import(&self, key: &str, more: &[&str]) -> Value {
        let import = ["import-key-material", "--key-id", key, "--yes"];
        self.json(&[&import, more].concat())
    }

    fn describe(&self, key: &str) -> Value {
        self.json(&["describe", "--key-id", key])["KeyMetadata"].take()
    }

    fn state(&self, key: &str) -> String {
        let told = self.describe(key);
        told["KeyState"].as_str().expect("a state").to_owned()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fileb(path: &Path) -> String {
    format!("fileb://{}", path.display())
}

#[test]
fn each_kind_of_key_takes_what_is_made_here_and_the_same_from_its_file() {
    let sandbox = Lasting::new();
    for spec in [
        "SYMMETRIC_DEFAULT",
        "HMAC_512",
        "RSA_2048",
        "ECC_NIST_P521",
        "ECC_SECG_P256K1",
        "ECC_NIST_EDWARDS25519",
    ] {
        let key = sandbox.make(spec);
        let file = sandbox.file(spec);
        let path = file.display().to_string();
        let made = [
            &["--new-key-material-file", &path],
            &["--wrapping-key-spec", "RSA_2048"],
            &STAYS[..],
        ];
        sandbox.import(&key, &made.concat());
        assert_eq!(sandbox.state(&key), "Enabled", "{spec}");
        let mode = std::fs::metadata(&file).expect("the file").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{spec}");
        sandbox.json(&["delete-imported-key-material", "--key-id", &key, "--yes"]);
        assert_eq!(sandbox.state(&key), "PendingImport", "{spec}");
        // KMS takes back nothing but the very same.
        let given = fileb(&file);
        let given = [
            &["--key-material", &given],
            &["--wrapping-key-spec", "RSA_3072"],
            &STAYS[..],
        ];
        sandbox.import(&key, &given.concat());
        assert_eq!(sandbox.state(&key), "Enabled", "{spec}");
    }
}

#[test]
fn material_expires_rotates_and_is_not_made_twice() {
    let sandbox = Lasting::new();
    let (first, second) = (sandbox.file("first"), sandbox.file("second"));
    let (first, second) = (first.display().to_string(), second.display().to_string());
    let fast = ["--wrapping-key-spec", "RSA_2048"];
    let made = [
        &["--new-key-material-file", &first],
        &["--valid-to", "2027-03-01"],
        &fast[..],
    ];
    sandbox.import(PENDING, &made.concat());
    let told = sandbox.describe(PENDING);
    assert_eq!(told["ValidTo"], "2027-03-01T00:00:00Z");
    // What is in the file is the only copy there is.
    let import = ["import-key-material", "--key-id", PENDING, "--yes"];
    let why = sandbox.refused(&[&import[..], &made.concat()].concat());
    assert!(why.contains("cannot be written"), "{why}");
    assert_eq!(std::fs::read(&first).expect("the file").len(), 32);
    let new = [
        &["--new-key-material-file", &second],
        &["--import-type", "NEW_KEY_MATERIAL"],
        &["--key-material-description", "from 2027 on"],
        &fast[..],
        &STAYS[..],
    ];
    let pending = sandbox.import(PENDING, &new.concat());
    sandbox.json(&["rotate-key-on-demand", "--key-id", PENDING, "--yes"]);
    let told = sandbox.describe(PENDING);
    assert_eq!(told["CurrentKeyMaterialId"], pending["KeyMaterialId"]);
}

#[test]
fn what_does_not_go_together_is_said_before_anything_is_sent() {
    let sandbox = Lasting::new();
    let short = sandbox.file("short");
    std::fs::write(&short, [7; 31]).expect("a file");
    let short = fileb(&short);
    let import = ["import-key-material", "--key-id", PENDING, "--yes"];
    let made = ["--new-key-material", "NOT_KEPT"];
    for (args, why) in [
        (vec![], "required"),
        (
            made.to_vec(),
            "ValidTo is required where the material expires",
        ),
        (
            [&made[..], &STAYS, &["--valid-to", "2027-03-01"]].concat(),
            "ValidTo does not go with KEY_MATERIAL_DOES_NOT_EXPIRE",
        ),
        (
            [&made[..], &["--valid-to", "31.12.2027"]].concat(),
            "ValidTo is no time: write it like 2027-12-31",
        ),
        (
            [&made[..], &STAYS, &["--import-token", "AAAA"]].concat(),
            "ImportToken goes with EncryptedKeyMaterial alone",
        ),
        (
            [&["--encrypted-key-material", "AAAA"], &STAYS[..]].concat(),
            "ImportToken is required with EncryptedKeyMaterial",
        ),
        (
            [&made[..], &STAYS, &["--key-material-id", "abc"]].concat(),
            "KeyMaterialId has 64 hex digits, and this one has 3",
        ),
        (
            [&["--key-material", &short], &STAYS[..]].concat(),
            "the material of a SYMMETRIC_DEFAULT key is 32 bytes, and this has 31",
        ),
    ] {
        let told = sandbox.refused(&[&import[..], &args].concat());
        assert!(told.contains(why), "{args:?}: {told}");
    }
    assert_eq!(sandbox.state(PENDING), "PendingImport");
    // Nobody is asked who could lose something.
    let delete = ["delete-imported-key-material", "--key-id", PENDING];
    let told = sandbox.refused(&delete);
    assert!(told.contains("add --yes to confirm it"), "{told}");
}

/// The other implementation, with a key of that KeySpec.
struct Outside {
    child: Child,
    port: String,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Outside {
    fn start(python: &str, spec: &str) -> Self {
        let mut child = Command::new(python)
            .args([OUTSIDE, spec])
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let out = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(out).lines();
        let port = lines.next().expect("a line").expect("its port");
        Outside { child, port, lines }
    }

    /// What it unwraps from an import with these flags.
    fn imported(&mut self, more: &[&str]) -> Vec<u8> {
        let output = crate::tools::kmsdeck()
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .args(["--region", "us-east-1", "--endpoint-url"])
            .arg(format!("http://127.0.0.1:{}", self.port))
            .args(["import-key-material", "--key-id", PENDING, "--yes"])
            .args(more)
            .args(STAYS)
            .stdin(Stdio::null())
            .output()
            .expect("kmsdeck runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let line = self.lines.next().expect("a line").expect("hex");
        data_encoding::HEXLOWER
            .decode(line.as_bytes())
            .expect("hex")
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn another_implementation_unwraps_what_was_wrapped_here() {
    let Some(python) = crate::tools::python("what pyca's cryptography unwraps") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for spec in ["SYMMETRIC_DEFAULT", "HMAC_256", "ECC_NIST_P256", "RSA_3072"] {
        let mut outside = Outside::start(&python, spec);
        let file = at(spec);
        let kept = file.display().to_string();
        let made = outside.imported(&["--new-key-material-file", &kept]);
        assert_eq!(std::fs::read(&file).expect("the file"), made, "{spec}");
        // The same by each wrapping that the key has.
        let given = fileb(&file);
        let is_pair = !["SYMMETRIC_DEFAULT", "HMAC_256"].contains(&spec);
        for (algorithm, fits) in [
            ("RSAES_OAEP_SHA_256", spec != "RSA_3072"),
            ("RSA_AES_KEY_WRAP_SHA_256", is_pair),
        ] {
            for wrapping_key in ["RSA_2048", "RSA_3072", "RSA_4096"] {
                if fits {
                    let flags = [
                        "--key-material",
                        &given,
                        "--wrapping-algorithm",
                        algorithm,
                        "--wrapping-key-spec",
                        wrapping_key,
                    ];
                    assert_eq!(outside.imported(&flags), made, "{spec} {algorithm}");
                }
            }
        }
    }
}

/// Private keys as OpenSSL and others write them.
const PRIVATE_KEYS: &str = r#"
import sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, rsa
for name, key in [("ec", ec.generate_private_key(ec.SECP256R1())), ("rsa", rsa.generate_private_key(65537, 2048))]:
    for form, of in [("pkcs8", s.PrivateFormat.PKCS8), ("old", s.PrivateFormat.TraditionalOpenSSL)]:
        for end, encoding in [("pem", s.Encoding.PEM), ("der", s.Encoding.DER)]:
            with open(f"{sys.argv[1]}/{name}.{form}.{end}", "wb") as file:
                file.write(key.private_bytes(encoding, of, s.NoEncryption()))
"#;

#[test]
fn private_keys_in_every_usual_form_become_the_same_material() {
    let Some(python) = crate::tools::python("private keys that pyca's cryptography writes") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new(&python)
        .args(["-c", PRIVATE_KEYS])
        .arg(folder.path())
        .status();
    assert!(made.expect("Python runs").success());
    for (name, spec) in [("ec", "ECC_NIST_P256"), ("rsa", "RSA_2048")] {
        let mut outside = Outside::start(&python, spec);
        let pkcs8 = std::fs::read(folder.path().join(format!("{name}.pkcs8.der")));
        for form in ["pkcs8.der", "pkcs8.pem", "old.pem", "old.der"] {
            let given = fileb(&folder.path().join(format!("{name}.{form}")));
            let flags = ["--key-material", &given, "--wrapping-key-spec", "RSA_2048"];
            let imported = outside.imported(&flags);
            assert_eq!(&imported, pkcs8.as_ref().expect("a file"), "{name} {form}");
        }
    }
}

#[test]
fn what_another_implementation_wrapped_is_imported() {
    let Some(python) = crate::tools::python("what pyca's cryptography wraps") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    // A token is good for the sandbox that gave it.
    let mut served = crate::tools::kmsdeck()
        .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("kmsdeck runs");
    let mut lines = BufReader::new(served.stdout.take().expect("its output")).lines();
    let mut exported = |name: &str| loop {
        let line = lines.next().expect("a line").expect("text");
        if let Some((_, value)) = line.split_once(&format!("{name}=")) {
            return value.trim_matches(['"', '\'']).to_owned();
        }
    };
    let endpoint = exported("AWS_ENDPOINT_URL");
    let (access, secret) = (
        exported("AWS_ACCESS_KEY_ID"),
        exported("AWS_SECRET_ACCESS_KEY"),
    );
    let run = |args: &[&str]| {
        let output = crate::tools::kmsdeck()
            .env("AWS_ACCESS_KEY_ID", &access)
            .env("AWS_SECRET_ACCESS_KEY", &secret)
            .args(["--region", "us-east-1", "--endpoint-url", &endpoint])
            .args(args)
            .args(["--key-id", PENDING])
            .stdin(Stdio::null())
            .output()
            .expect("kmsdeck runs");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let save = |member: &str| format!("{member}={}", at(member).display());
    let told = run(&[
        "get-parameters-for-import",
        "--wrapping-algorithm",
        "RSAES_OAEP_SHA_256",
        "--wrapping-key-spec",
        "RSA_2048",
        "--save",
        &save("PublicKey"),
        &save("ImportToken"),
    ]);
    assert!(told.contains("ParametersValidTo"), "{told}");
    let mut wrap = Command::new(&python)
        .args([OUTSIDE, "wrap", "RSAES_OAEP_SHA_256"])
        .arg(at("PublicKey"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut stdin = wrap.stdin.take().expect("its input");
    stdin.write_all(&[9; 32]).expect("it reads");
    drop(stdin);
    let wrapped = wrap.wait_with_output().expect("it ends").stdout;
    std::fs::write(at("wrapped"), wrapped).expect("a file");
    let (material, token) = (fileb(&at("wrapped")), fileb(&at("ImportToken")));
    let flags = [
        "import-key-material",
        "--encrypted-key-material",
        &material,
        "--import-token",
        &token,
        "--yes",
    ];
    run(&[&flags[..], &STAYS].concat());
    assert!(run(&["describe"]).contains("Enabled"));
    let _ = served.kill();
    let _ = served.wait();
}

/// Opens the tab with the materials of a key.
async fn materials(alias: &str, size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(size).await;
    stage.press(&["/"]).await;
    stage.type_text(alias).await;
    stage
        .press(&["Enter", "Enter", "Tab", "Tab", "Tab", "Tab"])
        .await;
    assert!(stage.has("Key materials"), "{}", stage.screen());
    stage
}

#[tokio::test]
async fn what_is_imported_counts_down_and_is_imported_again_or_deleted_where_it_stands() {
    for size in [(80, 24), (120, 40)] {
        let stage = materials("alias/imported", size).await;
        insta::assert_snapshot!(format!("materials_{}", size.0), stage.body());
    }
    let mut stage = materials("alias/imported", (80, 24)).await;
    // The first row is the rotation itself.
    assert!(!stage.hints().contains("remove"), "{}", stage.hints());
    stage.press(&["Down", "e"]).await;
    assert!(stage.has("ImportKeyMaterial"), "{}", stage.screen());
    assert!(stage.has("EXISTING_KEY_MATERIAL"), "{}", stage.screen());
    stage.press(&["Esc", "d"]).await;
    insta::assert_snapshot!("material_deletion_80", stage.body());
    stage.type_text("alias/imported").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("Key material deleted."), "{}", stage.screen());
    assert!(stage.has("PENDING_IMPORT"), "{}", stage.screen());
    // What is not there cannot be deleted.
    assert!(!stage.hints().contains("remove"), "{}", stage.hints());
    stage.press(&["Esc"]).await;
    assert!(stage.has("PendingImport"), "{}", stage.screen());
}

#[tokio::test]
async fn the_form_of_an_import_has_the_material_from_one_place() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&["/"]).await;
    stage.type_text("import-pending").await;
    stage.press(&["Enter", ":"]).await;
    stage.type_text("import-key-material").await;
    stage.press(&["Enter"]).await;
    insta::assert_snapshot!("import_form_80", stage.body());
    stage.go_to_field("NewKeyMaterial").await;
    stage.press(&["Space"]).await;
    stage.go_to_field("ExpirationModel").await;
    stage.press(&["Right", "Ctrl-r"]).await;
    assert!(stage.has("KEPT NOWHERE"), "{}", stage.screen());
    insta::assert_snapshot!("import_question_80", stage.body());
    let mut stage = Stage::open((120, 40)).await;
    stage.press(&["/"]).await;
    stage.type_text("import-pending").await;
    stage.press(&["Enter", ":"]).await;
    stage.type_text("import-key-material").await;
    stage.press(&["Enter"]).await;
    insta::assert_snapshot!("import_form_120", stage.body());
}

/// The material stays in the request alone: what the call log keeps of it has none.
#[tokio::test]
async fn the_call_log_has_both_calls_and_no_material() {
    let mut stage = Stage::open((120, 40)).await;
    stage.press(&["/"]).await;
    stage.type_text("import-pending").await;
    stage.press(&["Enter", ":"]).await;
    stage.type_text("import-key-material").await;
    stage.press(&["Enter", "Ctrl-o", "Ctrl-o"]).await;
    // Hex, typed.
    stage.type_text(&"5a".repeat(32)).await;
    stage.go_to_field("ValidTo").await;
    stage.type_text("2026-12-31").await;
    stage.press(&["Ctrl-r", "y"]).await;
    assert!(stage.has("Key material imported"), "{}", stage.screen());
    let of = |name: &str| {
        let mut records = stage.records.iter();
        records.find(|record| record.operation == name).expect(name)
    };
    let import = of("ImportKeyMaterial").request.as_ref().expect("a request");
    assert!(!import.holds_secret());
    assert_eq!(of("ImportKeyMaterial").attempts, 1);
    let asked = of("GetParametersForImport").request.as_ref().expect("it");
    assert_eq!(asked.op.0, "GetParametersForImport");
    stage.press(&["Esc", "Esc"]).await;
    assert!(stage.has("is not kept with the form"), "{}", stage.screen());
    stage.press(&[":"]).await;
    stage.type_text("import-key-material").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("2026-12-31"), "{}", stage.screen());
    assert!(!stage.has("5a5a"), "{}", stage.screen());
}

#[test]
fn material_is_imported_used_and_expires() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 40));
    terminal.wait_for("aliases ·");
    terminal.send("/import-pending\r");
    terminal.wait_for("PendingImport");
    terminal.open_form("ImportKeyMaterial");
    terminal.wait_for("[ Import ]");
    terminal.send("\t");
    terminal.send("material.bin");
    terminal.wait_for("NewKeyMaterialFile   material.bin");
    // Past the path, the other places of material; the token is not asked for.
    terminal.send("\t");
    terminal.wait_for("NewKeyMaterial: Material is made here");
    terminal.send("\x1b[B\x1b[B");
    terminal.wait_for("ValidTo: When the material expires");
    // A long wrapping key takes the sandbox long to make.
    terminal.send(&"\x1b[B".repeat(6));
    terminal.wait_for("WrappingKeySpec: The public key that kmsdeck wraps it with");
    terminal.send(&"\x1b[C".repeat(3));
    terminal.wait_for("▸RSA_2048");
    terminal.send(&"\x1b[A".repeat(6));
    terminal.wait_for("ValidTo: When the material expires");
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(25);
    terminal.send(&expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    terminal.wait_for(&expires.strftime("= %Y-%m-%d %H:%M:%SZ").to_string());
    terminal.send("\x12");
    terminal.wait_for("ImportKeyMaterial of alias/import-pending?");
    terminal.wait_for("kept in material.bin (mode 0600)");
    terminal.wait_for("KMS deletes it on");
    terminal.send("y");
    terminal.wait_for("Key material imported");
    let kept = folder.path().join("material.bin");
    assert_eq!(std::fs::read(&kept).expect("the file").len(), 32);
    let mode = std::fs::metadata(&kept).expect("the file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    terminal.send("\x1b");
    terminal.wait_for("[ Import ]");
    terminal.send("\x1b");
    terminal.wait_for("● Enabled");
    terminal.send("g");
    terminal.wait_for("[ Generate ]");
    terminal.send("\x12");
    terminal.wait_for("Data key generated");
    terminal.send("\x1b");
    terminal.wait_for("[ Generate ]");
    terminal.send("\x1b");
    terminal.wait_gone("[ Generate ]");
    // Nobody presses a key, and yet it is seen.
    terminal.send("\r");
    terminal.wait_for("(expires in ");
    terminal.wait_for("PendingImport");
    terminal.wait_gone("ValidTo");
    terminal.send("\x1b");
    terminal.wait_for("◌ PendingImport");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}
