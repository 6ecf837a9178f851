//! The grants of one key and of all: what is shown of each, which a filter finds, and how one or many
//! are ended.

use insta::assert_snapshot;
use kmsdeck_sandbox::SandboxOptions;

use crate::stage::{Stage, target};
use crate::terminal::Terminal;

const SMALL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (120, 40);

impl Stage {
    async fn run_command(&mut self, line: &str) {
        self.press(&[":"]).await;
        self.type_text(line).await;
        self.press(&["Enter"]).await;
    }

    /// Opens the list of all grants.
    async fn grants(size: (u16, u16)) -> Stage {
        let mut stage = Stage::open(size).await;
        stage.run_command("grants").await;
        stage
    }

    async fn find_grants(&mut self, filter: &str) {
        self.press(&["/", "Ctrl-u"]).await;
        self.type_text(filter).await;
        self.press(&["Enter"]).await;
    }

    fn calls_of(&self, operation: &str) -> usize {
        let of = |record: &&kmsdeck::kms::CallRecord| record.operation == operation;
        self.records.iter().filter(of).count()
    }
}

#[tokio::test]
async fn all_grants_at_four_sizes() {
    for size in [(60, 16), SMALL, WIDE, (200, 60)] {
        let mut stage = Stage::grants(size).await;
        assert!(stage.header().contains("4 grants"), "{}", stage.header());
        stage.go_to("alias/partner").await;
        assert_snapshot!(format!("grants_{}", size.0), stage.body());
    }
}

#[tokio::test]
async fn a_filter_finds_grants_by_whose_they_are_how_old_and_under_which_constraint() {
    let mut stage = Stage::grants(SMALL).await;
    for (filter, found) in [
        ("foreign:yes", "1 of 4 grants"),
        ("constraint:yes", "2 of 4 grants"),
        ("constraint:equals", "1 of 4 grants"),
        ("age:>90d", "1 of 4 grants"),
        ("grantee:auditor", "1 of 4 grants"),
        ("key:payments operation:decrypt", "1 of 4 grants"),
        ("service:yes", "0 of 4 grants"),
        ("retiring:admin", "1 of 4 grants"),
        ("payments !backup", "1 of 4 grants"),
    ] {
        stage.find_grants(filter).await;
        assert!(
            stage.header().contains(found),
            "{filter}: {}",
            stage.header()
        );
    }
    stage.find_grants("age:old").await;
    assert!(stage.has("age:old is not understood"), "{}", stage.screen());
    stage.press(&["/", "Ctrl-u"]).await;
    stage.type_text("fore").await;
    stage.press(&["Tab", "Tab"]).await;
    assert!(stage.has("Filter: foreign:"), "{}", stage.screen());
    stage.type_text("y").await;
    stage.press(&["Tab", "Enter"]).await;
    assert!(
        stage.header().contains("1 of 4 grants"),
        "{}",
        stage.header()
    );
}

#[tokio::test]
async fn marked_grants_are_revoked_by_one_typed_question_and_each_has_its_result() {
    for size in [SMALL, WIDE] {
        let mut stage = Stage::grants(size).await;
        stage.find_grants("constraint:yes").await;
        stage.press(&["*", "Esc"]).await;
        let header = stage.header();
        assert!(header.contains("2 marked · 4 grants"), "{header}");
        stage.press(&["d"]).await;
        assert_snapshot!(format!("grants_question_{}", size.0), stage.body());
        // Nothing but their number does.
        stage.press(&["y", "Enter"]).await;
        assert_eq!(stage.calls_of("RevokeGrant"), 0);
        stage.press(&["Ctrl-u"]).await;
        stage.type_text("2").await;
        stage.press(&["Enter"]).await;
        assert_eq!(stage.calls_of("RevokeGrant"), 2);
        assert_snapshot!(
            format!("grants_revoked_{}", size.0),
            mask_time(&stage.body())
        );
        // Back to the list, which has them no more: only their key was read again.
        let read = stage.calls_of("ListGrants");
        stage.press(&["Esc"]).await;
        assert!(stage.header().contains("2 grants"), "{}", stage.header());
        assert!(!stage.has("payments"), "{}", stage.screen());
        assert_eq!(stage.calls_of("ListGrants"), read + 1);
    }
}

