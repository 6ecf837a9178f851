//! The headless twin: output, exit codes, messages.

use std::process::{Command, Output};

use serde_json::Value;

fn kmsdeck(args: &[&str]) -> Output {
    let mut command = crate::tools::kmsdeck();
    command.args(args).output().expect("kmsdeck runs")
}

fn sandbox(args: &[&str]) -> Output {
    kmsdeck(&[&["--sandbox"], args].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

const GENERATE: &str = "generate-data-key-without-plaintext";

#[test]
fn keys_lists_every_key_with_its_aliases() {
    let output = sandbox(&["keys", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let keys = json(&output)["Keys"].as_array().expect("keys").clone();
    let payments = keys
        .iter()
        .find(|key| key["KeyId"] == "1234abcd-12ab-34cd-56ef-1234567890ab")
        .expect("alias/payments's key");
    assert_eq!(payments["Aliases"][0], "alias/payments");
    let table = text(&sandbox(&["keys"]).stdout);
    assert!(table.starts_with("KEY ID"), "{table}");
    assert!(table.contains("alias/payments"), "{table}");
}

/// The sandbox throttles by a fixed sequence of draws, so that this ends the same way each time.
#[test]
fn keys_waits_where_kms_throttles_and_goes_on() {
    let output = sandbox(&[
        "--max-attempts",
        "1",
        "--sandbox-fault",
        "ListKeys=throttle:0.9",
        "keys",
    ]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("ListKeys: ThrottlingException. Trying again in "),
        "{said}"
    );
    assert!(text(&output.stdout).contains("alias/payments"));
}

#[test]
fn describe_prints_key_metadata() {
    let output = sandbox(&["describe", "--key-id", "alias/payments", "--output", "json"]);
    assert_eq!(json(&output)["KeyMetadata"]["KeyState"], "Enabled");
    let output = sandbox(&["describe", "--key-id", "payments"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("KeyId is none of the four notations"));
}

#[test]
fn generate_prints_what_the_aws_cli_prints() {
    let output = sandbox(&[
        GENERATE,
        "--key-id",
        "alias/payments",
        "--key-spec",
        "AES_256",
        "--encryption-context",
        "tenant=acme,purpose=backup",
        "--output",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(
        answer["KeyId"],
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    );
    assert_eq!(answer["KeyMaterialId"].as_str().map(str::len), Some(64));
    let blob = answer["CiphertextBlob"].as_str().expect("a blob");
    assert!(data_encoding::BASE64.decode(blob.as_bytes()).is_ok());
}

#[test]
fn exit_codes_tell_success_refusal_usage_and_not_known_apart() {
    let run = |more: &[&str]| {
        let base = [GENERATE, "--key-id"];
        sandbox(&[&base, more].concat())
    };
    let good = run(&["alias/payments", "--key-spec", "AES_256", "--dry-run"]);
    assert_eq!(good.status.code(), Some(0));
    assert!(
        text(&good.stdout).contains("✓ Would succeed"),
        "{}",
        text(&good.stdout)
    );
    let refused = run(&[
        "alias/mobile-app",
        "--number-of-bytes",
        "16",
        "--dry-run",
        "--output",
        "json",
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(json(&refused)["Verdict"], "Would fail");
    assert_eq!(json(&refused)["Error"], "DisabledException");
    let both = run(&[
        "alias/payments",
        "--key-spec",
        "AES_256",
        "--number-of-bytes",
        "16",
    ]);
    assert_eq!(both.status.code(), Some(2));
    let none = run(&["alias/payments"]);
    assert_eq!(none.status.code(), Some(2));
    let range = run(&["alias/payments", "--number-of-bytes", "1025"]);
    assert_eq!(range.status.code(), Some(2));
    assert!(text(&range.stderr).contains("NumberOfBytes is a whole number from 1 to 1,024"));
    let unknown = run(&[
        "alias/fault/kms-internal",
        "--key-spec",
        "AES_256",
        "--max-attempts",
        "1",
    ]);
    assert_eq!(unknown.status.code(), Some(3));
    let network = kmsdeck(&[
        "keys",
        "--endpoint-url",
        "http://127.0.0.1:1",
        "--region",
        "us-east-1",
        "--profile",
        "no-such-profile",
    ]);
    assert_eq!(network.status.code(), Some(3));
    assert!(text(&network.stderr).contains("There is no profile \"no-such-profile\""));
}

#[test]
fn the_principal_decides() {
    let denied = sandbox(&[
        "--sandbox-principal",
        "auditor",
        GENERATE,
        "--key-id",
        "alias/payments",
        "--key-spec",
        "AES_256",
        "--dry-run",
    ]);
    assert_eq!(denied.status.code(), Some(1));
    assert!(text(&denied.stdout).contains("✗ Denied: AccessDeniedException"));
    let listing = sandbox(&["--sandbox-principal", "no-list", "keys"]);
    assert_eq!(listing.status.code(), Some(1));
    assert!(
        text(&listing.stderr).contains("kms:ListKeys"),
        "{}",
        text(&listing.stderr)
    );
}

#[test]
fn hostile_text_is_harmless_on_a_terminal() {
    let output = sandbox(&["describe", "--key-id", "alias/hostile-text"]);
    let shown = text(&output.stdout);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown:?}"
    );
    let output = sandbox(&[
        "describe",
        "--key-id",
        "alias/hostile-text",
        "--output",
        "json",
    ]);
    let shown = text(&output.stdout);
    assert!(!shown.contains('\u{202e}'), "{shown:?}");
    let description = json(&output)["KeyMetadata"]["Description"]
        .as_str()
        .map(str::to_owned);
    assert!(description.expect("a description").contains('\u{202e}'));
}

#[test]
fn without_a_terminal_the_console_says_what_to_use() {
    let output = sandbox(&[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("needs a terminal"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn help_tells_of_timeouts_and_retries() {
    let help = text(&kmsdeck(&["--help"]).stdout);
    for flag in [
        "--connect-timeout",
        "--read-timeout",
        "--retry-mode",
        "--max-attempts",
        "--sandbox",
        "Exit codes",
    ] {
        assert!(help.contains(flag), "{flag}: {help}");
    }
}

#[test]
fn the_sandbox_serves_the_aws_cli_and_stops_cleanly() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use crate::gateway_moto::Kept;

    let server = crate::tools::kmsdeck()
        .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it serves");
    let mut server = Kept(server);
    let mut lines = BufReader::new(server.0.stdout.take().expect("its output")).lines();
    let mut env = Vec::new();
    while env.len() < 4 {
        let line = lines.next().expect("the environment").expect("a line");
        if let Some((name, value)) = line
            .strip_prefix("export ")
            .and_then(|rest| rest.split_once('='))
        {
            env.push((name.to_owned(), value.to_owned()));
        }
    }
    let endpoint = env[0].1.clone();
    // kmsdeck itself, over the socket.
    let mut command = crate::tools::kmsdeck();
    let output = command
        .args([
            GENERATE,
            "--key-id",
            "alias/payments",
            "--key-spec",
            "AES_256",
            "--dry-run",
        ])
        .envs(env.clone())
        .output()
        .expect("kmsdeck runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no proof of permission in AWS"));
    assert!(text(&output.stderr).contains(&endpoint));
    // And the AWS CLI.
    if let Some(python) = crate::tools::python("what the AWS CLI says") {
        let aws = |args: &[&str]| {
            Command::new(&python)
                .args([
                    "-m",
                    "awscli",
                    "kms",
                    "--output",
                    "json",
                    "--region",
                    "us-east-1",
                ])
                .args(args)
                .envs(env.clone())
                .output()
                .expect("the AWS CLI runs")
        };
        let made = aws(&[
            GENERATE,
            "--key-id",
            "alias/payments",
            "--key-spec",
            "AES_256",
        ]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        assert!(json(&made)["KeyMaterialId"].is_string());
        let dry = aws(&[
            GENERATE,
            "--key-id",
            "alias/payments",
            "--key-spec",
            "AES_256",
            "--dry-run",
        ]);
        assert!(
            text(&dry.stderr).contains("(DryRunOperation"),
            "{}",
            text(&dry.stderr)
        );
    }
    let pid = rustix::process::Pid::from_raw(server.0.id() as i32).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it takes signals");
    assert!(server.0.wait().expect("it ends").success());
}

#[test]
fn the_sandbox_listens_for_others_only_when_told() {
    let output = kmsdeck(&["sandbox", "serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--allow-remote"));
}

#[test]
fn what_a_state_file_keeps_is_there_in_the_next_run_and_a_damaged_one_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.json");
    let state = path.display().to_string();
    let output = sandbox(&["--sandbox-state", &state, "keys", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let first = json(&output);
    let again = sandbox(&["--sandbox-state", &state, "keys", "--output", "json"]);
    assert_eq!(json(&again), first);
    std::fs::write(&path, "{ not a state").expect("damage");
    let output = sandbox(&["--sandbox-state", &state, "keys"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("state.json"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        std::fs::read_to_string(&path).expect("the file"),
        "{ not a state"
    );
}

#[test]
fn sandbox_flags_without_the_sandbox_are_named() {
    let output = kmsdeck(&["--sandbox-keys", "5", "keys"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--sandbox-keys goes with --sandbox"));
}

#[test]
fn what_is_wrong_in_the_configuration_is_said_and_the_command_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "mouse = 1\ntheme = \"nord\"\n").expect("a configuration");
    let file = file.to_str().expect("UTF-8");
    let output = sandbox(&["keys", "--config", file]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("KEY ID"));
    assert_eq!(
        text(&output.stderr),
        format!(
            "{file}:1: mouse is true or false, not a number: write mouse = true or mouse = false\n\
             {file}:2: theme: there is no theme \"nord\": choose dark, light, high-contrast, mono, \
             or write /nowhere/kmsdeck/themes/nord.toml\n"
        )
    );
    let output = sandbox(&["keys", "--config", "/nowhere/mine.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).starts_with("--config: /nowhere/mine.toml cannot be read: "),
        "{output:?}"
    );
}

#[test]
fn a_theme_that_is_not_there_is_bad_usage() {
    let output = sandbox(&["--theme", "nord"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "--theme: there is no theme \"nord\": choose dark, light, high-contrast, mono, or write \
         /nowhere/kmsdeck/themes/nord.toml\n"
    );
}

/// The SDK would panic at it.
#[test]
fn a_bundle_with_a_broken_certificate_is_refused_by_its_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let broken = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
    for (pem, why) in [
        (broken, "certificate 1 of it is broken"),
        ("no certificate", "it holds no PEM certificate"),
    ] {
        std::fs::write(&path, pem).expect("a file");
        let output = crate::tools::kmsdeck()
            .args(["keys", "--endpoint-url", "http://127.0.0.1:9"])
            .args(["--region", "us-east-1"])
            .env("AWS_CA_BUNDLE", &path)
            .output()
            .expect("kmsdeck runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(why) && said.contains("ca.pem"), "{said}");
    }
}

#[test]
fn keys_have_the_columns_and_filters_of_the_console() {
    struct Told {
        code: Option<i32>,
        out: String,
        err: String,
    }
    let told = |args: &[&str]| {
        let output = sandbox(args);
        Told {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    };
    let filter = ["--filter", "rotation:off spec:symmetric alias:p"];
    let columns = ["--columns", "alias,state,rotation,last-used"];
    let csv = told(&[&["keys", "--output", "csv"], &columns[..], &filter].concat());
    assert_eq!(csv.code, Some(0), "{}", csv.err);
    assert!(
        csv.out.starts_with("alias,state,rotation,last-used\r\n"),
        "{}",
        csv.out
    );
    assert!(
        csv.out.contains("\r\nalias/partner,Enabled,off,"),
        "{}",
        csv.out
    );
    assert!(!csv.out.contains("alias/payments"), "{}", csv.out);
    // What it costs is said.
    assert!(
        csv.err.contains("GetKeyRotationStatus of 18 keys."),
        "{}",
        csv.err
    );
    let json = told(&[&["keys", "--output", "json"], &columns[..], &filter].concat());
    assert!(
        json.out.contains("\"KeyState\": \"Enabled\""),
        "{}",
        json.out
    );
    let table = told(&["keys", "--filter", "partner"]);
    assert!(table.out.starts_with("KEY ID"), "{}", table.out);
    assert_eq!(table.out.lines().count(), 2, "{}", table.out);
    let wrong = told(&["keys", "--columns", "alais"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("there is no column \"alais\""),
        "{}",
        wrong.err
    );
    let wrong = told(&["keys", "--filter", "unused:soon"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("unused:soon is not understood"),
        "{}",
        wrong.err
    );
}

#[test]
fn the_grants_of_all_keys_are_told_in_columns_and_by_a_filter() {
    let told = |args: &[&str]| {
        let output = sandbox(args);
        let code = output.status.code();
        (code, text(&output.stdout), text(&output.stderr))
    };
    let (code, table, err) = told(&["grants"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(table.starts_with("KEY "), "{table}");
    assert_eq!(table.lines().count(), 5, "{table}");
    // What it costs is said.
    assert!(err.contains("ListGrants of 28 keys."), "{err}");
    let columns = ["--columns", "key,grantee,constraint", "--output", "csv"];
    let filter = ["--filter", "constraint:equals"];
    let (_, csv, err) = told(&[&["grants"], &columns[..], &filter].concat());
    assert_eq!(
        csv,
        "key,grantee,constraint\r\nalias/payments,arn:aws:iam::111122223333:user/grantee,\
         \"equals purpose=restore, tenant=acme\"\r\n",
        "{err}"
    );
    let output = sandbox(&[
        "grants",
        "--output",
        "json",
        "--filter",
        "constraint:subset",
    ]);
    let grants = json(&output)["Grants"].clone();
    let constraints = &grants[0]["Constraints"];
    assert_eq!(constraints["EncryptionContextSubset"]["purpose"], "backup");
    assert_eq!(grants[0]["KeyId"], "1234abcd-12ab-34cd-56ef-1234567890ab");
    let (code, mine, _) = told(&["grants", "--retirable", "--columns", "name"]);
    assert_eq!((code, mine.as_str()), (Some(0), "NAME\nbackup-agent\n"));
    let denied = [
        "--sandbox-principal",
        "encryptor",
        "grants",
        "--output",
        "json",
    ];
    let (code, _, err) = told(&denied);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("ListGrants: not told of "), "{err}");
    let (code, _, err) = told(&["grants", "--columns", "gratnee"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("there is no column \"gratnee\""), "{err}");
    let (code, _, err) = told(&["grants", "--filter", "age:old"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("age:old is not understood"), "{err}");
}

/// Without the calls that a term is about, such a filter found no key.
#[test]
fn the_matrix_has_the_keys_that_the_filter_of_the_console_finds() {
    let told = |filter: &str| {
        sandbox(&[
            "matrix",
            "--operations",
            "Encrypt",
            "--output",
            "csv",
            "--filter",
            filter,
        ])
    };
    for filter in ["tag:environment=production", "rotation:on alias:payments"] {
        let output = told(filter);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{filter}: {said}");
        assert!(text(&output.stdout).contains("alias/payments"), "{said}");
    }
    let wrong = told("unused:soon");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("--filter: unused:soon is not understood"));
}
