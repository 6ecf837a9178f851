//! One operation on several keys: what is marked, what is asked, and the one result of each key.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use kmsdeck::gateway::Target;
use kmsdeck_sandbox::SandboxOptions;

use crate::stage::{Stage, target};
use crate::terminal::Terminal;

const WIDE: (u16, u16) = (120, 40);

fn with_faults(faults: &str, extra_keys: usize) -> Target {
    let options = SandboxOptions {
        faults: faults.parse().expect("faults"),
        extra_keys,
        ..SandboxOptions::default()
    };
    target(options, "admin")
}

impl Stage {
    async fn filter(&mut self, filter: &str) {
        self.press(&["/", "Ctrl-u"]).await;
        self.type_text(filter).await;
        self.press(&["Enter"]).await;
    }

    async fn mark(&mut self, alias: &str) {
        self.filter(alias).await;
        self.press(&["Space", "Esc"]).await;
    }

    async fn command(&mut self, line: &str) {
        self.press(&[":"]).await;
        self.type_text(line).await;
        self.press(&["Enter"]).await;
    }

    /// The calls of an operation by key: how they ended.
    fn calls(&self, operation: &str) -> BTreeMap<String, Vec<Option<String>>> {
        let mut calls: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for record in self.records.iter().filter(|r| r.operation == operation) {
            let key = record.key.clone().unwrap_or_default();
            calls.entry(key).or_default().push(record.error.clone());
        }
        calls
    }
}

#[tokio::test]
async fn marks_stay_under_a_filter_and_are_counted_and_found() {
    let mut stage = Stage::open(WIDE).await;
    stage.mark("payments").await;
    stage.mark("partner").await;
    assert!(
        stage.header().contains("2 marked · 28 keys"),
        "{}",
        stage.header()
    );
    stage.filter("signing").await;
    assert!(
        stage.header().contains("2 marked · 1 of 28 keys"),
        "{}",
        stage.header()
    );
    stage.filter("marked:yes").await;
    assert!(
        stage.header().contains("2 marked · 2 of 28 keys"),
        "{}",
        stage.header()
    );
    assert!(
        stage.has("◆alias/partner") || stage.has("▌◆"),
        "{}",
        stage.screen()
    );
    // A mark that goes is seen by the filter at once.
    stage.press(&["Space"]).await;
    assert!(
        stage.header().contains("1 marked · 1 of 28 keys"),
        "{}",
        stage.header()
    );
    stage.press(&["Esc"]).await;
    stage.filter("spec:rsa").await;
    stage.press(&["*"]).await;
    assert!(
        stage.header().contains("3 marked · 2 of 28 keys"),
        "{}",
        stage.header()
    );
    stage.press(&["*"]).await;
    assert!(
        stage.header().contains("1 marked · 2 of 28 keys"),
        "{}",
        stage.header()
    );
    // They are of the keys, not of their places in the list.
    stage.press(&["r", "Esc"]).await;
    assert!(
        stage.header().contains("1 marked · 28 keys"),
        "{}",
        stage.header()
    );
}