/// The time that a job took is another in each run.
fn mask_time(body: &str) -> String {
    let rows = body.lines().map(|row| match row.ends_with(" ms") {
        true => row.split_inclusive("  ✓ 2").next().unwrap_or(row),
        false => row,
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_grant_that_failed_is_tried_again_and_the_others_are_not() {
    let options = SandboxOptions {
        faults: "RevokeGrant=error:0.6".parse().expect("faults"),
        ..SandboxOptions::default()
    };
    let mut stage = Stage::open_on(target(options, "admin"), WIDE).await;
    stage.run_command("grants").await;
    stage.press(&["*", "d"]).await;
    stage.type_text("4").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("failed"), "{}", stage.screen());
    let mut tries = 4;
    assert_eq!(stage.calls_of("RevokeGrant"), tries);
    while stage.has("failed") {
        let failed = stage.screen().matches("✗ KMSInternal").count();
        assert!(failed > 0, "{}", stage.screen());
        stage.press(&["t"]).await;
        stage.type_text(&failed.to_string()).await;
        stage.press(&["Enter"]).await;
        tries += failed;
        assert_eq!(stage.calls_of("RevokeGrant"), tries);
    }
    // Back to the list, and to none of the jobs before.
    stage.press(&["Esc"]).await;
    assert!(stage.has("grants of all keys"), "{}", stage.screen());
    assert!(stage.has("No key has a grant."), "{}", stage.screen());
}

#[tokio::test]
async fn one_grant_is_revoked_by_a_question_that_names_whose_it_is_and_what_it_allows() {
    let mut stage = Stage::grants(SMALL).await;
    stage.go_to("alias/partner").await;
    let read = stage.calls_of("ListGrants");
    stage.press(&["d"]).await;
    for said in [
        "RevokeGrant of alias/partner?",
        "arn:aws:iam::444455556666:user/partner may no longer use the key for Encrypt",
    ] {
        let screen = stage.screen().replace('\n', " ");
        let words = screen
            .split_whitespace()
            .filter(|word| !matches!(*word, "│" | "!"));
        let screen = words.collect::<Vec<_>>().join(" ");
        assert!(screen.contains(said), "{said}: {}", stage.screen());
    }
    // What the list knows of the grant is not read again.
    assert_eq!(stage.calls_of("ListGrants"), read);
    stage.press(&["y"]).await;
    assert!(stage.has("Grant revoked."), "{}", stage.screen());
    assert!(stage.header().contains("3 grants"), "{}", stage.header());
    // The cursor is where it was.
    stage.press(&["Enter"]).await;
    assert!(stage.has("backup-agent"), "{}", stage.screen());
}

#[tokio::test]
async fn enter_opens_the_grants_of_the_key_at_that_grant() {
    let mut stage = Stage::grants(SMALL).await;
    stage.find_grants("restore-agent").await;
    stage.press(&["Enter"]).await;
    let under = |stage: &Stage| {
        let screen = stage.screen();
        let row = screen.lines().find(|row| row.contains('▌'));
        row.unwrap_or_default().to_owned()
    };
    assert!(
        under(&stage).contains("restore-agent"),
        "{}",
        stage.screen()
    );
    stage.press(&["Esc"]).await;
    // Again, from what was kept of the details.
    stage.find_grants("backup-agent").await;
    stage.press(&["Enter"]).await;
    assert!(under(&stage).contains("backup-agent"), "{}", stage.screen());
    // Each of its values can be copied.
    stage.press(&["y"]).await;
    for label in [
        "GrantId",
        "Grantee",
        "EncryptionContextSubset",
        "purpose=backup",
    ] {
        assert!(stage.has(label), "{label}: {}", stage.screen());
    }
}

#[tokio::test]
async fn what_many_keys_cost_is_said_before_it_is_spent_and_can_be_stopped() {
    let options = SandboxOptions {
        extra_keys: 600,
        ..SandboxOptions::default()
    };
    let mut stage = Stage::open_on(target(options, "admin"), SMALL).await;
    stage.run_command("grants").await;
    let told = "not known yet of 628 keys; D asks: 628 ListGrants";
    assert!(stage.has(told), "{}", stage.screen());
    assert_eq!(stage.calls_of("ListGrants"), 0);
    stage.press_only("D");
    assert!(stage.has("ListGrants: 0 of 628 keys"), "{}", stage.screen());
    stage.press_only("D");
    stage.settle().await;
    assert!(stage.calls_of("ListGrants") < 100);
    assert!(stage.has("not known yet of"), "{}", stage.screen());
    stage.press(&["D"]).await;
    assert!(stage.header().contains(" grants"), "{}", stage.header());
    assert!(!stage.has("not known yet"), "{}", stage.screen());
}

#[tokio::test]
async fn keys_that_do_not_tell_their_grants_are_counted_and_the_others_are_there() {
    let options = SandboxOptions {
        faults: "ListGrants=error:0.7".parse().expect("faults"),
        ..SandboxOptions::default()
    };
    let mut stage = Stage::open_on(target(options, "admin"), WIDE).await;
    stage.run_command("grants").await;
    assert!(stage.has("! not told of "), "{}", stage.screen());
    assert!(stage.has("KMSInternalException"), "{}", stage.screen());
    let asked = stage.calls_of("ListGrants");
    // r asks again.
    stage.press(&["r"]).await;
    assert!(stage.calls_of("ListGrants") >= asked + 28);
    let mut denied = Stage::open_as("encryptor", SMALL).await;
    denied.run_command("grants").await;
    assert!(denied.has("AccessDeniedException"), "{}", denied.screen());
    assert!(
        denied.has("No key that tells its grants has one."),
        "{}",
        denied.screen()
    );
}

#[tokio::test]
async fn what_the_caller_may_retire_is_listed_and_retired() {
    let mut stage = Stage::open(SMALL).await;
    stage.run_command("retirable-grants").await;
    assert_eq!(stage.calls_of("ListRetirableGrants"), 1);
    assert_snapshot!("retirable_grants_80", stage.body());
    // Revoking them is another's matter.
    assert!(!stage.hints().contains("revoke"), "{}", stage.hints());
    stage.press(&["T"]).await;
    assert!(
        stage.has("RetireGrant of alias/payments?"),
        "{}",
        stage.screen()
    );
    stage.press(&["y"]).await;
    assert!(stage.has("Grant retired."), "{}", stage.screen());
    assert!(
        stage.has("No grant names you as who may retire it"),
        "{}",
        stage.screen()
    );
    assert_eq!(stage.calls_of("ListRetirableGrants"), 2);
    let mut denied = Stage::open_as("no-list", SMALL).await;
    denied.run_command("retirable-grants").await;
    assert!(denied.has("kms:ListRetirableGrants"), "{}", denied.screen());
}

/// Opened before there is a connection, it asks as soon as there is one.
#[tokio::test]
async fn what_the_caller_may_retire_is_asked_once_there_is_a_connection() {
    let mut stage = Stage::unstarted(target(SandboxOptions::default(), "admin"), SMALL);
    stage.start();
    stage.press_only(":");
    stage.type_text_only("retirable-grants");
    stage.press_only("Enter");
    assert!(stage.has("Not connected."), "{}", stage.screen());
    stage.settle().await;
    assert!(stage.header().contains("1 grant"), "{}", stage.header());
    let mut nobody = Stage::open_on(target(SandboxOptions::default(), "nobody"), SMALL).await;
    nobody.run_command("grants").await;
    assert!(nobody.has("Not connected."), "{}", nobody.screen());
}

#[tokio::test]
async fn the_grants_that_are_found_are_written_to_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grants.json");
    let mut stage = Stage::grants(SMALL).await;
    stage.find_grants("foreign:yes").await;
    stage.press(&["x", "Ctrl-u"]).await;
    stage.type_text(&path.display().to_string()).await;
    stage.press(&["Enter"]).await;
    let text = std::fs::read_to_string(&path).expect("the file");
    let written: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let grants = written["Grants"].as_array().expect("grants");
    assert_eq!(grants.len(), 1);
    assert_eq!(
        grants[0]["Grantee"],
        "arn:aws:iam::444455556666:user/partner"
    );
    assert_eq!(grants[0]["Operations"][0], "Encrypt");
    assert_eq!(grants[0]["Aliases"][0], "alias/partner");
}

#[tokio::test]
async fn a_grant_is_retired_from_its_tab_and_made_for_what_the_key_can_do() {
    let mut stage = Stage::grants(WIDE).await;
    stage.go_to("alias/payments").await;
    stage.press(&["Enter", "T"]).await;
    assert!(
        stage.has("RetireGrant of alias/payments?"),
        "{}",
        stage.screen()
    );
    stage.press(&["y"]).await;
    assert!(stage.has("Grant retired."), "{}", stage.screen());
    stage.press(&["Esc", "Esc", "/"]).await;
    stage.type_text("alias/signing").await;
    stage.press(&["Enter"]).await;
    stage.run_command("create-grant").await;
    assert!(stage.has("[ ] Sign"), "{}", stage.screen());
    assert!(!stage.has("GenerateDataKey"), "{}", stage.screen());
}

#[test]
fn grants_are_found_marked_and_revoked_in_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 30));
    terminal.wait_for("aliases ·");
    terminal.send(":grants\r");
    terminal.wait_for("grants of all keys");
    terminal.wait_for("4 grants");
    terminal.send("/payments");
    terminal.wait_for("2 of 4 grants");
    terminal.send("\r");
    terminal.wait_for("clears it");
    terminal.send(" ");
    terminal.wait_for("1 marked");
    terminal.send(" ");
    terminal.wait_for("2 marked");
    terminal.send("d");
    terminal.wait_for("RevokeGrant of 2 grants?");
    terminal.wait_for("user/grantee on alias/payments");
    terminal.wait_for("To go on, type 2:");
    terminal.send("2\r");
    terminal.wait_for("RevokeGrant: 2 done.");
    terminal.send("\x1b");
    terminal.wait_for("No grant matches.");
    terminal.send("\x1b");
    terminal.wait_for("alias/partner");
    terminal.wait_for("2 grants");
    terminal.wait_gone("marked");
}
