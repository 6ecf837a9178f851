//! `kmsdeck doctor`: what it finds, what it says to do, and what it keeps to itself.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::endpoint::{Answer, Asked, serve};
use crate::terminal::Terminal;

fn doctor(more: &[&str]) -> Command {
    let mut command = crate::tools::kmsdeck();
    command.arg("doctor").args(more);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The line of that finding, after its name.
fn line<'a>(report: &'a str, name: &str) -> &'a str {
    let found = report.lines().find_map(|line| {
        let (_, rest) = line.split_at_checked(7)?;
        rest.strip_prefix(name)?.strip_prefix(' ').map(|_| line)
    });
    found.unwrap_or_else(|| panic!("no {name}: {report}"))
}

const ARN: &str = "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe";

/// What STS and KMS answer, dated so many seconds from now.
fn answer(asked: &Asked, seconds: i64) -> Answer {
    let date = Timestamp::now() + SignedDuration::from_secs(seconds);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let text = match asked.operation.as_str() {
        "GetCallerIdentity" => format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
             <Arn>{ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
        _ => r#"{"Keys":[]}"#.to_owned(),
    };
    Answer::Dated(date, 200, text)
}

#[test]
fn in_the_sandbox_nothing_is_wrong_and_the_account_stays_hidden_until_asked_for() {
    let output = doctor(&["--sandbox"]).output().expect("it ends");
    let report = text(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.starts_with("kmsdeck 0."), "{report}");
    assert!(report.ends_with("\nNothing is wrong.\n"), "{report}");
    assert!(line(&report, "principal").contains("arn:aws:iam::********3333:user/admin, says STS"));
    assert!(line(&report, "memory").starts_with("ok     memory        no core is dumped"));
    assert!(!report.contains("111122223333"), "{report}");
    let whole = text(
        &doctor(&["--sandbox", "--reveal"])
            .output()
            .expect("it ends"),
    );
    assert!(line(&whole, "principal").contains("arn:aws:iam::111122223333:user/admin"));
    let json = doctor(&["--sandbox", "--output", "json"]).output();
    let json: Value = serde_json::from_slice(&json.expect("it ends").stdout).expect("JSON");
    let findings = json["Findings"].as_array().expect("findings");
    let names: Vec<_> = findings
        .iter()
        .filter_map(|one| one["Name"].as_str())
        .collect();
    let told: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("ok "))
        .collect();
    assert!(told.len() > 5 && told.len() <= names.len(), "{names:?}");
    assert_eq!(
        json["Kmsdeck"]["Target"]
            .as_str()
            .map(|target| target.split('-').count()),
        Some(4)
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("kmsdeck");
    std::fs::create_dir_all(own.join("lessons")).expect("a folder");
    std::fs::write(own.join("config.toml"), "mouse = 1\n\nsubmit = true\n").expect("a file");
    std::fs::write(own.join("lessons/mine.toml"), "title = 1\n").expect("a file");
    std::fs::write(folder.path().join("ca.pem"), "no certificate").expect("a file");
    let state = folder.path().join("state/kmsdeck");
    std::fs::create_dir_all(&state).expect("a folder");
    std::fs::write(state.join("history"), "").expect("a file");
    std::fs::set_permissions(state.join("history"), PermissionsExt::from_mode(0o644))
        .expect("a mode");
    let output = doctor(&[])
        .env("XDG_CONFIG_HOME", folder.path())
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .env("AWS_CA_BUNDLE", folder.path().join("ca.pem"))
        .env("AWS_REGION", "nowhere!")
        .env("HTTPS_PROXY", "http://")
        .output()
        .expect("it ends");
    let report = text(&output);
    assert_eq!(output.status.code(), Some(1), "{report}");
    for told in [
        "kmsdeck/config.toml:1: mouse is true or false",
        "kmsdeck/config.toml:3: there is no setting \"submit\"",
        "kmsdeck/lessons/mine.toml:",
        "kmsdeck/history is of mode 0644: others on this machine may read it",
        "-> chmod -R go= ",
        "certificates  BadCaBundle: AWS_CA_BUNDLE",
        "proxy         BadProxy: HTTPS_PROXY (http://) is no URL of a proxy.",
        "Region        BadRegion: AWS_REGION is \"nowhere!\", which is no Region.",
        "-> A Region looks like eu-central-2",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
    // The first of them keeps it from connecting, and is not told again for that.
    assert_eq!(report.matches("BadCaBundle").count(), 1, "{report}");
    let wrong = report
        .lines()
        .filter(|line| line.starts_with("wrong "))
        .count();
    assert!(
        report.ends_with(&format!("\n{wrong} things are wrong.\n")),
        "{report}"
    );
}

#[test]
fn a_clock_that_is_wrong_is_seen_by_the_date_of_the_answers() {
    for (seconds, code, words) in [
        (0, 0, "ok     clock         right, by the answer's date"),
        (-90, 0, "s ahead of the answer's"),
        (4000, 1, "s behind the answer's: AWS takes five minutes"),
    ] {
        let url = serve(move |asked| answer(asked, seconds));
        let output = doctor(&["--endpoint-url", &url, "--region", "us-east-1"])
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .output()
            .expect("it ends");
        let report = text(&output);
        assert!(line(&report, "clock").contains(words), "{report}");
        assert_eq!(output.status.code(), Some(code), "{report}");
        assert!(
            line(&report, "principal").contains("********3333:assumed-role/Admin/***, says STS")
        );
        assert!(line(&report, "Region").ends_with("us-east-1, by --region"));
        assert!(line(&report, "credentials").contains("keys of the environment"));
    }
}

#[test]
fn nothing_secret_is_in_the_report() {
    let url = serve(|asked| answer(asked, 0));
    let with_password = url.replace("http://", "http://me:hush-endpoint@");
    for format in ["table", "json"] {
        let output = doctor(&["--output", format, "--endpoint-url", &with_password])
            .args(["--region", "us-east-1", "--log-level", "debug"])
            .env("AWS_ACCESS_KEY_ID", "AKIAHUSHHUSHHUSHHUSH")
            .env("AWS_SECRET_ACCESS_KEY", "hush-secret-key")
            .env("AWS_SESSION_TOKEN", "hush-token")
            .env("HTTP_PROXY", "http://me:hush-proxy@127.0.0.1:9")
            .output()
            .expect("it ends");
        let said = text(&output) + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("127.0.0.1:9 (HTTP_PROXY)"), "{said}");
        for secret in ["hush", "HUSH", "jane", "111122223333"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[test]
fn an_endpoint_that_does_not_answer_is_waited_for_once() {
    let url = serve(|_| Answer::Silence);
    let begun = Instant::now();
    let output = doctor(&["--endpoint-url", &url, "--region", "us-east-1"])
        .args(["--read-timeout", "1"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .expect("it ends");
    let report = text(&output);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    for name in ["principal", "KMS"] {
        let told = line(&report, name);
        assert!(
            told.starts_with("wrong ") && told.contains("gave no whole answer in 1 s"),
            "{told}"
        );
    }
    assert!(report.contains("or raise --read-timeout"), "{report}");
    assert!(line(&report, "clock").starts_with("note "));
}

#[test]
fn a_terminal_is_asked_what_it_can_do_and_is_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let env = [("SSH_TTY", "/dev/pts/0"), ("LANG", "C.UTF-8")];
    let mut terminal = Terminal::start(&["--sandbox", "doctor"], &env, folder.path(), (120, 50));
    terminal.wait_for_raw("\x1b[c");
    terminal.send("\x1b[?1006;2$y\x1b[?2004;2$y\x1b[?2026;0$y\x1b[?62;22;52c");
    terminal.wait_for("Nothing is wrong.");
    let screen = terminal.screen();
    for told in [
        "xterm-256color, 120 x 50, over SSH",
        "256, by TERM",
        "mouse: yes; pastes told from keys: yes; whole frames at once: no",
        "OSC 52, through the terminal, which says that it takes it",
        "UTF-8, by LANG",
    ] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
    // One that says nothing holds nobody up.
    let mut silent = Terminal::start(&["--sandbox", "doctor"], &env, folder.path(), (120, 50));
    silent.wait_for("Nothing is wrong.");
    assert!(silent.screen().contains("it did not say what it can do"));
    assert_eq!(silent.wait_end(), 0);
    silent.assert_given_back();
}