#[tokio::test]
async fn marked_keys_are_disabled_by_one_question_and_each_has_its_result() {
    for size in [(80, 24), WIDE, (200, 60)] {
        let mut stage = Stage::open_on(with_faults("DisableKey=error:0.6", 0), size).await;
        for alias in ["payments", "partner", "vault", "mobile-app", "aws/s3"] {
            stage.mark(alias).await;
        }
        stage.press(&["a"]).await;
        assert!(
            stage.has("Operations with 5 marked keys"),
            "{}",
            stage.screen()
        );
        stage.type_text("disable-key").await;
        assert_snapshot!(format!("bulk_actions_{}", size.0), stage.body());
        stage.go_to("DisableKey").await;
        stage.press(&["Enter"]).await;
        assert_snapshot!(format!("bulk_form_{}", size.0), stage.body());
        stage.press(&["Ctrl-r"]).await;
        assert!(stage.has("DisableKey of 3 keys?"), "{}", stage.screen());
        assert!(stage.calls("DisableKey").is_empty());
        assert_snapshot!(format!("bulk_question_{}", size.0), stage.body());
        stage.press(&["y"]).await;
        let calls = stage.calls("DisableKey");
        assert_eq!(calls.len(), 3, "{calls:?}");
        assert!(calls.values().all(|calls| calls.len() == 1), "{calls:?}");
        let failed = calls.values().filter(|calls| calls[0].is_some()).count();
        assert!(failed > 0 && failed < 3, "{calls:?}");
        let told = format!("{} done, {failed} failed", 3 - failed);
        assert!(stage.has(&told), "{}", stage.screen());
        // What failed, as a list to try again.
        stage.press(&["f"]).await;
        assert_eq!(stage.screen().matches("KMSInternal").count().min(1), 1);
        assert!(!stage.has("✓ Key disabled"), "{}", stage.screen());
        stage.press(&["t"]).await;
        let again = format!("DisableKey of {failed} key");
        assert!(stage.has(&again), "{}", stage.screen());
        stage.press(&["n", "Esc"]).await;
        stage.filter("marked:yes").await;
        let disabled = stage.screen().matches("○ Disabled").count();
        assert_eq!(disabled, 3 - failed + 1, "{}", stage.screen());
    }
}

