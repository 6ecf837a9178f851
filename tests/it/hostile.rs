//! A service that is not as KMS is: lists without an end, halves, answers without an end or of a
//! drop a second, wrong types, control characters. Nothing hangs, nothing grows, nothing half is
//! shown as whole, and nothing of it reaches the terminal raw.

use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::endpoint::{Answer, serve};
use crate::terminal::Terminal;

const KEY: &str = "11111111-2222-3333-4444-555555555555";

fn key_list(more: &str) -> String {
    format!(
        r#"{{"Keys":[{{"KeyId":"{KEY}","KeyArn":"arn:aws:kms:us-east-1:111122223333:key/{KEY}"}}]{more}}}"#
    )
}

/// An empty list of aliases, and for ListKeys what is given.
fn with_keys(keys: impl Fn(&str) -> Answer + Send + Sync + 'static) -> String {
    serve(move |asked| match asked.operation.as_str() {
        "ListKeys" => keys(&asked.body),
        "ListAliases" => Answer::Json(r#"{"Aliases":[]}"#.to_owned()),
        _ => Answer::Json("{}".to_owned()),
    })
}

fn command(url: &str, args: &[&str]) -> std::process::Command {
    let mut command = crate::tools::kmsdeck();
    command
        .args(["--endpoint-url", url, "--region", "us-east-1"])
        .args(["--max-attempts", "1"])
        .args(args)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn run(url: &str, args: &[&str]) -> Output {
    command(url, args).output().expect("kmsdeck runs")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn a_list_that_repeats_its_marker_or_breaks_off_is_partial_and_says_why() {
    for (more, why) in [
        (
            r#","Truncated":true,"NextMarker":"again""#,
            "it sent the same page marker twice",
        ),
        (
            r#","Truncated":true"#,
            "it says that there is more (Truncated), but not where (NextMarker)",
        ),
    ] {
        let url = with_keys(move |_| Answer::Json(key_list(more)));
        let output = run(&url, &["keys", "--output", "json"]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(listed["Keys"][0]["KeyId"], KEY);
        assert_eq!(listed["Keys"].as_array().map(Vec::len), Some(1));
        assert_eq!(listed["Partial"], true);
        in_the_console(
            &url,
            "",
            &["1 key, partial", "The list of keys is partial ("],
        );
    }
}

#[test]
fn every_pager_ends_where_a_marker_comes_twice() {
    let url = serve(|asked| {
        let list = match asked.operation.as_str() {
            "ListGrants" => r#""Grants":[{"GrantId":"g"}]"#,
            "ListResourceTags" => r#""Tags":[{"TagKey":"k","TagValue":"v"}]"#,
            "ListKeyRotations" => r#""Rotations":[]"#,
            "ListKeys" => return Answer::Json(key_list("")),
            "ListAliases" => r#""Aliases":[]"#,
            "DescribeKey" => {
                return Answer::Json(format!(r#"{{"KeyMetadata":{{"KeyId":"{KEY}"}}}}"#));
            }
            _ => return Answer::Json("{}".to_owned()),
        };
        Answer::Json(format!(
            r#"{{{list},"Truncated":true,"NextMarker":"again"}}"#
        ))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = console(&url, folder.path());
    terminal.wait_for("1 key; the list of aliases is partial (RepeatedMarker)");
    terminal.send("\r");
    for tab in ["Grants✗", "Tags✗"] {
        terminal.wait_for(tab);
    }
    // Policy, Grants; Tags, Rotation.
    terminal.send("\t\t");
    terminal.wait_for("it sent the same page marker");
    terminal.send("\t\t");
    terminal.wait_for("The key materials could not be listed");
}

#[test]
fn entries_without_their_id_are_missed_in_words() {
    let url = with_keys(|_| {
        Answer::Json(format!(
            r#"{{"Keys":[{{"KeyArn":"arn:x"}},{{"KeyId":"{KEY}"}},{{"KeyId":null}}]}}"#
        ))
    });
    let output = run(&url, &["keys"]);
    assert_eq!(output.status.code(), Some(3));
    let said = said(&output);
    assert!(said.contains("2 entries of it have no KeyId"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(KEY));
    in_the_console(
        &url,
        "",
        &[
            "1 key, partial",
            "The list of keys is partial (PartialList)",
        ],
    );
}

/// Without an end, and with one that is too far away.
#[test]
fn an_answer_that_is_too_long_is_cut_off_before_it_fills_the_memory() {
    let long = format!(r#"{{"Keys":[{{"KeyId":"{}"}}]}}"#, "k".repeat(40 << 20));
    let answers: [Make; 2] = [
        Box::new(|| Answer::Endless),
        Box::new(move || Answer::Json(long.clone())),
    ];
    for answer in answers {
        let url = with_keys(move |_| answer());
        let mut child = command(&url, &["keys"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kmsdeck runs");
        let mut most = 0;
        while child.try_wait().expect("its state").is_none() {
            most = most.max(most_memory(child.id()).unwrap_or_default());
            thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(
            said(&output).contains("longer than 32 MiB"),
            "{}",
            said(&output)
        );
        assert!(most < 256 << 10, "{most} KiB");
        in_the_console(&url, "", &["could not be listed", "longer than 32 MiB"]);
    }
}

/// The most memory that a process had so far, in KiB.
fn most_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The time-out is for the whole answer, and not for each byte of it.
#[test]
fn an_answer_that_comes_in_drops_or_not_at_all_is_out_of_time() {
    for answer in [|| Answer::Drops, || Answer::Silence] {
        let url = with_keys(move |_| answer());
        let began = Instant::now();
        let output = run(&url, &["--read-timeout", "1", "keys"]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains("TimedOut"), "{}", said(&output));
        // Far from the hours that a MiB of drops would take.
        assert!(began.elapsed() < Duration::from_secs(25));
        in_the_console(&url, "", &["could not be listed", "TimedOut"]);
    }
}

type Make = Box<dyn Fn() -> Answer + Send + Sync>;

#[test]
fn what_is_no_answer_of_kms_is_said_in_a_sentence() {
    let long = "x".repeat(1 << 20);
    let answers: Vec<(&str, Make)> = vec![
        ("half", Box::new(|| Answer::Half)),
        ("HTML", Box::new(|| Answer::Json("<html>no</html>".into()))),
        (
            "a text for a list",
            Box::new(|| Answer::Json(r#"{"Keys":"all"}"#.into())),
        ),
        (
            "a number for an ID",
            Box::new(|| Answer::Json(r#"{"Keys":[{"KeyId":7}]}"#.into())),
        ),
        ("a list", Box::new(|| Answer::Json("[]".into()))),
        ("deep", Box::new(|| Answer::Json("[".repeat(100_000)))),
        (
            "a 500 of nothing",
            Box::new(|| Answer::Status(500, String::new())),
        ),
        ("a 302", Box::new(|| Answer::Status(302, String::new()))),
        (
            "a long error",
            Box::new(move || {
                Answer::Status(400, format!(r#"{{"__type":"X","message":"{long}"}}"#))
            }),
        ),
    ];
    for (name, answer) in answers {
        let url = with_keys(move |_| answer());
        let output = run(&url, &["keys"]);
        assert!(
            matches!(output.status.code(), Some(1 | 3)),
            "{name}: {:?} {}",
            output.status,
            said(&output)
        );
        assert!(output.stdout.is_empty(), "{name}");
        let said = said(&output);
        assert!(said.starts_with("ListKeys: "), "{name}: {said}");
        for raw in [
            "DispatchFailure",
            "SdkError",
            "panicked",
            "hyper::",
            "Some(",
        ] {
            assert!(!said.contains(raw), "{name}: {said}");
        }
        in_the_console(&url, name, &["could not be listed"]);
    }
}

/// Of an ID, an alias and an error message.
#[test]
fn control_characters_of_a_service_do_not_reach_the_terminal() {
    let evil = r"\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u0000";
    let url = serve(move |asked| match asked.operation.as_str() {
        "ListKeys" => Answer::Json(format!(r#"{{"Keys":[{{"KeyId":"{evil}{KEY}"}}]}}"#)),
        "ListAliases" => Answer::Status(
            400,
            format!(r#"{{"__type":"Evil{evil}Exception","message":"no {evil} aliases"}}"#),
        ),
        _ => Answer::Status(400, format!(r#"{{"__type":"{evil}","message":"{evil}"}}"#)),
    });
    let output = run(&url, &["keys"]);
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    let all = String::from_utf8(all).expect("UTF-8");
    let is_raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!all.contains(is_raw), "{all:?}");
    assert!(all.contains("owned"), "{all:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = console(&url, folder.path());
    terminal.wait_for("owned");
    let raw = terminal.raw();
    assert!(
        !raw.contains("\u{1b}]0;owned") && !raw.contains('\u{9b}'),
        "{raw:?}"
    );
}

fn console(url: &str, folder: &std::path::Path) -> Terminal {
    let args = ["--endpoint-url", url, "--region", "us-east-1"];
    let limits = ["--max-attempts", "1", "--read-timeout", "1"];
    let env = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    Terminal::start(&[&args[..], &limits[..]].concat(), &env, folder, (100, 30))
}

/// The list of keys says so in the console, shows nothing as if it were whole, and takes keys: while
/// it waits, and afterwards.
fn in_the_console(url: &str, case: &str, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = console(url, folder.path());
    terminal.wait_for("us-east-1");
    let began = Instant::now();
    terminal.send("?");
    terminal.wait_for("Esc close");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{case}: {took:?}");
    terminal.send("\x1b");
    terminal.wait_gone("Esc close");
    for words in words {
        terminal.wait_for(words);
    }
    let screen = terminal.screen();
    assert!(!screen.contains('✓'), "{case}: {screen}");
    for raw in [
        "DispatchFailure",
        "SdkError",
        "panicked",
        "hyper::",
        "Some(",
    ] {
        assert!(!screen.contains(raw), "{case}: {screen}");
    }
    let most = most_memory(terminal.pid().unsigned_abs()).expect("its memory");
    assert!(most < 256 << 10, "{case}: {most} KiB");
    terminal.send("\x03");
    assert_eq!(terminal.wait_end(), 0, "{case}");
    terminal.assert_given_back();
}