#[tokio::test]
async fn a_loss_takes_the_number_of_the_keys() {
    let mut stage = Stage::open(WIDE).await;
    for alias in ["tokens", "partner"] {
        stage.mark(alias).await;
    }
    stage.command("schedule-key-deletion").await;
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("To go on, type 2:"), "{}", stage.screen());
    stage.press(&["y", "Enter"]).await;
    assert!(stage.has("Not sent: type 2"), "{}", stage.screen());
    stage.press(&["Backspace", "2", "Enter"]).await;
    assert!(
        stage.has("ScheduleKeyDeletion: 2 done."),
        "{}",
        stage.screen()
    );
    stage.press(&["Esc"]).await;
    stage.filter("marked:yes").await;
    assert_eq!(
        stage.screen().matches("✖ Deletion").count(),
        2,
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_description_with_a_pattern_is_each_key_s_own_and_seen_before() {
    let mut stage = Stage::open((120, 40)).await;
    for alias in ["payments", "partner"] {
        stage.mark(alias).await;
    }
    stage.command("update-key-description").await;
    stage.go_to_field("Description").await;
    stage.type_text("for {alias}").await;
    let screen = stage.screen();
    assert!(screen.contains("alias/payments: \"for"), "{screen}");
    assert!(
        screen.contains("--description 'for alias/partner'"),
        "{screen}"
    );
    stage.press(&["Ctrl-r"]).await;
    assert!(
        stage.has("UpdateKeyDescription of 2 keys?"),
        "{}",
        stage.screen()
    );
    stage.press(&["y", "Esc"]).await;
    stage.filter("payments").await;
    assert!(
        stage.has("Description          for alias/payments"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn throttling_sends_no_key_twice_and_every_key_has_a_result() {
    let mut stage = Stage::open_on(with_faults("DisableKey=throttle:0.2", 150), WIDE).await;
    stage.filter("manager:customer state:enabled").await;
    stage.press(&["*"]).await;
    stage.command("disable-key").await;
    stage.press(&["Ctrl-r", "y"]).await;
    let calls = stage.calls("DisableKey");
    assert!(calls.len() > 150, "{}", calls.len());
    let throttled = Some("ThrottlingException".to_owned());
    assert!(calls.values().flatten().any(|end| *end == throttled));
    for (key, ends) in &calls {
        let answers = ends.iter().filter(|end| **end != throttled).count();
        assert_eq!(answers, 1, "{key}: {ends:?}");
    }
    let told = format!("DisableKey: {} done.", calls.len());
    assert!(stage.has(&told), "{}", stage.screen());
}

#[tokio::test]
async fn esc_sends_nothing_more_and_says_what_was_left() {
    let mut stage = Stage::open_on(with_faults("DisableKey=latency:30ms", 60), WIDE).await;
    stage.filter("manager:customer state:enabled").await;
    stage.press(&["*"]).await;
    stage.command("disable-key").await;
    stage.press(&["Ctrl-r"]).await;
    stage.press_only("y");
    stage.settle_until("✓ 1").await;
    stage.press_only("Esc");
    stage.settle().await;
    let sent = stage.calls("DisableKey").len();
    assert!((1..60).contains(&sent), "{sent}");
    assert!(stage.has("stopped"), "{}", stage.screen());
    assert!(stage.has("not sent"), "{}", stage.screen());
    // Another Esc leads back, and nothing was sent meanwhile.
    stage.press(&["Esc"]).await;
    assert!(stage.has("sort:"), "{}", stage.screen());
    assert_eq!(stage.calls("DisableKey").len(), sent);
}

#[tokio::test]
async fn read_only_sends_nothing_to_several_keys_either() {
    let mut stage = Stage::open_configured("read-only = true", WIDE).await;
    stage.mark("payments").await;
    stage.command("disable-key").await;
    stage.press(&["Ctrl-r"]).await;
    assert!(
        stage.has("Read-only: DisableKey is not sent."),
        "{}",
        stage.screen()
    );
    assert!(stage.calls("DisableKey").is_empty());
}

#[test]
fn three_marked_keys_are_disabled_in_a_terminal_and_one_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--sandbox", "--sandbox-fault", "DisableKey=error:0.2"];
    let mut terminal = Terminal::start(&args, &[], folder.path(), (100, 40));
    terminal.wait_for("aliases ·");
    for (marked, alias) in ["payments", "partner", "vault"].iter().enumerate() {
        terminal.send(&format!("/\x15{alias}\r"));
        terminal.wait_for(&format!("Filter: {alias}   "));
        terminal.send(" ");
        terminal.wait_for(&format!("{} marked", marked + 1));
    }
    terminal.send("a");
    terminal.wait_for("Operations with 3 marked keys");
    terminal.go_to("DisableKey");
    terminal.send("\r");
    terminal.wait_for("3 marked keys");
    terminal.send("\x12");
    terminal.wait_for("DisableKey of 3 keys?");
    terminal.send("y");
    terminal.wait_for("2 done, 1 failed");
    terminal.wait_for("KMSInternalException");
    terminal.send("t");
    terminal.wait_for("DisableKey of 1 key?");
    terminal.send("y");
    terminal.wait_for("DisableKey: 1 done");
    terminal.send("\x1b");
    terminal.wait_for("sort:");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    // What went to its end leaves nothing to be told.
    let journals = std::fs::read_dir(folder.path().join("state/kmsdeck")).expect("a folder");
    let names = journals.map(|file| file.expect("a file").file_name());
    assert!(
        names
            .into_iter()
            .all(|name| !name.to_string_lossy().starts_with("bulk-"))
    );
}

#[test]
fn a_job_that_is_cut_off_says_what_it_did_at_the_end_and_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "--sandbox",
        "--sandbox-keys",
        "100",
        "--sandbox-fault",
        "DisableKey=latency:400ms",
    ];
    let mut terminal = Terminal::start(&args, &[], folder.path(), (100, 40));
    terminal.wait_for("aliases ·");
    terminal.send("/manager:customer state:enabled\r");
    terminal.wait_for("of 128 keys");
    // Until all are described.
    terminal.wait_for("✓ 128 keys");
    terminal.send("*");
    terminal.wait_for("marked ·");
    terminal.send(":disable-key\r");
    terminal.wait_for("marked keys");
    terminal.send("\x12");
    terminal.wait_for("DisableKey of ");
    terminal.send("y");
    terminal.wait_for("under way");
    terminal.wait_for("✓ Key disabled");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.wait_for_raw("was cut off: ");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 40));
    terminal.wait_for("was cut off: ");
    terminal.send(":cut-off\r");
    terminal.wait_for("DisableKey of ");
    terminal.wait_for("not known            alias/");
    terminal.send("\x1b");
    terminal.wait_gone("Begun");
    // Said once.
    terminal.send(":cut-off\r");
    terminal.wait_for("No job on several keys was cut off.");
    terminal.send("\x03");
    assert_eq!(terminal.wait_end(), 0);
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 40));
    terminal.wait_for("aliases ·");
    assert!(!terminal.raw().contains("was cut off"));
    terminal.send("q");
}
